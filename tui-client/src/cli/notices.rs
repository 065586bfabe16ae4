//! `rolo notices`: what has reached a person, the newest first.

use clap::Args;
use rolo_proto::v1::{self, Notice};
use serde_json::json;

use super::{out::Out, session::Session};
use crate::{
    data::Failure,
    resource::{self, parse::rfc3339},
    screen::special::notices::sentence,
    strings::Lang,
};

/// Notices a page.
const PAGE: i32 = 200;

/// Arguments of `rolo notices`.
#[derive(Debug, Args)]
pub struct NoticesArgs {
    /// Only what was not read yet
    #[arg(long)]
    unread: bool,
    /// Mark all that is listed as read
    #[arg(long)]
    mark_read: bool,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// A JSON object a line; errors too, on stderr
    #[arg(long)]
    pub json: bool,
}

pub async fn run(session: &Session, args: &NoticesArgs, out: &mut Out) -> Result<(), Failure> {
    let client = session.client();
    let mut request = v1::ListNoticesRequest { unread_only: args.unread, page_size: PAGE, ..Default::default() };
    let mut notices: Vec<Notice> = Vec::new();
    while notices.len() < args.limit {
        let page: v1::ListNoticesResponse =
            client.call(request.clone(), |c, r| async move { c.notices().list_notices(r).await }).await?;
        notices.extend(page.notices);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    notices.truncate(args.limit);
    for notice in &notices {
        out.line(&if args.json { object(notice) } else { line(notice, session, out.lang) })?;
    }
    if notices.is_empty() && !args.json {
        out.note("There are no notices", "没有通知");
    }
    if args.mark_read {
        for some in notices.chunks(PAGE as usize) {
            let ids = some.iter().map(|notice| notice.id).collect();
            let request = v1::MarkReadRequest { ids, ..Default::default() };
            let _: v1::CountUnreadResponse =
                client.call(request, |c, r| async move { c.notices().mark_read(r).await }).await?;
        }
    }
    Ok(())
}

fn object(notice: &Notice) -> String {
    let at = |at: i64| (at > 0).then(|| rfc3339(at));
    json!({ "id": notice.id, "at": at(notice.at), "by": notice.actor.as_ref().map(|user| user.name.clone()),
            "topic": notice.topic, "kind": resource::of(notice.kind()).map(|resource| resource.names().0),
            "record_id": notice.record_id, "label": notice.label, "count": notice.count, "read_at": at(notice.read_at),
            "withdrawn_at": at(notice.withdrawn_at),
            "operation_id": (notice.operation_id > 0).then_some(notice.operation_id) })
    .to_string()
}

fn line(notice: &Notice, session: &Session, lang: Lang) -> String {
    let mark = if notice.read_at > 0 { " " } else { "*" };
    let back = match (notice.withdrawn_at > 0, lang) {
        (false, _) => "",
        (true, Lang::En) => " (undone)",
        (true, Lang::Zh) => "（已撤销）",
    };
    format!("{mark} {}  {}{back}", time(notice.at, session.locale.zone), sentence(notice, lang))
}

fn time(at: i64, zone: chrono_tz::Tz) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at).unwrap_or_default().with_timezone(&zone);
    at.format("%Y-%m-%d %H:%M").to_string()
}
