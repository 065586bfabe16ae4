//! The empty workbook to fill in for an import: a header row, required columns marked (`*`, bold, coloured, with a note),
//! choices as drop-down lists, columns formatted so that Excel does not turn phone numbers and postcodes into numbers.
//!
//! Lists warn instead of refusing, because an import can add new choices. A list that does not fit into the 255
//! characters Excel allows, or has commas in it, stands on a second sheet.

use std::path::Path;

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format as Style, Formula, Note, Workbook, Worksheet, XlsxError,
};

use super::guard::guard;
use super::messages::WriteError;
use super::write::{column_number, publish, temporary, width_of};
use super::xlsx::MAX_ROWS;
use crate::strings::Lang;

/// How cells of a column are formatted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnKind {
    /// Text, digits included.
    #[default]
    Text,
    /// A number.
    Number,
    /// `2026-12-01`.
    Date,
    /// `2026-12-01 15:04:05`.
    DateTime,
}

/// One column of a template.
#[derive(Debug, Clone, Default)]
pub struct TemplateColumn {
    /// The header.
    pub label: String,
    /// Must be filled in.
    pub required: bool,
    /// Its format.
    pub kind: ColumnKind,
    /// What may be chosen; empty for free input.
    pub choices: Vec<String>,
}

/// Excel's limit for a list written into the rule itself, in UTF-16 units.
const INLINE_LIST: usize = 255;

/// Writes a template, atomically. `sheet` names the sheet to fill in (at most 31 characters).
pub fn write(
    path: &Path,
    sheet: &str,
    columns: &[TemplateColumn],
    lang: Lang,
    overwrite: bool,
) -> Result<(), WriteError> {
    let mut out = temporary(path, overwrite)?;
    let mut book = build(sheet, columns, lang)?;
    book.save_to_writer(&mut out).map_err(plain)?;
    publish(out, path, overwrite)
}

fn build(name: &str, columns: &[TemplateColumn], lang: Lang) -> Result<Workbook, WriteError> {
    let (choices_name, required_note, list_title, list_text) = match lang {
        Lang::En => ("Choices", "required", "Not in the list", "This is a new choice; keep it?"),
        Lang::Zh => ("选项", "必填", "不在列表中", "这是新的选项,要保留吗?"),
    };
    let header = Style::new().set_bold();
    let required = header.clone().set_background_color(Color::RGB(0xFF_F2_CC));
    let mut sheet = Worksheet::new();
    let mut choices = Worksheet::new();
    sheet.set_name(name).map_err(plain)?;
    choices.set_name(choices_name).map_err(plain)?;
    sheet.set_freeze_panes(1, 0).map_err(plain)?;
    let mut lists = 0_u16;
    for (at, column) in columns.iter().enumerate() {
        let at = column_number(at)?;
        let style = Style::new().set_num_format(match column.kind {
            ColumnKind::Text => "@",
            ColumnKind::Number => "General",
            ColumnKind::Date => "yyyy-mm-dd",
            ColumnKind::DateTime => "yyyy-mm-dd hh:mm:ss",
        });
        sheet.set_column_format(at, &style).map_err(plain)?;
        let label = guard(&column.label);
        if column.required {
            let label = format!("{label} *");
            sheet.set_column_width(at, width_of(&label)).map_err(plain)?;
            sheet.write_string_with_format(0, at, label, &required).map_err(plain)?;
            sheet.insert_note(0, at, &Note::new(required_note)).map_err(plain)?;
        } else {
            sheet.set_column_width(at, width_of(&label)).map_err(plain)?;
            sheet.write_string_with_format(0, at, label, &header).map_err(plain)?;
        }
        if column.choices.is_empty() {
            continue;
        }
        let rule = if fits_inline(&column.choices) {
            DataValidation::new().allow_list_strings(&column.choices).map_err(plain)?
        } else {
            choices.write_string_with_format(0, lists, guard(&column.label), &header).map_err(plain)?;
            for (row, choice) in (1..MAX_ROWS).zip(&column.choices) {
                choices.write_string(row, lists, choice).map_err(plain)?;
            }
            let letters = column_letters(lists);
            let last = column.choices.len() + 1;
            lists += 1;
            let range = format!("='{choices_name}'!${letters}$2:${letters}${last}");
            DataValidation::new().allow_list_formula(Formula::new(range))
        };
        let rule = rule
            .set_error_style(DataValidationErrorStyle::Warning)
            .set_error_title(list_title)
            .and_then(|rule| rule.set_error_message(list_text))
            .map_err(plain)?;
        sheet.add_data_validation(1, at, MAX_ROWS - 1, at, &rule).map_err(plain)?;
    }
    let mut book = Workbook::new();
    book.push_worksheet(sheet);
    if lists > 0 {
        book.push_worksheet(choices);
    }
    Ok(book)
}

fn plain(error: XlsxError) -> WriteError {
    match error {
        XlsxError::IoError(error) => WriteError::from_io("", &error),
        other => WriteError::Workbook { error: other.to_string() },
    }
}

fn fits_inline(choices: &[String]) -> bool {
    let units: usize =
        choices.iter().map(|choice| choice.encode_utf16().count() + choice.matches('"').count() + 1).sum();
    units <= INLINE_LIST && !choices.iter().any(|choice| choice.contains(','))
}

/// 0 → A, 26 → AA.
fn column_letters(column: u16) -> String {
    let mut letters = Vec::new();
    let mut rest = u32::from(column) + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}
