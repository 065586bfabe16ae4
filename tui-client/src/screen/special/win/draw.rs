//! How winning an opportunity looks: customer, contact, telephone, and what will happen.

use ratatui::layout::{Position, Rect};
use rolo_proto::v1::{Kind, prior};

use super::{CONFIRM, LINKMAN, WinScreen, text};
use crate::{
    app::shared::Shared,
    keys::Action,
    resource::{self, Value},
    screen::show,
    strings::fill,
    theme::Role,
    widget::canvas::Canvas,
};

impl WinScreen {
    pub(super) fn paint(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let name = text(&self.opportunity, "customer_name");
        c.put(area.x + 1, area.y, &self.opportunity.label, Role::Title, area.width.saturating_sub(2));
        let label = |name: &str| {
            let fields = resource::of(Kind::Opportunity).map(|r| r.fields()).unwrap_or_default();
            fields.iter().find(|f| f.name == name).map_or("", |f| f.label.get(sh.lang))
        };
        let indent = 18.min(area.width / 3);
        let mut y = area.y + 2;
        for (nth, field) in ["customer_no", "linkman", "tel"].into_iter().enumerate() {
            let here = nth == self.cursor;
            c.put(area.x + 1, y, label(field), if here { Role::Brand } else { Role::Dim }, indent);
            let x = area.x + 1 + indent;
            let at = Rect { x, y, width: area.right().saturating_sub(x + 1).min(48), height: 1 };
            match nth.checked_sub(LINKMAN).and_then(|nth| self.lines.get(nth)) {
                Some(line) => {
                    if here {
                        c.tint(at, Role::Input);
                    }
                    line.draw(c, at, if here { Role::Input } else { Role::Text }, here);
                    if line.is_empty() && !here {
                        c.put(x, y, &format!("! {}", t.still_missing), Role::Warn, at.width);
                    }
                }
                None => {
                    let shown = match &self.customer {
                        Some(customer) => format!("{} {}", customer.name, customer.number),
                        None => fill(t.win_new_customer, &[&name]),
                    };
                    c.put(x, y, &shown, Role::Text, at.width.saturating_sub(2));
                    c.put(at.right().saturating_sub(1), y, sh.theme.sym.choose, Role::Key, 1);
                    if here {
                        c.tint(at, Role::Cursor);
                        c.cursor = Some(Position { x, y });
                    }
                }
            }
            y += 1;
            if let Some(fault) = &self.faults[nth] {
                for part in c.m.wrap(&format!("! {fault}"), usize::from(area.right().saturating_sub(x + 1))) {
                    c.put(x, y, &part, Role::Bad, area.right().saturating_sub(x + 1));
                    y += 1;
                }
            }
        }
        y += 1;
        let confirm = format!(" {} ", Action::Succeed.label().get(sh.lang));
        let here = self.cursor == CONFIRM;
        c.put(area.x + 1, y, &confirm, if here { Role::Cursor } else { Role::Key }, 24);
        if here {
            c.cursor = Some(Position { x: area.x + 2, y });
        }
        y += 2;
        for (line, role) in self.notes(sh) {
            for part in c.m.wrap(&line, usize::from(area.width.saturating_sub(3))) {
                if y < area.bottom() {
                    c.put(area.x + 1, y, &part, role, area.width.saturating_sub(2));
                    y += 1;
                }
            }
        }
    }

    /// What will happen, and what is worth knowing before.
    fn notes(&self, sh: &Shared) -> Vec<(String, Role)> {
        let t = sh.t();
        let mut notes = Vec::new();
        let owner = show::named(&self.opportunity, &resource::Opportunities, "assignee", sh);
        notes.push(match &self.customer {
            Some(customer) => (fill(t.win_will_link, &[&customer.name]), Role::Text),
            None => (fill(t.win_will_make, &[&owner]), Role::Text),
        });
        if !self.lines[0].is_empty() {
            notes.push((fill(t.win_will_contact, &[&self.lines[0].text().trim()]), Role::Text));
        }
        if self.priors.iter().any(|p| p.kind() == prior::Kind::LostCustomer) {
            notes.push((format!("! {}", t.prior_lost), Role::Bad));
        }
        if !self.open_steps.is_empty() {
            notes.push((String::new(), Role::Text));
            notes.push((fill(t.win_open_steps, &[&self.open_steps.len()]), Role::Warn));
            let steps = self.open_steps.iter().take(8);
            notes.extend(steps.map(|step| {
                let day = match show::value(step, &resource::PlanSteps, "plan_date") {
                    Value::Date(day) => show::near(*day, sh),
                    _ => String::new(),
                };
                (format!("  {day}  {}", step.label), Role::Dim)
            }));
        }
        notes
    }
}
