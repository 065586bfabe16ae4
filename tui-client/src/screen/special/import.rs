//! Bringing records in from a file: the file, where its columns go, a look at what would happen, and the run. Nothing is
//! written before the look.

mod draw;

use ratatui::layout::Rect;
use rolo_proto::v1::{Existing, Kind};

use super::credentials::Lines;
use crate::{
    app::{
        effect::{Checked, ImportJob, Looked, Reply, Request, ScreenId, Slot},
        shared::{Nav, Shared},
    },
    data::{
        Failure,
        failure::field_label,
        importer::{self, Cancel, Report},
    },
    keys::{Action, Chord, Key, Layer, keymap},
    overlay::{Overlay, picker::Picker},
    resource::{self, Input, Value},
    screen::{Answer, Ask, Place, Screen},
    widget::canvas::Canvas,
};

/// Lines behind the columns: whether what nobody has is added, and the look.
const CREATE_MISSING: usize = 1;
const CHECK: usize = 3;

/// How far one is.
enum Step {
    /// Which file.
    File,
    /// Where its columns go; the cursor goes over columns, three settings and the Check line.
    Map(Looked, usize),
    /// What would happen.
    Check(Checked, usize),
    /// It runs.
    Run,
    /// What it did.
    Done(Box<Report>),
}

/// The screen.
pub struct ImportScreen {
    id: ScreenId,
    kind: Kind,
    lines: Lines,
    step: Step,
    looked: Looked,
    job: ImportJob,
}

impl ImportScreen {
    /// Asks for the file first.
    pub fn new(kind: Kind, sh: &mut Shared) -> Self {
        let job = ImportJob {
            kind,
            path: String::new(),
            map: Vec::new(),
            existing: Existing::Skip,
            create_missing: false,
            day_first: None,
            lang: sh.lang,
            cancel: Cancel::default(),
        };
        let lines = Lines::new(&[(|t| t.file, "", false)]);
        Self { id: sh.id(), kind, lines, step: Step::File, looked: Looked::default(), job }
    }

    /// The mapping as the importer takes it: every field that has columns, and every guess that was taken away.
    fn by_hand(looked: &Looked, guessed: &Looked) -> Vec<(String, String)> {
        let mut map: Vec<(String, String)> = Vec::new();
        for (header, field) in looked.headers.iter().zip(&looked.fields).filter(|(_, f)| !f.is_empty()) {
            match map.iter_mut().find(|(name, _)| name == field) {
                Some((_, columns)) => columns.push_str(&format!("+{header}")),
                None => map.push((field.clone(), header.clone())),
            }
        }
        for field in guessed.fields.iter().filter(|f| !f.is_empty() && !looked.fields.contains(f)) {
            if !map.iter().any(|(name, _)| name == field) {
                map.push((field.clone(), String::new()));
            }
        }
        map
    }

    fn choose_field(&self, column: usize, sh: &mut Shared) {
        let Some(resource) = resource::of(self.kind) else { return };
        let mut all: Vec<_> = importer::fields(resource)
            .into_iter()
            .map(|(name, _)| (Value::Text(field_label(&name, sh.lang)), name))
            .collect();
        all.insert(0, (Value::Text(sh.t().not_imported.to_owned()), String::new()));
        let title = self.looked_header(column);
        let picker = Picker::given(sh, self.id, Ask::Column(column), &title, all);
        sh.overlays.push(Overlay::Picker(picker));
    }

    fn looked_header(&self, column: usize) -> String {
        match &self.step {
            Step::Map(looked, _) => looked.headers.get(column).cloned().unwrap_or_default(),
            _ => String::new(),
        }
    }

    fn accept(&mut self, sh: &mut Shared) {
        match &self.step {
            Step::File if !self.lines.text(0).trim().is_empty() => {
                self.job.path = self.lines.text(0).trim().to_owned();
                self.job.map.clear();
                sh.call(self.id, Slot::File, Request::ImportLook(self.job.clone()));
            }
            Step::File | Step::Run => {}
            Step::Map(looked, at) => {
                let columns = looked.headers.len();
                match at.checked_sub(columns) {
                    None => self.choose_field(*at, sh),
                    Some(CHECK) => self.check(sh),
                    Some(setting) => self.turn(setting),
                }
            }
            Step::Check(..) => {
                self.job.cancel = Cancel::default();
                self.step = Step::Run;
                sh.call(self.id, Slot::Act, Request::ImportRun(self.job.clone()));
            }
            Step::Done(_) => sh.nav.push(Nav::Back),
        }
    }

    fn check(&mut self, sh: &mut Shared) {
        if let Step::Map(looked, _) = &self.step {
            self.job.map = Self::by_hand(looked, &self.looked);
            self.job.cancel = Cancel::default();
            sh.call(self.id, Slot::File, Request::ImportCheck(self.job.clone()));
        }
    }

    fn turn(&mut self, setting: usize) {
        match setting {
            0 => {
                self.job.existing = match self.job.existing {
                    Existing::Skip | Existing::Unspecified => Existing::Update,
                    Existing::Update => Existing::Refuse,
                    Existing::Refuse => Existing::Skip,
                }
            }
            CREATE_MISSING => self.job.create_missing = !self.job.create_missing,
            _ => {
                self.job.day_first = match self.job.day_first {
                    None => Some(true),
                    Some(true) => Some(false),
                    Some(false) => None,
                }
            }
        }
    }

    fn back(&mut self, sh: &mut Shared) {
        sh.drop_call(self.id, Slot::File);
        match &self.step {
            Step::Run => self.job.cancel.cancel(),
            Step::Check(checked, _) => {
                // Whether what nobody has is added is the next question, if there is such a thing.
                let asks = !checked.missing.is_empty() && !self.job.create_missing;
                let mapped = self.mapped();
                let at = if asks { mapped.headers.len() + CREATE_MISSING } else { 0 };
                self.step = Step::Map(mapped, at);
            }
            Step::Map(..) => self.step = Step::File,
            Step::File | Step::Done(_) => sh.nav.push(Nav::Back),
        }
    }

    /// The file with the mapping that was made.
    fn mapped(&self) -> Looked {
        let mut looked = self.looked.clone();
        for (header, field) in looked.headers.iter().zip(looked.fields.iter_mut()) {
            let found = self.job.map.iter().find(|(_, columns)| columns.split('+').any(|c| c == header));
            *field = found.map_or_else(String::new, |(name, _)| name.clone());
        }
        looked
    }

    fn step_by(&mut self, by: isize, sh: &Shared) {
        match &mut self.step {
            Step::Map(looked, at) => {
                let count = looked.headers.len() as isize + 4;
                *at = (*at as isize + by).rem_euclid(count) as usize;
            }
            Step::Check(checked, first) => {
                let last = draw::last_page(checked, self.job.create_missing, sh);
                *first = first.saturating_add_signed(by).min(last);
            }
            _ => {}
        }
    }
}

impl Screen for ImportScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Passing
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::FORM
    }

    fn enter(&mut self, _: &mut Shared) {}

    fn types(&self) -> bool {
        true
    }

    fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        match (&self.step, chord.key) {
            (Step::File, _) => self.lines.key(chord),
            (Step::Map(..), Key::Char(' ')) => {
                self.accept(sh);
                true
            }
            (_, Key::Char('j')) if !chord.ctrl => {
                self.step_by(1, sh);
                true
            }
            (_, Key::Char('k')) if !chord.ctrl => {
                self.step_by(-1, sh);
                true
            }
            // The whole import is one operation.
            (Step::Done(report), Key::Char('u')) if report.wrote() => {
                let operation_id = report.status.operation_id;
                let request = rolo_proto::v1::UndoRequest { operation_id, preview: true, ..Default::default() };
                crate::app::press::undo(sh, request);
                sh.nav.push(Nav::Back);
                true
            }
            _ => false,
        }
    }

    fn text(&mut self, text: &str, _: &mut Shared) -> bool {
        if matches!(self.step, Step::File) {
            self.lines.paste(text);
        }
        true
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        match action {
            Action::NextField => self.step_by(1, sh),
            Action::PrevField => self.step_by(-1, sh),
            Action::PageDown => self.step_by(10, sh),
            Action::PageUp => self.step_by(-10, sh),
            Action::Accept => self.accept(sh),
            Action::Save if matches!(self.step, Step::Map(..)) => self.check(sh),
            Action::Save => self.accept(sh),
            Action::Back => self.back(sh),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match outcome {
            Ok(Reply::Looked(looked)) => {
                self.looked = looked.clone();
                self.step = Step::Map(looked, 0);
            }
            Ok(Reply::Checked(checked)) => self.step = Step::Check(checked, 0),
            Ok(Reply::Imported(report)) => {
                sh.changes += 1;
                self.step = Step::Done(report);
            }
            Ok(_) => {}
            Err(failure) => {
                if matches!(self.step, Step::File) {
                    self.lines.fault = Some(failure.message(sh.lang));
                } else {
                    sh.fail(&failure, Some((self.id, slot, request)));
                }
                if matches!(self.step, Step::Run) {
                    self.step = Step::Map(self.mapped(), 0);
                }
            }
        }
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        if let (Step::Map(looked, at), Answer::Picked(Ask::Column(column), Value::Text(label))) =
            (&mut self.step, answer)
            && column < looked.fields.len()
        {
            let fields = resource::of(self.kind).map(importer::fields).unwrap_or_default();
            let chosen = fields.into_iter().find(|(name, _)| field_label(name, sh.lang) == label);
            // Texts are joined from several columns; of anything else there is one, and the last said is meant.
            if let Some((name, field)) = &chosen
                && !matches!(field.input, Input::Text { .. } | Input::LongText { .. })
            {
                looked.fields.iter_mut().filter(|taken| *taken == name).for_each(String::clear);
            }
            looked.fields[column] = chosen.map(|(name, _)| name).unwrap_or_default();
            *at = column + 1;
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let many = resource::of(self.kind).map_or("", |r| r.labels().1.get(sh.lang));
        let file = self.job.path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut crumbs = vec![many.to_owned(), Action::Import.label().get(sh.lang).to_owned()];
        crumbs.extend(Some(file).filter(|f| !f.is_empty()));
        crumbs
    }

    /// Nothing is saved before the run: the keys of a form mean something else here.
    fn label(&self, action: Action, sh: &Shared) -> Option<String> {
        let t = sh.t();
        let label = match (&self.step, action) {
            (Step::Map(..), Action::Save) => t.import_check,
            (Step::Check(..), Action::Accept) => t.import_run,
            _ => return None,
        };
        Some(label.to_lowercase())
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        match self.step {
            Step::File | Step::Check(..) | Step::Done(_) => vec![Action::Accept, Action::Back],
            Step::Map(..) => vec![Action::NextField, Action::Accept, Action::Save, Action::Back],
            Step::Run => vec![Action::Back],
        }
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        draw::import(self, c, area, sh);
    }
}
