//! Working beside others. One stream tells what they change and where they are; what comes within [`STEP`] is shown
//! together, so that a busy day does not make the screen flicker. A stream that breaks goes on behind the last sequence
//! that was heard: `reach` finds the server again, and nothing is missed or told twice. Where that cannot be, what is
//! shown is loaded anew.

use std::collections::BTreeMap;

use rolo_proto::v1::{self, Doing, Kind, WatchEvent};

use super::{
    effect::{Effect, Reply, Request, Slot, Timer},
    model::{Model, PROGRAM},
    reach,
    shared::Shared,
};
use crate::{
    data::{Failure, Reason, drafts::DraftKey},
    keys::Action,
    screen::{Place, show, special::notices},
    strings::fill,
    theme::Role,
};

/// What others do is shown together once in so long, milliseconds.
const STEP: u64 = 250;
/// After how long of silence its age is shown; the stream beats every 20 s.
const SILENCE: i64 = 30_000;
/// What is done at a record is said again so often; it holds for 30 s.
const AGAIN: u64 = 12_000;
/// Who has pressed no key for so long is not at the record any more.
const AWAY: i64 = 600_000;
/// How fine "editing 0:40" is.
const GRAIN: i64 = 10_000;
/// Records that one step tells of; where more changed, that is what is said.
const MOST: usize = 1_000;

/// Whether what others do is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stream {
    /// Not signed in.
    #[default]
    None,
    /// It was asked for, or is there.
    Open,
    /// It broke; `reach` looks for the server.
    Broken,
    /// It has ended for good: the session has.
    Ended,
}

/// What others have changed since it was told last; of a record only the newest.
#[derive(Debug, Default)]
pub struct News {
    /// In no order that matters.
    pub events: Vec<WatchEvent>,
    /// More than these has changed.
    pub much: bool,
}

impl News {
    /// Whether records of a kind are among them.
    pub fn about(&self, kind: Kind) -> bool {
        self.much || self.events.iter().any(|event| event.kind() == kind)
    }

    /// Whether a kept view of a kind's records is among them.
    pub fn about_views(&self, kind: Kind) -> bool {
        self.events.iter().any(|event| event.kind() == Kind::SavedView && event.parent_id == i64::from(kind as i32))
    }
}

/// What others do changes sums and counts all the time: they are asked for again once in so long.
pub const AGAIN_AFTER: u64 = 2_000;

/// What is known of others.
#[derive(Debug, Default)]
pub struct Live {
    stream: Stream,
    /// Names the stream that is listened to.
    generation: u64,
    /// All up to here was heard.
    sequence: i64,
    /// Whose stream it is.
    person: i64,
    /// Who is where must be told from the start.
    fresh: bool,
    /// When anything was heard last.
    pub heard_at: i64,
    /// When a key was pressed last.
    pub pressed_at: i64,
    listening: bool,
    waiting: BTreeMap<(i32, i64), WatchEvent>,
    much: bool,
    ticking: bool,
    /// Who is at which record.
    present: BTreeMap<(i32, i64), Vec<v1::Presence>>,
    /// Which records the person follows, and how many do; as far as it was asked.
    follows: BTreeMap<(i32, i64), v1::SetFollowResponse>,
    /// How many notices are unread.
    pub unread: i64,
    /// The newest notice that is known, and of how many records it tells; none: they have not been looked at yet.
    newest: Option<(i64, i64)>,
    said: Option<(Kind, i64, Doing)>,
    said_again: u64,
    aging: bool,
}

/// What the header says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// All is heard.
    Live,
    /// Nothing was heard for so many milliseconds.
    Silent(i64),
    /// The server is looked for.
    Broken,
    /// The session has ended; the next call asks to sign in.
    Ended,
}

/// The session has begun, or begun again: the same person goes on where they were.
pub fn start(sh: &mut Shared) {
    let Some(session) = &sh.session else { return };
    let (person, newest) = (session.user.as_ref().map_or(0, |u| u.id), session.sequence);
    if sh.live.person != person {
        forget(sh);
        (sh.live.person, sh.live.sequence, sh.live.pressed_at) = (person, newest, sh.now);
    }
    listen(sh);
}

/// Forgets all but the timers that are under way.
fn forget(sh: &mut Shared) {
    let Live { listening, ticking, aging, .. } = sh.live;
    sh.live = Live { listening, ticking, aging, ..Live::default() };
}

/// Nobody is signed in any more.
pub fn stop(sh: &mut Shared) {
    forget(sh);
    sh.effects.push(Effect::Unwatch);
}

/// The server has been found: the stream goes on.
pub fn resume(sh: &mut Shared) {
    if sh.live.stream == Stream::Broken {
        listen(sh);
    }
}

fn listen(sh: &mut Shared) {
    let generation = sh.id();
    let live = &mut sh.live;
    (live.stream, live.generation, live.fresh, live.heard_at) = (Stream::Open, generation, true, sh.now);
    live.said = None;
    if !std::mem::replace(&mut live.listening, true) {
        sh.effects.push(Effect::Timer(Timer::Silence, SILENCE as u64));
    }
    sh.effects.push(Effect::Watch(generation, sh.live.sequence));
}

/// The stream brought something, or has ended; whether that shows.
pub fn heard(model: &mut Model, generation: u64, heard: Result<v1::WatchResponse, Failure>) -> bool {
    if generation != model.sh.live.generation {
        return false;
    }
    let told = match heard {
        Ok(told) => told,
        Err(failure) => {
            broke(model, &failure);
            return true;
        }
    };
    let was = hearing(&model.sh);
    let offline = model.sh.reach.offline;
    reach::steady(model);
    let sh = &mut model.sh;
    sh.live.heard_at = sh.now;
    sh.live.sequence = sh.live.sequence.max(told.sequence);
    if std::mem::take(&mut sh.live.fresh) {
        sh.live.present.clear();
        look_at_notices(sh);
    }
    let mut seen = was != hearing(sh) || offline;
    for presence in told.presences {
        seen |= sh.live.note(presence);
    }
    for event in told.events {
        let key = (event.kind, event.id);
        if sh.live.waiting.len() < MOST || sh.live.waiting.contains_key(&key) {
            sh.live.waiting.insert(key, event);
        } else {
            sh.live.much = true;
        }
    }
    if !sh.live.waiting.is_empty() && !std::mem::replace(&mut sh.live.ticking, true) {
        sh.effects.push(Effect::Timer(Timer::Live, STEP));
    }
    seen
}

fn broke(model: &mut Model, failure: &Failure) {
    let sh = &mut model.sh;
    match failure.reason {
        // Rights are others now, or too much has happened: everything anew.
        Reason::Resync => {
            sh.live.person = 0;
            sh.changes += 1;
            sh.call(PROGRAM, Slot::Session, Request::Session);
        }
        _ if failure.is_retryable() || failure.is_unreached() => {
            sh.live.stream = Stream::Broken;
            reach::lost(sh);
        }
        _ => sh.live.stream = Stream::Ended,
    }
}

/// A quiet call was refused because the session has ended: that waits for the person's next step.
pub fn ended(sh: &mut Shared) {
    sh.live.stream = Stream::Ended;
}

/// What others have done in the last moment is told to the screens; the one on top shows it.
pub fn tick(model: &mut Model) {
    let live = &mut model.sh.live;
    live.ticking = false;
    let events: Vec<_> = std::mem::take(&mut live.waiting).into_values().collect();
    let news = News { events, much: std::mem::take(&mut live.much) };
    if news.events.is_empty() {
        return;
    }
    if news.events.iter().any(|e| e.kind() == Kind::Notice) {
        look_at_notices(&mut model.sh);
    }
    let top = model.screens.len().saturating_sub(1);
    for (at, screen) in model.screens.iter_mut().enumerate() {
        screen.told(&news, at == top, &mut model.sh);
    }
    for screen in &mut model.forward {
        screen.told(&news, false, &mut model.sh);
    }
}

/// What is heard of others, as of now.
pub fn hearing(sh: &Shared) -> Hearing {
    match sh.live.stream {
        _ if sh.reach.offline => Hearing::Broken,
        Stream::Broken => Hearing::Broken,
        Stream::Ended => Hearing::Ended,
        Stream::Open if sh.now - sh.live.heard_at >= SILENCE => {
            Hearing::Silent((sh.now - sh.live.heard_at) / GRAIN * GRAIN)
        }
        Stream::None | Stream::Open => Hearing::Live,
    }
}

/// It is time to look whether anything was heard lately; whether that shows.
pub fn listened(sh: &mut Shared) -> bool {
    let silent = sh.now - sh.live.heard_at;
    let shows = silent >= SILENCE;
    let next = if shows { GRAIN } else { SILENCE - silent };
    sh.live.listening = sh.live.stream != Stream::None;
    if sh.live.listening {
        sh.effects.push(Effect::Timer(Timer::Silence, next.max(1_000) as u64));
    }
    shows
}

impl Live {
    /// Notes where somebody is; whether anything is new.
    fn note(&mut self, presence: v1::Presence) -> bool {
        let place = (presence.kind, presence.id);
        let who = |p: &v1::Presence| p.user.as_ref().map(|u| u.id);
        let there = self.present.entry(place).or_default();
        let before = there.iter().position(|p| who(p) == who(&presence)).map(|at| there.remove(at));
        let new = before.as_ref() != Some(&presence);
        if presence.doing() != Doing::Unspecified {
            there.push(presence);
        }
        if there.is_empty() {
            self.present.remove(&place);
        }
        new
    }
}

/// Says where the person is now, and lets the age of what others do grow. Called after every message: one place knows
/// the screen on top.
pub fn follow(model: &mut Model) {
    let at = here(model);
    let seen = at.map(|(kind, id, _)| (kind, id)).or_else(|| model.top()?.beside());
    let sh = &mut model.sh;
    if sh.live.stream == Stream::Open && sh.live.said != at {
        say(sh, at);
    }
    let watched = seen.is_some_and(|(kind, id)| sh.live.present.contains_key(&(kind.into(), id)));
    if watched && !std::mem::replace(&mut sh.live.aging, true) {
        sh.effects.push(Effect::Timer(Timer::Others, GRAIN as u64));
    }
}

/// Others have been where they are a while longer.
pub fn aged(sh: &mut Shared) {
    sh.live.aging = false;
}

/// Whether the server tells of records of this kind, and lets them be followed.
pub const fn is_told(kind: Kind) -> bool {
    !matches!(kind, Kind::User | Kind::Unspecified)
}

/// The record on the screen, and what is done with it.
pub fn here(model: &Model) -> Option<(Kind, i64, Doing)> {
    let at = match model.top()?.place() {
        Place::Detail(kind, id) => (kind, id, Doing::Viewing),
        Place::Form(DraftKey::Edit(kind, id)) => (Kind::try_from(kind).ok()?, id, Doing::Editing),
        _ => return None,
    };
    is_told(at.0).then_some(at)
}

fn say(sh: &mut Shared, at: Option<(Kind, i64, Doing)>) {
    let before = std::mem::replace(&mut sh.live.said, at);
    // Who goes on to another record has left the one before.
    let (kind, id, doing) = match (at, before) {
        (Some(at), _) => at,
        (None, Some((kind, id, _))) => (kind, id, Doing::Unspecified),
        (None, None) => return,
    };
    sh.call(PROGRAM, Slot::Presence, Request::Presence(kind, id, doing));
    sh.live.said_again = sh.id();
    if at.is_some() {
        sh.effects.push(Effect::Timer(Timer::Presence(sh.live.said_again), AGAIN));
    }
}

/// It is time to say again where the person is, if they are still there.
pub fn say_again(sh: &mut Shared, generation: u64) {
    let there = sh.live.stream == Stream::Open && generation == sh.live.said_again;
    if there && !is_away(sh) {
        say(sh, sh.live.said);
    }
}

/// Whether nobody has been at the terminal for a while; so it is, too, after the clock was set back, until the next key.
pub fn is_away(sh: &Shared) -> bool {
    !(0..AWAY).contains(&(sh.now - sh.live.pressed_at))
}

/// A key was pressed: whoever was away is there again.
pub fn pressed(sh: &mut Shared) {
    if is_away(sh) {
        sh.live.said = None;
    }
    sh.live.pressed_at = sh.now;
}

/// A quiet call of the program's own was answered.
pub fn answered(model: &mut Model, request: &Request, reply: Reply) {
    let reading = model.top().is_some_and(|s| s.place() == Place::Notices);
    let sh = &mut model.sh;
    match (request, reply) {
        (Request::Presence(kind, id, _), Reply::Others(others)) => {
            sh.live.present.remove(&((*kind).into(), *id));
            for presence in others {
                sh.live.note(presence);
            }
        }
        (_, Reply::Notices(list)) => ring(sh, &list, !reading),
        _ => {}
    }
}

/// The newest unread notices; few, for they are only counted and the newest one said.
fn look_at_notices(sh: &mut Shared) {
    let request = v1::ListNoticesRequest { unread_only: true, page_size: 5, ..Default::default() };
    sh.call(PROGRAM, Slot::Notices, Request::Notices(request));
}

/// Counts the unread notices; what has come since they were looked at last is said, one line for all.
fn ring(sh: &mut Shared, list: &v1::ListNoticesResponse, aloud: bool) {
    sh.live.unread = list.unread;
    let place = |n: &v1::Notice| (n.id, n.count);
    let newest = list.notices.iter().map(place).max().unwrap_or_default();
    let before = sh.live.newest.replace(newest.max(sh.live.newest.unwrap_or_default()));
    let Some(before) = before else { return };
    let mut new = list.notices.iter().filter(|n| place(n) > before);
    let Some(first) = new.next() else { return };
    let more = match new.count() {
        0 => String::new(),
        n => format!(" (+{n})"),
    };
    // A failure that offers a retry is not talked over: the bell shows it too.
    if aloud && sh.toast.as_ref().is_none_or(|t| t.retry.is_none()) {
        let text = format!("{}{more}", notices::sentence(first, sh.lang));
        sh.say_with(text, Role::Key, Action::GoNotices);
    }
}

/// Follows a record, or no longer.
pub fn follow_record(kind: Kind, id: i64, sh: &mut Shared) {
    if sh.waits(PROGRAM, Slot::Follow) {
        let text = sh.t().still_saving;
        sh.say(text, Role::Dim);
    } else {
        sh.call(PROGRAM, Slot::Follow, Request::Follow(kind, id));
    }
}

/// It is known whether a record is followed; `aloud`: the person has just asked for it.
pub fn known(sh: &mut Shared, request: &Request, follows: v1::SetFollowResponse, aloud: bool) {
    let (Request::Follow(kind, id) | Request::Follows(kind, id)) = request else { return };
    let text = if follows.follows { sh.t().follows_now } else { sh.t().follows_not };
    sh.live.follows.insert(((*kind).into(), *id), follows);
    if aloud {
        sh.say(text, Role::Good);
    }
}

/// "★ following": whether the person follows a record; none if not, or if it was not asked.
pub fn follows(sh: &Shared, kind: Kind, id: i64) -> Option<String> {
    let known = sh.live.follows.get(&(kind.into(), id)).filter(|f| f.follows)?;
    let text = if known.followers > 1 {
        fill(sh.t().following_with, &[&known.followers])
    } else {
        sh.t().following.to_owned()
    };
    Some(format!("{} {text}", sh.theme.sym.star))
}

/// "Li is editing 0:40, Chen is viewing": who else is at a record; empty if nobody is.
pub fn others(sh: &Shared, kind: Kind, id: i64) -> String {
    let t = sh.t();
    let Some(there) = sh.live.present.get(&(kind.into(), id)) else { return String::new() };
    let mut there: Vec<_> = there.iter().collect();
    // Who edits matters most.
    there.sort_by_key(|p| (std::cmp::Reverse(p.doing), p.since));
    let one = |p: &&v1::Presence| {
        let name = p.user.as_ref().map_or("", show::user);
        let seconds = (sh.now - p.since).max(0) / GRAIN * GRAIN / 1_000;
        let since = format!("{}:{:02}", seconds / 60, seconds % 60);
        match p.doing() {
            Doing::Editing => fill(t.is_editing, &[&name, &since]),
            _ => fill(t.is_viewing, &[&name]),
        }
    };
    let names: Vec<_> = there.iter().take(3).map(one).collect();
    let more = if there.len() > 3 { format!(" +{}", there.len() - 3) } else { String::new() };
    names.join(t.comma) + &more
}

#[cfg(test)]
mod tests;
