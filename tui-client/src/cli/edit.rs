//! `rolo edit`: new values for some fields.

use clap::Args;
use serde_json::Value as Json;

use super::{
    Change, Shape, kind,
    out::{Out, Tally},
    pairs,
    session::Session,
    show,
};
use crate::{
    data::Failure,
    resource::{Record, Resource, WriteOptions, parse},
};

/// Arguments of `rolo edit`.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// The kind: customer, contact, interaction, opportunity, step, product, dictionary
    kind: String,
    /// Ids, numbers or external ids (- reads them from stdin), and field=value; field= clears. Without any pair, a JSON
    /// object is read from stdin
    #[arg(required = true, value_name = "ID|FIELD=VALUE")]
    arguments: Vec<String>,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    pub shape: Shape,
}

pub async fn run(session: &Session, args: &EditArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    let (keys, given) = pairs::split(&args.arguments);
    let from_stdin = keys.iter().any(|k| k == "-");
    let object = if given.is_empty() && !from_stdin { pairs::objects_on_stdin()?.into_iter().next() } else { None };
    if given.is_empty() && object.is_none() {
        return Err(Failure::usage("Say what to change: field=value", "请给出要修改的内容：字段=值"));
    }
    let keys = pairs::keys(&keys)?;
    if keys.is_empty() {
        return Err(Failure::usage("Say which record: an id or a number", "请指定记录：id 或编号"));
    }
    let single = one_revision(&keys, &args.change)?;
    let mut tally = Tally::default();
    for (n, key) in keys.iter().enumerate() {
        let outcome = match one(session, resource, key, n, &given, object.as_ref(), args, single).await {
            Ok(record) => {
                let called = show::called(resource, &record);
                let said = (&*format!("Changed {called}"), &*format!("已修改 {called}"));
                show::outcome(resource, &record, &session.locale, &args.shape, said, out)
            }
            Err(failure) if single => return Err(failure),
            Err(failure) => Err(failure),
        };
        tally.add(key, outcome, out)?;
    }
    tally.end(out)
}

/// Whether it is about one record; a revision can only be that of one.
pub fn one_revision(keys: &[String], change: &Change) -> Result<bool, Failure> {
    if keys.len() > 1 && change.if_revision.is_some() {
        return Err(Failure::usage("--if-revision is for one record", "--if-revision 只能用于一条记录"));
    }
    Ok(keys.len() == 1)
}

/// The request id of the n-th record: one id names the whole command, each record of it has its own.
pub fn request_id(change: &Change, n: usize, single: bool) -> String {
    match &change.request_id {
        Some(id) if single => id.clone(),
        Some(id) => format!("{id}-{}", n + 1),
        None => String::new(),
    }
}

#[expect(clippy::too_many_arguments, reason = "what one record of the command needs, named where it is used")]
async fn one(
    session: &Session,
    resource: &dyn Resource,
    key: &str,
    n: usize,
    given: &pairs::Given,
    object: Option<&serde_json::Map<String, Json>>,
    args: &EditArgs,
    single: bool,
) -> Result<Record, Failure> {
    let record = resource.find(session.client(), key).await?;
    let from_json = object.map(|o| pairs::given(resource, &without_fixed(resource, o, &record))).transpose()?;
    let given = from_json.as_ref().unwrap_or(given);
    let (values, _) = pairs::changes(resource, given, session, Some(&record)).await?;
    let options = WriteOptions {
        request_id: request_id(&args.change, n, single),
        revision: args.change.if_revision.unwrap_or(0),
        ..Default::default()
    };
    resource.update(session.client(), record.id, &values, &options).await
}

/// The object without fields that are fixed once the record exists and are as they were: what `rolo get --json` wrote can
/// be changed and read again.
fn without_fixed(
    resource: &dyn Resource,
    object: &serde_json::Map<String, Json>,
    record: &Record,
) -> serde_json::Map<String, Json> {
    let is_unchanged = |name: &String, value: &Json| {
        resource.field(name).is_some_and(|i| {
            let field = &resource.fields()[i];
            field.create_only && record.values.get(i).is_some_and(|v| parse::json(field, v) == *value)
        })
    };
    object.iter().filter(|(n, v)| !is_unchanged(n, v)).map(|(n, v)| (n.clone(), v.clone())).collect()
}
