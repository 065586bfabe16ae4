//! `rolod doctor`, and `rolod`'s door while owners come and go.

use std::{fs, os::unix::fs::PermissionsExt, thread};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

use crate::company::{Company, finish};

fn checks(told: &str) -> Result<Vec<Json>> {
    Ok(told.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn check<'c>(all: &'c [Json], name: &str) -> Result<&'c Json> {
    all.iter().find(|line| line["check"] == name).with_context(|| format!("no line on {name}"))
}

fn examines(company: &Company) -> Result<()> {
    let told = company.rolod(&["doctor"])?.ok()?;
    assert_eq!(told.lines().filter(|line| line.starts_with("ok ") || line.starts_with("warn ")).count(), 13, "{told}");
    assert!(told.contains("backup: none was ever made") && told.contains("→ run `rolod backup FILE`"), "{told}");
    company.rolod(&["backup", &company.file("copy.db")])?.ok()?;
    let all = checks(&company.rolod(&["doctor", "--json"])?.ok()?)?;
    assert_eq!(check(&all, "backup")?["health"], "ok");
    assert_eq!(check(&all, "durability")?["figures"]["synchronous"], "2");
    assert_eq!(check(&all, "search")?["figures"]["customers"], "0");
    Ok(())
}

/// Design §3 "shows in `rolod doctor`".
#[test]
fn doctor_looks_everything_over_whoever_serves_the_directory() -> Result<()> {
    examines(&Company::new()?)?;
    let company = Company::new()?;
    let served = company.serve(&[])?;
    examines(&company)?;
    assert_eq!(served.terminate()?, 0);
    Ok(())
}

#[test]
fn doctor_ends_with_an_error_and_says_what_to_do_in_the_persons_language() -> Result<()> {
    let company = Company::new()?;
    fs::set_permissions(company.data.join("rolo.db"), fs::Permissions::from_mode(0o644))?;
    let told = company.rolod(&["doctor"])?.with(1)?;
    assert!(
        told.stdout.contains("FAIL  files: others may read") && told.stdout.contains("chmod 700"),
        "{}",
        told.stdout
    );
    assert!(told.stderr.contains("something is wrong"), "{}", told.stderr);
    let mut chinese = company.rolod_command(&["doctor"]);
    chinese.env("LANG", "zh_CN.UTF-8");
    let told = finish(chinese, None)?.with(1)?;
    assert!(told.stdout.contains("故障  文件权限") && told.stdout.contains("700"), "{}", told.stdout);
    let all = checks(&company.rolod(&["doctor", "--json"])?.with(1)?.stdout)?;
    assert_eq!(check(&all, "files")?["problem"], "open to others");
    Ok(())
}

#[test]
fn a_damaged_database_is_named_with_the_way_back_and_nothing_panics() -> Result<()> {
    let company = Company::new()?;
    fs::write(company.data.join("rolo.db"), vec![0xa5; 8_192])?;
    for arguments in [&["doctor"][..], &["serve"], &["user", "list"]] {
        let told = company.rolod(arguments)?.with(1)?.stderr;
        assert!(told.contains("rolo.db is damaged") && told.contains("backup"), "{told}");
        assert!(!told.contains("panicked"), "{told}");
    }
    Ok(())
}

/// Owners that live for one command hand the directory from one to the next, under everybody who asks meanwhile.
#[test]
fn commands_that_meet_a_leaving_owner_go_on_with_the_next() -> Result<()> {
    let company = Company::new()?;
    thread::scope(|scope| {
        let crowd: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| (0..6).try_for_each(|_| company.rolod(&["user", "list"])?.ok().map(drop))))
            .collect();
        for one in crowd {
            ensure!(matches!(one.join(), Ok(Ok(()))), "a command failed");
        }
        Ok(())
    })
}
