//! Opportunities with their plans for the company that is measured: written through the server's own table and what it
//! derives, without calls and without a past, for what is measured is how they are read.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rolo_server::{
    Config, Place,
    clock::{DAY, Millis},
    db::{Lane, Write},
    opportunities::{self, derive::date_of},
    value::Value,
};
use rusqlite::params;

use super::{
    company::{Company, scatter},
    server::make,
};
use crate::world::hire;

/// Account managers, so many in each of the departments; the first of a department is called by its number.
const MANAGERS: usize = 100;
const DEPARTMENTS: [&str; 10] = ["一部", "二部", "三部", "四部", "五部", "六部", "七部", "八部", "九部", "十部"];
const TITLES: [&str; 4] = ["传感器改造", "仓库升级", "年度采购", "产线扩建"];
const LINKMEN: [&str; 4] = ["王经理", "李经理", "张经理", "刘经理"];
/// Products that they are about.
const PRODUCTS: usize = 50;
/// Opportunities in one job.
const BATCH: usize = 1_000;

/// Who and what the opportunities are spread over.
#[derive(Debug, Clone)]
struct Things {
    managers: Vec<i64>,
    stages: Vec<i64>,
    sources: Vec<i64>,
    reasons: Vec<i64>,
    products: Vec<i64>,
    customers: i64,
}

/// Grows the company's opportunities from those that it has to so many; answers how many were made and how long it took.
/// The server of the directory must not run.
///
/// # Errors
/// Somebody else serves the directory, or the database refuses.
pub async fn grow(dir: &Path, company: &Company, to: usize) -> Result<(usize, Duration)> {
    make(dir).await?;
    let Place::Owner(handle) = Place::open(dir, Config::default()).await? else { bail!("somebody serves it") };
    let db = handle.kernel().db().clone();
    let count = |sql: &'static str| db.read(move |tx| tx.query_one(sql, [], |row| row.get::<_, i64>(0)));
    if count("SELECT COUNT(*) FROM user WHERE name = 'm0'").await? == 0 {
        let department = |number: usize| DEPARTMENTS.get(number % DEPARTMENTS.len()).copied().unwrap_or_default();
        let managers = (0..MANAGERS).map(|n| (format!("m{n}"), ["manager"].as_slice(), department(n)));
        hire(&handle, managers.chain([("s0".into(), ["supervisor"].as_slice(), department(0))]).collect()).await?;
        db.write(Lane::Feeds, products).await?;
    }
    let from = usize::try_from(count("SELECT COUNT(*) FROM opportunity").await?)?;
    let zone = handle.kernel().settings().time_zone;
    let things = db.read(things).await?;
    let started = Instant::now();
    for first in (from..to).step_by(BATCH) {
        let last = (first + BATCH).min(to);
        let names: Vec<_> = (first..last).map(|index| (index, company.name(index))).collect();
        let things = things.clone();
        let write = move |write: &mut Write<'_>| {
            let date = |at| date_of(at, zone);
            names.iter().try_for_each(|(index, name)| one(write, &things, *index, name, &date))
        };
        db.write(Lane::Feeds, write).await?;
    }
    let took = started.elapsed();
    let differ = db.read(opportunities::sums::differ).await?;
    handle.shutdown().await?;
    if differ > 0 {
        bail!("{differ} kept sums differ from those computed anew");
    }
    Ok((to.saturating_sub(from), took))
}

fn products(write: &mut Write<'_>) -> rolo_server::error::Result<()> {
    for number in 0..PRODUCTS {
        let name = format!("产品{number}");
        write.tx.execute(
            "INSERT INTO product (name, created_at, created_by, updated_at, name_norm, name_key, search)
             VALUES (?1, ?2, 1, ?2, ?1, ?1, ?1)",
            params![name, write.now],
        )?;
    }
    Ok(())
}

fn things(tx: &rolo_server::db::Tx<'_>) -> rolo_server::error::Result<Things> {
    let ids = |sql: &str| tx.query(sql, [], |row| row.get(0));
    Ok(Things {
        managers: ids("SELECT id FROM user WHERE name = 'boss' OR name GLOB 'm[0-9]*' ORDER BY id")?,
        stages: ids("SELECT id FROM dictionary_item WHERE type = 'sales_stage' ORDER BY position")?,
        sources: ids("SELECT id FROM dictionary_item WHERE type = 'lead_source' ORDER BY position")?,
        reasons: ids("SELECT id FROM dictionary_item WHERE type = 'close_reason' ORDER BY position")?,
        products: ids("SELECT id FROM product ORDER BY id")?,
        customers: tx.query_one("SELECT COALESCE(MAX(id), 0) FROM customer", [], |row| row.get(0))?,
    })
}

/// The opportunity at a place, always the same: one in 20 unassigned, seven assigned, five won, seven lost.
fn one(
    write: &Write<'_>,
    things: &Things,
    index: usize,
    name: &str,
    date: &dyn Fn(Millis) -> String,
) -> rolo_server::error::Result<()> {
    let pick = |of: &[i64], salt: usize| of.get(scatter(index + salt, of.len())).copied();
    let days = |salt: usize, of: usize| scatter(index + salt, of) as Millis * DAY;
    let (tx, now) = (write.tx, write.now);
    let status = match index % 20 {
        0 => 1,
        1..8 => 2,
        8..13 => 3,
        _ => 4,
    };
    // What is open began lately; what is closed, within three years.
    let created = now - if status <= 2 { days(1, 120) } else { 30 * DAY + days(1, 1_065) } - index as Millis % DAY;
    let assigned = (status > 1).then(|| (created + days(2, 10)).min(now));
    let closed = (status > 2).then(|| (created + 10 * DAY + days(3, 60)).min(now));
    let close = (!index.is_multiple_of(7)).then(|| date(closed.unwrap_or(now - 20 * DAY + days(4, 160))));
    let reason = (status == 4).then(|| pick(&things.reasons, 5)).flatten();
    let customer = (status == 3 && things.customers > 0).then(|| 1 + index as i64 % things.customers);
    let amount = (!index.is_multiple_of(9)).then(|| (1 + scatter(index + 6, 900) as i64) * 1_000 * 10_000);
    let creator = pick(&things.managers, 8);
    let table = &opportunities::store::TABLE;
    let text = |text: &str| Value::from(text);
    let int = |number: Option<i64>| number.map_or(Value::Null, Value::Int);
    let values = [
        ("customer_name", text(name)),
        ("customer_id", int(customer)),
        ("title", text(TITLES.get(index % TITLES.len()).copied().unwrap_or_default())),
        ("source", text("展会")),
        ("linkman", text(LINKMEN.get(scatter(index, LINKMEN.len())).copied().unwrap_or_default())),
        ("tel", text(&format!("15{:09}", scatter(index + 9, 1_000_000_000)))),
        ("description", text("需要报价，年内决定。")),
        ("success_rate", Value::Int(scatter(index + 10, 10) as i64 * 10)),
        ("product_id", int(pick(&things.products, 11))),
        ("expected_amount", int(amount)),
        ("expected_close_at", close.as_deref().map_or(Value::Null, text)),
        ("lead_source_id", int(pick(&things.sources, 12))),
        ("stage_id", int(pick(&things.stages, 13))),
        ("status", Value::Int(status)),
        ("assignee_id", int(assigned.and_then(|_| pick(&things.managers, 14)))),
        ("assigned_at", int(assigned)),
        ("closed_at", int(closed)),
        ("close_reason_id", int(reason)),
        ("close_text", text(if status == 4 { "太贵" } else { "" })),
        ("memo", text("")),
        ("external_id", text("")),
        ("created_by", int(creator)),
    ];
    let id = table.add(tx, &values, created)?;
    let steps = match status {
        1 => 0,
        2 => scatter(index + 15, 4),
        _ => 1,
    };
    for number in 0..steps {
        let done = status > 2 || number + 1 < steps;
        let at = if done { created + DAY } else { now - 10 * DAY + days(16, 40) };
        let step = tx.insert(
            "INSERT INTO plan_step (opportunity_id, plan_date, todo, result, result_at, created_at, created_by, updated_at)
             VALUES (?1, ?2, '上门拜访', ?3, ?4, ?5, ?6, ?5)",
            params![id, date(at), if done { "有兴趣" } else { "" }, done.then_some(at), created, creator],
        )?;
        if number + 1 == steps {
            // It looks at all steps of the opportunity.
            (opportunities::plan::TABLE.derive)(tx, step, &[])?;
        }
    }
    Ok(())
}
