//! `rolo list`: every match, paging underneath.

use clap::Args;

use super::{Shape, kind, out::Out, session::Session, show::Writer};
use crate::{
    data::{Failure, Lookup},
    resource::{ListQuery, Resource, filter, parse::Locale},
};

/// Rows a page; the most the server gives.
const PAGE: usize = 200;

/// Arguments of `rolo list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// What to list: customers, contacts, interactions, opportunities, steps, products, dictionaries, users
    kind: String,
    /// Words to search for, and field:value
    words: Vec<String>,
    #[command(flatten)]
    pub choice: Choice,
    /// At most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    pub shape: Shape,
}

/// Which records, in which order; alike for lists and exports.
#[derive(Debug, Clone, Default, Args)]
pub struct Choice {
    /// Only what fits: words and field=value, e.g. 'level=大客户 region=华北,北京'
    #[arg(long, value_name = "FILTER")]
    pub filter: Vec<String>,
    /// A shipped view: mine, all, recent, no_contact, incomplete, lost, unassigned, won, recycle_bin ...
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,
    /// The field to sort by; with - before it, in reverse
    #[arg(long, value_name = "[-]FIELD", allow_hyphen_values = true)]
    pub sort: Option<String>,
}

/// The query that words, filter, view and order mean.
pub async fn query(
    resource: &dyn Resource,
    words: &[String],
    choice: &Choice,
    locale: &Locale,
    lookup: &Lookup,
) -> Result<ListQuery, Failure> {
    let mut query = ListQuery {
        // On the screen a list opens with its first view; the command line means everything unless it says less.
        view: resource.view("all").unwrap_or(0),
        page_size: i32::try_from(PAGE).unwrap_or(i32::MAX),
        ..Default::default()
    };
    let text = words.iter().chain(&choice.filter).map(String::as_str).collect::<Vec<_>>().join(" ");
    filter::understand(resource, &text, locale, lookup).await?.apply(&mut query);
    if let Some(view) = &choice.view {
        query.view = filter::view(resource, view)?;
    }
    if let Some(sort) = &choice.sort {
        let (name, descending) = match sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (sort.strip_prefix('+').unwrap_or(sort), false),
        };
        query.sort = Some(sort_field(resource, name)?);
        query.descending = descending;
    }
    Ok(query)
}

fn sort_field(resource: &dyn Resource, name: &str) -> Result<usize, Failure> {
    let fields = resource.fields();
    resource.field(name).filter(|i| fields[*i].sort.is_some()).ok_or_else(|| {
        let all: Vec<&str> = fields.iter().filter(|f| f.sort.is_some()).map(|f| f.name).collect();
        let all = all.join(", ");
        Failure::usage(
            format!("{} cannot be sorted by {name}; they can by: {all}", resource.names().1),
            format!("{}不能按“{name}”排序，可用：{all}", resource.labels().1.zh),
        )
    })
}

pub async fn run(session: &Session, args: &ListArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    let mut writer = Writer::new(resource, &session.locale, &args.shape)?;
    let mut query = query(resource, &args.words, &args.choice, &session.locale, &session.lookup).await?;
    let mut left = args.limit.unwrap_or(usize::MAX);
    while left > 0 {
        query.page_size = i32::try_from(left.min(PAGE)).unwrap_or(i32::MAX);
        let mut page = resource.list(session.client(), &query).await?;
        page.records.truncate(left);
        left -= page.records.len();
        writer.page(&page.records, out)?;
        if page.next_page_token.is_empty() {
            break;
        }
        query.page_token = page.next_page_token;
    }
    writer.end(out)
}
