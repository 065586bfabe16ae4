//! Every documented exit code (`tui.md` rule 15) but 1, which is a bug.

use anyhow::Result;

use crate::company::Company;

#[test]
fn every_exit_code_says_what_happened() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司", "contact.name=李四", "contact.mobile=13800002222"])?;
    let nowhere = format!("unix:{}", company.file("nobody-listens"));
    let cases: &[(i32, &[&str])] = &[
        (0, &["list", "customers"]),
        (0, &["--help"]),
        (0, &["--version"]),
        (2, &["list", "planets"]),
        (2, &["list", "customers", "--no-such-option"]),
        (2, &["create", "customer", "colour=red"]),
        (2, &["import", "customers"]),
        (3, &["get", "customer", "99"]),
        (3, &["get", "customer", "KH200101001"]),
        (4, &["create", "customer", "name=甲公司"]),
        (4, &["restore", "customer", "1"]),
        (5, &["--user", "nobody", "whoami"]),
        (6, &["create", "customer", "name="]),
        (6, &["create", "customer", "name=乙公司", "tel=call me"]),
        (6, &["import", "customers", "no-such-file.csv"]),
        (7, &["--server", &nowhere, "whoami"]),
    ];
    for (code, args) in cases {
        let done = company.rolo(args)?;
        assert_eq!(done.code, *code, "rolo {}\n{}{}", args.join(" "), done.stdout, done.stderr);
        assert!(*code == 0 || !done.stderr.is_empty(), "rolo {} fails without a word", args.join(" "));
        assert!(!done.stderr.contains("broken on our side"), "{}", done.stderr);
    }
    Ok(())
}

#[test]
fn the_exit_code_of_several_records_is_that_of_the_first_that_failed() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let done = company.rolo_reading(&["get", "customer", "-", "--format", "ids"], "77 1 88")?.with(3)?;
    assert_eq!(done.stdout, "1\n", "the one that exists is shown");
    assert!(done.stderr.contains("77") && done.stderr.contains("88"), "{}", done.stderr);
    Ok(())
}

#[test]
fn errors_are_json_objects_when_the_output_is() -> Result<()> {
    let company = Company::new()?;
    let refused = company.rolo(&["get", "customer", "99", "--json"])?.with(3)?;
    let error: serde_json::Value = serde_json::from_str(&refused.stderr)?;
    assert_eq!(error["error"], "NOT_FOUND");
    assert_eq!(refused.stdout, "");
    Ok(())
}

#[test]
fn an_executive_may_look_but_not_write() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let password = company.password_file();
    company.rolod(&["user", "add", "exe", "--role", "executive", "--password-file", &password])?.ok()?;
    company.login("exe")?;
    for args in [&["create", "customer", "name=乙公司"][..], &["delete", "customer", "1"]] {
        let refused = company.rolo(args)?;
        // A record outside the scope of what he may read does not exist for him.
        assert!(matches!(refused.code, 3 | 5), "rolo {}: {refused:?}", args.join(" "));
    }
    Ok(())
}

#[test]
fn a_directory_without_a_database_says_how_to_make_one() -> Result<()> {
    let company = Company::nothing()?;
    let refused = company.rolo(&["list", "customers"])?.with(2)?;
    assert!(refused.stderr.contains("rolod init --data"), "{}", refused.stderr);
    assert!(!company.data.exists(), "looking makes nothing");
    Ok(())
}

#[test]
fn completions_know_the_verbs_of_every_shell() -> Result<()> {
    let company = Company::nothing()?;
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = company.ok(&["completions", shell])?;
        assert!(["whoami", "request-id", "import"].iter().all(|word| script.contains(word)), "{shell}");
    }
    Ok(())
}
