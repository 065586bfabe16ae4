//! One frame: header, the screen on top, what lies over it, footer. Footer and panels are told by the live keymap, so
//! they say only what is true now.

use ratatui::layout::Rect;

use super::{
    effect::Request,
    live::{self, Hearing},
    model::Model,
    press::layers,
    shared::Shared,
};
use crate::{
    keys::{Action, chord},
    screen::show,
    strings::fill,
    theme::Role,
    widget::{canvas::Canvas, panel},
};

/// The smallest screen.
const SMALLEST: (u16, u16) = (40, 12);
/// So much of a name says something.
const LEAST_CRUMB: usize = 8;

fn rules(size: (u16, u16)) -> u16 {
    u16::from(size.1 >= 16)
}

/// Where a screen draws itself: below the header, above the footer.
pub fn body(size: (u16, u16)) -> Rect {
    let edge = 1 + rules(size);
    Rect { x: 0, y: edge, width: size.0, height: size.1.saturating_sub(2 * edge) }
}

/// Draws a frame.
pub fn frame(model: &Model, c: &mut Canvas<'_>) {
    let sh = &model.sh;
    if sh.size.0 < SMALLEST.0 || sh.size.1 < SMALLEST.1 {
        let text = fill(sh.t().too_small, &[&sh.size.0, &sh.size.1, &SMALLEST.0, &SMALLEST.1]);
        for (line, y) in c.m.wrap(&text, usize::from(sh.size.0.max(2))).iter().zip(0..sh.size.1) {
            c.put(0, y, line, Role::Warn, sh.size.0);
        }
        return;
    }
    let whole = c.area;
    header(model, c, Rect { height: 1, ..whole });
    let body = body(sh.size);
    if rules(sh.size) > 0 {
        c.rule(Rect { y: 1, height: 1, ..whole });
        c.rule(Rect { y: body.bottom(), height: 1, ..whole });
    }
    match model.top() {
        Some(screen) => screen.draw(c, body, sh),
        None => {
            c.put(body.x + 2, body.y + 1, sh.t().connecting, Role::Dim, body.width.saturating_sub(3));
        }
    }
    note(model, c, whole);
    footer(model, c, Rect { y: whole.bottom() - 1, height: 1, ..whole });
    if model.which_key && !model.prefix.is_empty() {
        which_key(model, c, body);
    }
    if !sh.overlays.is_empty() {
        // Only what lies on top has a caret.
        c.cursor = None;
    }
    for overlay in &sh.overlays {
        overlay.draw(c, body, sh);
    }
    toast(model, c, whole);
}

/// What is worth knowing just now: who else is at the record, what others have changed.
fn notes(model: &Model) -> Vec<(String, Role)> {
    let sh = &model.sh;
    let mut notes = model.top().map(|s| s.note(sh)).unwrap_or_default();
    let others = live::here(model).map(|(kind, id, _)| live::others(sh, kind, id)).unwrap_or_default();
    if !others.is_empty() {
        notes.push((others, Role::Key));
    }
    notes
}

/// That stands on the rule under the header; low screens have none, there it stands in the footer.
fn note(model: &Model, c: &mut Canvas<'_>, whole: Rect) {
    let mut right = whole.right().saturating_sub(1);
    for (text, role) in notes(model) {
        let room = right.saturating_sub(whole.x + 1);
        if rules(model.sh.size) > 0 && room > 8 {
            right = c.put_right(right, 1, &format!(" {text} "), role, room).saturating_sub(1);
        }
    }
}

fn header(model: &Model, c: &mut Canvas<'_>, area: Rect) {
    let sh = &model.sh;
    let mut right = area.right().saturating_sub(1);
    right = connection(sh, c, right, area.y, area.width);
    if sh.live.unread > 0 {
        let text = format!("{} {}", sh.theme.sym.bell, show::thousands(sh.live.unread));
        right = c.put_right(right.saturating_sub(2), area.y, &text, Role::Warn, 8);
    }
    if let Some(session) = &sh.session {
        let name = session.user.as_ref().map_or("", show::user);
        let roles = session.roles.iter().map(|r| match sh.lang {
            crate::strings::Lang::En if !r.en.is_empty() => r.en.as_str(),
            _ => r.zh.as_str(),
        });
        let role = roles.collect::<Vec<_>>().join(sh.t().comma);
        let who = match area.width {
            ..60 => String::new(),
            60..100 => name.to_owned(),
            _ => format!("{name} {} {role}", sh.theme.sym.sep),
        };
        if !who.is_empty() {
            right = c.put_right(right.saturating_sub(2), area.y, &who, Role::Dim, 40);
        }
    }
    let mut pieces: Vec<(String, Role)> = vec![("Rolo".to_owned(), Role::Brand)];
    if !sh.place.is_empty() {
        pieces.push((format!(" {}", sh.place), Role::Dim));
    }
    pieces.push(("  ".to_owned(), Role::Text));
    let mut crumbs = model.top().map(|s| s.crumbs(sh)).unwrap_or_default();
    // Where all do not fit, the last ones say most.
    let room =
        usize::from(right.saturating_sub(area.x + 3)).saturating_sub(pieces.iter().map(|p| c.m.width(&p.0)).sum());
    let width = |crumbs: &[String]| crumbs.iter().map(|p| c.m.width(p) + 3).sum::<usize>();
    while crumbs.len() > 2 && width(&crumbs) > room + 3 {
        crumbs.remove(0);
    }
    // Which record it is says more than all of its name.
    if let [about, deed] = crumbs.as_mut_slice() {
        let left = room.saturating_sub(c.m.width(deed) + 3);
        if left < LEAST_CRUMB && c.m.width(about) > left {
            crumbs.remove(0);
        } else {
            *about = c.m.cut(about, left).into_owned();
        }
    }
    let last = crumbs.len().saturating_sub(1);
    for (i, crumb) in crumbs.into_iter().enumerate() {
        if i > 0 {
            pieces.push((format!(" {} ", sh.theme.sym.crumb), Role::Dim));
        }
        pieces.push((crumb, if i == last { Role::Title } else { Role::Text }));
    }
    let pieces: Vec<_> = pieces.iter().map(|(text, role)| (text.as_str(), *role)).collect();
    c.spans(area.x + 1, area.y, right.saturating_sub(area.x + 3), &pieces);
}

/// Whether the server is there, and after 300 ms what is being waited for.
fn connection(sh: &Shared, c: &mut Canvas<'_>, right: u16, y: u16, width: u16) -> u16 {
    let t = sh.t();
    if live::hearing(sh) == Hearing::Broken {
        let text = format!("{} {}", sh.theme.sym.ring, t.reconnecting);
        return c.put_right(right, y, &text, Role::Bad, 20);
    }
    if let (Some(step), Some(call)) = (sh.spinner, sh.calls.oldest()) {
        let steps = sh.theme.sym.spinner;
        let what = match call.progress {
            Some((done, total)) if total > 0 => format!(
                "{} {}/{}",
                waiting(&call.request, sh),
                show::thousands(done as i64),
                show::thousands(total as i64)
            ),
            Some((done, _)) if done > 0 => format!("{} {}", waiting(&call.request, sh), show::thousands(done as i64)),
            _ => waiting(&call.request, sh).to_owned(),
        };
        let text = format!("{} {what}", steps[step % steps.len()]);
        return c.put_right(right, y, &text, Role::Warn, 40);
    }
    let heard = live::hearing(sh);
    if let Hearing::Silent(ms) = heard {
        let text = format!("{} {}", sh.theme.sym.ring, fill(t.heard_ago, &[&(ms / 1_000)]));
        return c.put_right(right, y, &text, Role::Warn, 20);
    }
    let (symbol, word, role) = match sh.session {
        Some(_) if heard == Hearing::Ended => (sh.theme.sym.ring, t.not_live, Role::Warn),
        Some(_) => (sh.theme.sym.dot, t.live, Role::Good),
        None => (sh.theme.sym.ring, "", Role::Dim),
    };
    let text = if width < 60 || word.is_empty() { symbol.to_owned() } else { format!("{symbol} {word}") };
    c.put_right(right, y, &text, role, 20)
}

fn waiting(request: &Request, sh: &Shared) -> &'static str {
    let t = sh.t();
    match request {
        Request::Create(..)
        | Request::Update(..)
        | Request::Delete(..)
        | Request::Restore(..)
        | Request::Settle(_)
        | Request::Merge(_)
        | Request::CreateView(_)
        | Request::UpdateView(_)
        | Request::DeleteView(_)
        | Request::Bulk(..)
        | Request::Snooze(..) => t.saving,
        Request::Undo(request) if request.preview => t.checking,
        Request::Undo(_) => t.undoing,
        Request::SignIn(..) | Request::Session | Request::Initialise(_) => t.signing_in,
        Request::Export(..) => t.exporting,
        Request::ImportRun(_) => t.importing,
        Request::Duplicates(_) | Request::ImportCheck(_) | Request::Alike(..) | Request::PreviewBulk(_) => t.checking,
        _ => t.loading,
    }
}

/// The keys that are valid now, as many as fit; help last; at the right how much there is.
fn footer(model: &Model, c: &mut Canvas<'_>, area: Rect) {
    let sh = &model.sh;
    let layers = layers(model);
    let mut right = area.right().saturating_sub(1);
    if let Some(screen) = model.top() {
        let note = notes(model).into_iter().next().filter(|_| rules(sh.size) == 0);
        let (status, role) = note.unwrap_or_else(|| (screen.status(sh), Role::Dim));
        let most = if area.width < 60 { area.width / 2 } else { area.width * 3 / 5 };
        right = c.put_right(right, area.y, &status, role, most).saturating_sub(2);
    }
    if !model.prefix.is_empty() {
        let text = format!("{} …", chord::print(&model.prefix));
        let text = if sh.measure.ascii { text.replace('…', "...") } else { text };
        c.put(area.x + 1, area.y, &text, Role::Key, area.width);
        return;
    }
    // What lies on top takes all keys.
    let hints = match sh.overlays.last() {
        Some(overlay) => Some(overlay.hints(sh)),
        None => model.top().and_then(|s| s.hints(sh)),
    };
    let help = hints.is_none().then(|| (sh.key(layers, Action::Help), sh.t().more.to_owned()));
    let pieces = hints.unwrap_or_else(|| {
        let actions = model.top().map(|s| s.actions(sh)).unwrap_or_default();
        let label = |action: Action| model.top().and_then(|screen| screen.label(action, sh));
        let piece = |a: Action| (sh.key(layers, a), label(a).unwrap_or_else(|| a.label().get(sh.lang).to_owned()));
        actions.into_iter().map(piece).collect()
    });
    let width = |(key, label): &(String, String)| (c.m.width(key) + c.m.width(label) + 3) as u16;
    let room = right.saturating_sub(area.x + 1);
    let mut shown = Vec::new();
    let mut used = help.as_ref().map_or(0, width);
    let most = if area.width < 50 { 2 } else { usize::MAX };
    for piece in pieces.into_iter().filter(|p| !p.0.is_empty()) {
        if shown.len() >= most || used + width(&piece) > room {
            break;
        }
        used += width(&piece);
        shown.push(piece);
    }
    shown.extend(help);
    let mut x = area.x + 1;
    for (key, label) in shown {
        let end =
            c.spans(x, area.y, right.saturating_sub(x), &[(&key, Role::Key), (" ", Role::Dim), (&label, Role::Dim)]);
        x = end + 2;
    }
}

fn which_key(model: &Model, c: &mut Canvas<'_>, area: Rect) {
    let sh = &model.sh;
    let rows: Vec<_> = sh
        .keymap
        .continuations(layers(model), &model.prefix)
        .into_iter()
        .filter(|(_, action)| sh.offers(*action))
        .map(|(key, action)| (key, action.label().get(sh.lang).to_owned()))
        .collect();
    panel::key_panel(c, area, &chord::print(&model.prefix), &rows);
}

/// The message, on the rule above the footer, or over the footer where there is no rule. A longer one goes on over the
/// footer, whose keys `?` tells too, and only one that is longer still begins higher up, over the screen.
fn toast(model: &Model, c: &mut Canvas<'_>, whole: Rect) {
    let sh = &model.sh;
    let Some(toast) = sh.toast.as_ref().or(sh.must_read.as_ref()) else { return };
    let offer = match (&sh.toast, toast.offer) {
        (None, _) => Some((Action::Back, sh.t().was_read)),
        (_, offer) => offer.map(|action| (action, action.label().get(sh.lang))),
    };
    // Where letters are text there is no key for it: a form is saved again.
    let keyed = offer.map(|(action, label)| (sh.key(layers(model), action), label)).filter(|(key, _)| !key.is_empty());
    let offer = keyed.map_or_else(String::new, |(key, label)| format!("   {key} {label}"));
    let mark = match toast.role {
        Role::Good => sh.theme.sym.mark,
        Role::Bad | Role::Warn => "!",
        _ => sh.theme.sym.sep,
    };
    let x = whole.x + 2 + c.m.width(mark) as u16;
    let room = whole.right().saturating_sub(x + 1);
    let mut lines = c.m.wrap(&toast.text, room.into());
    if lines.last().is_some_and(|last| c.m.width(last) + c.m.width(&offer) > room.into()) {
        lines.push(String::new());
    }
    let most = usize::from(whole.height / 2);
    if lines.len() > most {
        // The last of them says that there is more.
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(rest);
    }
    let top = whole.bottom() - (lines.len() as u16).max(1 + rules(sh.size));
    c.clear(Rect { y: top, height: lines.len() as u16, ..whole });
    c.put(whole.x + 1, top, &format!("{mark} "), toast.role, room);
    let mut end = x;
    for (line, y) in lines.iter().zip(top..) {
        end = c.put(x, y, line, toast.role, room);
    }
    let last = top + (lines.len() as u16).saturating_sub(1);
    c.put(end, last, &offer, Role::Key, whole.right().saturating_sub(end));
}
