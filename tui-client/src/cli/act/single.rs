//! The deeds that are done one record a call: winning and reopening an opportunity, the result of a plan step.

use rolo_proto::v1;
use serde_json::json;

use super::{
    DoArgs,
    deed::{Deed, asked},
};
use crate::{
    cli::{
        Change, Shape, edit,
        out::{Out, Tally},
        session::Session,
        show,
    },
    data::{
        Failure,
        opportunity::{self, Made, Move, Success, Won},
    },
    resource::{Customers, Record, Resource, Value, WriteOptions},
    strings::{Lang, fill},
};

pub async fn run(
    session: &Session,
    resource: &'static dyn Resource,
    keys: &[String],
    args: &DoArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    let change = Change { request_id: args.request_id.clone(), if_revision: None };
    let single = keys.len() == 1;
    let mut tally = Tally::default();
    for (n, key) in keys.iter().enumerate() {
        let request_id = edit::request_id(&change, n, single);
        let outcome = match one(session, resource, key, request_id, args).await {
            Ok(done) => tell(session, resource, done, args, out),
            Err(failure) if single => return Err(failure),
            Err(failure) => Err(failure),
        };
        tally.add(key, outcome, out)?;
    }
    tally.end(out)
}

async fn one(
    session: &Session,
    resource: &'static dyn Resource,
    key: &str,
    request_id: String,
    args: &DoArgs,
) -> Result<Made, Failure> {
    let client = session.client();
    let options = WriteOptions { request_id, ..WriteOptions::default() };
    let decision = match args.deed {
        Deed::Succeed => {
            let customer_id = match &args.customer {
                Some(key) => Customers.find(client, key).await?.id,
                None => 0,
            };
            Move::Succeed(Success { customer_id, ..Success::default() })
        }
        Deed::Reopen => Move::Reopen(asked("reason", args.reason.as_ref())?.to_owned()),
        _ => {
            let text = asked("text", args.text.as_ref())?.to_owned();
            let record = resource.find(client, key).await?;
            let field = resource.field("result").unwrap_or_default();
            let options = WriteOptions { revision: record.revision, ..options };
            let done = resource.update(client, record.id, &vec![(field, Value::Text(text))], &options).await?;
            return Ok(Made::Changed(Box::new(done)));
        }
    };
    let record = resource.find(client, key).await?;
    opportunity::make(client, record.id, record.revision, options.request_id(), decision).await
}

fn tell(
    session: &Session,
    resource: &'static dyn Resource,
    made: Made,
    args: &DoArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    match made {
        Made::Won(won) => tell_won(&won, args, out),
        Made::Changed(record) => {
            let called = show::called(resource, &record);
            let (en, zh) = said(args.deed, &called, &record);
            let shape = Shape { json: args.json, ..Shape::default() };
            show::outcome(resource, &record, &session.locale, &shape, (&en, &zh), out)
        }
    }
}

fn said(deed: Deed, called: &str, record: &Record) -> (String, String) {
    let operation = record.operation_id;
    match deed {
        Deed::Reopen => (
            format!("Reopened {called}; back with: rolo undo {operation}"),
            format!("已重新打开 {called}；撤销：rolo undo {operation}"),
        ),
        _ => (
            format!("Recorded: {called}; back with: rolo undo {operation}"),
            format!("已记录：{called}；撤销：rolo undo {operation}"),
        ),
    }
}

fn tell_won(won: &Won, args: &DoArgs, out: &mut Out) -> Result<(), Failure> {
    let (record, customer) = (&won.opportunity, &won.customer);
    let steps: Vec<i64> = won.open_steps.iter().map(|step| step.id).collect();
    if args.json {
        return out.line(
            &json!({ "id": record.id, "label": record.label, "customer_id": customer.id, "customer_no": customer.no,
                     "contact_id": won.contact.as_ref().map(|contact| contact.id), "open_steps": steps,
                     "operation_id": record.operation_id })
            .to_string(),
        );
    }
    let v1::Customer { name, no, .. } = customer;
    let (label, operation) = (&record.label, record.operation_id);
    out.line(&match out.lang {
        Lang::En => format!("Won {label}: customer {name} ({no}); back with: rolo undo {operation}"),
        Lang::Zh => format!("开发成功 {label}：客户 {name}（{no}）；撤销：rolo undo {operation}"),
    })?;
    if !steps.is_empty() {
        let n = steps.len();
        out.note(&fill("{} plan [step is|steps are] without result", &[&n]), &format!("还有 {n} 项计划没有执行效果"));
    }
    Ok(())
}
