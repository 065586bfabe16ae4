//! Which key does what where. Layers are stacked: a list takes keys of List, Record, Move and Global together, so no
//! two actions of one stack may share a key, and no key may be the beginning of another's sequence.

use std::collections::BTreeMap;

use super::{Action, Chord, chord, default};

/// A set of keys that are valid in one kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Wherever text is not typed.
    Global,
    /// Wherever there are rows.
    Move,
    /// Wherever there is a record.
    Record,
    /// A list.
    List,
    /// A record's detail.
    Detail,
    /// What is due.
    Today,
    /// The assignment of opportunities.
    Assign,
    /// The board by stage.
    Board,
    /// The forecast by month.
    Forecast,
    /// What reached me.
    Notices,
    /// A form, also while text is typed.
    Form,
}

impl Layer {
    const NAMES: [(&'static str, Layer); 11] = [
        ("global", Layer::Global),
        ("move", Layer::Move),
        ("record", Layer::Record),
        ("list", Layer::List),
        ("detail", Layer::Detail),
        ("today", Layer::Today),
        ("assign", Layer::Assign),
        ("board", Layer::Board),
        ("forecast", Layer::Forecast),
        ("notices", Layer::Notices),
        ("form", Layer::Form),
    ];

    /// Its name in the keymap file.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, layer)| *layer == self).map_or("", |(name, _)| name)
    }
}

/// Layers of a list, top first.
pub const LIST: &[Layer] = &[Layer::List, Layer::Record, Layer::Move, Layer::Global];
/// Layers of a detail.
pub const DETAIL: &[Layer] = &[Layer::Detail, Layer::Record, Layer::Move, Layer::Global];
/// Layers of Today.
pub const TODAY: &[Layer] = &[Layer::Today, Layer::Record, Layer::Move, Layer::Global];
/// Layers of the assignment.
pub const ASSIGN: &[Layer] = &[Layer::Assign, Layer::Move, Layer::Global];
/// Layers of the board.
pub const BOARD: &[Layer] = &[Layer::Board, Layer::Move, Layer::Global];
/// Layers of the forecast.
pub const FORECAST: &[Layer] = &[Layer::Forecast, Layer::Move, Layer::Global];
/// Layers of the notices.
pub const NOTICES: &[Layer] = &[Layer::Notices, Layer::Move, Layer::Global];
/// Layers of a form.
pub const FORM: &[Layer] = &[Layer::Form];

/// All stacks that occur.
pub const STACKS: [&[Layer]; 8] = [LIST, DETAIL, TODAY, ASSIGN, BOARD, FORECAST, NOTICES, FORM];

/// What a key press means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// This action.
    Action(Action),
    /// The beginning of a sequence.
    Prefix,
    /// Nothing.
    Nothing,
}

/// The live keymap.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<(Layer, Vec<Chord>, Action)>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings = Vec::new();
        for (layer, action, keys) in default::TABLE {
            bindings.extend(keys.iter().filter_map(|k| Some((*layer, Chord::parse_sequence(k)?, *action))));
        }
        Self { bindings }
    }
}

impl Keymap {
    /// The shipped keymap changed by a person's file: `[list]`, then `delete = "D"` or `delete = ["D", "ctrl-x"]`.
    /// What is named gets exactly these keys; an empty list takes them away. Every complaint is answered, not the first.
    pub fn with_toml(text: &str) -> Result<Self, Vec<String>> {
        let table: BTreeMap<String, BTreeMap<String, toml::Value>> =
            toml::from_str(text).map_err(|e| vec![e.message().to_owned()])?;
        let mut map = Self::default();
        let mut faults = Vec::new();
        for (layer_name, rows) in &table {
            let Some((_, layer)) = Layer::NAMES.iter().find(|(name, _)| name == layer_name) else {
                faults.push(format!("[{layer_name}]: no such layer"));
                continue;
            };
            for (name, keys) in rows {
                match read_row(name, keys) {
                    Ok((action, sequences)) => map.rebind(*layer, action, sequences),
                    Err(fault) => faults.push(format!("[{layer_name}] {fault}")),
                }
            }
        }
        faults.extend(map.conflicts());
        if faults.is_empty() { Ok(map) } else { Err(faults) }
    }

    fn rebind(&mut self, layer: Layer, action: Action, sequences: Vec<Vec<Chord>>) {
        self.bindings.retain(|(l, _, a)| !(*l == layer && *a == action));
        self.bindings.extend(sequences.into_iter().map(|s| (layer, s, action)));
    }

    /// What the keys pressed so far and this one mean.
    pub fn find(&self, layers: &[Layer], sequence: &[Chord]) -> Found {
        let mut found = Found::Nothing;
        for (layer, keys, action) in &self.bindings {
            if !layers.contains(layer) {
                continue;
            }
            if keys == sequence {
                return Found::Action(*action);
            }
            if keys.starts_with(sequence) {
                found = Found::Prefix;
            }
        }
        found
    }

    /// What can follow a prefix.
    pub fn continuations(&self, layers: &[Layer], prefix: &[Chord]) -> Vec<(String, Action)> {
        let mut all: Vec<_> = self
            .bindings
            .iter()
            .filter(|(l, keys, _)| layers.contains(l) && keys.len() > prefix.len() && keys.starts_with(prefix))
            .map(|(_, keys, action)| (chord::print(&keys[prefix.len()..]), *action))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// The first key of an action, as it is written.
    pub fn key_of(&self, layers: &[Layer], action: Action) -> Option<String> {
        self.keys_of(layers, action).into_iter().next()
    }

    /// All keys of an action.
    pub fn keys_of(&self, layers: &[Layer], action: Action) -> Vec<String> {
        let rows = self.bindings.iter().filter(|(l, _, a)| layers.contains(l) && *a == action);
        rows.map(|(_, keys, _)| chord::print(keys)).collect()
    }

    /// Keys that two actions of one stack share, or that hide the sequences of another.
    pub fn conflicts(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for stack in STACKS {
            let rows: Vec<_> = self.bindings.iter().filter(|(l, ..)| stack.contains(l)).collect();
            for (i, (_, keys, action)) in rows.iter().enumerate() {
                for (_, other, also) in &rows[i + 1..] {
                    if keys.starts_with(other) || other.starts_with(keys) {
                        let fault = format!("{}: {} and {}", chord::print(keys), action.name(), also.name());
                        if !faults.contains(&fault) {
                            faults.push(fault);
                        }
                    }
                }
            }
        }
        faults
    }
}

fn read_row(name: &str, keys: &toml::Value) -> Result<(Action, Vec<Vec<Chord>>), String> {
    let action = Action::named(name).ok_or_else(|| format!("{name}: no such action"))?;
    let texts = match keys {
        toml::Value::String(one) => vec![one.as_str()],
        toml::Value::Array(many) => many.iter().filter_map(toml::Value::as_str).collect(),
        _ => return Err(format!("{name}: a key or a list of keys")),
    };
    let read = texts.iter().map(|t| Chord::parse_sequence(t).ok_or_else(|| format!("{name}: {t} is no key")));
    Ok((action, read.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_actions_of_one_stack_share_a_key() {
        assert_eq!(Keymap::default().conflicts(), Vec::<String>::new());
    }

    #[test]
    fn every_shipped_key_can_be_read() {
        for (_, action, keys) in default::TABLE {
            for key in *keys {
                assert!(Chord::parse_sequence(key).is_some(), "{} of {} is no key", key, action.name());
            }
        }
    }

    #[test]
    fn a_sequence_is_found_key_by_key() {
        let map = Keymap::default();
        let g = Chord::plain(Key::Char('g'));
        let c = Chord::plain(Key::Char('c'));
        assert_eq!(map.find(LIST, &[g]), Found::Prefix);
        assert_eq!(map.find(LIST, &[g, c]), Found::Action(Action::GoCustomers));
        assert_eq!(map.find(FORM, &[g]), Found::Nothing, "letters are text in a form");
    }

    #[test]
    fn a_person_may_move_a_key_but_not_onto_another() {
        let map = Keymap::with_toml("[record]\ndelete = \"D\"").map_err(|e| e.join("; "));
        let d = |c| vec![Chord::plain(Key::Char(c))];
        assert_eq!(map.as_ref().map(|m| m.find(LIST, &d('D'))), Ok(Found::Action(Action::Delete)));
        assert_eq!(map.map(|m| m.find(LIST, &d('d'))), Ok(Found::Nothing));
        let clash = Keymap::with_toml("[record]\ndelete = \"e\"").err().unwrap_or_default();
        assert_eq!(clash, ["e: edit and delete"]);
        assert!(Keymap::with_toml("[record]\nfly = \"e\"").is_err());
    }

    use crate::keys::Key;
}
