//! What a key means: to what lies on top, to the text being typed, to the keymap; never silence.

use rolo_proto::v1::{Kind, UndoRequest};

use super::{
    effect::{Effect, Request, Slot, Timer},
    model::{Model, PROGRAM},
    shared::{Nav, Shared},
};
use crate::{
    keys::{Action, Chord, Found, Key, keymap},
    overlay::{Overlay, Step, help::Help, palette},
    screen::{Answer, Ask, form::draft},
    strings::{Lang, fill},
    terminal::input::fold,
    theme::Role,
};

/// After how long what can follow a prefix is shown.
const WHICH_KEY_AFTER: u64 = 300;

/// A key was pressed.
pub fn key(model: &mut Model, chord: Chord) {
    if let Some(mut overlay) = model.sh.overlays.pop() {
        // What the overlay opens lies above it, so it goes back to its place first.
        let place = model.sh.overlays.len();
        let step = overlay.key(chord, &mut model.sh);
        match (&step, overlay.id()) {
            (Step::Stay, _) => model.sh.overlays.insert(place, overlay),
            (Step::Aside(owner, _), _) => model.sh.aside = Some((*owner, overlay)),
            (_, Some(id)) => model.sh.drop_call(id, Slot::Choices),
            _ => {}
        }
        take_step(model, step);
        return;
    }
    let Some(screen) = model.screens.last_mut() else { return };
    let typing = screen.types();
    if typing && screen.key(chord, &mut model.sh) {
        return;
    }
    let chord = if typing { chord } else { fold(chord) };
    let layers = screen.layers();
    let mut sequence = std::mem::take(&mut model.prefix);
    model.which_key = false;
    if !sequence.is_empty() && chord.key == Key::Esc {
        return;
    }
    sequence.push(chord);
    match model.sh.keymap.find(layers, &sequence) {
        Found::Action(action) => run(model, action, chord),
        Found::Prefix => {
            model.prefix = sequence;
            model.prefix_generation = model.sh.id();
            let timer = Timer::WhichKey(model.prefix_generation);
            model.sh.effects.push(Effect::Timer(timer, WHICH_KEY_AFTER));
        }
        Found::Nothing => unknown(model, &sequence, chord),
    }
}

/// Han text opens the filter with it; any other unknown key gets a hint.
fn unknown(model: &mut Model, sequence: &[Chord], chord: Chord) {
    let Some(screen) = model.screens.last_mut() else { return };
    if let Some(c) = chord.text().filter(|c| !c.is_ascii() && sequence.len() == 1)
        && screen.text(c.encode_utf8(&mut [0; 4]), &mut model.sh)
    {
        return;
    }
    let help = model.sh.key(screen.layers(), Action::Help);
    let text = fill(model.sh.t().unknown_key, &[&crate::keys::chord::print(sequence), &help]);
    model.sh.say(text, Role::Dim);
}

/// Text was pasted.
pub fn paste(model: &mut Model, text: &str) {
    if let Some(mut overlay) = model.sh.overlays.pop() {
        overlay.type_text(text, &mut model.sh);
        model.sh.overlays.push(overlay);
    } else if let Some(screen) = model.screens.last_mut() {
        screen.text(text, &mut model.sh);
    }
}

fn take_step(model: &mut Model, step: Step) {
    match step {
        Step::Stay | Step::Close => {}
        Step::Answer(PROGRAM, Answer::Letter(Ask::Draft, nth)) => {
            let key = model.sh.waiting_drafts().get(nth).map(|d| d.key);
            model.sh.nav.extend(key.map(Nav::Draft));
        }
        Step::Answer(owner, answer) => {
            if let Some(screen) = model.screens.iter_mut().find(|s| s.id() == owner) {
                screen.answer(answer, &mut model.sh);
            }
        }
        Step::Run(action) => run(model, action, super::update::ESC),
        Step::Go(nav) | Step::Aside(_, nav) => model.sh.nav.push(nav),
        Step::Undo(request) => {
            model.sh.call(PROGRAM, Slot::Act, Request::Undo(request));
        }
        Step::Command(command) => run_command(model, &command),
    }
}

fn run_command(model: &mut Model, typed: &str) {
    match typed.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["lang", "zh" | "cn" | "中文"] => speak(model, Lang::Zh),
        ["lang", "en" | "英文"] => speak(model, Lang::En),
        ["lang"] => run(model, Action::Language, super::update::ESC),
        ["q!"] => model.quit = true,
        ["q"] => leave(model),
        ["undo"] => run(model, Action::Undo, super::update::ESC),
        ["redo"] => run(model, Action::Redo, super::update::ESC),
        _ => {
            let text = model.sh.t().no_command;
            model.sh.say(text, Role::Dim);
        }
    }
}

fn speak(model: &mut Model, lang: Lang) {
    if lang == Lang::Zh && model.sh.english_only {
        let text = model.sh.t().ascii_hint;
        model.sh.say(text, Role::Warn);
        return;
    }
    model.sh.lang = lang;
    model.sh.toast = None;
}

/// Ends the program, unless something is not saved.
fn leave(model: &mut Model) {
    if model.unsaved() {
        let question = model.sh.t().leave_unsaved.to_owned();
        model.sh.overlays.push(Overlay::Leave(question));
    } else {
        model.quit = true;
    }
}

/// Asks for an undo; a look first shows whether it is a matter of many records, or of some that were changed since.
pub fn undo(sh: &mut Shared, request: UndoRequest) {
    let request_id = sh.request_id();
    sh.call(PROGRAM, Slot::Act, Request::Undo(UndoRequest { request_id, ..request }));
}

/// Does an action: what every screen has, else what the screen makes of it.
pub fn run(model: &mut Model, action: Action, chord: Chord) {
    let sh = &mut model.sh;
    match action {
        Action::Palette => {
            let palette = palette::Palette::new(super::commands::entries(model));
            model.sh.overlays.push(Overlay::Palette(palette));
        }
        Action::Help => {
            let rows = super::commands::help(model);
            model.sh.overlays.push(Overlay::Help(Help { rows, first: 0 }));
        }
        action if !sh.offers(action) => {
            let text = if action == Action::GoAssignment { sh.t().for_supervisors } else { sh.t().not_yours };
            let text = fill(text, &[&action.label().get(sh.lang)]);
            sh.say(text, Role::Warn);
        }
        Action::GoCustomers => sh.nav.push(Nav::List(Kind::Customer)),
        Action::GoContacts => sh.nav.push(Nav::List(Kind::Contact)),
        Action::GoInteractions => sh.nav.push(Nav::List(Kind::Interaction)),
        Action::GoOpportunities => sh.nav.push(Nav::List(Kind::Opportunity)),
        Action::GoProducts => sh.nav.push(Nav::List(Kind::Product)),
        Action::GoToday => sh.nav.push(Nav::Today),
        Action::GoAssignment => sh.nav.push(Nav::Assignment),
        Action::GoBoard => sh.nav.push(Nav::Board),
        Action::GoForecast => sh.nav.push(Nav::Forecast),
        Action::GoNotices => sh.nav.push(Nav::Notices),
        Action::Drafts => drafts(model),
        Action::Undo | Action::Redo => {
            if sh.waits(PROGRAM, Slot::Act) {
                let text = sh.t().still_saving;
                sh.say(text, Role::Dim);
                return;
            }
            let redo = action == Action::Redo;
            undo(sh, UndoRequest { redo, preview: !redo, ..UndoRequest::default() });
        }
        Action::Retry => retry(model),
        Action::ScreenBefore => super::navigate::screen_before(model),
        Action::HistoryBack => sh.nav.push(Nav::Back),
        Action::HistoryForward => super::navigate::forward(model),
        Action::Redraw => sh.effects.push(Effect::Redraw),
        Action::Suspend => sh.effects.push(Effect::Suspend),
        Action::Language => speak(model, if model.sh.lang == Lang::En { Lang::Zh } else { Lang::En }),
        Action::ChangePassword => sh.nav.push(Nav::ChangePassword),
        Action::SignOut => {
            let name = sh.me().map_or_else(String::new, |u| u.name.clone());
            sh.call(PROGRAM, Slot::Session, Request::SignOut(name));
        }
        Action::Quit if chord.ctrl || model.screens.len() <= 1 => leave(model),
        Action::Quit => back(model, chord),
        Action::Back => back(model, chord),
        action => {
            let Some(screen) = model.screens.last_mut() else { return };
            if !screen.act(action, chord, &mut model.sh) {
                let text = fill(model.sh.t().not_here, &[&action.label().get(model.sh.lang)]);
                model.sh.say(text, Role::Dim);
            }
        }
    }
}

fn back(model: &mut Model, chord: Chord) {
    if model.sh.toast.is_none() && model.sh.must_read.take().is_some() {
        return;
    }
    let Some(screen) = model.screens.last_mut() else { return };
    if !screen.act(Action::Back, chord, &mut model.sh) && model.screens.len() > 1 {
        model.sh.nav.push(Nav::Back);
    }
}

/// Opens the draft that waits; of several, the one that is chosen.
fn drafts(model: &mut Model) {
    let sh = &mut model.sh;
    let rows: Vec<_> = sh
        .waiting_drafts()
        .iter()
        .zip(LETTERS.chars())
        .enumerate()
        .map(|(nth, (d, letter))| (letter, nth, format!("{}  {}", draft::title(d, sh), draft::typed_at(d.at, sh))))
        .collect();
    match sh.waiting_drafts().as_slice() {
        [] => sh.say(sh.t().no_drafts, Role::Dim),
        [only] => sh.nav.push(Nav::Draft(only.key)),
        _ => sh.overlays.push(Overlay::letters(PROGRAM, Ask::Draft, sh.t().open_draft, rows)),
    }
}

/// What drafts are chosen by, the newest first.
const LETTERS: &str = "123456789abcdefghijklmnopqrstuvwxyz";

/// Tries the failed call again, as it was.
pub fn retry(model: &mut Model) {
    let Some((screen, slot, request)) = model.sh.toast.take().and_then(|t| t.retry) else {
        let text = model.sh.t().nothing_to_retry;
        model.sh.say(text, Role::Dim);
        return;
    };
    match model.screens.iter_mut().find(|s| s.id() == screen) {
        // Rows know themselves what they lack.
        Some(list) if matches!(slot, Slot::Rows(_)) => {
            list.act(Action::Refresh, super::update::ESC, &mut model.sh);
        }
        _ => {
            model.sh.call(screen, slot, request);
        }
    }
}

/// The layers of the screen on top.
pub fn layers(model: &Model) -> &'static [keymap::Layer] {
    model.top().map_or(keymap::FORM, |s| s.layers())
}
