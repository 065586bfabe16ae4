//! The contents of palette and help: what can be done now, with its keys, from the same sources as the keymap itself.

use super::{model::Model, press::layers, shared::Nav, shared::read_right};
use crate::{
    keys::Action,
    overlay::palette::{Entry, Run},
    resource,
    strings::{Label, Lang, Texts, fill},
};

/// Actions that every screen has.
const EVERYWHERE: [Action; 23] = [
    Action::GoCustomers,
    Action::GoContacts,
    Action::GoInteractions,
    Action::GoOpportunities,
    Action::GoProducts,
    Action::GoToday,
    Action::GoAssignment,
    Action::GoBoard,
    Action::GoForecast,
    Action::GoNotices,
    Action::Drafts,
    Action::Undo,
    Action::Redo,
    Action::Retry,
    Action::ScreenBefore,
    Action::HistoryBack,
    Action::HistoryForward,
    Action::Help,
    Action::Language,
    Action::ChangePassword,
    Action::SignOut,
    Action::Suspend,
    Action::Quit,
];

/// Actions that move.
const MOVES: [Action; 9] = [
    Action::Down,
    Action::Up,
    Action::PageDown,
    Action::PageUp,
    Action::HalfDown,
    Action::HalfUp,
    Action::Top,
    Action::Bottom,
    Action::Refresh,
];

fn both(label: Label, lang: Lang) -> String {
    let (this, other) = match lang {
        Lang::En => (label.en, label.zh),
        Lang::Zh => (label.zh, label.en),
    };
    format!("{this}  {other}")
}

/// Everything the palette offers.
pub fn entries(model: &Model) -> Vec<Entry> {
    let sh = &model.sh;
    let layers = layers(model);
    let lang = sh.lang;
    let mut entries = Vec::new();
    let mut add = |action: Action, prefix: Label| {
        let label = action.label();
        let label = Label { en: label.en, zh: label.zh };
        let shown = if sh.english_only { label.en.to_owned() } else { both(label, lang) };
        let prefix = prefix.get(lang);
        entries.push(Entry {
            label: if prefix.is_empty() { shown } else { format!("{prefix} {shown}") },
            names: vec![label.en.to_owned(), label.zh.to_owned(), action.name().to_owned()],
            key: sh.keymap.key_of(layers, action).unwrap_or_default(),
            run: Run::Action(action),
        });
    };
    let none = Label::new("", "");
    for action in model.top().map(|s| s.actions(sh)).unwrap_or_default() {
        add(action, none);
    }
    let signed_in = sh.session.is_some();
    let offered =
        |a: &Action| signed_in && sh.offers(*a) || matches!(a, Action::Help | Action::Language | Action::Quit);
    for action in EVERYWHERE.into_iter().filter(offered) {
        let goes = action.name().starts_with("go-");
        add(action, if goes { Label::new("go to", "前往") } else { none });
    }
    if let Some(screen) = model.top() {
        for (name, answer) in screen.choices(sh) {
            entries.push(Entry {
                label: fill(sh.t().view_called, &[&name]),
                // What it is finds them all, in either language: "view", 视图, `st`.
                names: [Lang::En, Lang::Zh]
                    .map(|lang| fill(Texts::of(lang).view_called, &[&name]))
                    .into_iter()
                    .chain([name])
                    .collect(),
                key: String::new(),
                run: Run::Answer(screen.id(), answer),
            });
        }
    }
    for recent in sh.recent.iter().take(10) {
        entries.push(Entry {
            label: recent.label.clone(),
            names: vec![recent.label.clone()],
            key: resource::of(recent.kind).map_or("", |r| r.labels().0.get(lang)).to_owned(),
            run: Run::Go(Nav::Detail(recent.kind, recent.id, recent.label.clone())),
        });
    }
    for r in resource::all().iter().filter(|r| read_right(r.kind()).is_some_and(|right| sh.can(right))) {
        use rolo_proto::v1::Kind;
        if matches!(r.kind(), Kind::DictionaryItem | Kind::User | Kind::PlanStep) {
            let label = r.labels().1;
            entries.push(Entry {
                label: both(label, lang),
                names: vec![label.en.to_owned(), label.zh.to_owned()],
                key: String::new(),
                run: Run::Go(Nav::List(r.kind())),
            });
        }
    }
    entries
}

/// The lines of the help.
pub fn help(model: &Model) -> Vec<(String, String)> {
    let sh = &model.sh;
    let t = sh.t();
    let layers = layers(model);
    let mut rows = Vec::new();
    let mut section = |title: &str, actions: Vec<Action>| {
        let lines: Vec<_> = actions
            .into_iter()
            .filter_map(|action| {
                let keys = sh.keymap.keys_of(layers, action);
                let first = keys.first()?;
                let keys = match keys.len() {
                    1 => first.clone(),
                    2 => keys.join(" "),
                    _ if action == Action::View => "1-9".to_owned(),
                    _ => format!("{} {}", keys[0], keys[1]),
                };
                Some((keys, action.label().get(sh.lang).to_owned()))
            })
            .collect();
        if !lines.is_empty() {
            if !rows.is_empty() {
                rows.push((String::new(), String::new()));
            }
            rows.push((String::new(), title.to_owned()));
            rows.extend(lines);
        }
    };
    let mut here = model.top().map(|s| s.actions(sh)).unwrap_or_default();
    for extra in [Action::View, Action::SelectAll, Action::SelectRange, Action::PrevTab, Action::PrevField] {
        let fits = match extra {
            Action::PrevTab => here.contains(&Action::NextTab),
            Action::PrevField => here.contains(&Action::NextField),
            Action::View => here.contains(&Action::Find),
            _ => here.contains(&Action::Select),
        };
        if fits && !here.contains(&extra) {
            here.push(extra);
        }
    }
    section(t.help_here, here);
    section(t.help_move, MOVES.to_vec());
    let mut everywhere = vec![Action::Palette];
    everywhere.extend(EVERYWHERE.into_iter().filter(|action| sh.offers(*action)));
    everywhere.extend([Action::Back, Action::Redraw]);
    section(t.help_everywhere, everywhere);
    rows
}
