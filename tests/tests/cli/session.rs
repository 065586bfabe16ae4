//! Signing in without a terminal.

use anyhow::{Context, Result, ensure};

use crate::company::{BOSS, Company};

#[test]
fn the_first_person_signs_in_by_a_password_file_and_later_commands_need_none() -> Result<()> {
    let company = Company::nothing()?;
    let password = company.password_file();
    let made =
        ["init", "--admin", BOSS, "--display-name", "王芳", "--company", "华盛贸易", "--password-file", &password];
    company.rolod(&made)?.ok()?;
    company.login(BOSS)?;

    let who = company.one(&["whoami"])?;
    assert_eq!(who["user"], "boss");
    assert_eq!(who["true_name"], "王芳");
    assert_eq!(who["company"], "华盛贸易");
    // D12: the first person administers, supervises and sells.
    assert_eq!(who["roles"], serde_json::json!(["admin", "supervisor", "manager"]));
    assert_eq!((&who["time_zone"], &who["currency"]), (&"Asia/Shanghai".into(), &"CNY".into()));
    assert_eq!(who["must_change_password"], false);
    Ok(())
}

#[test]
fn the_password_file_may_come_from_the_environment() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["logout"])?;
    let mut login = company.rolo_command(&["login", "--user", BOSS]);
    login.env("ROLO_PASSWORD_FILE", company.password_file());
    crate::company::finish(login, None)?.ok()?;
    company.ok(&["whoami"])?;
    Ok(())
}

#[test]
fn without_a_token_and_a_terminal_a_command_says_the_line_to_type() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["logout"])?;
    let refused = company.rolo(&["list", "customers"])?.with(5)?;
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("rolo login --user boss --password-file FILE"), "{}", refused.stderr);

    let elsewhere = company.file("data");
    let refused = company.rolo(&["--data", &elsewhere, "--lang", "zh", "whoami"])?.with(5)?;
    assert!(refused.stderr.contains(&format!("请先登录：rolo login --data {elsewhere}")), "{}", refused.stderr);
    Ok(())
}

#[test]
fn without_a_terminal_a_login_that_lacks_something_asks_nothing() -> Result<()> {
    let company = Company::new()?;
    for args in [&["login"][..], &["login", "--user", BOSS]] {
        let refused = company.rolo(args)?.with(2)?;
        assert!(refused.stderr.contains("rolo login --user NAME --password-file FILE"), "{}", refused.stderr);
    }
    Ok(())
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words() -> Result<()> {
    let company = Company::new()?;
    let wrong = company.write("wrong", "not the password\n")?;
    let known = company.rolo(&["login", "--user", BOSS, "--password-file", &wrong])?.with(5)?;
    let unknown = company.rolo(&["login", "--user", "nobody", "--password-file", &wrong])?.with(5)?;
    assert_eq!(known.stderr, unknown.stderr);
    assert!(!known.stderr.is_empty());
    Ok(())
}

#[test]
fn two_people_keep_a_session_each_and_user_chooses() -> Result<()> {
    let company = Company::new()?;
    let password = company.password_file();
    company.rolod(&["user", "add", "li", "--role", "manager", "--password-file", &password])?.ok()?;
    company.login("li")?;
    assert_eq!(company.one(&["whoami"])?["user"], "li", "the last sign-in is the default");
    assert_eq!(company.one(&["--user", BOSS, "whoami"])?["user"], BOSS);
    company.ok(&["logout"])?;
    company.rolo(&["whoami"])?.with(5)?;
    assert_eq!(company.one(&["whoami", "--user", BOSS])?["user"], BOSS, "only li has signed out");
    Ok(())
}

#[test]
fn signing_out_everywhere_ends_the_sessions_of_other_machines() -> Result<()> {
    let company = Company::new()?;
    let other = company.file("other-state");
    let mut login = company.rolo_command(&["login", "--user", BOSS, "--password-file", &company.password_file()]);
    login.env("ROLO_STATE", &other);
    crate::company::finish(login, None)?.ok()?;
    company.ok(&["logout", "--everywhere"])?;
    let mut who = company.rolo_command(&["whoami"]);
    who.env("ROLO_STATE", &other);
    crate::company::finish(who, None)?.with(5)?;
    Ok(())
}

#[test]
fn a_one_time_password_opens_nothing_until_it_is_changed() -> Result<()> {
    let company = Company::new()?;
    let said = company.rolod(&["user", "add", "li", "--role", "manager"])?.ok()?;
    let one_time = said.lines().find_map(|l| l.strip_prefix("One-time password, to be changed at the first sign-in: "));
    let one_time = company.write("one-time", one_time.context("a one-time password")?)?;
    company.ok(&["login", "--user", "li", "--password-file", &one_time])?;
    let refused = company.rolo(&["list", "customers", "--json"])?.with(5)?;
    assert!(refused.stderr.contains("PASSWORD_CHANGE_REQUIRED"), "{}", refused.stderr);

    let new = company.password_file();
    company.ok(&["login", "--user", "li", "--password-file", &one_time, "--new-password-file", &new])?;
    company.ok(&["list", "customers"])?;
    company.ok(&["logout"])?;
    company.login("li")?;
    Ok(())
}

#[test]
fn nothing_of_the_state_can_be_read_by_others() -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let company = Company::new()?;
    let mut open = vec![company.path("state"), company.data.clone()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let mode = std::fs::metadata(&path)?.permissions().mode() & 0o777;
        ensure!(mode & 0o077 == 0, "{} has mode {mode:o}", path.display());
        seen += 1;
        if path.is_dir() {
            open.extend(std::fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?);
        }
    }
    assert!(seen > 6, "only {seen} files");
    Ok(())
}
