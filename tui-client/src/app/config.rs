//! A person's settings: `config.toml` in `rolo` under the configuration directory, or the file that `ROLO_CONFIG` names.
//!
//! ```toml
//! ambiguous = "wide"          # auto, narrow, wide
//! theme = "mono"              # default, mono
//! [keys.record]               # a layer
//! delete = "D"                # an action: its key, or a list of keys
//! [servers.office]            # see `data::servers`
//! ```

use anyhow::Context as _;

use crate::{data::place::config_file, keys::Keymap, terminal::caps::Ambiguous, theme::ThemeName};

/// What the file says.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// How wide characters of ambiguous width are.
    pub ambiguous: Option<Ambiguous>,
    /// The colours.
    pub theme: Option<ThemeName>,
    /// The keys.
    pub keymap: Keymap,
}

/// Reads the file; without one, everything is as shipped.
pub fn load() -> anyhow::Result<Config> {
    let Some(path) = config_file().filter(|p| p.exists()) else { return Ok(Config::default()) };
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    read(&text).map_err(|faults| anyhow::anyhow!("{}: {}", path.display(), faults.join("; ")))
}

/// Reads settings; every complaint is answered, not the first.
fn read(text: &str) -> Result<Config, Vec<String>> {
    let table: toml::Table = toml::from_str(text).map_err(|e| vec![e.message().to_owned()])?;
    let mut config = Config::default();
    let mut faults = Vec::new();
    for (name, value) in &table {
        match (name.as_str(), value.as_str()) {
            ("ambiguous", Some(word)) => match Ambiguous::parse(word) {
                Some(ambiguous) => config.ambiguous = Some(ambiguous),
                None => faults.push(format!("ambiguous: {word}: auto, narrow or wide")),
            },
            ("theme", Some("default")) => config.theme = Some(ThemeName::Default),
            ("theme", Some("mono")) => config.theme = Some(ThemeName::Mono),
            ("theme", Some(word)) => faults.push(format!("theme: {word}: default or mono")),
            ("keys", None) => {
                match toml::to_string(value).map_err(|e| vec![e.to_string()]).and_then(|t| Keymap::with_toml(&t)) {
                    Ok(keymap) => config.keymap = keymap,
                    Err(more) => faults.extend(more),
                }
            }
            // Read where servers are chosen: `data::servers`.
            ("server" | "servers", _) => {}
            _ => faults.push(format!("{name}: no such setting")),
        }
    }
    if faults.is_empty() { Ok(config) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Action, keymap};

    #[test]
    fn keys_and_widths_are_read_and_every_fault_is_told() {
        let config = read("ambiguous = \"wide\"\n[keys.record]\ndelete = \"D\"\n").unwrap_or_default();
        assert_eq!(config.ambiguous, Some(Ambiguous::Wide));
        assert_eq!(config.keymap.key_of(keymap::LIST, Action::Delete).as_deref(), Some("D"));
        let faults =
            read("ambiguous = \"broad\"\ncolour = 1\n[keys.record]\ndelete = \"e\"\n").err().unwrap_or_default();
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
