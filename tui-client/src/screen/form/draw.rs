//! How a form looks: short fields side by side where there is room, labels above fields where there is none, what is
//! wrong under the field that is wrong.

use ratatui::layout::{Position, Rect};

use super::{FormScreen, Item, editor::Editor};
use crate::{
    app::{self, shared::Shared},
    keys::{Action, keymap},
    resource::{Field, Input},
    screen::show,
    theme::Role,
    widget::canvas::Canvas,
};

/// Rows of a field with several lines.
const AREA_ROWS: u16 = 3;

/// A line of the form.
enum Line {
    /// A heading.
    Heading(String),
    /// A label above its field.
    Label(usize),
    /// Fields side by side: item, label from, label width, whole width.
    Fields(Vec<(usize, u16, u16, u16)>),
    /// Something under a field.
    Note(String, Role, u16),
    /// One of the further rows of a long text.
    More,
    /// The Save line.
    Save,
}

fn is_short(field: &Field) -> bool {
    match field.input {
        Input::LongText { .. } | Input::Customer | Input::List | Input::Several(_) => false,
        Input::Text { max } => max <= 50,
        _ => true,
    }
}

/// The lines of the form in this width, and on which line each item begins.
fn lines(form: &FormScreen, width: u16, sh: &Shared) -> (Vec<Line>, Vec<u16>) {
    let mut out = Vec::new();
    let mut at = vec![0; form.items.len() + 1];
    let two = width >= 76;
    let half = width / 2;
    let label = |item: &Item| sh.measure.width(form.field_of(item).label.get(sh.lang)) as u16 + 3;
    let widest = form.items.iter().map(label).max().unwrap_or(10);
    let label_width = widest.min(if width < 60 { 14 } else { 20 });
    let mut i = 0;
    let mut in_contact = false;
    while i < form.items.len() {
        let item = &form.items[i];
        if item.contact && !in_contact {
            in_contact = true;
            out.push(Line::Heading(String::new()));
            out.push(Line::Heading(sh.t().first_contact.to_owned()));
        }
        let mut row = vec![i];
        let next = form.items.get(i + 1).filter(|n| n.contact == item.contact);
        if two && is_short(form.field_of(item)) && next.is_some_and(|n| is_short(form.field_of(n))) {
            row.push(i + 1);
        }
        i += row.len();
        if width < 60 {
            out.push(Line::Label(row[0]));
        }
        for index in &row {
            at[*index] = out.len() as u16;
        }
        let fields: Vec<_> = match (row.as_slice(), width) {
            ([one], ..60) => vec![(*one, 1, 0, width.saturating_sub(1))],
            ([one], _) => vec![(*one, 1, label_width, width.saturating_sub(1))],
            (row, _) => row.iter().zip([1, half]).map(|(i, x)| (*i, x, label_width, half - 2)).collect(),
        };
        let area = matches!(form.items[row[0]].editor, Editor::Area(_));
        let indent: Vec<u16> = fields.iter().map(|(_, x, label, _)| x + label).collect();
        out.push(Line::Fields(fields));
        out.extend((1..AREA_ROWS).filter(|_| area).map(|_| Line::More));
        for (index, x) in row.iter().zip(indent) {
            let item = &form.items[*index];
            if let Some(error) = &item.error {
                out.push(Line::Note(format!("! {error}"), Role::Bad, x));
            } else if let Some((hint, role)) = &item.hint {
                let mark = if *role == Role::Good { "" } else { "! " };
                out.push(Line::Note(format!("{mark}{hint}"), *role, x));
            }
        }
    }
    out.push(Line::Heading(String::new()));
    at[form.items.len()] = out.len() as u16;
    out.push(Line::Save);
    (out, at)
}

/// The width of an item's text, for moving the caret up and down.
pub fn field_width(form: &FormScreen, item: usize, sh: &Shared) -> usize {
    let width = app::draw::body(sh.size).width;
    let (lines, _) = lines(form, width, sh);
    let place = lines.iter().find_map(|l| match l {
        Line::Fields(fields) => {
            fields.iter().find(|(i, ..)| *i == item).map(|(_, _, label, all)| all.saturating_sub(label + 1))
        }
        _ => None,
    });
    usize::from(place.unwrap_or(20)).saturating_sub(1)
}

/// Draws the form, scrolled so that the field under the cursor is seen.
pub fn form(form: &FormScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let (lines, at) = lines(form, area.width, sh);
    let here = at.get(form.cursor).copied().unwrap_or(0);
    let count = lines.len() as u16;
    let height = area.height;
    let first = if count <= height { 0 } else { here.saturating_sub(height / 2).min(count - height) };
    for (row, line) in lines.iter().enumerate().skip(usize::from(first)).take(usize::from(height)) {
        let y = area.y + row as u16 - first;
        match line {
            Line::Heading(text) => {
                c.put(area.x + 1, y, text, Role::Title, area.width);
            }
            Line::Label(item) => {
                label(form, *item, c, area.x + 1, y, area.width, sh);
            }
            Line::Fields(fields) => {
                for (item, x, label_width, width) in fields {
                    label(form, *item, c, area.x + x, y, *label_width, sh);
                    let x = area.x + x + label_width;
                    let rows = AREA_ROWS.min(area.bottom() - y);
                    field(
                        form,
                        *item,
                        c,
                        Rect { x, y, width: width.saturating_sub(label_width + 1), height: rows },
                        sh,
                    );
                }
            }
            Line::Note(text, role, x) => {
                // What is said under a field at the right begins further left rather than being cut off.
                let x = (*x).min(area.width.saturating_sub(c.m.width(text) as u16 + 1)).max(1);
                c.put(area.x + x, y, text, *role, area.width.saturating_sub(x + 1));
            }
            Line::More => {}
            Line::Save => save_line(form, c, area.x + 1, y, sh),
        }
    }
    if let Some(jump) = &form.jump {
        let y = area.bottom().saturating_sub(1);
        c.clear(Rect { y, height: 1, ..area });
        let x = c.spans(area.x + 1, y, area.width, &[("/ ", Role::Key), (sh.t().jump_to, Role::Dim), (" ", Role::Dim)]);
        jump.draw(c, Rect { x, y, width: 20, height: 1 }, Role::Input, true);
    }
}

fn label(form: &FormScreen, item: usize, c: &mut Canvas<'_>, x: u16, y: u16, width: u16, sh: &Shared) {
    let field = form.field_of(&form.items[item]);
    let text = field.label.get(sh.lang);
    let here = item == form.cursor;
    let role = if here { Role::Brand } else { Role::Dim };
    let end = c.put(x, y, text, role, width.saturating_sub(2));
    if field.required && (!form.items[item].contact || field.name == "name") {
        let empty = form.items[item].editor.is_empty();
        c.put(end, y, sh.theme.sym.required, if empty { Role::Warn } else { Role::Dim }, 1);
    }
}

fn field(form: &FormScreen, index: usize, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let item = &form.items[index];
    let field = form.field_of(item);
    let here = index == form.cursor && form.jump.is_none();
    let one = Rect { height: 1, ..area };
    let bad = item.error.is_some();
    let role = match (here, bad) {
        (true, _) => Role::Input,
        (false, true) => Role::Bad,
        (false, false) => Role::Text,
    };
    match &item.editor {
        Editor::Line(line) => {
            if here {
                c.tint(one, Role::Input);
            }
            line.draw(c, one, role, here);
            if !here && line.is_empty() {
                c.put(area.x, area.y, placeholder(field, sh), Role::Dim, area.width);
            }
        }
        Editor::Area(text) => {
            if here {
                c.tint(area, Role::Input);
            }
            text.draw(c, area, role, here);
        }
        editor => {
            let (text, choose) = match editor {
                Editor::Stars(n) => (show::stars(*n, sh.theme.sym), ""),
                Editor::Fixed(i) => (
                    i.map_or_else(String::new, |i| show::full(&crate::resource::Value::Fixed(i), field, sh)),
                    sh.theme.sym.choose,
                ),
                Editor::Flag(yes) => ((if *yes { sh.t().yes } else { sh.t().no }).to_owned(), ""),
                Editor::Pick(value) => (show::full(value, field, sh), sh.theme.sym.choose),
                Editor::Line(_) | Editor::Area(_) => return,
            };
            let width = area.width.min(26);
            c.put(area.x, area.y, &text, if bad { Role::Bad } else { Role::Text }, width.saturating_sub(2));
            c.put(area.x + width.saturating_sub(1), area.y, choose, Role::Key, 1);
            if here {
                c.tint(Rect { width, height: 1, ..area }, Role::Cursor);
                // Input methods and screen readers follow the cursor here too.
                c.cursor = Some(Position { x: area.x, y: area.y });
            }
        }
    }
}

fn placeholder(field: &Field, sh: &Shared) -> &'static str {
    match field.input {
        Input::Time if field.name == "at" => sh.t().now,
        _ => "",
    }
}

fn save_line(form: &FormScreen, c: &mut Canvas<'_>, x: u16, y: u16, sh: &Shared) {
    let here = form.cursor >= form.items.len();
    let text = format!(" {} ", Action::Save.label().get(sh.lang));
    let end = c.put(x, y, &text, if here { Role::Cursor } else { Role::Key }, 20);
    let key = sh.key(keymap::FORM, Action::Save);
    c.put(end + 1, y, &key, Role::Dim, 10);
    if here {
        c.cursor = Some(Position { x: x + 1, y });
    }
}
