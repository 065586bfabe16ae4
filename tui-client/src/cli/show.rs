//! Records as tables, JSON lines, CSV or ids.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value as Json};

use super::{Format, Shape, out::Out};
use crate::{
    data::{Failure, Reason},
    files::{
        messages::WriteError,
        write::{Bom, Cell, Format as FileFormat, TableWriter},
    },
    resource::{Input, Record, Resource, Value, parse, parse::Locale},
    strings::Lang,
    text::Measure,
};

/// A column: a field of the descriptor, or one of the few values that every record has beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Index into [`Resource::fields`].
    Field(usize),
    /// The revision.
    Revision,
    /// The name of the customer that the record belongs to; the field itself holds the number.
    CustomerName,
}

impl Column {
    /// As in JSON and `--columns`.
    pub fn name(self, resource: &dyn Resource) -> &'static str {
        match self {
            Self::Field(index) => resource.fields()[index].name,
            Self::Revision => "revision",
            Self::CustomerName => "customer_name",
        }
    }

    /// As a person reads it.
    pub fn label(self, resource: &dyn Resource, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Field(index), lang) => resource.fields()[index].label.get(lang),
            (Self::Revision, Lang::En) => "Revision",
            (Self::Revision, Lang::Zh) => "版本",
            (Self::CustomerName, Lang::En) => "Customer name",
            (Self::CustomerName, Lang::Zh) => "客户名称",
        }
    }

    fn json(self, resource: &dyn Resource, record: &Record) -> Json {
        match self {
            Self::Field(index) => parse::json(&resource.fields()[index], value(record, index)),
            Self::Revision => record.revision.into(),
            Self::CustomerName => customer_name(record).map_or(Json::Null, Json::from),
        }
    }

    /// As a cell of a file.
    pub fn cell(self, resource: &dyn Resource, record: &Record, locale: &Locale) -> Cell {
        match self {
            Self::Field(index) => parse::cell(&resource.fields()[index], value(record, index), locale.zone),
            Self::Revision => Cell::Int(record.revision),
            Self::CustomerName => customer_name(record).map_or(Cell::Empty, Cell::text),
        }
    }

    fn text(self, resource: &dyn Resource, record: &Record, locale: &Locale, plain: bool) -> String {
        match self {
            Self::Field(index) => match value(record, index) {
                Value::Stars(stars) if plain => stars.to_string(),
                value => parse::show(&resource.fields()[index], value, locale).replace(['\n', '\t'], " "),
            },
            Self::Revision => record.revision.to_string(),
            Self::CustomerName => customer_name(record).unwrap_or_default().to_owned(),
        }
    }
}

fn value(record: &Record, index: usize) -> &Value {
    record.values.get(index).unwrap_or(&Value::Absent)
}

fn customer_name(record: &Record) -> Option<&str> {
    record.values.iter().find_map(|v| match v {
        Value::Customer(customer) => Some(customer.name.as_str()),
        _ => None,
    })
}

/// Whether the name of the customer stands beside its number: some kinds have a field of that name themselves.
fn names_its_customer(resource: &dyn Resource) -> bool {
    let has = |name: &str| resource.fields().iter().any(|field| field.name == name);
    has("customer_no") && !has("customer_name")
}

/// Every value of a record: id and revision first.
pub fn all_columns(resource: &dyn Resource) -> Vec<Column> {
    let fields = resource.fields();
    let id = fields.iter().position(|f| f.name == "id");
    let mut columns: Vec<Column> = id.map(Column::Field).into_iter().chain([Column::Revision]).collect();
    for (index, field) in fields.iter().enumerate() {
        if Some(index) != id {
            columns.push(Column::Field(index));
        }
        if field.name == "customer_no" && names_its_customer(resource) {
            columns.push(Column::CustomerName);
        }
    }
    columns
}

/// What a table shows: what a list on the screen does, after what names the record to a command.
fn table_columns(resource: &dyn Resource) -> Vec<Column> {
    let (fields, shown) = (resource.fields(), resource.columns());
    let has_number = shown.iter().any(|i| matches!(fields[*i].name, "no" | "id"));
    let id = fields.iter().position(|f| f.name == "id" && !has_number);
    id.into_iter().chain(shown.iter().copied()).map(Column::Field).collect()
}

/// The columns of this name, in this order.
pub fn columns_named(resource: &dyn Resource, names: &[String]) -> Result<Vec<Column>, Failure> {
    let named = |name: &String| match crate::resource::fold_name(name).as_str() {
        "revision" => Ok(Column::Revision),
        "customername" if names_its_customer(resource) => Ok(Column::CustomerName),
        _ => resource.field(name).map(Column::Field).ok_or_else(|| {
            let all: Vec<&str> = all_columns(resource).into_iter().map(|c| c.name(resource)).collect();
            let all = all.join(", ");
            Failure::usage(
                format!("{} have no field {name}; there are: {all}", resource.names().1),
                format!("{}没有字段“{name}”，可用：{all}", resource.labels().1.zh),
            )
        }),
    };
    names.iter().filter(|n| !n.trim().is_empty()).map(named).collect()
}

/// One record as a JSON object.
pub fn object(resource: &dyn Resource, record: &Record, columns: &[Column]) -> Json {
    Json::Object(columns.iter().map(|c| (c.name(resource).to_owned(), c.json(resource, record))).collect::<Map<_, _>>())
}

fn failed(error: WriteError) -> Failure {
    Failure::local(Reason::File, error.message(Lang::En), error.message(Lang::Zh))
}

/// What the encoder has written and nobody has taken yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// Takes it, up to the last whole line: a character is never cut.
    fn take(&self) -> String {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        String::from_utf8_lossy(&bytes.drain(..end).collect::<Vec<u8>>()).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes records as they come.
pub struct Writer<'a> {
    resource: &'a dyn Resource,
    locale: &'a Locale,
    format: Format,
    plain: bool,
    columns: Vec<Column>,
    /// Widths of the table's columns, from its first page on.
    widths: Option<Vec<usize>>,
    csv: Option<(TableWriter<Written>, Written)>,
}

impl<'a> Writer<'a> {
    /// For records of a kind, in the shape asked for.
    pub fn new(resource: &'a dyn Resource, locale: &'a Locale, shape: &Shape) -> Result<Self, Failure> {
        let format = shape.format();
        let columns = match (columns_named(resource, &shape.columns)?, format) {
            (named, _) if !named.is_empty() => named,
            (_, Format::Table) => table_columns(resource),
            _ => all_columns(resource),
        };
        Ok(Self { resource, locale, format, plain: shape.plain, columns, widths: None, csv: None })
    }

    /// Writes some more.
    pub fn page(&mut self, records: &[Record], out: &mut Out) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                for record in records {
                    out.line(&object(self.resource, record, &self.columns).to_string())?;
                }
                Ok(())
            }
            Format::Ids => records.iter().try_for_each(|record| out.line(&record.id.to_string())),
            Format::Csv => self.csv(records, out),
            Format::Table => self.table(records, out),
        }
    }

    /// Completes what was written: a CSV has its header even when nothing was found.
    pub fn end(mut self, out: &mut Out) -> Result<(), Failure> {
        if self.format == Format::Csv {
            self.csv(&[], out)?;
        }
        match self.csv.take() {
            Some((csv, written)) => {
                csv.finish().map_err(failed)?;
                out.write(&written.take())
            }
            None => Ok(()),
        }
    }

    fn csv(&mut self, records: &[Record], out: &mut Out) -> Result<(), Failure> {
        if self.csv.is_none() {
            let headers: Vec<String> = self.columns.iter().map(|c| c.name(self.resource).to_owned()).collect();
            let written = Written::default();
            let csv = TableWriter::new(written.clone(), FileFormat::Csv, &headers, Bom::No).map_err(failed)?;
            self.csv = Some((csv, written));
        }
        let Some((csv, written)) = &mut self.csv else { return Ok(()) };
        for record in records {
            let cells: Vec<Cell> = self.columns.iter().map(|c| c.cell(self.resource, record, self.locale)).collect();
            csv.row(&cells).map_err(failed)?;
        }
        out.write(&written.take())
    }

    fn table(&mut self, records: &[Record], out: &mut Out) -> Result<(), Failure> {
        let lang = self.locale.lang;
        let header = || self.columns.iter().map(|c| c.label(self.resource, lang).to_owned()).collect::<Vec<_>>();
        let rows = records.iter().map(|r| {
            self.columns.iter().map(|c| c.text(self.resource, r, self.locale, self.plain)).collect::<Vec<_>>()
        });
        if self.plain {
            if self.widths.is_none() && !records.is_empty() {
                out.line(&header().join("\t"))?;
            }
            rows.map(|r| r.join("\t")).try_for_each(|line| out.line(&line))?;
            self.widths.get_or_insert_default();
            return Ok(());
        }
        let rows: Vec<Vec<String>> = rows.collect();
        if self.widths.is_none() && !rows.is_empty() {
            let header = header();
            let widths = self.fitted(&header, &rows, out.width);
            out.line(&self.line(&header, &widths, out.width.is_some()))?;
            let rule: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
            out.line(&rule.join("  "))?;
            self.widths = Some(widths);
        }
        let widths = self.widths.clone().unwrap_or_default();
        rows.iter().try_for_each(|row| out.line(&self.line(row, &widths, out.width.is_some())))
    }

    /// One line of a table; numbers stand at the right. On a terminal long texts are cut, elsewhere they are written whole.
    fn line(&self, cells: &[String], widths: &[usize], cut: bool) -> String {
        let measure = Measure::default();
        let is_number = |column: &Column| match column {
            Column::Field(i) => matches!(self.resource.fields()[*i].input, Input::Int { .. } | Input::Money),
            Column::Revision => true,
            Column::CustomerName => false,
        };
        let padded = self.columns.iter().zip(cells).zip(widths).map(|((column, text), width)| match column {
            _ if !cut && measure.width(text) > *width => text.clone(),
            column if is_number(column) && measure.width(text) <= *width => measure.pad_left(text, *width),
            _ => measure.pad(text, *width),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }

    /// Widths that the first rows need; on a terminal, the widest columns give way until a line fits.
    fn fitted(&self, header: &[String], rows: &[Vec<String>], terminal: Option<u16>) -> Vec<usize> {
        const WIDEST: usize = 60;
        let measure = Measure::default();
        let cell = |row: &Vec<String>, i: usize| row.get(i).map_or(0, |text| measure.width(text));
        let mut widths: Vec<usize> = (0..header.len())
            .map(|i| rows.iter().map(|r| cell(r, i)).max().unwrap_or(0).max(measure.width(&header[i])).min(WIDEST))
            .collect();
        let Some(room) = terminal.map(usize::from) else { return widths };
        let gaps = 2 * widths.len().saturating_sub(1);
        let least = |i: usize| match self.columns[i] {
            Column::Field(f) => self.resource.fields()[f].column.map_or(6, |(min, _)| usize::from(min)),
            Column::Revision | Column::CustomerName => 6,
        };
        while widths.iter().sum::<usize>() + gaps > room {
            let widest = (0..widths.len()).filter(|i| widths[*i] > least(*i)).max_by_key(|i| widths[*i]);
            match widest {
                Some(i) => widths[i] -= 1,
                None => break,
            }
        }
        widths
    }
}

/// One record, a field a line, without those that are empty.
pub fn details(
    resource: &dyn Resource,
    record: &Record,
    locale: &Locale,
    shape: &Shape,
    out: &mut Out,
) -> Result<(), Failure> {
    let named = columns_named(resource, &shape.columns)?;
    let columns = if named.is_empty() { all_columns(resource) } else { named.clone() };
    let measure = Measure::default();
    let lines: Vec<(&str, String)> = columns
        .iter()
        .map(|c| (c.label(resource, locale.lang), c.text(resource, record, locale, shape.plain)))
        .filter(|(_, text)| !text.is_empty() || !named.is_empty())
        .collect();
    let width = lines.iter().map(|(label, _)| measure.width(label)).max().unwrap_or(0);
    for (label, text) in lines {
        if shape.plain {
            out.line(&format!("{label}: {text}"))?;
        } else {
            out.line(format!("{}  {text}", measure.pad(label, width)).trim_end())?;
        }
    }
    Ok(())
}

/// A record that a command was given or made, in the shape asked for; `said` is the sentence in place of a table.
pub fn outcome(
    resource: &dyn Resource,
    record: &Record,
    locale: &Locale,
    shape: &Shape,
    said: (&str, &str),
    out: &mut Out,
) -> Result<(), Failure> {
    if shape.format() == Format::Table && shape.columns.is_empty() {
        return out.line(match locale.lang {
            Lang::En => said.0,
            Lang::Zh => said.1,
        });
    }
    let mut writer = Writer::new(resource, locale, shape)?;
    if writer.format == Format::Json {
        let mut object = object(resource, record, &writer.columns);
        if record.operation_id != 0 {
            object["operation_id"] = record.operation_id.into();
        }
        return out.line(&object.to_string());
    }
    writer.page(std::slice::from_ref(record), out)?;
    writer.end(out)
}

/// What a record is called in sentences: `Acme (KH261121001)`.
pub fn called(resource: &dyn Resource, record: &Record) -> String {
    let number = resource.fields().iter().position(|f| f.name == "no").map(|i| value(record, i));
    match number {
        Some(Value::Text(number)) => format!("{} ({number})", record.label),
        _ => format!("{} ({})", record.label, record.id),
    }
}
