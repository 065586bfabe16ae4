//! `rolod` on its own machine: it works the same while nobody and while somebody else serves the directory.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::company::{BOSS, Company, free_address};

/// The accounts: name, state, department, roles.
fn accounts(company: &Company) -> Result<Vec<Vec<String>>> {
    let listed = company.rolod(&["user", "list"])?.ok()?;
    Ok(listed.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

fn administers_people(company: &Company) -> Result<()> {
    let password = company.password_file();
    let add = |name: &str, more: &[&str]| {
        let mut args = vec!["user", "add", name, "--password-file", &password];
        args.extend(more);
        company.rolod(&args)?.ok()
    };
    add("sup", &["--role", "supervisor", "--department", "华北/北京", "--display-name", "孙丽"])?;
    add("li", &["--role", "manager", "--department", "华北/北京", "--superior", "sup", "--code", "LI0001"])?;
    company.login("li")?;
    assert_eq!(company.one(&["whoami"])?["roles"], json!(["manager"]));

    company.rolod(&["user", "roles", "li", "--role", "executive", "--role", "service"])?.ok()?;
    let mut roles: Vec<String> = serde_json::from_value(company.one(&["whoami"])?["roles"].clone())?;
    roles.sort();
    assert_eq!(roles, ["executive", "service"], "new rights count at once");

    company.rolod(&["user", "disable", "li"])?.ok()?;
    company.rolo(&["whoami", "--user", "li"])?.with(5)?;
    company.rolo(&["login", "--user", "li", "--password-file", &password])?.with(5)?;
    let listed = accounts(company)?;
    let li = listed.iter().find(|a| a[0] == "li").context("li")?;
    assert_eq!(li[2], "disabled");
    assert!(li[3].contains("北京"), "{li:?}");
    company.rolod(&["user", "enable", "li"])?.ok()?;

    let new = company.write("new-password", "another good password\n")?;
    company.login("li")?;
    company.rolod(&["user", "reset", "li", "--password-file", &new])?.ok()?;
    company.rolo(&["whoami", "--user", "li"])?.with(5)?;
    company.rolo(&["login", "--user", "li", "--password-file", &password])?.with(5)?;
    company.ok(&["login", "--user", "li", "--password-file", &new])?;

    let names: Vec<String> = accounts(company)?.into_iter().map(|mut a| a.swap_remove(0)).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    ensure!(company.rolod(&["user", "add", "li", "--role", "manager"])?.code != 0, "a name is nobody else's");
    ensure!(company.rolod(&["user", "add", "new", "--role", "emperor"])?.code != 0, "there is no such role");
    ensure!(company.rolod(&["user", "disable", "nobody"])?.code != 0, "there is nobody of that name");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a look from outside, at what is on disk")]
fn customers_in(file: &Path) -> Result<i64> {
    let copy = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(copy.query_row("SELECT COUNT(*) FROM customer", [], |row| row.get(0))?)
}

fn looks_after_the_data(company: &Company) -> Result<()> {
    company.login(BOSS)?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let whole = company.rolod(&["audit", "verify"])?.ok()?;
    assert!(whole.starts_with("The audit log is whole"), "{whole}");
    let copy = company.file("copy.db");
    company.rolod(&["backup", &copy])?.ok()?;
    assert_eq!(customers_in(Path::new(&copy))?, 1);
    ensure!(company.rolod(&["backup", &copy])?.code != 0, "a file that is there is not overwritten");
    let figures = company.rolod(&["figures"])?.ok()?;
    assert!(figures.contains("0 differ"), "{figures}");
    Ok(())
}

#[test]
fn accounts_are_administered_while_nobody_owns_the_directory() -> Result<()> {
    administers_people(&Company::new()?)
}

#[test]
fn accounts_are_administered_while_rolod_serves_the_directory() -> Result<()> {
    let company = Company::new()?;
    let served = company.serve(&[])?;
    administers_people(&company)?;
    assert_eq!(served.terminate()?, 0);
    Ok(())
}

#[test]
fn audit_backup_and_figures_work_while_nobody_owns_the_directory() -> Result<()> {
    looks_after_the_data(&Company::new()?)
}

#[test]
fn audit_backup_and_figures_work_while_rolod_serves_the_directory() -> Result<()> {
    let company = Company::new()?;
    let served = company.serve(&[])?;
    looks_after_the_data(&company)?;
    assert_eq!(served.terminate()?, 0);
    Ok(())
}

#[test]
fn a_served_directory_is_not_served_twice_and_is_free_after_sigterm() -> Result<()> {
    let company = Company::new()?;
    let served = company.serve(&[])?;
    let second = company.rolod(&["serve"])?.with(1)?;
    assert!(second.stderr.contains("served by another process"), "{}", second.stderr);
    assert_eq!(served.terminate()?, 0);
    assert_eq!(company.serve(&[])?.terminate()?, 0);
    Ok(())
}

#[test]
fn a_client_reaches_the_server_by_socket_and_in_plaintext_on_loopback_alone() -> Result<()> {
    let company = Company::new()?;
    let socket = format!("unix:{}", company.file("extra.sock"));
    let served = company.serve(&["--listen", &socket])?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let listed = company.ok(&["--server", &socket, "list", "customers", "--format", "ids"])?;
    assert_eq!(listed, "1\n", "the token is the database's, whatever the way to it");
    let mut elsewhere = company.rolo_command(&["list", "customers", "--format", "ids"]);
    elsewhere.env_remove("ROLO_DATA").env("ROLO_SERVER", &socket);
    assert_eq!(crate::company::finish(elsewhere, None)?.ok()?, "1\n");
    assert_eq!(served.terminate()?, 0);
    let gone = company.rolo(&["--server", &socket, "list", "customers"])?.with(7)?;
    let said = format!(
        "rolo: The server cannot be reached: {socket}: nobody listens there; is rolod running, and the address right \
         (--server)?\n"
    );
    assert_eq!(gone.stderr, said, "what happened and what to do; nothing waits to be sent again");

    let address = free_address()?;
    let served = company.serve(&["--listen", &address])?;
    let plain = format!("plain:{address}");
    let listed = company.ok(&["--server", &plain, "list", "customers", "--format", "ids"])?;
    assert_eq!(listed, "1\n");
    let unasked = company.rolo(&["--server", &address, "list", "customers"])?.with(7)?;
    assert!(unasked.stderr.contains(&plain), "plaintext is spoken when asked for only: {}", unasked.stderr);
    assert_eq!(served.terminate()?, 0);
    let refused = company.rolod(&["serve", "--listen", "plain:0.0.0.0:7000"])?.with(2)?;
    assert!(refused.stderr.contains("loopback"), "{}", refused.stderr);
    let refused = company.rolod(&["serve", "--listen", "0.0.0.0:7000"])?.with(1)?;
    assert!(refused.stderr.contains("rolod tls init"), "{}", refused.stderr);
    Ok(())
}

#[test]
fn a_tampered_audit_log_is_noticed() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    tamper(&company.data.join("rolo.db"))?;
    let broken = company.rolod(&["audit", "verify"])?.with(1)?;
    assert!(broken.stderr.contains("breaks at row"), "{}", broken.stderr);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "somebody with an editor, past the server")]
fn tamper(file: &Path) -> Result<()> {
    let changed = Connection::open(file)?
        .execute("UPDATE audit SET changes = REPLACE(changes, '甲公司', '乙公司') WHERE changes LIKE '%甲公司%'", [])?;
    ensure!(changed > 0, "nothing to tamper with");
    Ok(())
}

#[test]
fn a_second_init_does_not_touch_what_is_there() -> Result<()> {
    let company = Company::new()?;
    let again = company.rolod(&["init", "--admin", "thief", "--password-file", &company.password_file()])?;
    assert_eq!(again.code, 1, "{}", again.stdout);
    assert_eq!(company.one(&["whoami"])?["user"], BOSS);
    Ok(())
}

/// Whoever administers reads no codes.
#[test]
fn what_rolod_refuses_is_said_in_words() -> Result<()> {
    let company = Company::new()?;
    let (other, short) = (company.file("other"), company.write("short.pw", "short\n")?);
    let password = company.password_file();
    company.rolod(&["user", "add", "li", "--role", "manager", "--password-file", &password])?.ok()?;
    for (args, said) in [
        (&["init", "--data", &other, "--admin", "a", "--currency", "usd"][..], "currency: three capital letters"),
        (&["init", "--data", &other, "--admin", "a", "--time-zone", "Mars"], "time zone: the name of a zone"),
        (&["init", "--data", &other, "--admin", "a b"], "name: up to 50 characters without spaces"),
        (&["user", "add", "li", "--role", "manager"], "name: li is there already"),
        (&["user", "add", "new", "--role", "boss"], "roles: there is no boss"),
        (&["user", "add", "new", "--role", "manager", "--password-file", &short], "password: at least 8 characters"),
    ] {
        let refused = company.rolod(args)?.with(1)?;
        assert!(refused.stderr.contains(said), "{said}\n{}", refused.stderr);
    }
    Ok(())
}
