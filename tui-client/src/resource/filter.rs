//! The one filter grammar: behind `/` on the screens, `--filter` on the command line and `field:value` everywhere.
//!
//! ```text
//! filter = { word | field ( ":" | "=" ) value { "," value } }
//! ```
//!
//! Words search; each `field:value` narrows, several values mean any of them. A field goes by its name or its label in
//! either language, `view:` takes a shipped view. Values with blanks or commas stand in quotes. Times take a day, month
//! or year, or a range `from..to` with both ends included. `：` `＝` `，` `、` and full-width blanks count as their ASCII
//! forms outside quotes (`tui.md` rule 12).
//!
//! [`read`] is pure; [`resolve`] looks up choices, people and customers.

use super::{Condition, Field, Input, ListQuery, Resource, Value, parse, parse::Locale, when};
use crate::{
    data::{Failure, Fault, failure, lookup::Lookup},
    strings::Lang,
};

/// A filter as read, before anything is looked up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// The bare words.
    pub search: String,
    /// The view asked for.
    pub view: Option<usize>,
    /// The conditions.
    pub terms: Vec<Term>,
    /// The last field has no value yet: somebody is typing.
    pub unfinished: bool,
}

/// One condition as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Index into [`Resource::fields`].
    pub field: usize,
    /// Any of these.
    pub parts: Vec<Part>,
}

/// One value as read.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Understood.
    Ready(Value),
    /// To be looked up.
    LookUp(String),
}

/// A filter that can be asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// The bare words.
    pub search: String,
    /// The view asked for.
    pub view: Option<usize>,
    /// The conditions.
    pub conditions: Vec<Condition>,
}

impl Filter {
    /// Puts the filter into a query, in place of the one that was there; the view stays unless the filter names one.
    pub fn apply(self, query: &mut ListQuery) {
        query.search = self.search;
        query.conditions = self.conditions;
        query.view = self.view.unwrap_or(query.view);
        query.page_token.clear();
    }
}

/// A word of the filter, quotes resolved.
struct Word {
    name: Option<String>,
    values: Vec<String>,
}

/// Cuts the text into words. An operator or comma before a blank goes on with the next word (`level: 大客户`).
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return words;
        }
        let mut word = Word { name: None, values: vec![String::new()] };
        let mut quote = None;
        let mut was_quoted = false;
        let mut expecting = false;
        while let Some(c) = chars.next_if(|c| quote.is_some() || expecting || !c.is_whitespace()) {
            let Some(last) = word.values.last_mut() else { break };
            match (quote, parse::fold_width(c)) {
                (Some(end), _) if c == end => quote = None,
                (Some(_), _) => last.push(c),
                (None, _) if expecting && c.is_whitespace() => continue,
                (None, '"') | (None, '“') => {
                    quote = Some(if c == '“' { '”' } else { c });
                    was_quoted = true;
                }
                (None, ':' | '=') if word.name.is_none() && !was_quoted && !last.is_empty() => {
                    word.name = Some(std::mem::take(last));
                    expecting = true;
                    continue;
                }
                (None, ',') if word.name.is_some() => {
                    word.values.push(String::new());
                    expecting = true;
                    continue;
                }
                (None, _) => last.push(c),
            }
            expecting = false;
        }
        words.push(word);
    }
}

/// Reads a filter as far as that goes without looking anything up. What is not understood is told with what would be.
pub fn read(resource: &dyn Resource, text: &str, locale: &Locale) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    for word in words(text) {
        let Some(name) = word.name else {
            push_word(&mut draft.search, word.values.first().map_or("", String::as_str));
            continue;
        };
        // 15:00 and http://… are words to search for, not fields.
        let literal =
            name.chars().all(|c| c.is_ascii_digit()) || word.values.first().is_some_and(|v| v.starts_with("//"));
        if literal {
            push_word(&mut draft.search, &format!("{name}:{}", word.values.join(",")));
            continue;
        }
        let values: Vec<String> = word.values.into_iter().filter(|v| !v.trim().is_empty()).collect();
        let is_view = matches!(super::fold_name(&name).as_str(), "view" | "视图");
        let field = resource.field(&name).filter(|i| resource.fields()[*i].filter);
        if !is_view && field.is_none() {
            return Err(no_such_field(resource, &name));
        }
        if values.is_empty() {
            draft.unfinished = true;
            continue;
        }
        match field {
            Some(index) => {
                let field = &resource.fields()[index];
                draft.terms.push(Term { field: index, parts: parts(field, &values, locale)? });
            }
            None => draft.view = Some(view(resource, &values[0])?),
        }
    }
    Ok(draft)
}

fn push_word(search: &mut String, word: &str) {
    if !search.is_empty() {
        search.push(' ');
    }
    search.push_str(word);
}

/// The view of that name.
pub fn view(resource: &dyn Resource, name: &str) -> Result<usize, Failure> {
    resource.view(name).ok_or_else(|| {
        let list = |lang| {
            let each: Vec<String> =
                resource.views().iter().map(|v| format!("{} ({})", v.code, v.label.get(lang))).collect();
            each.join(", ")
        };
        Failure::usage(
            format!("There is no view {name}; there are: {}", list(Lang::En)),
            format!("没有视图“{name}”，可用：{}", list(Lang::Zh)),
        )
    })
}

fn no_such_field(resource: &dyn Resource, name: &str) -> Failure {
    let list = |lang| {
        let filters = resource.fields().iter().filter(|f| f.filter);
        let each: Vec<String> = match lang {
            Lang::En => filters.map(|f| f.name.to_owned()).collect(),
            Lang::Zh => filters.map(|f| format!("{} ({})", f.label.zh, f.name)).collect(),
        };
        each.into_iter().chain(["view".to_owned()]).collect::<Vec<_>>().join(", ")
    };
    let (_, many) = resource.names();
    Failure::usage(
        format!("{many} cannot be filtered by {name}; they can by: {}", list(Lang::En)),
        format!("{}不能按“{name}”筛选，可用：{}", resource.labels().1.zh, list(Lang::Zh)),
    )
}

/// Not understood, and what would be.
fn not_understood(field: &Field, given: &str, en: &str, zh: &str) -> Failure {
    Failure::usage(
        format!("{}: {given} is not understood; it takes {en}", field.name),
        format!("{}：无法理解“{given}”，应为 {zh}", field.label.zh),
    )
}

/// Not understood as a day, month or range.
fn no_period(field: &Field, given: &str) -> Failure {
    let (en, zh) = if field.filters_none { (", or none", "，或 无") } else { ("", "") };
    not_understood(
        field,
        given,
        &format!("a day, month or range: today, 2026-01, 2026-01-01..2026-01-31{en}"),
        &format!("日期、月份或范围：今天、2026-01、2026-01-01..2026-01-31{zh}"),
    )
}

fn parts(field: &Field, values: &[String], locale: &Locale) -> Result<Vec<Part>, Failure> {
    let one = || match values {
        [value] => Ok(value.as_str()),
        _ => Err(Failure::usage(
            format!("{}: one value at a time", field.name),
            format!("{}：一次只能筛选一个值", field.label.zh),
        )),
    };
    match field.input {
        Input::Text { .. } | Input::LongText { .. } | Input::Phone { .. } | Input::Email { .. } => {
            Ok(vec![Part::Ready(Value::Text(one()?.trim().to_owned()))])
        }
        Input::Int { .. } | Input::Money => {
            let (en, zh) = ("a number or range: 70, 70.., 10万..50万", "数字或范围：70、70..、10万..50万");
            let ends = numbers(field, one()?, locale).ok_or_else(|| not_understood(field, &values[0], en, zh))?;
            Ok(ends.map(|end| Part::Ready(end.unwrap_or_default())).to_vec())
        }
        Input::Date if field.filters_none && is_none(one()?) => Ok(vec![Part::Ready(Value::Absent)]),
        Input::Date => {
            let (from, to) = times(one()?, locale).ok_or_else(|| no_period(field, &values[0]))?;
            // The end of a period is the first moment after it.
            let day = |at: Option<i64>| {
                Part::Ready(at.map_or(Value::Absent, |at| Value::Date(parse::day_of(at, locale.zone))))
            };
            Ok(vec![day(from), day(to.map(|to| to - 1))])
        }
        Input::Time => {
            let (from, to) = times(one()?, locale).ok_or_else(|| no_period(field, &values[0]))?;
            let end = |at: Option<i64>| Part::Ready(at.map_or(Value::Absent, Value::Time));
            Ok(vec![end(from), end(to)])
        }
        Input::Stars => {
            let mut parts = Vec::new();
            for value in values {
                let stars = stars(value, locale).ok_or_else(|| {
                    not_understood(field, value, "1 to 5, a range 3..5, or none", "1 至 5、范围 3..5 或 未指定")
                })?;
                parts.extend(stars.into_iter().map(Part::Ready));
            }
            Ok(parts)
        }
        Input::Flag => {
            let flag = parse::value(&field.input, one()?, locale);
            flag.map(|v| vec![Part::Ready(v)]).map_err(|_| not_understood(field, &values[0], "yes or no", "是 或 否"))
        }
        Input::Fixed(items) => {
            let list = |lang| {
                items.iter().map(|i| if lang == Lang::En { i.code } else { i.label.zh }).collect::<Vec<_>>().join(", ")
            };
            let item = parse::value(&field.input, one()?, locale);
            item.map(|v| vec![Part::Ready(v)])
                .map_err(|_| not_understood(field, &values[0], &list(Lang::En), &list(Lang::Zh)))
        }
        Input::User if values.iter().all(|v| is_none(v)) => Ok(vec![Part::Ready(Value::Absent)]),
        Input::Choice { .. } if field.filters_none && values.iter().all(|v| is_none(v)) => {
            Ok(vec![Part::Ready(Value::Absent)])
        }
        Input::Choice { .. } | Input::User | Input::Customer | Input::Contact | Input::Link(_) => {
            Ok(values.iter().map(|v| Part::LookUp(v.trim().to_owned())).collect())
        }
        Input::List | Input::Several(_) => Err(not_understood(field, &values[0], "nothing", "无")),
    }
}

/// Whether the text says that there is nothing.
fn is_none(text: &str) -> bool {
    matches!(super::fold_name(text).as_str(), "none" | "null" | "无" | "空" | "未指定" | "没有")
}

/// The two ends of `from..to`, or of the period that one date is.
fn times(text: &str, locale: &Locale) -> Option<(Option<i64>, Option<i64>)> {
    let understand = |t: &str| when::understand(t, locale.now, locale.zone);
    match text.split_once("..").or_else(|| text.split_once('~')).or_else(|| text.split_once('至')) {
        None => understand(text).map(|w| (Some(w.start), Some(w.end))),
        Some((from, to)) => {
            let open = |t: &str| t.trim().trim_matches('.').is_empty();
            let from = if open(from) { None } else { Some(understand(from)?.start) };
            let to = if open(to) { None } else { Some(understand(to.trim_start_matches('.'))?.end) };
            (from.is_some() || to.is_some()).then_some((from, to))
        }
    }
}

/// The two ends of `from..to`, `>=from`, `<=to`, or of a single number; both included.
fn numbers(field: &Field, text: &str, locale: &Locale) -> Option<[Option<Value>; 2]> {
    let one = |t: &str| match parse::value(&field.input, t, locale) {
        Ok(value @ (Value::Int(_) | Value::Money(_))) => Some(value),
        _ => None,
    };
    let text: String = text.trim().chars().map(parse::fold_width).collect();
    if let Some(from) = text.strip_prefix(">=").or_else(|| text.strip_prefix('>')).or_else(|| text.strip_prefix('≥'))
    {
        return Some([Some(one(from)?), None]);
    }
    if let Some(to) = text.strip_prefix("<=").or_else(|| text.strip_prefix('<')).or_else(|| text.strip_prefix('≤')) {
        return Some([None, Some(one(to)?)]);
    }
    let Some((from, to)) = text.split_once("..").or_else(|| text.split_once('~')) else {
        let value = one(&text)?;
        return Some([Some(value.clone()), Some(value)]);
    };
    let end = |t: &str| if t.trim().is_empty() { Some(None) } else { one(t).map(Some) };
    let ends = [end(from)?, end(to)?];
    ends.iter().any(Option::is_some).then_some(ends)
}

fn stars(text: &str, locale: &Locale) -> Option<Vec<Value>> {
    if is_none(text) {
        return Some(vec![Value::Absent]);
    }
    let one = |t: &str| match parse::value(&Input::Stars, t, locale) {
        Ok(Value::Stars(n)) => Some(n),
        _ => None,
    };
    match text.split_once("..") {
        None => one(text).map(|n| vec![Value::Stars(n)]),
        Some((from, to)) => {
            let from = if from.trim().is_empty() { 1 } else { one(from)? };
            let to = if to.trim().is_empty() { 5 } else { one(to)? };
            (from <= to).then(|| (from..=to).map(Value::Stars).collect())
        }
    }
}

/// Looks up what the filter names. People and choices that fit in part are all taken: a filter widens, never guesses one.
pub async fn resolve(
    resource: &dyn Resource,
    draft: Draft,
    locale: &Locale,
    lookup: &Lookup,
) -> Result<Filter, Failure> {
    let mut conditions = Vec::with_capacity(draft.terms.len());
    for term in draft.terms {
        let field = &resource.fields()[term.field];
        let mut values = Vec::new();
        for part in term.parts {
            match part {
                Part::Ready(value) => values.push(value),
                Part::LookUp(text) => {
                    values.extend(lookup.matching(field, &text, locale.lang).await.map_err(as_usage)?)
                }
            }
        }
        conditions.push(Condition { field: term.field, values });
    }
    Ok(Filter { search: draft.search, view: draft.view, conditions })
}

/// In a filter a choice that does not exist is a mistake of what was typed, not of a record.
fn as_usage(failure: Failure) -> Failure {
    match failure.violations.first() {
        Some(v) if !matches!(v.fault, Fault::Required) => {
            let text = |lang| {
                let separator = if lang == Lang::En { ": " } else { "：" };
                format!(
                    "{}{separator}{}",
                    failure::field_label(&v.field, lang),
                    failure::fault_text(&v.field, &v.fault, lang)
                )
            };
            Failure::usage(text(Lang::En), text(Lang::Zh))
        }
        _ => failure,
    }
}

/// [`read`] and [`resolve`] in one; what is unfinished is refused.
pub async fn understand(
    resource: &dyn Resource,
    text: &str,
    locale: &Locale,
    lookup: &Lookup,
) -> Result<Filter, Failure> {
    let draft = read(resource, text, locale)?;
    if draft.unfinished {
        return Err(Failure::usage(
            format!("{text}: a value is missing after the field"),
            format!("{text}：字段后缺少值"),
        ));
    }
    resolve(resource, draft, locale, lookup).await
}

#[cfg(test)]
mod tests;
