//! `rolo import list|undo` and `rolo merge`: `tui.md` rule 15.

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::company::{Company, signal, wait};

fn many(company: &Company, rows: usize) -> Result<String> {
    let lines: Vec<_> = (1..=rows).map(|n| format!("第{n}号公司\n")).collect();
    company.write("many.csv", format!("name\n{}", lines.concat()))
}

/// Looks, and says what was kept and why; nothing happens where nobody can be asked.
#[test]
fn an_import_is_taken_back_but_for_what_was_changed_since() -> Result<()> {
    let company = Company::new()?;
    let file = many(&company, 5)?;
    let said = company.ok(&["import", "customers", &file, "--json"])?;
    let did: serde_json::Value = serde_json::from_str(said.lines().last().context("no summary")?)?;
    let batch = did["operation_id"].to_string();
    let listed = company.one(&["import", "list"])?;
    assert_eq!(
        (listed["batch"].to_string(), &listed["kind"], &listed["records"]),
        (batch.clone(), &json!("customers"), &json!(5))
    );
    assert_eq!((&listed["file"], &listed["undone"]), (&json!("many.csv"), &json!(false)));
    company.ok(&["edit", "customer", "3", "zip=100080"])?;

    let asked = company.rolo(&["import", "undo", &batch])?.with(2)?;
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    let look = company.one(&["import", "undo", &batch, "--dry-run"])?;
    assert_eq!((&look["done"], &look["counts"]), (&json!(4), &json!({ "customer": 4 })));
    assert_eq!(company.count("customers")?, 5, "a look changes nothing");
    let done = company.rolo(&["import", "undo", &batch, "--yes"])?.with(4)?;
    assert!(done.stdout.contains("4 of 5 records, 1 kept:"), "{}", done.stdout);
    assert!(done.stdout.contains("第3号公司 (3): changed since by boss"), "{}", done.stdout);
    assert_eq!(company.ok(&["list", "customers", "--format", "ids"])?, "3\n");
    assert_eq!(company.one(&["import", "list"])?["undone"], json!(true));
    company.rolo(&["import", "undo", &batch, "--yes"])?.with(4)?;
    company.rolo(&["import", "undo", "999", "--yes"])?.with(3)?;
    let edited = company.one(&["edit", "customer", "3", "zip=100081"])?["operation_id"].to_string();
    company.rolo(&["import", "undo", &edited, "--yes"])?.with(2)?;
    Ok(())
}

/// Looked at, taken back and mended, a file comes in again, by name and by external id; what a person has deleted does
/// not.
#[test]
fn an_import_that_was_taken_back_comes_in_again() -> Result<()> {
    let company = Company::new()?;
    let file = company.write("mend.csv", "external id,name\nA-1,甲公司\nA-2,乙公司\n,丙公司\n")?;
    for _ in 0..2 {
        let done = company.ok(&["import", "customers", &file, "--json"])?;
        let did: serde_json::Value = serde_json::from_str(done.lines().last().context("no summary")?)?;
        assert_eq!((&did["created"], &did["refused"]), (&json!(3), &json!(0)));
        company.ok(&["import", "undo", &did["operation_id"].to_string(), "--yes"])?;
    }
    company.ok(&["import", "customers", &file])?;
    company.ok(&["delete", "customer", "A-2"])?;
    let refused = company.rolo(&["import", "customers", &file])?.with(6)?;
    assert!(refused.stdout.contains("0 created, 0 updated, 2 skipped, 0 unchanged, 1 refused"), "{}", refused.stdout);
    Ok(())
}

/// kill -9 in the middle of the undo, which owns the directory: the same command goes on from there.
#[test]
fn an_undo_killed_in_the_middle_goes_on_and_takes_everything_back_once() -> Result<()> {
    const ROWS: usize = 3_000;
    let company = Company::new()?;
    let file = many(&company, ROWS)?;
    company.ok(&["import", "customers", &file])?;
    let batch = company.one(&["import", "list"])?["batch"].to_string();
    let args = ["import", "undo", &batch, "--yes", "--json"];
    let mut running = company.rolo_command(&args).spawn()?;
    let taken_back = ["list", "customers", "--view", "recycle_bin", "--limit", "1", "--format", "ids"];
    while company.ok(&taken_back)?.is_empty() {
        if running.try_wait()?.is_some() {
            bail!("the undo ended early: {:?}", wait(running, None)?);
        }
    }
    signal("KILL", running.id())?;
    assert_eq!(wait(running, None)?.code, 128 + 9, "it was in the middle");
    let left = company.count("customers")?;
    ensure!(left > 0 && left < ROWS, "{left} were left at the kill");
    let done = company.one(&args[..4])?;
    assert_eq!((&done["done"], &done["kept"]), (&json!(ROWS), &json!([])));
    assert_eq!(company.count("customers")?, 0);
    company.rolod(&["audit", "verify"])?.ok()?;
    company.ok(&["undo", "--redo"])?;
    assert_eq!(company.count("customers")?, ROWS, "both halves are one operation");
    Ok(())
}

#[test]
fn two_customers_are_made_one_and_parted_again() -> Result<()> {
    let company = Company::new()?;
    company.ok(&[
        "create",
        "customer",
        "name=华盛科技",
        "address=中关村",
        "contact.name=陈总",
        "contact.mobile=13800001111",
    ])?;
    company.ok(&[
        "create",
        "customer",
        "name=华盛电子",
        "address=望京",
        "zip=100080",
        "contact.name=张律",
        "contact.mobile=13800002222",
    ])?;
    let look = company.one(&["merge", "customers", "1", "2", "--take", "address=other", "--dry-run"])?;
    assert_eq!(look["moves"], json!({ "contacts": 1, "interactions": 0, "opportunities": 0 }));
    let took: Vec<_> =
        look["fields"].as_array().context("fields")?.iter().map(|f| (f["field"].clone(), f["take"].clone())).collect();
    assert_eq!(
        took,
        [(json!("name"), json!("keep")), (json!("address"), json!("other")), (json!("zip"), json!("other"))]
    );
    let done = company.one(&["merge", "customers", "1", "2", "--take", "address"])?;
    assert_eq!((&done["id"], &done["merged"], &done["moved"]["contacts"]), (&json!(1), &json!(2), &json!(1)));
    let kept = company.one(&["get", "customer", "1"])?;
    assert_eq!((&kept["name"], &kept["address"], &kept["zip"]), (&json!("华盛科技"), &json!("望京"), &json!("100080")));
    assert!(kept["former"].as_str().is_some_and(|former| former.ends_with("华盛电子")), "{kept}");
    let refused = company.rolo(&["restore", "customer", "2"])?.with(4)?;
    assert!(refused.stderr.contains("undo the merge"), "{}", refused.stderr);
    company.rolo(&["merge", "customers", "1", "1"])?.with(6)?;
    company.rolo(&["merge", "customers", "1", "99"])?.with(3)?;
    company.rolo(&["merge", "contacts", "1", "2"])?.with(2)?;
    company.rolo(&["merge", "customers", "1", "2", "--take", "colour"])?.with(4)?;
    let undone = company.one(&["undo", &done["operation_id"].to_string()])?;
    assert_eq!((&undone["done"], &undone["kept"]), (&json!(3), &json!([])));
    assert_eq!(company.one(&["get", "customer", "1"])?["address"], "中关村");
    assert_eq!(company.count("customers")?, 2);
    Ok(())
}
