//! What a form does for the person who types: names what exists already, says what a date means, jumps to a field by
//! its letters.

use rolo_proto::{
    number,
    v1::{self, Kind, prior::Kind as Prior},
};

use super::{Editor, FormScreen, editor::locale};
use crate::{
    app::{
        effect::{Request, Slot},
        shared::Shared,
    },
    keys::{Chord, Key},
    resource::{Field, Value, when},
    screen::show,
    strings::fill,
    theme::Role,
    widget::line_input::Edit,
};

impl FormScreen {
    pub(super) fn check(&self, sh: &mut Shared) {
        if self.kind == Kind::Opportunity {
            self.check_priors(sh);
            return;
        }
        let text = |name: &str| {
            self.item_named(name, false).map_or_else(String::new, |i| match &self.items[i].editor {
                Editor::Line(line) => line.text().trim().to_owned(),
                _ => String::new(),
            })
        };
        let party = self.item_named("party", false).map_or(0, |i| match self.items[i].editor {
            Editor::Fixed(Some(index)) => index as i32 + 1,
            _ => 0,
        });
        let request = v1::CheckDuplicatesRequest {
            name: text("name"),
            party,
            tel: text("tel"),
            usc_code: text("usc_code"),
            external_id: text("external_id"),
            except_id: self.record.as_ref().map_or(0, |r| r.id),
        };
        sh.call(self.id, Slot::Duplicates, Request::Duplicates(request));
    }

    /// Who has this name already, as a customer or an open opportunity (D8).
    fn check_priors(&self, sh: &mut Shared) {
        let editor = |name: &str| self.item_named(name, false).map(|i| &self.items[i].editor);
        let customer_name = match editor("customer_name") {
            Some(Editor::Line(line)) => line.text().trim().to_owned(),
            // What is assigned keeps its name and product.
            _ => return,
        };
        let product_id = match editor("product") {
            Some(Editor::Pick(Value::Link(product))) => product.id,
            _ => 0,
        };
        let except_id = self.record.as_ref().map_or(0, |r| r.id);
        let request = v1::CheckOpportunityRequest { customer_name, product_id, except_id };
        sh.call(self.id, Slot::Duplicates, Request::Priors(request));
    }

    /// What the name meets: what refuses it first, as the server sorts it.
    pub(super) fn met(&mut self, priors: &[v1::Prior], sh: &Shared) {
        let Some(at) = self.item_named("customer_name", false) else { return };
        let t = sh.t();
        self.items[at].hint = priors.first().map(|prior| {
            let owner = prior.owner.as_ref().map_or(t.nobody, show::user);
            let text = match prior.kind() {
                Prior::Customer if prior.blocks => t.prior_customer_blocks,
                Prior::Customer | Prior::Unspecified => t.prior_customer,
                Prior::LostCustomer => t.prior_lost,
                Prior::SameProduct => t.prior_same,
                Prior::OtherProduct => t.prior_other,
            };
            (fill(text, &[&owner]), if prior.blocks { Role::Bad } else { Role::Warn })
        });
    }

    pub(super) fn found(&mut self, duplicates: &[v1::Duplicate], sh: &Shared) {
        let t = sh.t();
        for name in ["name", "tel", "usc_code", "external_id"] {
            let Some(at) = self.item_named(name, false) else { continue };
            self.items[at].hint = duplicates.iter().find(|d| d.field == name).map(|d| {
                let label = d.customer.as_ref().map_or("", |c| c.name.as_str());
                let owner = d.manager.as_ref().map_or(t.nobody, show::user);
                let text = if d.blocks { t.exists_already } else { t.same_as };
                let text = fill(text, &[&label, &owner]);
                (
                    if d.deleted { format!("{text} {}", t.in_recycle_bin) } else { text },
                    if d.blocks { Role::Bad } else { Role::Warn },
                )
            });
        }
    }

    /// The field whose label, name, pinyin or initials begin with the letters.
    pub(super) fn jump_to(&mut self, letters: &str) {
        let wanted = letters.to_lowercase();
        let found = self.items.iter().position(|item| {
            let field = self.field_of(item);
            let (en, zh) = (field.label.en.to_lowercase(), field.label.zh);
            en.starts_with(&wanted)
                || zh.contains(&wanted)
                || field.name.starts_with(&wanted)
                || crate::overlay::matching::spellings(zh).iter().any(|s| s.starts_with(&wanted))
                || en.split(' ').any(|w| w.starts_with(&wanted))
        });
        if let (Some(at), false) = (found, wanted.is_empty()) {
            self.cursor = at;
        }
    }

    pub(super) fn jump_key(&mut self, chord: Chord) -> bool {
        let Some(line) = self.jump.as_mut() else { return false };
        match chord.key {
            Key::Enter | Key::Tab | Key::Esc | Key::Down | Key::Up => {
                self.jump = None;
                self.resting = false;
            }
            _ => {
                if line.key(chord, 20) == Edit::Changed {
                    let letters = line.text().to_owned();
                    self.jump_to(&letters);
                }
            }
        }
        true
    }
}

/// What a time field understood, for showing beside it.
pub(super) fn understood(text: &str, working_hours: bool, sh: &Shared) -> Option<(String, Role)> {
    if text.trim().is_empty() {
        return None;
    }
    Some(match when::understand(text, sh.now, sh.zone) {
        Some(when) => {
            let at = if working_hours { show::in_working_hours(when) } else { when.start };
            (format!("= {}", show::exact_day(at, sh.zone, sh.lang)), Role::Good)
        }
        None => (sh.t().no_date.to_owned(), Role::Warn),
    })
}

/// What a day field understood.
pub(super) fn understood_day(text: &str, sh: &Shared) -> Option<(String, Role)> {
    if text.trim().is_empty() {
        return None;
    }
    Some(match when::understand(text, sh.now, sh.zone) {
        Some(when) => (format!("= {}", show::day(when.start, sh.zone, sh.lang)), Role::Good),
        None => (sh.t().no_date.to_owned(), Role::Warn),
    })
}

/// How much a number in a field of ten thousands is.
pub(super) fn understood_wan(editor: &Editor, field: &Field, sh: &Shared) -> Option<(String, Role)> {
    let value = editor.value(field, sh).ok().filter(|value| *value != Value::Absent)?;
    Some((format!("= {}", show::full(&value, field, sh)), Role::Good))
}

/// What an amount means, where it was typed in another way than it is shown.
pub(super) fn understood_amount(text: &str, sh: &Shared) -> Option<(String, Role)> {
    let plain = |c: char| c.is_ascii_digit() || c == '.';
    let amount = number::amount(text, locale(sh).currency).filter(|_| !text.chars().all(plain) || text.len() > 4)?;
    Some((format!("= {}", show::money(amount, sh)), Role::Good))
}
