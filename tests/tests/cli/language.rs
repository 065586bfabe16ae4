//! The command line speaks the person's language before it knows what is meant: help, and what was mistyped (`tui.md` 12).

use anyhow::{Result, ensure};

use crate::company::{Company, finish};

/// What clap says in English when nobody tells it otherwise.
const ENGLISH: [&str; 8] =
    ["Usage:", "Options:", "Commands:", "Arguments:", "Print help", "Print version", "ossible values", "[default"];

fn is_chinese(text: &str) -> Result<()> {
    ensure!(text.contains("用法：") && text.contains("选项："), "{text}");
    match ENGLISH.iter().find(|english| text.contains(*english)) {
        Some(english) => anyhow::bail!("{english}\n{text}"),
        None => Ok(()),
    }
}

#[test]
fn help_is_in_the_persons_language_at_every_depth() -> Result<()> {
    let company = Company::nothing()?;
    for args in [
        &["--help"][..],
        &["-h"],
        &["help"],
        &["do", "--help"],
        &["do", "opportunity", "assign", "--help"],
        &["import", "undo", "-h"],
        &["help", "import", "list"],
        &["servers", "default", "--help"],
    ] {
        is_chinese(&company.ok(&[&["--lang", "zh"], args].concat())?)?;
        let english = company.ok(args)?;
        assert!(english.contains("Usage:") && !english.contains("用法"), "{english}");
    }
    let help = company.ok(&["do", "--lang=zh", "--help"])?;
    for part in ["处理记录：指派", "可选值：", "- assign：销售机会（未指派）：指派给客户经理", "[OPTIONS]", "显示帮助"]
    {
        assert!(help.contains(part), "{part}\n{help}");
    }
    assert!(company.ok(&["import", "-h", "--lang", "zh"])?.contains("[默认：skip]"), "the short help says it too");
    let mut of_locale = company.rolo_command(&["board", "--help"]);
    of_locale.env("LANG", "zh_CN.UTF-8");
    is_chinese(&finish(of_locale, None)?.ok()?)
}

#[test]
fn the_servers_help_follows_the_locale() -> Result<()> {
    let company = Company::nothing()?;
    for args in [&["--help"][..], &["user", "add", "--help"], &["tls", "show", "-h"], &["help", "serve"]] {
        let mut command = company.rolod_command(args);
        command.env("LC_ALL", "zh_CN.UTF-8");
        is_chinese(&finish(command, None)?.ok()?)?;
        assert!(company.rolod(args)?.ok()?.contains("Usage:"));
    }
    Ok(())
}

#[test]
fn what_was_mistyped_is_said_in_the_persons_language_with_the_usage() -> Result<()> {
    let company = Company::nothing()?;
    for (args, words) in [
        (&["list", "customers", "--no-such"][..], "没有参数“--no-such”"),
        (&["lst"], "没有命令“lst”"),
        (&["get"], "缺少参数：<KIND>、<KEYS>..."),
        (&["do", "opportunity", "asign", "1"], "“<DEED>”没有取值“asign”"),
        (&["list", "customers", "--limit"], "“--limit <N>”缺少取值"),
        (&["list", "customers", "--limit", "few"], "“--limit <N>”的取值“few”无效"),
        (&["--data", "d", "--server", "unix:s", "whoami"], "不能与“--server <ADDRESS>”同时使用"),
    ] {
        let told = company.rolo(&[&["--lang", "zh"], args].concat())?.with(2)?.stderr;
        assert!(told.starts_with("错误：") && told.contains(words) && told.contains("--help"), "{told}");
        assert!(!told.contains("Usage:") && !told.contains("error:"), "{told}");
        assert!(company.rolo(args)?.with(2)?.stderr.starts_with("error: "));
    }
    let alike = company.rolo(&["--lang", "zh", "do", "opportunity", "asign", "1"])?.with(2)?.stderr;
    assert!(alike.contains("是否想输入：assign") && alike.contains("withdraw"), "{alike}");
    Ok(())
}

#[test]
fn a_refusal_lists_the_choices_in_the_persons_language() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "opportunity", "customer_name=甲公司", "title=设备", "success_rate=40", "description=x"])?;
    company.ok(&["do", "opportunity", "assign", "1", "--to", "boss"])?;
    let fail = ["do", "opportunities", "fail", "1", "--reason", "x", "--text", "y"];
    let en = company.rolo(&fail)?.with(6)?.stderr;
    assert!(en.contains("no such choice: x (there are: ") && en.is_ascii(), "{en}");
    let zh = company.rolo(&[&["--lang", "zh"], &fail[..]].concat())?.with(6)?.stderr;
    assert!(zh.contains("没有这个选项：x（可选：") && zh.contains('、'), "{zh}");
    let filter = company.rolo(&["list", "opportunities", "stage:x"])?.with(2)?.stderr;
    assert!(filter.contains("there are: ") && filter.is_ascii(), "{filter}");
    Ok(())
}

/// tui.md 10: an amount that could mean another is refused with what to type, and nothing is written.
#[test]
fn an_amount_that_is_none_is_refused_with_what_to_type() -> Result<()> {
    let company = Company::new()?;
    for price in ["1,2,3", "1.5e3", "1 000", "12M"] {
        let price = format!("price={price}");
        let refused = company.rolo(&["create", "product", "name=机床", &price])?.with(6)?.stderr;
        assert!(refused.contains("Price: is not an amount: type 1000000.50"), "{refused}");
    }
    assert_eq!(company.count("products")?, 0);
    for (price, is) in [("1,000,000.50", 1_000_000.5), ("１，０００", 1_000.0), ("9.5万", 95_000.0)] {
        let made = company.one(&["create", "product", &format!("name=机床{price}"), &format!("price={price}")])?;
        assert_eq!(made["price"].as_f64(), Some(is), "{price}");
    }
    Ok(())
}
