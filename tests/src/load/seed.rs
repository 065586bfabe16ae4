//! Growing the company through the server's own import, with somebody else at work beside it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rolo_proto::v1 as pb;

use super::{
    company::{Company, FIELDS, scatter},
    server::{Figures, Server},
};
use crate::{Session, ask::mask, world::request_id};

/// The most rows of a call.
const ROWS: usize = 1_000;
/// One customer in so many gets a contact, and another one an interaction.
const SHARE: usize = 10;

/// One stretch of the import.
#[derive(Debug)]
pub struct Stretch {
    /// What came in: the kind of record, and the customers before and behind it.
    pub what: String,
    /// How many.
    pub rows: usize,
    /// How long that took.
    pub took: Duration,
    /// What the other client waited, in order.
    pub waits: Vec<Duration>,
    /// What the server did for it.
    pub figures: Figures,
}

/// Grows the company from the customers that it has to so many.
///
/// # Errors
/// The server refuses a row.
pub async fn grow(server: &mut Server, company: &Company, from: usize, to: usize) -> Result<Vec<Stretch>> {
    let mut stretches = Vec::new();
    let mut known = Vec::new();
    let mut start = from;
    while start < to {
        // The last tenth of a large company is measured by itself, and so is what lies below 100,000.
        let end = [100_000, to / 10 * 9, to].into_iter().find(|end| *end > start && *end <= to).unwrap_or(to);
        let rows = (start..end).map(|index| company.cells(index));
        let what = format!("customers {start} to {end}");
        let (stretch, labels) = import(server, pb::Kind::Customer, &FIELDS, what, rows).await?;
        stretches.push(stretch);
        known.extend(labels);
        start = end;
    }
    let number = |label: &String| label.split(' ').next().unwrap_or_default().to_owned();
    let of = |shift: usize| known.iter().skip(shift).step_by(SHARE).map(number).enumerate();
    let contacts = of(0).map(|(at, no)| {
        let mobile = format!("15{:09}", scatter(from + at, 1_000_000_000));
        vec![no, format!("{}经理", ["王", "李", "张", "刘"].get(at % 4).unwrap_or(&"陈")), mobile]
    });
    let fields = ["customer_no", "name", "mobile"];
    stretches.push(import(server, pb::Kind::Contact, &fields, "contacts".into(), contacts).await?.0);
    let talks = of(1).map(|(at, no)| vec![no, format!("第{at}次电话沟通"), "介绍了产品，客户有意向。".into()]);
    let fields = ["customer_no", "title", "detail"];
    stretches.push(import(server, pb::Kind::Interaction, &fields, "interactions".into(), talks).await?.0);
    Ok(stretches)
}

/// Imports rows; answers how that went and what the records are called.
async fn import(
    server: &mut Server,
    kind: pb::Kind,
    fields: &[&str],
    what: String,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(Stretch, Vec<String>)> {
    let clients = server.clients(2).await?;
    let [importer, other] = clients.as_slice() else { anyhow::bail!("two clients") };
    let before = server.figures()?;
    let over = Arc::new(AtomicBool::new(false));
    let beside = tokio::spawn(beside(other.clone(), Arc::clone(&over)));
    let options = pb::ImportOptions {
        kind: kind.into(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        ..pb::ImportOptions::default()
    };
    let request = pb::StartImportRequest {
        options: Some(options),
        file_name: what.clone(),
        file_hash: blake3::hash(request_id().as_bytes()).as_bytes().to_vec(),
        request_id: request_id(),
    };
    let started = Instant::now();
    let import = importer.imports().start_import(request).await?.into_inner();
    let mut labels = Vec::new();
    let mut first = 0;
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let cells = rows.by_ref().take(ROWS);
        let rows: Vec<_> = cells.map(|cells| pb::ImportRow { line: 0, cells }).collect();
        let count = rows.len();
        let request = pb::WriteRowsRequest { import_id: import.id, first_row: first, rows };
        let reply = importer.imports().write_rows(request).await?.into_inner();
        for outcome in reply.outcomes {
            ensure!(outcome.result() == pb::RowResult::Created, "{what}: {outcome:?}");
            labels.push(outcome.label);
        }
        first += i64::try_from(count)?;
    }
    importer.imports().finish_import(pb::FinishImportRequest { import_id: import.id }).await?;
    let took = started.elapsed();
    over.store(true, Ordering::Relaxed);
    let mut waits = beside.await??;
    waits.sort_unstable();
    let after = server.figures()?;
    let figures = Figures {
        jobs: after.jobs - before.jobs,
        commits: after.commits - before.commits,
        cpu: after.cpu - before.cpu,
    };
    Ok((Stretch { what, rows: labels.len(), took, waits, figures }, labels))
}

/// Somebody who works on while the import runs: opens, lists, searches and changes customers, one call after another.
async fn beside(client: Session, over: Arc<AtomicBool>) -> Result<Vec<Duration>> {
    let mut waits = Vec::new();
    let mut own = client.customer(&format!("旁边的客户 {}", request_id()), 0).await?;
    let filter = |search: &str| Some(pb::CustomerFilter { search: search.into(), ..pb::CustomerFilter::default() });
    for round in 0_usize.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let started = Instant::now();
        match round % 4 {
            0 => drop(client.get(own.id).await?),
            1 => drop(client.customers().list_customers(pb::ListCustomersRequest::default()).await?),
            2 => {
                let request = pb::ListCustomersRequest { filter: filter("星辰"), ..Default::default() };
                drop(client.customers().list_customers(request).await?);
            }
            _ => {
                let fax = format!("010-{:08}", round);
                own = client.edit(&own, &["fax"], pb::CustomerInput { fax, ..Default::default() }).await?;
            }
        }
        waits.push(started.elapsed());
        // People think.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(waits)
}

/// Changes one field of a customer that has just been read.
///
/// # Errors
/// The server refuses.
pub async fn change(client: &Session, id: i64, value: &str) -> Result<()> {
    let request = pb::UpdateCustomerRequest {
        id,
        customer: Some(pb::CustomerInput { address: value.to_owned(), ..pb::CustomerInput::default() }),
        update_mask: mask(&["address"]),
        request_id: request_id(),
        ..pb::UpdateCustomerRequest::default()
    };
    client.customers().update_customer(request).await.map(drop).context("an update")
}
