//! Several processes on one data directory (`design.md` §1).

use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt as _, sync::mpsc, thread};

use anyhow::{Context, Result};

use crate::{
    WIDE,
    company::{Company, Done, finish},
    english,
};

/// The process that holds the lock of a data directory.
fn owner(company: &Company) -> Result<Option<u32>> {
    let inode = fs::metadata(company.data.join("lock"))?.ino();
    let locks = fs::read_to_string("/proc/locks")?;
    // 1: FLOCK  ADVISORY  WRITE 4242 fe:00:131 0 EOF; a line with -> waits for the lock.
    let held =
        locks.lines().filter(|line| !line.contains("->")).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let place = format!(":{inode}");
    let mut owners = held.filter(|words| words.get(5).is_some_and(|file| file.ends_with(&place)));
    Ok(owners.next().and_then(|words| words.get(4)?.parse().ok()))
}

#[test]
fn two_screens_and_twenty_commands_outlive_the_owner_of_their_directory() -> Result<()> {
    const COMMANDS: usize = 20;
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let first = english(&company, WIDE)?;
    let second = english(&company, WIDE)?;
    second.keys("2")?;
    second.wait_for(&["甲公司"])?;
    assert_eq!(owner(&company)?, Some(first.process()), "the first that came owns the directory");

    // A form stands open with something typed while the owner goes.
    second.keys("i")?;
    second.wait_for(&["ctrl-s"])?;
    second.keys("'报价已确认'")?;
    second.wait_for(&["报价已确认"])?;

    let (sender, outcomes) = mpsc::channel::<(usize, Result<Done>)>();
    for n in 0..COMMANDS {
        let (name, id) = (format!("name=第{n}号公司"), format!("request-{n}"));
        let command = company.rolo_command(&["create", "customer", &name, "--request-id", &id, "--json"]);
        let sender = sender.clone();
        thread::spawn(move || drop(sender.send((n, finish(command, None)))));
    }
    drop(sender);
    let mut acknowledged = BTreeSet::new();
    for (n, outcome) in &outcomes {
        if acknowledged.is_empty() {
            // One is acknowledged, the others are on their way.
            first.signal("KILL")?;
        }
        let text = outcome?.ok().with_context(|| format!("command {n}"))?;
        acknowledged.insert(serde_json::from_str::<serde_json::Value>(&text)?["id"].as_i64().context("an id")?);
    }
    assert_eq!(acknowledged.len(), COMMANDS, "every command has made its own customer");
    first.ended()?;

    // The screens go on: what was typed is saved, and what the commands made is shown.
    second.keys("ctrl-s")?;
    second.wait_for(&["Saved 报价已确认"])?;
    assert_eq!(owner(&company)?, Some(second.process()), "the last one there owns the directory");
    second.keys("g c 2 R")?;
    second.wait_for(&["2 All 21"])?;

    let listed = company.json(&["list", "customers"])?;
    let ids: BTreeSet<i64> = listed.iter().filter_map(|c| c["id"].as_i64()).collect();
    let names: BTreeSet<&str> = listed.iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!((ids.len(), names.len()), (COMMANDS + 1, COMMANDS + 1), "nothing is there twice");
    assert!(acknowledged.is_subset(&ids), "what was acknowledged is there: {:?}", acknowledged.difference(&ids));
    second.quit()?;
    assert_eq!(owner(&company)?, None);
    company.rolod(&["audit", "verify"])?.ok()?;
    assert_eq!((company.count("customers")?, company.count("interactions")?), (COMMANDS + 1, 1));
    Ok(())
}

#[test]
fn commands_that_come_and_go_hand_the_directory_on() -> Result<()> {
    let company = Company::new()?;
    let (sender, outcomes) = mpsc::channel();
    for n in 0..20 {
        let command = match n % 2 {
            0 => company.rolo_command(&["whoami"]),
            _ => company.rolo_command(&["create", "customer", &format!("name=第{n}号公司")]),
        };
        let sender = sender.clone();
        thread::spawn(move || drop(sender.send(finish(command, None))));
    }
    drop(sender);
    for outcome in outcomes {
        outcome?.ok()?;
    }
    assert_eq!(company.count("customers")?, 10);
    Ok(())
}

#[test]
fn a_screen_finds_the_server_that_took_its_directory_over() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let served = company.serve(&[])?;
    let rolo = english(&company, WIDE)?;
    rolo.keys("2")?;
    rolo.wait_for(&["甲公司"])?;
    assert_eq!(served.terminate()?, 0);
    rolo.keys("R")?;
    rolo.wait_until("the screen owns the directory", |_| owner(&company).ok().flatten() == Some(rolo.process()))?;
    company.ok(&["create", "customer", "name=乙公司"])?;
    rolo.keys("R")?;
    rolo.wait_for(&["甲公司", "乙公司", "● live"])?;
    rolo.quit()
}
