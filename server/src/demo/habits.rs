//! What the people of the demo have arranged for themselves: the catalogue, views that they keep, what they have read.

use rolo_proto::v1::{Kind, OpportunityView};

use super::{leads_words::PRODUCTS, people::place_of, plan::Setting};
use crate::{
    authz::Actor,
    change::Change,
    clock::{DAY, HOUR, SECOND},
    db::{Write, params},
    error::{Error, Result},
    fields::clean,
    products,
    value::Value,
    views,
};

/// Writes the catalogue; answers the ids in its order.
pub(super) fn catalogue(write: &mut Write<'_>, actor: &Actor, language: &str) -> Result<Vec<i64>> {
    let word = usize::from(language != "zh");
    let mut ids = Vec::with_capacity(PRODUCTS.len());
    for (name, model, unit, price) in PRODUCTS {
        write.now += 9 * SECOND;
        let values = vec![
            ("name", Value::from(name[word])),
            ("model", Value::from(model)),
            ("unit", Value::from(unit[word])),
            ("price", Value::Int(price * 10_000)),
            ("active", Value::Int(1)),
        ];
        let mut change = Change::new(write, actor, "CreateProduct", false);
        ids.push(products::store::create(&mut change, clean(products::rules::FIELDS, values)?)?.id);
    }
    Ok(ids)
}

/// Account, kind, shipped view, name and filter in Chinese and in English, shared.
type View = (&'static str, Kind, i32, [(&'static str, &'static str); 2], bool);

const VIEWS: &[View] = &[
    (
        "wang",
        Kind::Opportunity,
        OpportunityView::Open as i32,
        [("报价阶段", "stage:报价"), ("Quoted", "stage:Quotation")],
        true,
    ),
    (
        "wang",
        Kind::Opportunity,
        OpportunityView::Open as i32,
        [("快要签约", "stage:商务谈判"), ("About to sign", "stage:Negotiation")],
        false,
    ),
    (
        "li",
        Kind::Opportunity,
        OpportunityView::Mine as i32,
        [("展会来的", "lead_source:展会"), ("From fairs", "lead_source:Exhibition")],
        false,
    ),
    (
        "emma",
        Kind::Opportunity,
        OpportunityView::Mine as i32,
        [("网站来的", "lead_source:网站"), ("From the website", "lead_source:Website")],
        false,
    ),
    ("wang", Kind::Customer, 0, [("大客户", "level:大客户"), ("Large customers", "level:Large")], true),
];

/// Keeps the people's views, and marks as read what they were told before these days.
pub(super) fn settle(write: &mut Write<'_>, actors: &[Actor], setting: &Setting) -> Result<()> {
    write.now = setting.calendar.now - HOUR;
    for (account, kind, base, names, shared) in VIEWS {
        let actor = actors.get(place_of(account)).ok_or(Error::NotFound)?;
        let (name, filter) = names[usize::from(setting.language != "zh")];
        let values = vec![
            ("kind", Value::Int(i64::from(*kind as i32))),
            ("name", name.into()),
            ("filter", filter.into()),
            ("base", Value::Int(i64::from(*base))),
            ("sort", Value::Int(0)),
            ("descending", Value::Int(0)),
            ("shared", Value::Int(i64::from(*shared))),
            ("position", Value::Int(0)),
        ];
        let mut change = Change::new(write, actor, "CreateView", false);
        views::store::create(&mut change, clean(views::store::FIELDS, values)?)?;
    }
    let since = setting.calendar.now - 3 * DAY;
    write
        .tx
        .execute("UPDATE notice SET read_at = at + ?2 WHERE at < ?1 AND read_at IS NULL", params![since, 2 * HOUR])
        .map(drop)
}
