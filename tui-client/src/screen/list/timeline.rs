//! A customer's timeline as lines: what happened, newest first.

use rolo_proto::v1::{Change, Kind, TimelineEntry, timeline_entry::Entry};

use super::super::show;
use crate::{
    app::shared::Shared,
    resource,
    strings::{Lang, fill},
    theme::Role,
    widget::canvas::Canvas,
};

/// One entry in one line: when, who, what.
pub fn line(c: &mut Canvas<'_>, x: u16, y: u16, width: u16, entry: &TimelineEntry, sh: &Shared) {
    let when = show::relative(entry.at, sh);
    let end = c.put(x, y, &c.m.pad(&when, 10), Role::Dim, width);
    let actor = entry.actor.as_ref().map_or("", show::user);
    let left = (x + width).saturating_sub(end + 1);
    let end = c.put(end + 1, y, &c.m.pad(actor, 8), Role::Text, left);
    let left = (x + width).saturating_sub(end + 1);
    let (kind, text) = headline(entry, sh);
    c.spans(
        end + 1,
        y,
        left,
        &[(&kind, Role::Key), (if kind.is_empty() { "" } else { " " }, Role::Text), (&text, Role::Text)],
    );
}

/// The kind and the gist of an entry.
pub fn headline(entry: &TimelineEntry, sh: &Shared) -> (String, String) {
    match &entry.entry {
        Some(Entry::Interaction(i)) => {
            let channel = i.channel.as_ref().map_or("", |c| show::choice(c, sh.lang));
            (channel.to_owned(), i.title.clone())
        }
        Some(Entry::Change(change)) => (String::new(), change_text(change, sh)),
        None => (String::new(), String::new()),
    }
}

/// `changed Telephone, Address`; of another record also which.
pub fn change_text(change: &Change, sh: &Shared) -> String {
    let t = sh.t();
    let kind = Kind::try_from(change.kind).unwrap_or_default();
    let what = match (kind, resource::of(kind)) {
        (Kind::Customer, _) if change.verb != "create" => String::new(),
        (Kind::Customer, Some(r)) => format!(" {}", r.labels().0.get(sh.lang).to_lowercase()),
        (_, None) => String::new(),
        // In the history of one record its name would say nothing.
        (_, Some(_)) if change.label.is_empty() => String::new(),
        (_, Some(r)) => {
            let one = r.labels().0.get(sh.lang);
            let one = if sh.lang == Lang::En { one.to_lowercase() } else { one.to_owned() };
            format!(" {one} {}", change.label)
        }
    };
    let verb = match change.verb.as_str() {
        "create" => t.verb_created,
        "update" => t.verb_changed,
        "delete" => t.verb_deleted,
        "restore" => t.verb_restored,
        "merge" => t.verb_merged,
        "undo" => t.verb_undone,
        "assign" => t.verb_assigned,
        "reassign" => t.verb_reassigned,
        "withdraw" => t.verb_withdrawn,
        "succeed" => t.verb_won,
        "fail" => t.verb_lost,
        "reopen" => t.verb_reopened,
        "record" => t.verb_recorded,
        other => other,
    };
    let fields: Vec<_> = change.fields.iter().map(|f| field_label(kind, &f.field, sh)).collect();
    let fields = if change.verb == "update" || change.verb == "undo" { fields.join(t.comma) } else { String::new() };
    let text = format!("{verb}{what}");
    // A merge is told by the other one: on the one that stays, and on the one that went into it.
    let other = change.fields.iter().find(|field| matches!(field.field.as_str(), "merged_into" | "former"));
    if let Some(other) = other.filter(|_| change.verb == "merge") {
        return fill(t.colon, &[&text, &other.after.lines().last().unwrap_or_default()]);
    }
    if fields.is_empty() { text } else { fill(t.colon, &[&text, &fields]) }
}

/// What a person calls a field of a kind.
pub fn field_label(kind: Kind, name: &str, sh: &Shared) -> String {
    let field = resource::of(kind).and_then(|r| {
        let by_wire = r.fields().iter().find(|f| f.wire == Some(name));
        by_wire.or_else(|| r.fields().iter().find(|f| f.name == name))
    });
    field.map_or_else(|| name.to_owned(), |f| f.label.get(sh.lang).to_owned())
}
