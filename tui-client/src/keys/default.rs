//! The shipped keys: one table. A sequence may have several twins; the first is what footer and help show.

use super::{Action, Layer};
use crate::strings::Lang;

/// Layer, action, keys.
pub type Row = (Layer, Action, &'static [&'static str]);

/// The shipped keys as the README's table.
pub fn markdown(lang: Lang) -> String {
    let mut out = String::from(match lang {
        Lang::En => "| Where | What | Keys |\n|---|---|---|\n",
        Lang::Zh => "| 位置 | 操作 | 按键 |\n|---|---|---|\n",
    });
    for (layer, action, keys) in TABLE {
        let keys: Vec<_> = keys.iter().map(|k| format!("`{k}`")).collect();
        out.push_str(&format!("| {} | {} | {} |\n", layer.name(), action.label().get(lang), keys.join(" ")));
    }
    out
}

/// The shipped keymap.
pub const TABLE: &[Row] = &[
    // Everywhere that text is not typed.
    (Layer::Global, Action::Palette, &[":", "ctrl-p"]),
    (Layer::Global, Action::Help, &["?", "F1"]),
    (Layer::Global, Action::GoCustomers, &["g c"]),
    (Layer::Global, Action::GoContacts, &["g k"]),
    (Layer::Global, Action::GoInteractions, &["g i"]),
    (Layer::Global, Action::GoOpportunities, &["g o"]),
    (Layer::Global, Action::GoProducts, &["g p"]),
    (Layer::Global, Action::GoToday, &["g t"]),
    (Layer::Global, Action::GoNotices, &["g n"]),
    (Layer::Global, Action::GoBoard, &["g b"]),
    (Layer::Global, Action::GoForecast, &["g f"]),
    (Layer::Global, Action::Drafts, &["g d"]),
    (Layer::Global, Action::Undo, &["u"]),
    (Layer::Global, Action::Redo, &["ctrl-r"]),
    (Layer::Global, Action::Retry, &["!"]),
    (Layer::Global, Action::ScreenBefore, &["-"]),
    (Layer::Global, Action::HistoryBack, &["["]),
    (Layer::Global, Action::HistoryForward, &["]"]),
    (Layer::Global, Action::Back, &["esc"]),
    (Layer::Global, Action::Quit, &["q", "ctrl-c"]),
    (Layer::Global, Action::Redraw, &["ctrl-l"]),
    (Layer::Global, Action::Suspend, &["ctrl-z"]),
    // Rows.
    (Layer::Move, Action::Down, &["j", "down"]),
    (Layer::Move, Action::Up, &["k", "up"]),
    (Layer::Move, Action::PageDown, &["pgdn", "ctrl-f"]),
    (Layer::Move, Action::PageUp, &["pgup", "ctrl-b"]),
    (Layer::Move, Action::HalfDown, &["ctrl-d"]),
    (Layer::Move, Action::HalfUp, &["ctrl-u"]),
    (Layer::Move, Action::Top, &["g g", "home"]),
    (Layer::Move, Action::Bottom, &["G", "end"]),
    (Layer::Move, Action::Refresh, &["R", "F5"]),
    // Decisions: the same letters in list, detail and Today.
    (Layer::Record, Action::New, &["n"]),
    (Layer::Record, Action::Edit, &["e"]),
    (Layer::Record, Action::Interaction, &["i"]),
    (Layer::Record, Action::NewContact, &["K"]),
    (Layer::Record, Action::Assign, &["a"]),
    (Layer::Record, Action::Withdraw, &["W"]),
    (Layer::Record, Action::Succeed, &["S"]),
    (Layer::Record, Action::Lose, &["L"]),
    (Layer::Record, Action::Reopen, &["O"]),
    (Layer::Record, Action::Merge, &["M"]),
    (Layer::Record, Action::GoAssignment, &["A"]),
    (Layer::Record, Action::Done, &["c"]),
    (Layer::Record, Action::Snooze, &["z"]),
    (Layer::Record, Action::Delete, &["d"]),
    (Layer::Record, Action::Restore, &["r"]),
    (Layer::Record, Action::Follow, &["f"]),
    (Layer::Record, Action::Copy, &["y"]),
    (Layer::Record, Action::Repeat, &["."]),
    // Lists.
    (Layer::List, Action::Open, &["enter"]),
    (Layer::List, Action::Find, &["/"]),
    (Layer::List, Action::Sort, &["s"]),
    (Layer::List, Action::View, &["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
    (Layer::List, Action::KeepView, &["w"]),
    (Layer::List, Action::Select, &["space"]),
    (Layer::List, Action::SelectRange, &["v"]),
    (Layer::List, Action::SelectAll, &["*"]),
    (Layer::List, Action::Export, &["x"]),
    (Layer::List, Action::Import, &["I"]),
    (Layer::List, Action::SumAll, &["T"]),
    (Layer::List, Action::Right, &["l", "right"]),
    (Layer::List, Action::Left, &["h", "left"]),
    // Details.
    (Layer::Detail, Action::Open, &["enter"]),
    (Layer::Detail, Action::NextTab, &["tab", "l", "right"]),
    (Layer::Detail, Action::PrevTab, &["shift-tab", "h", "left"]),
    // Today.
    (Layer::Today, Action::Open, &["enter"]),
    (Layer::Today, Action::NextTab, &["tab", "l", "right"]),
    (Layer::Today, Action::PrevTab, &["shift-tab", "h", "left"]),
    // Notices.
    (Layer::Notices, Action::Open, &["enter"]),
    (Layer::Notices, Action::MarkRead, &["r"]),
    (Layer::Notices, Action::MarkAllRead, &["A"]),
    // The assignment of opportunities.
    (Layer::Assign, Action::Assign, &["enter", "a"]),
    (Layer::Assign, Action::NextTab, &["tab", "l", "right"]),
    (Layer::Assign, Action::PrevTab, &["shift-tab", "h", "left"]),
    (Layer::Assign, Action::Select, &["space"]),
    (Layer::Assign, Action::SelectRange, &["v"]),
    (Layer::Assign, Action::SelectAll, &["*"]),
    (Layer::Assign, Action::SpreadEvenly, &["="]),
    (Layer::Assign, Action::SpreadByWork, &["b"]),
    (Layer::Assign, Action::Withdraw, &["W"]),
    (Layer::Assign, Action::New, &["n"]),
    (Layer::Assign, Action::Open, &["o"]),
    (Layer::Assign, Action::Find, &["/"]),
    (Layer::Assign, Action::View, &["1", "2"]),
    // The board by stage.
    (Layer::Board, Action::Open, &["enter"]),
    (Layer::Board, Action::Left, &["h", "left"]),
    (Layer::Board, Action::Right, &["l", "right"]),
    (Layer::Board, Action::StageBack, &["<"]),
    (Layer::Board, Action::StageOn, &[">"]),
    (Layer::Board, Action::GoAssignment, &["A"]),
    // The forecast by month.
    (Layer::Forecast, Action::Open, &["enter"]),
    (Layer::Forecast, Action::Earlier, &["<"]),
    (Layer::Forecast, Action::Later, &[">"]),
    (Layer::Forecast, Action::GoAssignment, &["A"]),
    // Forms, where letters are text.
    (Layer::Form, Action::NextField, &["tab", "down"]),
    (Layer::Form, Action::PrevField, &["shift-tab", "up"]),
    (Layer::Form, Action::Accept, &["enter"]),
    (Layer::Form, Action::Save, &["ctrl-s", "F2"]),
    (Layer::Form, Action::DiscardDraft, &["ctrl-x"]),
    (Layer::Form, Action::Back, &["esc"]),
    (Layer::Form, Action::Palette, &["ctrl-p"]),
    (Layer::Form, Action::Help, &["F1"]),
    (Layer::Form, Action::Redraw, &["ctrl-l"]),
    (Layer::Form, Action::Suspend, &["ctrl-z"]),
    (Layer::Form, Action::Quit, &["ctrl-c"]),
    (Layer::Form, Action::PageDown, &["pgdn"]),
    (Layer::Form, Action::PageUp, &["pgup"]),
];
