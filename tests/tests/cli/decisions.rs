//! `rolo do`: decisions from the command line; opportunities and plan steps as any other kind; watch and notices.

use std::{
    io::{BufRead as _, BufReader},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

use crate::company::{Company, objects, signal, wait};

/// Some opportunities that nobody has, at one person's company.
fn with(opportunities: usize) -> Result<Company> {
    let company = Company::new()?;
    let rows: String = (1..=opportunities)
        .map(|n| {
            let row = json!({ "customer_name": format!("第{n}公司"), "title": "采购设备", "success_rate": 40,
                              "expected_amount": 125_000.5, "description": "展会认识" });
            format!("{row}\n")
        })
        .collect();
    company.rolo_reading(&["create", "opportunities"], &rows)?.ok()?;
    Ok(company)
}

#[test]
fn opportunities_are_listed_filtered_edited_deleted_and_restored_like_any_record() -> Result<()> {
    let company = with(3)?;
    assert_eq!(company.ok(&["list", "opportunities", "--format", "ids"])?.lines().count(), 3);
    // A table begins with what the next command takes, and numbers stand one under the other.
    let table = company.ok(&["list", "opportunities", "--sort", "id"])?;
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("Id  Status"), "{table}");
    assert!(lines[2].starts_with(" 1  ") && lines[4].starts_with(" 3  "), "{table}");
    let one = company.one(&["edit", "opportunity", "2", "success_rate=80", "预计成交=2026-12-31"])?;
    assert_eq!((&one["success_rate"], &one["expected_close_at"]), (&json!(80), &json!("2026-12-31")));
    assert_eq!(one["expected_amount"], json!(125_000.5), "plain numbers");
    assert_eq!(company.ok(&["list", "opportunities", "success_rate:>=70", "--format", "ids"])?, "2\n");
    assert_eq!(company.ok(&["list", "opportunities", "close:none", "--format", "ids"])?, "3\n1\n");
    let refused = company.rolo(&["list", "opportunities", "close:never"])?.with(2)?;
    assert!(refused.stderr.contains("2026-01-01..2026-01-31, or none"), "{}", refused.stderr);
    let csv =
        company.ok(&["list", "opportunities", "--columns", "id,expected_amount", "--sort", "id", "--format", "csv"])?;
    assert_eq!(csv.lines().nth(1), Some("1,125000.50"));
    company.ok(&["delete", "opportunity", "3"])?;
    assert_eq!(company.count("opportunities")?, 2);
    company.ok(&["restore", "opportunity", "3"])?;
    assert_eq!(company.count("opportunities")?, 3);
    let product = company.one(&["create", "product", "name=数控机床", "price=9.5万"])?;
    assert_eq!(product["price"], json!(95_000));
    assert_eq!(company.one(&["edit", "opportunity", "1", "product=数控机床"])?["product"], "数控机床");
    Ok(())
}

/// O4–O10 from the command line: ids on stdin, one operation, a result an id, the exit code of the first refusal.
#[test]
fn opportunities_are_assigned_worked_on_won_lost_and_reopened() -> Result<()> {
    let company = with(4)?;
    let ids = company.ok(&["list", "opportunities", "--view", "unassigned", "--format", "ids"])?;
    let said = company.rolo_reading(&["do", "opportunities", "assign", "-", "--to", "boss"], &ids)?.ok()?;
    assert!(said.starts_with("assign: 4 opportunities done; back with: rolo undo "), "{said}");

    // Assigned already, and one that is not there: each by itself.
    let done = company.rolo(&["do", "opportunity", "assign", "1", "99", "--to", "boss", "--json"])?.with(4)?;
    let lines = objects(&done.stdout)?;
    assert_eq!(
        lines.iter().map(|line| &line["error"]).collect::<Vec<_>>(),
        [&json!("INVALID_STATE"), &json!("NOT_FOUND")]
    );
    let told = &lines[0]["details"];
    assert_eq!((&told["state"], &told["owner"]), (&json!("assigned"), &json!("boss")));
    assert!(told["who"] == "boss" && told["at"].as_str().is_some_and(|at| at.len() == 13), "as a single one: {told}");
    company.ok(&["do", "opportunity", "withdraw", "4"])?;
    company.rolo(&["do", "opportunity", "withdraw", "4"])?.with(4)?;

    let step = company.one(&["create", "step", "opportunity=1", "plan_date=2026-12-01", "todo=拜访采购经理"])?;
    let recorded = company.one(&["do", "step", "result", &step["id"].to_string(), "--text", "对方要求报价"])?;
    assert_eq!(recorded["result"], "对方要求报价");
    assert_eq!(company.count("steps")?, 0, "none is open");
    let steps = company.ok(&["list", "steps", "opportunity:1"])?;
    assert!(
        steps.contains("拜访采购经理"),
        "all of one opportunity are listed, with what the next command takes: {steps}"
    );

    let won = company.one(&["do", "opportunity", "succeed", "1"])?;
    let customer = company.one(&["get", "customer", &won["customer_id"].to_string()])?;
    assert_eq!((&customer["name"], &customer["no"]), (&json!("第1公司"), &won["customer_no"]));

    company.rolo(&["do", "opportunity", "fail", "2", "3"])?.with(2)?;
    let reason = company.one(&["list", "dictionaries", "type:close_reason", "--limit", "1"])?["item"].clone();
    let reason = reason.as_str().context("a reason")?;
    company.ok(&["do", "opportunities", "fail", "2", "3", "--reason", reason, "--text", "价格太高"])?;
    assert_eq!(company.ok(&["list", "opportunities", "--view", "lost", "--format", "ids"])?.lines().count(), 2);
    let reopened = company.ok(&["do", "opportunity", "reopen", "2", "--reason", "客户又联系了"])?;
    assert!(reopened.starts_with("Reopened 第2公司"), "{reopened}");
    Ok(())
}

#[test]
fn a_dry_run_says_what_it_would_be_about_and_changes_nothing() -> Result<()> {
    let company = with(3)?;
    let look = company.json(&["do", "opportunities", "withdraw", "1", "--dry-run"])?;
    assert_eq!(look, [json!({ "id": 1, "label": "第1公司 / 采购设备", "allowed": false, "dry_run": true })]);
    let look = company.ok(&["do", "opportunities", "assign", "1", "2", "--to", "boss", "--dry-run"])?;
    assert_eq!(look, "1  第1公司 / 采购设备: possible\n2  第2公司 / 采购设备: possible\n");
    let many = company.one(&["do", "opportunities", "set", "success_rate=10", "--view", "all", "--dry-run"])?;
    assert_eq!(many, json!({ "total": 3, "dry_run": true }));
    assert_eq!(company.one(&["get", "opportunity", "1"])?["success_rate"], 40);
    Ok(())
}

/// A field in all that a filter finds: never everything by accident, and not other records than were expected.
#[test]
fn a_field_is_set_in_all_that_a_filter_finds_and_one_undo_takes_it_back() -> Result<()> {
    let company = Company::new()?;
    let rows: String = (1..=40).map(|n| format!("{{\"name\":\"第{n}公司\",\"level\":\"大客户\"}}\n")).collect();
    company.rolo_reading(&["create", "customers"], &rows)?.ok()?;
    company.ok(&["create", "customer", "name=别家"])?;
    company.rolo(&["do", "customers", "set", "level=普通客户"])?.with(2)?;
    company.rolo(&["do", "customers", "set", "level=普通客户", "zip=1", "--view", "all"])?.with(2)?;
    let set = ["do", "customers", "set", "level=普通客户", "--filter", "level=大客户"];
    let refused = company.rolo(&[&set[..], &["--expect", "30"]].concat())?.with(4)?;
    assert!(refused.stderr.contains("40"), "{}", refused.stderr);
    let done = company.one(&set)?;
    assert_eq!((&done["done"], &done["refused"], &done["total"]), (&json!(40), &json!(0), &json!(40)));
    assert_eq!(company.ok(&["list", "customers", "level:普通客户", "--format", "ids"])?.lines().count(), 40);
    assert_eq!(company.one(&["undo"])?["done"], 40);
    assert_eq!(company.one(&set)?["done"], 40);
    assert_eq!(company.one(&set)?["total"], 0, "nothing fits any more, and that is no mistake");
    // Emptied; what must not be empty, what may not be set, and what does not fit the kind.
    company.ok(&["do", "customers", "set", "zip=100080", "1", "2"])?;
    assert_eq!(company.one(&["do", "customers", "set", "zip=", "--view", "all"])?["done"], 2);
    let refused = company.rolo(&["do", "customers", "set", "level=", "--view", "all"])?.with(6)?;
    assert!(refused.stdout.starts_with("set: no customers done, 1 was so already, 40 refused"), "{}", refused.stdout);
    assert!(refused.stderr.contains("第40公司: Customer level: is required"), "{}", refused.stderr);
    company.rolo(&["do", "customers", "set", "no=1", "1"])?.with(6)?;
    let refused = company.rolo(&["do", "customers", "withdraw", "1"])?.with(2)?;
    assert!(refused.stderr.contains("set, delete, restore, follow, unfollow"), "{}", refused.stderr);
    let zh = company.rolo(&["--lang", "zh", "do", "customers", "delete", "--view", "all"])?.ok()?;
    assert!(zh.starts_with("delete：已完成 客户 41；撤销：rolo undo "), "{zh}");
    Ok(())
}

/// Security rows 13 and 14: what is written for a spreadsheet is no formula, and nothing a terminal would obey.
#[test]
fn hostile_text_does_nothing_to_a_spreadsheet_or_a_terminal() -> Result<()> {
    let company = Company::new()?;
    let evil = json!({ "customer_name": "=HYPERLINK(\"http://evil\")", "title": "a\u{1b}]0;x\u{7}b\u{202e}c",
                       "description": "@SUM(A1)", "memo": "-1+1" });
    company.rolo_reading(&["create", "opportunity"], &evil.to_string())?.ok()?;
    let csv =
        company.ok(&["list", "opportunities", "--columns", "customer_name,description,memo", "--format", "csv"])?;
    for cell in ["=HYPERLINK", "@SUM", "-1+1"] {
        assert!(csv.contains(&format!("'{cell}")), "{cell} is text: {csv}");
    }
    for args in [
        &["do", "opportunities", "assign", "1", "--to", "boss", "--dry-run"][..],
        &["do", "opportunities", "assign", "1", "--to", "boss"],
        &["do", "opportunities", "assign", "1", "--to", "boss"],
        &["do", "opportunities", "assign", "1", "--to", "\u{1b}[2Jboss"],
    ] {
        let done = company.rolo(args)?;
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said:?}");
    }
    Ok(())
}

/// A line an event, from the moment it begins; an interrupt is how it ends.
#[test]
fn watch_tells_each_change_once_and_ends_when_it_is_interrupted() -> Result<()> {
    let company = with(2)?;
    let served = company.serve(&[])?;
    let kinds = ["--kind", "opportunities", "--kind", "steps"];
    let mut child = company.rolo_command(&[&["watch", "--json", "--after", "2"], &kinds[..]].concat()).spawn()?;
    let stdout = BufReader::new(child.stdout.take().context("a pipe")?);
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let next = || -> Result<Json> { Ok(serde_json::from_str(&lines.recv_timeout(Duration::from_secs(30))?)?) };
    let story = || -> Result<()> {
        let first = next()?;
        assert_eq!((&first["kind"], &first["id"], &first["gone"]), (&json!("opportunity"), &json!(2), &json!(false)));
        let named = company.one(&["get", "opportunity", "2"])?;
        let (label, name) = (first["label"].to_string(), named["customer_name"].as_str().context("a name")?);
        assert!(label.contains(name), "as the other commands name it: {label}");
        company.ok(&["create", "customer", "name=甲公司"])?;
        company.ok(&["edit", "opportunity", "1", "success_rate=60"])?;
        let edited = next()?;
        assert_eq!((&edited["id"], &edited["revision"]), (&json!(1), &json!(2)), "the customer is of another kind");
        company.ok(&["do", "opportunities", "assign", "2", "--to", "boss"])?;
        for todo in ["上门看现场", "送方案"] {
            company.ok(&["create", "step", "opportunity=2", "plan_date=2026-12-01", &format!("todo={todo}")])?;
        }
        company.ok(&["edit", "step", "1", "result=对方满意"])?;
        company.ok(&["delete", "step", "2"])?;
        company.ok(&["delete", "opportunity", "1"])?;
        // A step tells of its opportunity too, whose next date it changes.
        let mut told = Vec::new();
        while told.last().is_none_or(|(kind, _, _, gone)| kind != "opportunity" || gone == &json!(false)) {
            let event = next()?;
            told.push((event["kind"].clone(), event["id"].clone(), event["label"].to_string(), event["gone"].clone()));
        }
        let steps: Vec<_> = told.iter().filter(|(kind, ..)| kind == "step").map(|(_, _, label, _)| &**label).collect();
        let (done, deleted) = ("\"上门看现场\"", "\"送方案\"");
        assert_eq!(
            (steps.len(), steps.first(), steps.get(2..)),
            (4, Some(&done), Some(&[done, deleted][..])),
            "{told:?}"
        );
        let (kind, _, label, _) = told.last().context("the last")?;
        assert!(kind == "opportunity" && label.contains("第1公司"), "{label}");
        Ok(())
    };
    let told = story();
    signal("INT", child.id())?;
    assert_eq!(wait(child, None)?.code, 0, "an interrupt is how it ends");
    told?;
    served.terminate()?;
    Ok(())
}

/// One notice tells of all that one action did; read once, it is not listed as unread.
#[test]
fn notices_name_who_did_what_and_are_read_once() -> Result<()> {
    let company = with(3)?;
    company.rolod(&["user", "add", "li", "--role", "manager", "--password-file", &company.password_file()])?.ok()?;
    company.ok(&["do", "opportunities", "assign", "1", "2", "3", "--to", "li"])?;
    company.login("li")?;
    let notice = company.one(&["notices", "--unread"])?;
    assert_eq!((&notice["topic"], &notice["count"], &notice["by"]), (&json!("assigned"), &json!(3), &json!("boss")));
    let said = company.ok(&["notices", "--unread", "--mark-read"])?;
    assert!(said.contains("boss assigned you 3 opportunities"), "{said}");
    assert_eq!(company.ok(&["notices", "--unread"])?, "");
    assert!(company.ok(&["--lang", "zh", "notices"])?.contains("boss 指派给您：3 条销售机会"));
    Ok(())
}

/// The board and the forecast as text: figures line up, JSON holds plain numbers.
#[test]
fn the_board_and_the_forecast_are_tables_and_json() -> Result<()> {
    let company = with(3)?;
    company.ok(&["edit", "opportunity", "1", "expected_close_at=2099-01-15"])?;
    let board = company.json(&["board"])?;
    let open: i64 = board.iter().filter_map(|column| column["count"].as_i64()).sum();
    assert_eq!(open, 3, "{board:?}");
    let amounts: f64 = board.iter().filter_map(|column| column["amount"].as_f64()).sum();
    assert_eq!(amounts, 375_001.5);
    let table = company.ok(&["board"])?;
    assert!(table.starts_with("Stage") && table.contains("375,001.50") && table.contains("150,000.60"), "{table}");
    let month = company.json(&["forecast", "--from", "2099-01", "--months", "1"])?;
    let january = month.iter().find(|month| month["month"] == "2099-01").context("January")?;
    assert_eq!((&january["open"]["count"], &january["open"]["amount"]), (&json!(1), &json!(125_000.5)));
    assert!(company.ok(&["--lang", "zh", "forecast", "--from", "2099-01"])?.contains("2099-01"));
    company.rolo(&["forecast", "--from", "nonsense"])?.with(6)?;
    company.rolo(&["board", "--assignee", "nobody"])?.with(6)?;
    Ok(())
}
