//! The servers that a person works with: their names, addresses and CAs in the configuration file, which keeps its
//! comments and its order when a server comes or goes.
//!
//! ```toml
//! server = "office"                  # the default
//! [servers.office]
//! address = "crm.example.com:7656"
//! ca = "/etc/company-ca.pem"         # only where the company has a CA of its own
//! ```

use std::{fs, path::PathBuf};

use rolo_proto::join::Address;
use toml_edit::{DocumentMut, Item, Table, value};

use super::{
    Failure,
    place::{config_file, write_private},
};

/// A server to work on, over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What the person calls it; none for one that is not in the file.
    pub name: Option<String>,
    /// Where it listens.
    pub address: Address,
    /// PEM with the certificates of the company's own CA.
    pub ca: Option<PathBuf>,
}

/// What the file says of servers.
#[derive(Debug)]
pub struct Servers {
    file: Option<PathBuf>,
    document: DocumentMut,
    all: Vec<Server>,
}

impl Servers {
    /// Reads the file; without one there are none.
    pub fn load() -> Result<Self, Failure> {
        let file = config_file();
        let text = match &file {
            Some(path) if path.exists() => fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?,
            _ => String::new(),
        };
        Self::read(file, &text)
    }

    fn read(file: Option<PathBuf>, text: &str) -> Result<Self, Failure> {
        let wrong = |what: &str| {
            let place = file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            Failure::usage(format!("{place}: {what}"), format!("{place}：{what}"))
        };
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            wrong(&format!("line {}: {}", before.matches('\n').count() + 1, error.message()))
        })?;
        let mut all = Vec::new();
        for (name, entry) in document.get("servers").and_then(Item::as_table_like).into_iter().flat_map(|t| t.iter()) {
            let said = |key: &str| entry.get(key).and_then(Item::as_str);
            let address = said("address").and_then(|text| text.parse().ok());
            let address = address.ok_or_else(|| wrong(&format!("servers.{name}.address: HOST:PORT")))?;
            all.push(Server { name: Some(name.to_owned()), address, ca: said("ca").map(PathBuf::from) });
        }
        let named = |name: &&str| all.iter().any(|server: &Server| server.name.as_deref() == Some(name));
        if let Some(name) = document.get("server").and_then(Item::as_str).filter(|name| !named(name)) {
            return Err(wrong(&format!("server: there is no servers.{name}")));
        }
        Ok(Self { file, document, all })
    }

    /// In the order of the file.
    pub fn all(&self) -> &[Server] {
        &self.all
    }

    /// What they are called, with commas between.
    pub fn names(&self) -> String {
        self.all.iter().filter_map(|server| server.name.as_deref()).collect::<Vec<_>>().join(", ")
    }

    /// The one of this name.
    pub fn named(&self, name: &str) -> Option<&Server> {
        self.all.iter().find(|server| server.name.as_deref() == Some(name))
    }

    /// The one at this address, or one that is not in the file.
    pub fn at(&self, address: Address) -> Server {
        let known = self.all.iter().find(|server| server.address == address).cloned();
        known.unwrap_or(Server { name: None, address, ca: None })
    }

    /// What the default is called.
    pub fn default_name(&self) -> Option<&str> {
        self.document.get("server").and_then(Item::as_str)
    }

    /// The one that is worked on where nothing is said.
    pub fn default(&self) -> Option<&Server> {
        self.default_name().and_then(|name| self.named(name))
    }

    /// Adds a server, or gives one another address; the first is the default.
    pub fn add(&mut self, name: &str, address: Address) -> Result<(), Failure> {
        let servers = self.document.entry("servers").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        if let Some(servers) = servers.as_table_like_mut() {
            let mut entry = Table::new();
            entry["address"] = value(address.to_string());
            entry.decor_mut().set_prefix("\n");
            servers.insert(name, Item::Table(entry));
        }
        self.all.retain(|server| server.name.as_deref() != Some(name));
        self.all.push(Server { name: Some(name.to_owned()), address, ca: None });
        match self.default_name() {
            Some(_) => self.save(),
            None => self.make_default(name),
        }
    }

    /// Makes a server the default.
    pub fn make_default(&mut self, name: &str) -> Result<(), Failure> {
        self.document["server"] = value(name);
        self.save()
    }

    /// Takes a server out; the default goes with it.
    pub fn remove(&mut self, name: &str) -> Result<(), Failure> {
        if let Some(servers) = self.document.get_mut("servers").and_then(Item::as_table_like_mut) {
            servers.remove(name);
        }
        if self.default_name() == Some(name) {
            self.document.remove("server");
        }
        self.all.retain(|server| server.name.as_deref() != Some(name));
        self.save()
    }

    fn save(&self) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Err(Failure::usage(
                "No home directory: say where the settings are with ROLO_CONFIG",
                "找不到主目录：请用 ROLO_CONFIG 指定配置文件",
            ));
        };
        // A file that somebody keeps elsewhere stays there.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir).map_err(|error| Failure::file(dir, &error))?;
        }
        write_private(&file, self.document.to_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn servers_come_and_go_and_the_rest_of_the_file_stays() -> Outcome {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("config.toml");
        let before = "# mine\ntheme = \"mono\" # dark\n\n[keys.record]\ndelete = \"D\"\n";
        let mut servers = Servers::read(Some(file.clone()), before)?;
        servers.add("office", "crm.example.com:7000".parse()?)?;
        servers.add("branch", "192.0.2.1".parse()?)?;
        let after = fs::read_to_string(&file)?;
        let again = Servers::read(Some(file.clone()), &after)?;
        let names: Vec<_> = again.all().iter().filter_map(|s| s.name.as_deref()).collect();
        assert_eq!((names, again.default_name()), (vec!["office", "branch"], Some("office")), "{after}");
        assert_eq!(again.at("192.0.2.1:7656".parse()?).name.as_deref(), Some("branch"));
        assert!(after.contains("# mine\ntheme = \"mono\" # dark\n") && after.contains("delete = \"D\""), "{after}");
        servers.remove("office")?;
        servers.remove("branch")?;
        assert_eq!(fs::read_to_string(&file)?, before);
        assert!(Servers::read(None, "server = \"gone\"").is_err());
        assert!(Servers::read(None, "[servers.a]\naddress = \"华盛\"").is_err());
        Ok(())
    }
}
