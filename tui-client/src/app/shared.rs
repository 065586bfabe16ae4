//! What all screens share: language, session, calls, messages, drafts and the ways to ask for effects. Screens never
//! touch each other; they ask for navigation and get answers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
};

use chrono_tz::Tz;
use rolo_proto::v1::{Action as Right, Capability, Kind, Session};

use super::{
    calls::Calls,
    effect::{CallId, Effect, Request, ScreenId, Slot, Timer},
    live::Live,
    reach::Reach,
};
use crate::{
    data::{
        Failure, Reason,
        drafts::{Draft, DraftKey},
    },
    keys::{Action, Keymap, Layer},
    overlay::Overlay,
    resource::{Record, Value},
    strings::{Lang, Texts},
    text::Measure,
    theme::{Role, Theme},
};

/// Where a screen wants to go.
#[derive(Debug, Clone)]
pub enum Nav {
    /// The list of a kind.
    List(Kind),
    /// What is due.
    Today,
    /// What reached me.
    Notices,
    /// A record.
    Detail(Kind, i64, String),
    /// A form for a new record, with values given from where it was opened.
    New(Kind, Vec<(usize, Value)>),
    /// A form for an existing record.
    Edit(Box<Record>),
    /// The form of a draft that waits.
    Draft(DraftKey),
    /// The form of a draft whose record has gone: it becomes something new.
    Anew(DraftKey),
    /// The list of a kind in this view (its number on the wire), with this in its filter.
    Records(Kind, i32, String),
    /// Opportunities and whom to give them to.
    Assignment,
    /// Open opportunities by stage.
    Board,
    /// Expected and won amounts by month.
    Forecast,
    /// Bringing records in.
    Import(Kind),
    /// Two customers side by side, to make one of them: the one that stays, the other.
    Merge(i64, i64),
    /// An opportunity becomes a customer.
    Win(Box<Record>),
    /// The people of a customer.
    Contacts(i64, String),
    /// The plan of an opportunity.
    Plan(i64, String),
    /// A new password, asked for by the person.
    ChangePassword,
    /// Back to the screen before.
    Back,
    /// A sign-in on top of everything; the screens stay.
    SignIn,
    /// The session has begun or changed.
    SignedIn(Box<Session>),
    /// Ends the program.
    Quit,
}

/// A message at the bottom of the screen.
#[derive(Debug, Clone)]
pub struct Toast {
    /// Names it for its timer.
    pub id: u64,
    /// What it says.
    pub text: String,
    /// How it looks.
    pub role: Role,
    /// What can be done about it wherever one goes: its key stands beside it.
    pub offer: Option<Action>,
    /// What failed and can be tried again.
    pub retry: Option<(ScreenId, Slot, Request)>,
}

/// A record that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: i64,
    /// What it is called.
    pub label: String,
}

/// A decision that `.` repeats.
#[derive(Debug, Clone)]
pub enum Again {
    /// An action that asks nothing.
    Act(Action),
    /// The customer goes to this manager.
    Assign(Value),
    /// This field of a kind is set to this.
    Set(Kind, usize, Value),
    /// The opportunity is given up for the reason of this id; what happened.
    Lose(i64, String),
    /// The next contact moves; the words that were typed, so that "tomorrow" stays tomorrow.
    Snooze(String),
}

/// What is shared.
pub struct Shared {
    /// The language of the interface.
    pub lang: Lang,
    /// Chinese cannot be shown here.
    pub english_only: bool,
    /// How text is measured.
    pub measure: Measure,
    /// How roles look.
    pub theme: Theme,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Unix milliseconds, as of the message being handled.
    pub now: i64,
    /// The company's zone.
    pub zone: Tz,
    /// Who is signed in.
    pub session: Option<Session>,
    /// What the header calls this place.
    pub place: String,
    /// Whether the server is there.
    pub reach: Reach,
    /// What is known of others.
    pub live: Live,
    /// The live keymap.
    pub keymap: Keymap,
    /// Calls in flight.
    pub calls: Calls,
    /// Asked for since the last message.
    pub effects: Vec<Effect>,
    /// Asked for since the last message.
    pub nav: Vec<Nav>,
    /// What lies on top of the screen, the topmost last.
    pub overlays: Vec<Overlay>,
    /// What somebody looks into and comes back to, with the screen that it lies on.
    pub aside: Option<(ScreenId, Overlay)>,
    /// The bulk action done last: taking it back at once needs no question.
    pub fresh: Option<i64>,
    /// The message shown.
    pub toast: Option<Toast>,
    /// What must not be missed: it belongs to no screen, and is shown between other messages until Esc says it was read.
    pub must_read: Option<Toast>,
    /// What was typed and not saved, of open forms too.
    pub drafts: BTreeMap<DraftKey, Draft>,
    /// Whose drafts these are; none: they have not been opened.
    pub drafts_of: Option<i64>,
    /// They are written to disk, so that ending the program loses nothing.
    pub drafts_on_disk: bool,
    /// Opened lately, the newest first.
    pub recent: VecDeque<Recent>,
    /// What `.` repeats.
    pub again: Option<Again>,
    /// Kinds whose records have changed since a screen loaded them: lists reload when they are seen again.
    pub changes: u64,
    /// The step of the spinner; none: nobody waits.
    pub spinner: Option<usize>,
    /// A timer of the spinner is under way: never two, for then it would turn too fast.
    pub spinner_timer: bool,
    ids: u64,
    request_seed: u128,
}

impl Shared {
    /// At the start.
    pub fn new(lang: Lang, measure: Measure, theme: Theme, size: (u16, u16), request_seed: u128) -> Self {
        Self {
            lang,
            english_only: false,
            measure,
            theme,
            size,
            now: 0,
            zone: Tz::Asia__Shanghai,
            session: None,
            place: String::new(),
            reach: Reach::default(),
            live: Live::default(),
            keymap: Keymap::default(),
            calls: Calls::default(),
            effects: Vec::new(),
            nav: Vec::new(),
            overlays: Vec::new(),
            aside: None,
            fresh: None,
            toast: None,
            must_read: None,
            drafts: BTreeMap::new(),
            drafts_of: None,
            drafts_on_disk: false,
            recent: VecDeque::new(),
            again: None,
            changes: 0,
            spinner: None,
            spinner_timer: false,
            ids: 0,
            request_seed,
        }
    }

    /// The texts of the language.
    pub fn t(&self) -> &'static Texts {
        Texts::of(self.lang)
    }

    /// A number nobody else has.
    pub fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// A name for a write: the same for every time it is tried.
    pub fn request_id(&mut self) -> String {
        let n = u128::from(self.id());
        format!("{:032x}", self.request_seed.wrapping_add(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)))
    }

    /// A number below `end`, other each time.
    pub fn chance(&mut self, end: u64) -> u64 {
        let drawn = u64::from_str_radix(&self.request_id()[..12], 16).unwrap_or_default();
        drawn % end.max(1)
    }

    /// Makes a call; an older one of the slot is dropped.
    pub fn call(&mut self, screen: ScreenId, slot: Slot, request: Request) -> CallId {
        let (id, older) = self.calls.start(screen, slot, request.clone(), self.now);
        if let Some(older) = older {
            self.effects.push(Effect::Cancel(older));
        }
        self.effects.push(Effect::Call(id, request));
        if !self.spinner_timer && !slot.is_quiet() {
            self.spinner_timer = true;
            self.effects.push(Effect::Timer(Timer::Spinner, SPINNER_AFTER));
        }
        id
    }

    /// Drops the call of a slot.
    pub fn drop_call(&mut self, screen: ScreenId, slot: Slot) {
        if let Some(id) = self.calls.find(screen, slot) {
            self.calls.take(id);
            self.effects.push(Effect::Cancel(id));
        }
    }

    /// Whether the call of a slot is in flight.
    pub fn waits(&self, screen: ScreenId, slot: Slot) -> bool {
        self.calls.find(screen, slot).is_some()
    }

    /// Asks to be told when a slot has rested; answers the generation to compare.
    pub fn rest(&mut self, screen: ScreenId, slot: Slot, after: u64) -> u64 {
        let generation = self.id();
        self.effects.push(Effect::Timer(Timer::Rested(screen, slot, generation), after));
        generation
    }

    /// Says something for a while.
    pub fn say(&mut self, text: impl Into<String>, role: Role) {
        self.toast_with(text.into(), role, None, None, 4_000);
    }

    /// Says what was done, with the key of what can be done about it.
    pub fn say_with(&mut self, text: impl Into<String>, role: Role, offer: Action) {
        self.toast_with(text.into(), role, Some(offer), None, 4_000);
    }

    /// Says that something failed, with a way to try again.
    pub fn fail(&mut self, failure: &Failure, retry: Option<(ScreenId, Slot, Request)>) {
        let retry = retry.filter(|_| failure.is_retryable());
        // What to do about a certificate takes several lines, which a command has room for.
        let text = match failure.reason {
            Reason::Untrusted => self.t().untrusted.to_owned(),
            _ => self.worded(failure),
        };
        let offer = retry.is_some().then_some(Action::Retry);
        self.toast_with(text, Role::Bad, offer, retry, 12_000);
    }

    /// Says what must not be missed, until it was read.
    pub fn insist(&mut self, text: impl Into<String>, role: Role) {
        let id = self.id();
        self.must_read = Some(Toast { id, text: text.into(), role, offer: None, retry: None });
    }

    /// What a failure says, and when whoever was first did it.
    pub fn worded(&self, failure: &Failure) -> String {
        let text = failure.message(self.lang);
        match failure.detail("at").parse() {
            Ok(at) if !failure.detail("who").is_empty() => {
                let when = crate::screen::show::relative(at, self);
                if self.lang == Lang::En { format!("{text} ({when})") } else { format!("{text}（{when}）") }
            }
            _ => text,
        }
    }

    fn toast_with(
        &mut self,
        text: String,
        role: Role,
        offer: Option<Action>,
        retry: Option<(ScreenId, Slot, Request)>,
        stay: u64,
    ) {
        let id = self.id();
        // A message that offers a retry stays until it is used or another one comes.
        if retry.is_none() {
            self.effects.push(Effect::Timer(Timer::Toast(id), stay));
        }
        self.toast = Some(Toast { id, text, role, offer, retry });
    }

    /// Keeps a draft.
    pub fn keep_draft(&mut self, draft: Draft) {
        if let Some(me) = self.me().map(|u| u.id) {
            self.effects.push(Effect::KeepDraft(me, Box::new(draft.clone())));
        }
        self.drafts.insert(draft.key, draft);
    }

    /// Removes a draft, if there is one.
    pub fn drop_draft(&mut self, key: DraftKey) {
        if self.drafts.remove(&key).is_some()
            && let Some(me) = self.me().map(|u| u.id)
        {
            self.effects.push(Effect::DropDraft(me, key));
        }
    }

    /// Drafts whose form is not open, the newest first.
    pub fn waiting_drafts(&self) -> Vec<&Draft> {
        let mut drafts: Vec<_> = self.drafts.values().filter(|d| !d.open).collect();
        drafts.sort_by_key(|d| Reverse(d.at));
        drafts
    }

    /// Drops what is known of drafts, for another person comes.
    pub fn forget_drafts(&mut self) {
        self.drafts.clear();
        self.drafts_of = None;
        self.drafts_on_disk = false;
        self.must_read = None;
    }

    /// Whether the session may do this.
    pub fn can(&self, capability: Capability) -> bool {
        self.session.as_ref().is_some_and(|s| s.capabilities.contains(&(capability as i32)))
    }

    /// Whether an action that goes somewhere leads anywhere for this session.
    pub fn offers(&self, action: Action) -> bool {
        let needed = match action {
            Action::GoAssignment => Some(Capability::OpportunityAssign),
            Action::GoBoard | Action::GoForecast | Action::GoOpportunities => read_right(Kind::Opportunity),
            Action::GoCustomers => read_right(Kind::Customer),
            Action::GoContacts => read_right(Kind::Contact),
            Action::GoInteractions => read_right(Kind::Interaction),
            Action::GoProducts => read_right(Kind::Product),
            _ => None,
        };
        needed.is_none_or(|right| self.can(right))
    }

    /// The user signed in.
    pub fn me(&self) -> Option<&rolo_proto::v1::UserRef> {
        self.session.as_ref().and_then(|s| s.user.as_ref())
    }

    /// The key of an action where these layers are valid, as the footer shows it.
    pub fn key(&self, layers: &[Layer], action: Action) -> String {
        let key = self.keymap.key_of(layers, action).unwrap_or_default();
        match key.as_str() {
            "enter" => self.enter().to_owned(),
            "1" => "1-9".to_owned(),
            _ => key,
        }
    }

    /// What the Enter key is called.
    pub const fn enter(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "回车",
            Lang::En => "enter",
        }
    }

    /// Notes a record as opened.
    pub fn opened(&mut self, kind: Kind, id: i64, label: &str) {
        let recent = Recent { kind, id, label: label.to_owned() };
        self.recent.retain(|r| !(r.kind == kind && r.id == id));
        self.recent.push_front(recent);
        self.recent.truncate(20);
    }
}

/// After how many milliseconds of waiting the spinner shows.
pub const SPINNER_AFTER: u64 = 300;
/// Between its steps.
pub const SPINNER_STEP: u64 = 250;

/// Whether a record allows an action.
pub fn allows(record: &Record, right: Right) -> bool {
    record.allowed.contains(&right)
}

/// May records of a kind be made here?
pub const fn create_right(kind: Kind) -> Option<Capability> {
    match kind {
        Kind::Customer => Some(Capability::CustomerCreate),
        Kind::Contact => Some(Capability::ContactCreate),
        Kind::Interaction => Some(Capability::InteractionCreate),
        Kind::Opportunity => Some(Capability::OpportunityCreate),
        Kind::Product => Some(Capability::ProductManage),
        _ => None,
    }
}

/// May records of a kind be read here?
pub const fn read_right(kind: Kind) -> Option<Capability> {
    match kind {
        Kind::Customer => Some(Capability::CustomerRead),
        Kind::Contact => Some(Capability::ContactRead),
        Kind::Interaction => Some(Capability::InteractionRead),
        Kind::Opportunity | Kind::PlanStep => Some(Capability::OpportunityRead),
        Kind::Product => Some(Capability::ProductRead),
        Kind::DictionaryItem => Some(Capability::DictionaryRead),
        Kind::User => Some(Capability::UserRead),
        _ => None,
    }
}
