//! `rolo board` and `rolo forecast`: open opportunities by stage, and what is expected and won by month, as plain tables.

use clap::Args;
use rolo_proto::v1::{self, Figures};
use serde_json::{Value as Json, json};

use super::{out::Out, session::Session};
use crate::{
    data::{Failure, Fault},
    resource::{
        Field, Input, Value,
        parse::{self, money_text},
    },
    screen::show,
    strings::Lang,
    text::Measure,
};

/// Whose opportunities, and how it is written.
#[derive(Debug, Args)]
pub struct Of {
    /// Only those of this account manager: account or name; may be given more than once
    #[arg(long, value_name = "USER")]
    assignee: Vec<String>,
    /// A JSON object a line; errors too, on stderr
    #[arg(long)]
    pub json: bool,
    /// Without alignment, for screen readers
    #[arg(long)]
    plain: bool,
}

/// Arguments of `rolo board`.
#[derive(Debug, Args)]
pub struct BoardArgs {
    #[command(flatten)]
    pub of: Of,
}

/// Arguments of `rolo forecast`.
#[derive(Debug, Args)]
pub struct ForecastArgs {
    /// The first month, YYYY-MM [default: this month]
    #[arg(long, value_name = "MONTH")]
    from: Option<String>,
    /// How many months
    #[arg(long, value_name = "N", default_value_t = 6)]
    months: i32,
    #[command(flatten)]
    pub of: Of,
}

pub async fn board(session: &Session, args: &BoardArgs, out: &mut Out) -> Result<(), Failure> {
    let request = v1::GetBoardRequest { assignee_ids: people(session, &args.of).await? };
    let board: v1::GetBoardResponse =
        session.client().call(request, |c, r| async move { c.opportunities().get_board(r).await }).await?;
    if args.of.json {
        return board.columns.iter().try_for_each(|column| {
            let stage = column.stage.as_ref().map(|stage| stage.value.clone());
            let name = column.stage.as_ref().map(|stage| stage.zh.clone());
            let mut object = figures(column.figures.as_ref());
            (object["stage"], object["stage_name"]) = (stage.into(), name.into());
            out.line(&object.to_string())
        });
    }
    let (none, heads) = match out.lang {
        Lang::En => ("(no stage)", ["Stage", "Open", "Amount", "Weighted"]),
        Lang::Zh => ("（无阶段）", ["销售阶段", "进行中", "金额", "加权金额"]),
    };
    let rows = board.columns.iter().map(|column| {
        let name = column.stage.as_ref().map_or(none, |stage| show::choice(stage, out.lang));
        row(name, &[column.figures.as_ref()])
    });
    let rows = rows.collect();
    table(&heads, rows, args.of.plain, out)
}

pub async fn forecast(session: &Session, args: &ForecastArgs, out: &mut Out) -> Result<(), Failure> {
    let request = v1::GetForecastRequest {
        from_month: args.from.clone().unwrap_or_default(),
        months: args.months,
        assignee_ids: people(session, &args.of).await?,
    };
    let forecast: v1::GetForecastResponse =
        session.client().call(request, |c, r| async move { c.opportunities().get_forecast(r).await }).await?;
    if args.of.json {
        if forecast.overdue.is_some() {
            out.line(&json!({ "month": "overdue", "open": figures(forecast.overdue.as_ref()) }).to_string())?;
        }
        return forecast.months.iter().try_for_each(|month| {
            let name = (!month.month.is_empty()).then_some(&month.month);
            let (open, won) = (figures(month.open.as_ref()), figures(month.won.as_ref()));
            out.line(&json!({ "month": name, "open": open, "won": won }).to_string())
        });
    }
    let (overdue, none, heads) = match out.lang {
        Lang::En => ("overdue", "(no date)", ["Month", "Open", "Amount", "Weighted", "Won", "Amount"]),
        Lang::Zh => ("已逾期", "（无日期）", ["月份", "进行中", "金额", "加权金额", "成交", "成交金额"]),
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    if let Some(figures) = forecast.overdue.as_ref().filter(|figures| figures.count > 0) {
        rows.push(row(overdue, &[Some(figures), None]));
    }
    for month in &forecast.months {
        let name = if month.month.is_empty() { none } else { &month.month };
        rows.push(row(name, &[month.open.as_ref(), month.won.as_ref()]));
    }
    table(&heads, rows, args.of.plain, out)
}

async fn people(session: &Session, of: &Of) -> Result<Vec<i64>, Failure> {
    let field = Field::new("assignee", "Assigned to", "指派给", Input::User);
    let mut ids = Vec::new();
    for name in &of.assignee {
        match session.lookup.value(&field, name, &session.locale, 0).await? {
            Value::User(user) => ids.push(user.id),
            _ => return Err(Failure::field("assignee", Fault::Required)),
        }
    }
    Ok(ids)
}

fn figures(figures: Option<&Figures>) -> Json {
    let Figures { count, amount, weighted, unknown } = figures.copied().unwrap_or_default();
    let field = Field::new("amount", "Amount", "金额", Input::Money);
    let plain = |amount| parse::json(&field, &Value::Money(amount));
    json!({ "count": count, "amount": plain(amount), "weighted": plain(weighted), "unknown": unknown })
}

/// A name and its figures: open ones with count, amount and weighted amount, won ones with count and amount.
fn row(name: &str, each: &[Option<&Figures>]) -> Vec<String> {
    let mut cells = vec![name.to_owned()];
    for (nth, figures) in each.iter().enumerate() {
        let Figures { count, amount, weighted, .. } = figures.copied().unwrap_or_default();
        cells.extend([show::thousands(count), money_text(amount)]);
        if nth == 0 {
            cells.push(money_text(weighted));
        }
    }
    cells
}

/// Names at the left, figures at the right.
fn table(heads: &[&str], rows: Vec<Vec<String>>, plain: bool, out: &mut Out) -> Result<(), Failure> {
    let measure = Measure::default();
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| measure.width(cell)).max().unwrap_or_default()
    };
    for row in &all {
        if plain {
            out.line(&row.join("\t"))?;
            continue;
        }
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            0 => measure.pad(cell, width(column)),
            _ => measure.pad_left(cell, width(column)),
        });
        out.line(&cells.collect::<Vec<_>>().join("  "))?;
    }
    Ok(())
}
