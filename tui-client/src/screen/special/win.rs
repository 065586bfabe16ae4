//! An opportunity becomes a customer (O7): which customer it is, and the contact. What is missing is asked for, steps
//! without result are told; neither stands in the way (D9). What is typed is kept like that of any form ([`kept`]).

mod draw;
mod kept;

use ratatui::layout::Rect;
use rolo_proto::v1::{CheckOpportunityRequest, CustomerRef, Kind, Prior, prior};

use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot, Target},
        shared::{Nav, Shared},
    },
    data::{
        Failure, Reason,
        opportunity::{Move, Success, Won},
    },
    keys::{Action, Chord, Key, Layer, keymap},
    overlay::{Overlay, picker::Source},
    resource::{self, ListQuery, Record, Value},
    screen::{Answer, Ask, Place, Screen, show},
    strings::fill,
    theme::Role,
    widget::{
        canvas::Canvas,
        line_input::{Edit, LineInput},
    },
};

/// The lines that take something: customer, contact, telephone; behind them the one that confirms.
const CUSTOMER: usize = 0;
const LINKMAN: usize = 1;
const TEL: usize = 2;
const CONFIRM: usize = 3;

/// The opportunity's fields behind the two that are typed.
const LINES: [&str; 2] = ["linkman", "tel"];

/// The longest name or telephone.
const LONGEST: usize = 50;

/// The screen.
pub struct WinScreen {
    id: ScreenId,
    opportunity: Record,
    /// The customer that it becomes; none: a new one.
    customer: Option<CustomerRef>,
    /// Somebody chose it, or chose that it is a new one.
    chosen: bool,
    lines: [LineInput; 2],
    /// What the opportunity had there when they were typed.
    was: [String; 2],
    cursor: usize,
    priors: Vec<Prior>,
    open_steps: Vec<Record>,
    faults: [Option<String>; 3],
    touched: bool,
    /// When something was typed last.
    typed_at: i64,
    /// The revision that was seen when it was typed.
    revision: i64,
    /// Names the success with exactly what is typed.
    request_id: String,
}

impl WinScreen {
    /// Filled in from the opportunity.
    pub fn new(opportunity: Record, sh: &mut Shared) -> Self {
        let id = sh.id();
        let request = CheckOpportunityRequest {
            customer_name: text(&opportunity, "customer_name"),
            product_id: if let Value::Link(product) = value(&opportunity, "product") { product.id } else { 0 },
            except_id: opportunity.id,
        };
        let query = ListQuery { parent_id: opportunity.id, page_size: 100, ..ListQuery::default() };
        sh.call(id, Slot::Duplicates, Request::Priors(request));
        sh.call(id, Slot::Rows(0), Request::List(Kind::PlanStep, query));
        let mut screen = Self {
            id,
            revision: opportunity.revision,
            opportunity,
            customer: None,
            chosen: false,
            lines: Default::default(),
            was: Default::default(),
            cursor: CONFIRM,
            priors: Vec::new(),
            open_steps: Vec::new(),
            faults: Default::default(),
            touched: false,
            typed_at: sh.now,
            request_id: sh.request_id(),
        };
        screen.fill_in();
        screen.resume(sh);
        screen
    }

    /// As the opportunity has it; the cursor where something is missing.
    fn fill_in(&mut self) {
        self.customer = match value(&self.opportunity, "customer_no") {
            Value::Customer(customer) => Some(customer.clone()),
            _ => None,
        };
        self.chosen = self.customer.is_some();
        self.was = LINES.map(|name| text(&self.opportunity, name));
        self.lines = self.was.each_ref().map(|text| LineInput::new(text));
        self.cursor = self.lines.iter().position(LineInput::is_empty).map_or(CONFIRM, |nth| LINKMAN + nth);
    }

    fn step(&mut self, by: isize) {
        self.cursor = (self.cursor as isize + by).rem_euclid(CONFIRM as isize + 1) as usize;
    }

    fn line(&mut self) -> Option<&mut LineInput> {
        self.cursor.checked_sub(LINKMAN).and_then(|nth| self.lines.get_mut(nth))
    }

    fn changed(&mut self, sh: &mut Shared) {
        if let Some(fault) = self.faults.get_mut(self.cursor) {
            *fault = None;
        }
        self.touched = true;
        self.typed_at = sh.now;
        self.request_id = sh.request_id();
        self.keep(true, sh);
    }

    fn pick(&self, typed: &str, sh: &mut Shared) {
        let title = resource::of(Kind::Customer).map_or("", |r| r.labels().0.get(sh.lang));
        let mut picker = Overlay::picker(sh, self.id, Ask::Field(CUSTOMER), title, Source::Customers);
        picker.type_text(typed, sh);
        sh.overlays.push(picker);
    }

    fn confirm(&self, sh: &mut Shared) {
        if sh.waits(self.id, Slot::Save) {
            let text = sh.t().still_saving;
            sh.say(text, Role::Dim);
            return;
        }
        let target = Target {
            id: self.opportunity.id,
            revision: self.revision,
            label: self.opportunity.label.clone(),
            request_id: self.request_id.clone(),
        };
        let [linkman, tel] = self.lines.each_ref().map(|line| line.text().trim().to_owned());
        let customer_id = self.customer.as_ref().map_or(0, |customer| customer.id);
        let success = Success { customer_id, linkman, tel };
        sh.call(self.id, Slot::Save, Request::Opportunity(target, Move::Succeed(success)));
    }

    /// A customer of the name is there already: it is this one, unless somebody says otherwise.
    fn met(&mut self, priors: Vec<Prior>, sh: &mut Shared) {
        let same = priors.iter().find(|p| p.kind() == prior::Kind::Customer).and_then(|p| p.customer.clone());
        if let (false, Some(customer)) = (self.chosen || sh.waits(self.id, Slot::Save), same) {
            self.customer = Some(customer);
            self.keep(true, sh);
        }
        self.priors = priors;
    }

    fn won(&mut self, won: &Won, sh: &mut Shared) {
        sh.drop_draft(self.key_of_draft());
        self.touched = false;
        sh.changes += 1;
        let t = sh.t();
        let mut said = fill(t.won_said, &[&won.customer.name]);
        if let Some(contact) = &won.contact {
            said = format!("{said}  {}", fill(t.won_contact, &[&contact.name]));
        }
        sh.say_with(said, Role::Good, Action::Undo);
        sh.nav.push(Nav::Back);
        sh.nav.push(Nav::Contacts(won.customer.id, won.customer.name.clone()));
    }

    fn refused(&mut self, failure: &Failure, request: Request, sh: &mut Shared) {
        if !failure.is_retryable() {
            self.request_id = sh.request_id();
            self.keep(true, sh);
        }
        for violation in &failure.violations {
            let at = match violation.field.as_str() {
                "linkman" => LINKMAN,
                "tel" => TEL,
                _ => CUSTOMER,
            };
            self.faults[at] = Some(crate::data::failure::fault_text(&violation.field, &violation.fault, sh.lang));
            self.cursor = at;
        }
        match failure.reason {
            Reason::Validation if !failure.violations.is_empty() => {}
            Reason::Duplicate => {
                self.faults[CUSTOMER] = Some(failure.message(sh.lang));
                self.cursor = CUSTOMER;
            }
            // What somebody else has changed is looked at before it is confirmed again.
            Reason::Stale => {
                let again = Request::Get(Kind::Opportunity, self.opportunity.id);
                sh.fail(failure, None);
                sh.call(self.id, Slot::Theirs, again);
            }
            // It is another by now: what it is, its own screen shows.
            Reason::NotFound | Reason::InvalidState => {
                sh.changes += 1;
                sh.fail(failure, None);
                sh.nav.push(Nav::Back);
            }
            _ => sh.fail(failure, Some((self.id, Slot::Save, request))),
        }
    }
}

fn value<'a>(opportunity: &'a Record, name: &str) -> &'a Value {
    static NONE: Value = Value::Absent;
    resource::of(Kind::Opportunity).map_or(&NONE, |r| show::value(opportunity, r, name))
}

fn text(opportunity: &Record, name: &str) -> String {
    if let Value::Text(text) = value(opportunity, name) { text.clone() } else { String::new() }
}

impl Screen for WinScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Form(self.key_of_draft())
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::FORM
    }

    fn enter(&mut self, _: &mut Shared) {}

    fn types(&self) -> bool {
        true
    }

    fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        if self.cursor == CUSTOMER {
            match (chord.key, chord.text()) {
                (Key::Backspace | Key::Delete, _) => {
                    self.customer = None;
                    self.chosen = true;
                    self.changed(sh);
                }
                (_, Some(c)) => self.pick(c.encode_utf8(&mut [0; 4]).trim(), sh),
                _ => return false,
            }
            return true;
        }
        match self.line().map(|line| line.key(chord, LONGEST)) {
            None | Some(Edit::Ignored) => return false,
            Some(Edit::Changed) => self.changed(sh),
            Some(Edit::Moved) => {}
        }
        true
    }

    fn text(&mut self, text: &str, sh: &mut Shared) -> bool {
        let changed = self.line().map(|line| line.insert(text, LONGEST) == Edit::Changed);
        if changed == Some(true) {
            self.changed(sh);
        }
        changed.is_some()
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        match action {
            Action::NextField => self.step(1),
            Action::PrevField => self.step(-1),
            Action::Save => self.confirm(sh),
            Action::Accept if self.cursor == CONFIRM => self.confirm(sh),
            Action::Accept if self.cursor == CUSTOMER => self.pick("", sh),
            Action::Accept => self.step(1),
            Action::DiscardDraft => self.discard(sh),
            Action::Back => {
                if self.touched {
                    let text = sh.t().draft_kept;
                    sh.say(text, Role::Dim);
                }
                sh.nav.push(Nav::Back);
            }
            _ => return false,
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match (slot, outcome) {
            (Slot::Save, Ok(Reply::Won(won))) => self.won(&won, sh),
            (Slot::Save, Err(failure)) => self.refused(&failure, request, sh),
            (Slot::Theirs, Ok(Reply::Record(now))) => self.follow(*now, sh),
            (Slot::Theirs, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            (Slot::Duplicates, Ok(Reply::Priors(priors))) => self.met(priors, sh),
            (Slot::Rows(_), Ok(Reply::Page(page))) => {
                let open = |step: &Record| {
                    resource::of(Kind::PlanStep).is_some_and(|r| show::value(step, r, "result") == &Value::Absent)
                };
                self.open_steps = page.records.into_iter().filter(open).collect();
            }
            // What is only told is not worth a message: the success itself checks again.
            _ => {}
        }
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        if let Answer::Picked(Ask::Field(CUSTOMER), Value::Customer(customer)) = answer {
            self.customer = Some(customer);
            self.chosen = true;
            self.changed(sh);
            self.step(1);
        }
    }

    fn leave(&mut self, sh: &mut Shared) {
        self.keep(false, sh);
    }

    fn unsaved(&self) -> bool {
        self.touched
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let many = resource::of(Kind::Opportunity).map_or("", |r| r.labels().1.get(sh.lang));
        vec![many.to_owned(), self.opportunity.label.clone(), Action::Succeed.label().get(sh.lang).to_owned()]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        let mut out = vec![Action::Save, Action::NextField, Action::Back];
        if self.touched {
            out.push(Action::DiscardDraft);
        }
        out
    }

    fn hints(&self, sh: &Shared) -> Option<Vec<(String, String)>> {
        let t = sh.t();
        let hint = |key: String, text: &str| (key, text.to_owned());
        let mut hints = vec![
            hint(sh.key(keymap::FORM, Action::Save), Action::Succeed.label().get(sh.lang)),
            hint(sh.key(keymap::FORM, Action::NextField), Action::NextField.label().get(sh.lang)),
            hint("esc".to_owned(), Action::Back.label().get(sh.lang)),
        ];
        if self.touched {
            let discard = Action::DiscardDraft;
            hints.push(hint(sh.key(keymap::FORM, discard), discard.label().get(sh.lang)));
        }
        if self.cursor == CUSTOMER {
            hints.insert(1, hint(sh.key(keymap::FORM, Action::Accept), t.win_links));
            hints.insert(2, hint("backspace".to_owned(), t.win_new));
        }
        Some(hints)
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        self.paint(c, area, sh);
    }
}
