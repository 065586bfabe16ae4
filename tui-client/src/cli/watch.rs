//! `rolo watch`: what is changed, as it is changed, a line each; until it is interrupted or nobody reads any more. A
//! stream that breaks goes on behind the last change that was told.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use clap::Args;
use rolo_proto::v1::{self, Kind, WatchEvent};
use serde_json::json;
use tokio::sync::mpsc;

use super::{kind, out::Out, session::Session};
use crate::{
    data::{Failure, Reason, client::Client},
    resource::{self, ListQuery, Resource},
    strings::Lang,
};

/// Pauses before the server is looked for again: the first, and the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);
/// Records whose names one call asks for.
const PAGE: usize = 200;

/// Arguments of `rolo watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Only this kind; may be given more than once
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Begin behind this change, as "sequence" names it, instead of now
    #[arg(long, value_name = "SEQUENCE")]
    after: Option<i64>,
    /// A JSON object a line; errors too, on stderr
    #[arg(long)]
    pub json: bool,
}

pub async fn run(session: &Session, args: &WatchArgs, out: &mut Out) -> Result<(), Failure> {
    let kinds = args.kind.iter().map(|name| kind(name).map(Resource::kind)).collect::<Result<Vec<_>, _>>()?;
    // Nobody works here: asking for names must not keep the session from ending.
    session.client().set_away(true);
    let mut after = args.after.unwrap_or(session.who.sequence);
    let mut pause = PAUSE;
    let mut lost = false;
    loop {
        let (heard, mut told) = mpsc::unbounded_channel();
        let stream = session.client().follow(after, move |message| {
            // The receiver is gone only when the command ends.
            let _ = heard.send(message);
        });
        tokio::pin!(stream);
        let failure = loop {
            tokio::select! {
                biased;
                Some(mut message) = told.recv() => {
                    while let Ok(more) = told.try_recv() {
                        message.events.extend(more.events);
                        message.sequence = message.sequence.max(more.sequence);
                    }
                    message.events.retain(|event| kinds.is_empty() || kinds.contains(&event.kind()));
                    tell(&message, &names(session.client(), &message.events).await, args, out)?;
                    after = message.sequence.max(after);
                    (pause, lost) = (PAUSE, false);
                }
                failure = &mut stream => break failure,
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        };
        match failure.reason {
            Reason::Resync => after = anew(session, args, out).await?,
            _ if failure.is_retryable() => {
                // Once a loss, however often it is tried.
                if !std::mem::replace(&mut lost, true) {
                    out.note("The server is looked for again", "正在重新连接服务器");
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST),
                    _ = tokio::signal::ctrl_c() => return Ok(()),
                }
            }
            _ => return Err(failure),
        }
    }
}

/// Too much has changed to be told one by one, or one's rights have: from now on.
async fn anew(session: &Session, args: &WatchArgs, out: &mut Out) -> Result<i64, Failure> {
    let now: v1::GetSequenceResponse =
        session.client().call(v1::GetSequenceRequest {}, |c, r| async move { c.watch().get_sequence(r).await }).await?;
    if args.json {
        out.line(&json!({ "resync": true, "sequence": now.sequence }).to_string())?;
        out.flush()?;
    } else {
        out.note("Some changes were not told: load anew", "部分变更未能逐条列出：请重新加载");
    }
    Ok(now.sequence)
}

/// What records are called, by kind and id.
type Names = BTreeMap<(i32, i64), String>;

/// What the records of events are called, in a call for up to [`PAGE`] of a list: what was deleted stands in the recycle
/// bin, and a step that is done in the plan of its opportunity alone. What cannot be looked up has no name here: its
/// event is told all the same.
async fn names(client: &Client, events: &[WatchEvent]) -> Names {
    let mut wanted: BTreeMap<(i32, bool, i64), BTreeSet<i64>> = BTreeMap::new();
    for event in events {
        let parent_id = if event.kind() == Kind::PlanStep { event.parent_id } else { 0 };
        wanted.entry((event.kind, event.gone, parent_id)).or_default().insert(event.id);
    }
    let mut names = Names::new();
    for ((kind, gone, parent_id), ids) in wanted {
        let Some(resource) = Kind::try_from(kind).ok().and_then(resource::of) else { continue };
        let view = |code: &str| resource.views().iter().position(|view| view.code == code);
        let Some(view) = (if gone { view("recycle_bin") } else { view("all").or(Some(0)) }) else { continue };
        for ids in ids.into_iter().collect::<Vec<_>>().chunks(PAGE) {
            let query =
                ListQuery { view, parent_id, ids: ids.to_vec(), page_size: PAGE as i32, ..ListQuery::default() };
            let found = resource.list(client, &query).await.map(|page| page.records).unwrap_or_default();
            names.extend(found.into_iter().map(|record| ((kind, record.id), record.label)));
        }
    }
    names
}

fn tell(message: &v1::WatchResponse, names: &Names, args: &WatchArgs, out: &mut Out) -> Result<(), Failure> {
    for event in &message.events {
        let name = names.get(&(event.kind, event.id)).map_or("", String::as_str);
        out.line(&if args.json { object(event, name) } else { line(event, name, out.lang) })?;
    }
    // Whoever reads them waits for each.
    out.flush()
}

fn object(event: &WatchEvent, name: &str) -> String {
    let kind = resource::of(event.kind()).map(|resource| resource.names().0);
    json!({ "sequence": event.sequence, "kind": kind, "id": event.id, "revision": event.revision,
            "gone": event.gone, "parent_id": (event.parent_id > 0).then_some(event.parent_id),
            "label": (!name.is_empty()).then_some(name) })
    .to_string()
}

fn line(event: &WatchEvent, name: &str, lang: Lang) -> String {
    let label = resource::of(event.kind()).map(|resource| resource.labels().0);
    let (sequence, revision) = (event.sequence, event.revision);
    let id = format!("{} {name}", event.id);
    let id = id.trim_end();
    match (lang, event.gone) {
        (Lang::En, gone) => {
            let kind = label.map_or_else(|| "other".to_owned(), |label| label.en.to_lowercase());
            let what = if gone { "gone".to_owned() } else { format!("revision {revision}") };
            format!("{sequence}  {kind} {id}: {what}")
        }
        (Lang::Zh, gone) => {
            let kind = label.map_or("其他", |label| label.zh);
            let what = if gone { "已删除或不可见".to_owned() } else { format!("版本 {revision}") };
            format!("{sequence}  {kind} {id}：{what}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_in_either_form() {
        let event =
            WatchEvent { sequence: 7, kind: Kind::Opportunity.into(), id: 42, revision: 3, ..WatchEvent::default() };
        assert_eq!(line(&event, "华盛 扩建", Lang::En), "7  opportunity 42 华盛 扩建: revision 3");
        assert_eq!(line(&WatchEvent { gone: true, ..event }, "", Lang::Zh), "7  销售机会 42：已删除或不可见");
        let expected =
            r#"{"sequence":7,"kind":"opportunity","id":42,"revision":3,"gone":false,"parent_id":null,"label":"华盛"}"#;
        assert_eq!(object(&event, "华盛"), expected);
        assert!(object(&event, "").ends_with(r#""label":null}"#));
    }
}
