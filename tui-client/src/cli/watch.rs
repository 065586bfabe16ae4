//! `rolo watch`: what is changed, as it is changed, a line each; until it is interrupted or nobody reads any more. A
//! stream that breaks goes on behind the last change that was told.

use std::time::Duration;

use clap::Args;
use rolo_proto::v1::{self, Kind, WatchEvent};
use serde_json::json;
use tokio::sync::mpsc;

use super::{kind, out::Out, session::Session};
use crate::{
    data::{Failure, Reason},
    resource::{self, Resource},
    strings::Lang,
};

/// Pauses before the server is looked for again: the first, and the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

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
                Some(message) = told.recv() => {
                    after = tell(&message, &kinds, args, out)?.max(after);
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

/// Writes what is of these kinds; answers the sequence up to which all is told.
fn tell(message: &v1::WatchResponse, kinds: &[Kind], args: &WatchArgs, out: &mut Out) -> Result<i64, Failure> {
    for event in &message.events {
        if kinds.is_empty() || kinds.contains(&event.kind()) {
            out.line(&if args.json { object(event) } else { line(event, out.lang) })?;
        }
    }
    // Whoever reads them waits for each.
    out.flush()?;
    Ok(message.sequence)
}

fn object(event: &WatchEvent) -> String {
    let kind = resource::of(event.kind()).map(|resource| resource.names().0);
    json!({ "sequence": event.sequence, "kind": kind, "id": event.id, "revision": event.revision,
            "gone": event.gone, "parent_id": (event.parent_id > 0).then_some(event.parent_id) })
    .to_string()
}

fn line(event: &WatchEvent, lang: Lang) -> String {
    let label = resource::of(event.kind()).map(|resource| resource.labels().0);
    let (sequence, id, revision) = (event.sequence, event.id, event.revision);
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
        assert_eq!(line(&event, Lang::En), "7  opportunity 42: revision 3");
        assert_eq!(line(&WatchEvent { gone: true, ..event }, Lang::Zh), "7  销售机会 42：已删除或不可见");
        let expected = r#"{"sequence":7,"kind":"opportunity","id":42,"revision":3,"gone":false,"parent_id":null}"#;
        assert_eq!(object(&event), expected);
    }
}
