//! `rolo import`: rows of a file as records.

use std::{collections::HashMap, path::PathBuf};

use clap::{Args, ValueEnum};
use rolo_proto::v1;

use self::report::{Bar, Counts, list_missing, say_what_it_is, summary, unreadable, would};
use super::{Global, kind, out::Out, session, session::Session};
use crate::{
    data::{
        Failure, Reason,
        importer::{self, Cancel, Event, Job},
    },
    files,
    resource::{Input, Resource},
    strings::Lang,
};

mod back;
mod report;

/// Arguments of `rolo import`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ImportArgs {
    #[command(subcommand)]
    earlier: Option<back::Earlier>,
    /// What the rows are: customers, contacts, interactions, opportunities, products
    #[arg(required = true)]
    kind: Option<String>,
    /// The file: CSV or XLSX
    #[arg(required_unless_present = "template")]
    file: Option<PathBuf>,
    /// Which column goes into a field: name=companyName; contact.name=contactName; name=lastName+firstName; name= leaves
    /// it out
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// The value of a field that no column fills, or that is blank
    #[arg(long, value_name = "FIELD=VALUE")]
    default: Vec<String>,
    /// What happens to rows whose record exists
    #[arg(long, value_enum, default_value = "skip")]
    existing: ExistingArg,
    /// Add what does not exist yet: dictionary values; for opportunities also products, and assignees as disabled
    /// accounts
    #[arg(long)]
    create_missing: bool,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The file's encoding, if the guess is wrong: utf-8, utf-16le, gb18030 ...
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The character between cells of a CSV; \t for a tab
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,
    /// The first row is no header; columns go by their number: --map name=1
    #[arg(long)]
    no_header: bool,
    /// How dates like 03/04/2026 are meant: dmy or mdy
    #[arg(long, value_name = "ORDER")]
    date_order: Option<String>,
    /// Where the rows go that did not come in [default: FILE.errors.csv]
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Write an empty workbook to fill in, and import nothing
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    pub template: Option<String>,
    /// As JSON objects; errors too, on stderr
    #[arg(long)]
    json: bool,
}

impl ImportArgs {
    /// Whether errors are JSON too.
    pub fn wants_json(&self) -> bool {
        self.earlier.as_ref().map_or(self.json, back::Earlier::wants_json)
    }

    fn kind(&self) -> Result<&'static dyn Resource, Failure> {
        kind(self.kind.as_deref().unwrap_or_default())
    }
}

/// What happens to rows whose record exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExistingArg {
    /// Leave the record as it is
    Skip,
    /// Write the mapped columns that are not blank; NULL clears
    Update,
    /// Refuse the row
    Refuse,
}

fn pairs(option: &str, given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| {
        text.split_once(['=', '＝']).map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned())).ok_or_else(|| {
            Failure::usage(format!("--{option} {text}: field=… is expected"), format!("--{option} {text}：应为 字段=…"))
        })
    };
    given.iter().map(pair).collect()
}

fn job(args: &ImportArgs, lang: Lang) -> Result<Job, Failure> {
    let delimiter = match args.delimiter.as_deref() {
        None => None,
        Some("\\t" | "tab") => Some('\t'),
        Some(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(c),
                _ => {
                    return Err(Failure::usage(
                        format!("--delimiter {text}: one character"),
                        format!("--delimiter {text}：应为一个字符"),
                    ));
                }
            }
        }
    };
    let date_order = match &args.date_order {
        None => None,
        Some(name) => Some(files::dates::DateOrder::by_name(name).ok_or_else(|| {
            Failure::usage(format!("--date-order {name}: dmy or mdy"), format!("--date-order {name}：应为 dmy 或 mdy"))
        })?),
    };
    Ok(Job {
        resource: args.kind()?,
        path: args.file.clone().unwrap_or_default(),
        file: files::Options {
            encoding: args.encoding.clone(),
            sheet: args.sheet.clone(),
            delimiter,
            no_header: args.no_header,
        },
        map: pairs("map", &args.map)?,
        defaults: pairs("default", &args.default)?,
        existing: match args.existing {
            ExistingArg::Skip => v1::Existing::Skip,
            ExistingArg::Update => v1::Existing::Update,
            ExistingArg::Refuse => v1::Existing::Refuse,
        },
        create_missing: args.create_missing,
        date_order,
        errors: args.errors.clone(),
        lang,
    })
}

/// A first ctrl-c stops between two calls, so that everything is in order; a second one ends the process.
#[expect(clippy::disallowed_methods, reason = "a person who presses ctrl-c twice does not want to wait for order")]
pub fn cancel_on_interrupt(cancel: &Cancel) {
    let cancel = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        }
    });
}

pub async fn run(session: &Session, args: &ImportArgs, out: &mut Out) -> Result<(), Failure> {
    if let Some(earlier) = &args.earlier {
        return back::run(session, earlier, out).await;
    }
    let job = job(args, out.lang)?;
    let opened = importer::look(&job, 0).await?;
    say_what_it_is(&opened, out);
    let cancel = Cancel::default();
    cancel_on_interrupt(&cancel);
    let client = session.client();

    let mut bar = Bar::new(out.lang);
    let mut counts = Counts::default();
    let mut told = Told::default();
    let missing = importer::check(client, &job, &opened, args.dry_run, &cancel, |event| match event {
        Event::Progress(progress) => {
            // What the rows would do goes out with each call's worth, so that memory stays bounded.
            told.out(out);
            bar.show(progress, "checked", "已检查", out);
        }
        Event::Outcome(outcome) => {
            counts.add(outcome);
            told.add(outcome.line, would(outcome, args.json, out.lang));
        }
        Event::Unreadable(fault) => {
            counts.unreadable += 1;
            let line = i64::try_from(fault.line).unwrap_or(i64::MAX);
            told.add(line, vec![unreadable(fault, args.json, out.lang)]);
        }
    });
    let missing = missing.await?;
    out.end_progress();
    out.flush()?;
    list_missing(&missing, &job, args.json, out)?;
    if args.dry_run {
        return counts.said(&missing, &job, args.json, out);
    }
    if !missing.is_empty() && !job.create_missing {
        return Err(Failure::local(
            Reason::Validation,
            "Nothing was written: add these with --create-missing, or fix the file",
            "未写入任何内容：可加 --create-missing 自动新增，或修改文件",
        ));
    }

    let mut bar = Bar::new(out.lang);
    let report = importer::run(client, &job, &opened, &cancel, |event| {
        if let Event::Progress(progress) = event {
            bar.show(progress, "written", "已写入", out);
        }
    });
    let report = report.await?;
    out.end_progress();
    summary(&report, &job, args.json, out)
}

/// What the rows of one call would do, told in the order of the file.
#[derive(Default)]
struct Told(Vec<(i64, Vec<String>)>);

impl Told {
    fn add(&mut self, line: i64, texts: Vec<String>) {
        self.0.push((line, texts));
    }

    fn out(&mut self, out: &mut Out) {
        self.0.sort_by_key(|(line, _)| *line);
        // A reader that has gone is noticed when the output is flushed at the end.
        self.0.drain(..).flat_map(|(_, texts)| texts).for_each(|text| drop(out.line(&text)));
    }
}

/// `--template`: signs in only to offer the choices that exist.
pub async fn template(global: &Global, args: &ImportArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = args.kind()?;
    let path = match args.template.as_deref().filter(|t| !t.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => args.file.clone().unwrap_or_else(|| PathBuf::from(format!("{}.xlsx", resource.names().1))),
    };
    let session = session::open(global, out).await?;
    let mut choices = HashMap::new();
    let mut outcome = Ok(());
    for (_, field) in importer::fields_of_new(resource) {
        if let Input::Choice { dictionary } = field.input {
            match session.lookup.choices(dictionary).await {
                Ok(items) => {
                    let items = items.iter().filter(|i| !i.retired).map(|i| i.zh.clone()).collect();
                    choices.insert(dictionary, items);
                }
                Err(failure) => outcome = Err(failure),
            }
        }
    }
    session.connection.close().await;
    outcome?;
    importer::template(resource, &path, &choices, out.lang, false).await?;
    let path = path.display();
    out.line(&match out.lang {
        Lang::En => format!("Template written to {path}"),
        Lang::Zh => format!("模板已写入 {path}"),
    })
}
