//! `rolo create`: new records from pairs, or from JSON objects on stdin.

use clap::Args;

use super::{
    Shape, kind,
    out::{Out, Tally},
    pairs,
    session::Session,
    show,
};
use crate::{
    data::Failure,
    resource::{Record, Resource, WriteOptions, parse::person},
};

/// Arguments of `rolo create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The kind: customer, contact, interaction, opportunity, step, product, dictionary
    kind: String,
    /// field=value; contact.field=value for the first contact of a customer. Without any, JSON is read from stdin
    #[arg(value_name = "FIELD=VALUE")]
    pairs: Vec<String>,
    /// Names the change: the same id again creates nothing more
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// Check everything that the full form asks for (★)
    #[arg(long)]
    complete: bool,
    #[command(flatten)]
    pub shape: Shape,
}

pub async fn run(session: &Session, args: &CreateArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    let (rest, given) = pairs::split(&args.pairs);
    if let Some(stray) = rest.first().filter(|r| *r != "-") {
        return Err(Failure::usage(format!("{stray}: field=value is expected"), format!("{stray}：应为 字段=值")));
    }
    let records: Vec<pairs::Given> = if given.is_empty() {
        let objects = pairs::objects_on_stdin()?;
        objects.iter().map(|o| pairs::given(resource, o)).collect::<Result<_, _>>()?
    } else {
        vec![given]
    };
    let single = records.len() == 1;
    let mut tally = Tally::default();
    for (n, given) in records.iter().enumerate() {
        let request_id = match &args.request_id {
            // One id names the whole command, each record of it has its own.
            Some(id) if !single => format!("{id}-{}", n + 1),
            Some(id) => id.clone(),
            None => String::new(),
        };
        let outcome = match one(session, resource, given, request_id, args).await {
            Ok(record) => written(resource, &record, session, args, out),
            Err(failure) if single => return Err(failure),
            Err(failure) => Err(failure),
        };
        tally.add(&format!("#{}", n + 1), outcome, out)?;
    }
    tally.end(out)
}

async fn one(
    session: &Session,
    resource: &dyn Resource,
    given: &pairs::Given,
    request_id: String,
    args: &CreateArgs,
) -> Result<Record, Failure> {
    let (values, first_contact) = pairs::changes(resource, given, session, None).await?;
    let options = WriteOptions { request_id, full_form: args.complete, first_contact, ..Default::default() };
    resource.create(session.client(), &values, &options).await
}

fn written(
    resource: &dyn Resource,
    record: &Record,
    session: &Session,
    args: &CreateArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    for warning in &record.warnings {
        let customer = warning.customer.clone().unwrap_or_default();
        let who = warning.manager.as_ref().map(person).unwrap_or_default();
        let (field, name, no) = (&warning.field, &customer.name, &customer.number);
        out.note(
            &format!("Note: the same {field} is at {name} ({no}), responsible: {who}"),
            &format!("提示：{name}（{no}）有相同的 {field}，负责人：{who}"),
        );
    }
    let called = show::called(resource, record);
    let said = (&*format!("Created {called}"), &*format!("已创建 {called}"));
    show::outcome(resource, record, &session.locale, &args.shape, said, out)
}
