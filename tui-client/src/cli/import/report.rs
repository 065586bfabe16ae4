//! What an import says: about the file, about each row of a dry run, on its way and at its end.

use std::{collections::HashMap, time::Instant};

use rolo_proto::v1;
use serde_json::json;

use super::super::out::Out;
use crate::{
    data::{
        Failure, Reason, failure,
        importer::{Job, Missing, Opened, Progress, Report},
    },
    files,
    resource::parse::grouped,
    strings::{Lang, fill},
};

/// What the file turned out to be; guesses are shown so that they can be overruled.
pub fn say_what_it_is(opened: &Opened, out: &mut Out) {
    let (en, zh) = match &opened.kind {
        files::Kind::Csv { encoding, delimiter } => {
            let delimiter = if *delimiter == '\t' { "tab".to_owned() } else { delimiter.to_string() };
            let name = encoding.name();
            (format!("CSV, {name}, delimiter {delimiter}"), format!("CSV，编码 {name}，分隔符 {delimiter}"))
        }
        files::Kind::Xlsx { sheet, sheets } if sheets.len() > 1 => {
            let others: Vec<&str> = sheets.iter().filter(|s| *s != sheet).map(String::as_str).collect();
            let others = others.join(", ");
            (format!("XLSX, sheet {sheet} (others: {others})"), format!("XLSX，工作表 {sheet}（其他：{others}）"))
        }
        files::Kind::Xlsx { sheet, .. } => (format!("XLSX, sheet {sheet}"), format!("XLSX，工作表 {sheet}")),
    };
    out.note(&en, &zh);
    let pairs: Vec<String> = opened
        .mapping
        .fields
        .iter()
        .map(|m| {
            let columns: Vec<&str> =
                m.columns.iter().filter_map(|c| opened.headers.get(*c)).map(String::as_str).collect();
            format!("{}={}", m.field, columns.join("+"))
        })
        .collect();
    let pairs = pairs.join(", ");
    out.note(&format!("Columns: {pairs}"), &format!("列：{pairs}"));
    if !opened.mapping.unused.is_empty() {
        let unused = opened.mapping.unused.join(", ");
        out.note(&format!("Not used: {unused}"), &format!("未使用：{unused}"));
    }
}

pub fn list_missing(missing: &[Missing], job: &Job, json: bool, out: &mut Out) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    if json {
        return missing.iter().try_for_each(|m| {
            out.line(&json!({ "missing": m.text, "field": m.field, "type": m.what, "rows": m.rows }).to_string())
        });
    }
    match job.create_missing {
        true => out.note("These do not exist and will be added:", "以下内容尚不存在，将新增："),
        false => out.note("These do not exist:", "以下内容尚不存在："),
    }
    missing.iter().try_for_each(|m| {
        let (label, text, rows) = (failure::field_label(&m.field, out.lang), &m.text, m.rows);
        let disabled = m.is_account() && job.create_missing;
        out.line(&match out.lang {
            Lang::En if disabled => fill("  {}: {} ({} [row|rows]; a disabled account)", &[&label, text, &rows]),
            Lang::En => fill("  {}: {} ({} [row|rows])", &[&label, text, &rows]),
            Lang::Zh if disabled => format!("  {label}：{text}（{rows} 行；新建为停用账号）"),
            Lang::Zh => format!("  {label}：{text}（{rows} 行）"),
        })
    })
}

/// What a row would do, a line each change.
pub fn would(outcome: &v1::RowOutcome, json: bool, lang: Lang) -> Vec<String> {
    let (line, result) = (outcome.line, outcome.result());
    if json {
        let changes: Vec<_> =
            outcome.changes.iter().map(|c| json!({ "field": c.field, "before": c.before, "after": c.after })).collect();
        let faults: Vec<_> =
            outcome.faults.iter().map(|f| json!({ "field": f.field, "fault": f.reason, "detail": f.detail })).collect();
        return vec![
            json!({ "line": line, "result": word(result).2, "second": second(outcome), "id": (outcome.id != 0).then_some(outcome.id),
                    "label": outcome.label, "changes": changes, "faults": faults })
            .to_string(),
        ];
    }
    let (en, zh, _) = word(result);
    let mut lines = vec![match lang {
        Lang::En => format!("line {line}: {en} {}", outcome.label).trim_end().to_owned(),
        Lang::Zh => format!("第 {line} 行：{zh} {}", outcome.label).trim_end().to_owned(),
    }];
    for change in outcome.changes.iter().filter(|_| result == v1::RowResult::Updated) {
        let label = failure::field_label(&change.field, lang);
        lines.push(format!("  {label}: {} → {}", change.before, change.after));
    }
    if outcome.second_result() == v1::RowResult::LeftOut {
        lines.push(match lang {
            Lang::En => "  left as it is; what else is in this row is left out".to_owned(),
            Lang::Zh => "  保持原样；该行的附带内容不导入".to_owned(),
        });
    }
    for fault in &outcome.faults {
        let label = failure::field_label(&fault.field, lang);
        let text = failure::row_fault_text(fault, lang);
        lines.push(if label.is_empty() { format!("  {text}") } else { format!("  {label}: {text}") });
    }
    lines
}

/// What becomes of the record of the second kind in the row, if it holds one.
fn second(outcome: &v1::RowOutcome) -> Option<&'static str> {
    let result = outcome.second_result();
    (result != v1::RowResult::Unspecified).then(|| word(result).2)
}

const fn word(result: v1::RowResult) -> (&'static str, &'static str, &'static str) {
    match result {
        v1::RowResult::Created => ("new", "新增", "created"),
        v1::RowResult::Updated => ("changed", "更新", "updated"),
        v1::RowResult::Skipped => ("exists already", "已存在，跳过", "skipped"),
        v1::RowResult::LeftOut => ("left out", "未导入", "left_out"),
        v1::RowResult::Unchanged => ("unchanged", "无变化", "unchanged"),
        v1::RowResult::Refused | v1::RowResult::Unspecified => ("refused", "拒绝", "refused"),
    }
}

pub fn unreadable(fault: &files::RowFault, json: bool, lang: Lang) -> String {
    let text = fault.message(lang);
    if json {
        return json!({ "line": fault.line, "result": "refused", "faults": [{ "field": "", "message": text }] })
            .to_string();
    }
    match lang {
        Lang::En => format!("line {}: {text}", fault.line),
        Lang::Zh => format!("第 {} 行：{text}", fault.line),
    }
}

/// Outcomes of a dry run, counted.
#[derive(Default)]
pub struct Counts {
    by_result: HashMap<i32, u64>,
    second: u64,
    left_out: u64,
    pub unreadable: u64,
}

impl Counts {
    pub fn add(&mut self, outcome: &v1::RowOutcome) {
        *self.by_result.entry(outcome.result).or_default() += 1;
        self.second += u64::from(outcome.second_result() == v1::RowResult::Created);
        self.left_out += u64::from(outcome.second_result() == v1::RowResult::LeftOut);
    }

    fn of(&self, result: v1::RowResult) -> u64 {
        self.by_result.get(&result.into()).copied().unwrap_or(0)
    }

    pub fn said(&self, missing: &[Missing], job: &Job, json: bool, out: &mut Out) -> Result<(), Failure> {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let status = v1::ImportStatus {
            created: count(self.of(v1::RowResult::Created)),
            updated: count(self.of(v1::RowResult::Updated)),
            skipped: count(self.of(v1::RowResult::Skipped)),
            unchanged: count(self.of(v1::RowResult::Unchanged)),
            refused: count(self.of(v1::RowResult::Refused)),
            second_created: count(self.second),
            ..Default::default()
        };
        let report = Report { status, unreadable: self.unreadable, left_out: self.left_out, ..Report::default() };
        if !json {
            out.note("Nothing was written. It would be:", "未写入任何内容，预计结果：");
        }
        if !missing.is_empty() && !job.create_missing {
            out.note("What does not exist needs --create-missing", "不存在的内容需要 --create-missing");
        }
        summary(&report, job, json, out)
    }
}

/// What the import did, where the faulty rows are, and how it is taken back. Fails if rows were left out.
pub fn summary(report: &Report, job: &Job, json: bool, out: &mut Out) -> Result<(), Failure> {
    let s = &report.status;
    let refused = report.refused();
    if json {
        out.line(
            &json!({ "created": s.created, "updated": s.updated, "skipped": s.skipped, "unchanged": s.unchanged,
                     "refused": refused, "second_created": s.second_created,
                     "second_left_out": report.left_out,
                     "operation_id": (s.operation_id != 0).then_some(s.operation_id), "resumed": s.resumed,
                     "finished": !report.stopped,
                     "errors": report.errors.as_ref().map(|(path, _)| path.display().to_string()) })
            .to_string(),
        )?;
    } else {
        let n = |n: i64| grouped(n);
        let refused = i64::try_from(refused).unwrap_or(i64::MAX);
        out.line(&match out.lang {
            Lang::En => format!(
                "{} created, {} updated, {} skipped, {} unchanged, {} refused",
                n(s.created),
                n(s.updated),
                n(s.skipped),
                n(s.unchanged),
                n(refused)
            ),
            Lang::Zh => format!(
                "新增 {}，更新 {}，跳过 {}，无变化 {}，拒绝 {}",
                n(s.created),
                n(s.updated),
                n(s.skipped),
                n(s.unchanged),
                n(refused)
            ),
        })?;
        if s.resumed {
            out.note("An interrupted import was carried on", "已继续之前中断的导入");
        }
        let (en, zh) = match job.resource.kind() {
            v1::Kind::Opportunity => ("plan [step|steps]", "计划项"),
            _ => ("[contact|contacts]", "联系人"),
        };
        if s.second_created > 0 {
            let created = n(s.second_created);
            out.line(&match out.lang {
                Lang::En => fill(&["{} ", en, " created with them"].concat(), &[&created]),
                Lang::Zh => format!("同时新增{zh} {created}"),
            })?;
        }
        if report.left_out > 0 {
            let left = grouped(i64::try_from(report.left_out).unwrap_or(i64::MAX));
            out.line(&match out.lang {
                Lang::En => {
                    let rest = " left out: what existed is left as it is; --existing update imports those too";
                    fill(&["{} ", en, rest].concat(), &[&left])
                }
                Lang::Zh => format!("未导入{zh} {left}：已存在的记录保持原样；使用 --existing update 可导入"),
            })?;
        }
        if report.wrote() {
            let operation = s.operation_id;
            out.note(
                &format!("Undo with: rolo import undo {operation}"),
                &format!("撤销：rolo import undo {operation}"),
            );
        }
        if let Some((path, rows)) = &report.errors {
            let path = path.display();
            out.note(
                &fill("{} faulty [row is|rows are] in {}: fix them there and import that file", &[rows, &path]),
                &format!("{rows} 行有误，已写入 {path}：修改后可重新导入该文件"),
            );
        }
    }
    if report.stopped {
        let next = s.next_row;
        return Err(Failure::local(
            Reason::Cancelled,
            format!("Stopped after row {next}: the same command goes on from there"),
            format!("已在第 {next} 行后停止：重新执行同一命令可继续"),
        ));
    }
    if refused > 0 {
        return Err(Failure::local(
            Reason::Validation,
            fill("{} [row|rows] did not come in", &[&refused]),
            format!("{refused} 行未导入"),
        ));
    }
    Ok(())
}

/// The line of progress: how many rows, of how many, how fast.
pub struct Bar {
    lang: Lang,
    started: Instant,
    shown: Option<Instant>,
}

impl Bar {
    pub fn new(lang: Lang) -> Self {
        Self { lang, started: Instant::now(), shown: None }
    }

    pub fn show(&mut self, progress: &Progress, en: &str, zh: &str, out: &mut Out) {
        // Four times a second is enough for an eye.
        if self.shown.is_some_and(|t| t.elapsed().as_millis() < 250) {
            return;
        }
        self.shown = Some(Instant::now());
        let count = |n: u64| grouped(i64::try_from(n).unwrap_or(i64::MAX));
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = count((progress.rows as f64 / seconds) as u64);
        let rows = count(progress.rows);
        let (bar, total) = match progress.total.filter(|t| *t > 0) {
            Some(total) => {
                let total = total.max(progress.rows);
                let full = usize::try_from(progress.rows * 20 / total).unwrap_or(20).min(20);
                (format!("[{}{}] ", "#".repeat(full), ".".repeat(20 - full)), format!(" / ~{}", count(total)))
            }
            None => Default::default(),
        };
        out.progress(&match self.lang {
            Lang::En => format!("{bar}{rows}{total} {en}, {rate} rows/s"),
            Lang::Zh => format!("{bar}{rows}{total} {zh}，{rate} 行/秒"),
        });
    }
}
