//! `rolo get`: single records.

use clap::Args;

use super::{
    Format, Shape, kind,
    out::{Out, Tally},
    pairs,
    session::Session,
    show,
};
use crate::data::Failure;

/// Arguments of `rolo get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The kind: customer, contact, interaction, opportunity, step, product, dictionary, user
    kind: String,
    /// Ids, numbers or external ids; - reads them from stdin
    #[arg(required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    pub shape: Shape,
}

pub async fn run(session: &Session, args: &GetArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    let keys = pairs::keys(&args.keys)?;
    let mut writer = show::Writer::new(resource, &session.locale, &args.shape)?;
    let mut tally = Tally::default();
    for key in &keys {
        let outcome = match resource.find(session.client(), key).await {
            Ok(record) if args.shape.format() == Format::Table => {
                if tally.done + tally.failed > 0 {
                    out.line("")?;
                }
                show::details(resource, &record, &session.locale, &args.shape, out)
            }
            Ok(record) => writer.page(std::slice::from_ref(&record), out),
            // The only one: its failure is the command's.
            Err(failure) if keys.len() == 1 => return Err(failure),
            Err(failure) => Err(failure),
        };
        tally.add(key, outcome, out)?;
    }
    writer.end(out)?;
    tally.end(out)
}
