//! Lists: formats, filters, orders, views, columns.

use anyhow::Result;
use serde_json::json;

use crate::company::Company;

/// Four customers: two of 大客户, one with a comma and a quote in its name.
fn four() -> Result<Company> {
    let company = Company::new()?;
    let rows = r#"{"name":"北京华盛科技","level":"大客户","region":"北京","satisfaction":5,"tel":"010-88660001"}
                  {"name":"天津启明","level":"普通客户","region":"华北","satisfaction":2}
                  {"name":"Quick, \"Stop\"","level":"大客户","region":"北京"}
                  {"name":"上海申江"}"#;
    company.rolo_reading(&["create", "customers"], rows)?.ok()?;
    Ok(company)
}

#[test]
fn the_same_list_comes_as_table_json_csv_and_ids() -> Result<()> {
    let company = four()?;
    let table = company.ok(&["list", "customers", "--columns", "id,name,level"])?;
    let header = table.lines().next().unwrap_or_default();
    assert!(header.contains("Name") && header.contains("Customer level"), "{table}");
    assert_eq!(table.lines().count(), 6, "header, rule, four rows:\n{table}");

    let csv = company.ok(&["list", "customers", "--columns", "id,name,level", "--format", "csv", "--sort", "no"])?;
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows[0], "id,name,level");
    assert_eq!(rows[3], "3,\"Quick, \"\"Stop\"\"\",大客户");

    let json = company.json(&["list", "customers", "--sort", "no"])?;
    assert_eq!(json.iter().map(|c| c["id"].clone()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(
        (&json[0]["satisfaction"], &json[3]["level"]),
        (&json!(5), &json!(null)),
        "numbers as numbers, absent as null"
    );
    assert_eq!(company.ok(&["list", "customers", "--sort", "no", "--format", "ids"])?, "1\n2\n3\n4\n");
    Ok(())
}

#[test]
fn plain_output_has_no_lines_and_no_alignment() -> Result<()> {
    let company = four()?;
    let plain = company.ok(&["list", "customers", "--plain", "--columns", "name,satisfaction", "--sort", "no"])?;
    assert_eq!(plain, "Name\tSatisfaction\n北京华盛科技\t5\n天津启明\t2\nQuick, \"Stop\"\t\n上海申江\t\n");
    Ok(())
}

#[test]
fn headers_and_messages_speak_chinese_when_told() -> Result<()> {
    let company = four()?;
    let table = company.ok(&["--lang", "zh", "list", "customers", "--columns", "name,level"])?;
    assert!(table.starts_with("名称"), "{table}");
    let refused = company.rolo(&["--lang", "zh", "get", "customer", "99"])?.with(3)?;
    assert!(refused.stderr.contains("记录"), "{}", refused.stderr);
    Ok(())
}

/// Roles are called alike: the code of one is the name of a field elsewhere.
#[test]
fn the_roles_of_people_are_called_by_their_names() -> Result<()> {
    let company = four()?;
    for (lang, roles) in
        [("en", "System administrator, Sales supervisor, Account manager"), ("zh", "系统管理员、销售主管、客户经理")]
    {
        let listed = company.ok(&["list", "users", "--lang", lang])?;
        assert!(listed.contains(roles), "{listed}");
    }
    assert_eq!(company.json(&["list", "users"])?[0]["role"], serde_json::json!(["admin", "supervisor", "manager"]));
    Ok(())
}

#[test]
fn a_filter_narrows_by_name_or_label_and_takes_several_values() -> Result<()> {
    let company = four()?;
    let ids = |filter: &str| company.ok(&["list", "customers", "--sort", "no", "--format", "ids", "--filter", filter]);
    assert_eq!(ids("level=大客户")?, "1\n3\n");
    assert_eq!(ids("等级：大客户 地区：北京")?, "1\n3\n");
    assert_eq!(ids("level=大客户,普通客户")?, "1\n2\n3\n");
    assert_eq!(ids("level=大客户 华盛")?, "1\n", "words search within");
    assert_eq!(ids("satisfaction=5")?, "1\n");
    assert_eq!(company.ok(&["list", "customers", "启明", "level:普通客户", "--format", "ids"])?, "2\n");
    let refused = company.rolo(&["list", "customers", "--filter", "colour=red"])?.with(2)?;
    assert!(refused.stderr.contains("level"), "the fields that can be filtered are named: {}", refused.stderr);
    Ok(())
}

#[test]
fn words_search_names_pinyin_numbers_and_phones() -> Result<()> {
    let company = four()?;
    for (word, id) in [("华盛", "1\n"), ("bjhs", "1\n"), ("huasheng", "1\n"), ("88660001", "1\n"), ("quick", "3\n")] {
        assert_eq!(company.ok(&["list", "customers", word, "--format", "ids"])?, id, "{word}");
    }
    Ok(())
}

#[test]
fn an_order_goes_both_ways_and_a_limit_cuts_it() -> Result<()> {
    let company = four()?;
    let ids = |sort: &str| company.ok(&["list", "customers", "--sort", sort, "--format", "ids", "--limit", "2"]);
    assert_eq!(ids("no")?, "1\n2\n");
    assert_eq!(ids("-no")?, "4\n3\n");
    // By pinyin: beijing, Quick, shanghai, tianjin.
    assert_eq!(company.ok(&["list", "customers", "--sort", "name", "--format", "ids"])?, "1\n3\n4\n2\n");
    company.rolo(&["list", "customers", "--sort", "address"])?.with(2)?;
    Ok(())
}

#[test]
fn a_view_is_what_the_screens_call_it() -> Result<()> {
    let company = four()?;
    company.ok(&["edit", "customer", "1", "manager=boss", "address=科技路 1 号"])?;
    let ids = |view: &str| company.ok(&["list", "customers", "--view", view, "--sort", "no", "--format", "ids"]);
    assert_eq!(ids("mine")?, "1\n");
    assert_eq!(ids("without_manager")?, "2\n3\n4\n");
    assert_eq!(ids("incomplete")?, "2\n3\n4\n");
    assert_eq!(ids("all")?, "1\n2\n3\n4\n");
    company.rolo(&["list", "customers", "--view", "nonsense"])?.with(2)?;
    Ok(())
}

#[test]
fn more_matches_than_a_page_are_all_listed_once() -> Result<()> {
    let company = Company::new()?;
    let rows: String = (1..=450).map(|n| format!("{{\"name\":\"第{n}公司\"}}\n")).collect();
    company.rolo_reading(&["create", "customers"], &rows)?.ok()?;
    let listed = company.ok(&["list", "customers", "--sort", "no", "--format", "ids"])?;
    let expected: String = (1..=450).map(|n| format!("{n}\n")).collect();
    assert_eq!(listed, expected);
    let mut found: Vec<u32> =
        company.ok(&["list", "customers", "公司", "--format", "ids"])?.lines().flat_map(str::parse).collect();
    found.sort_unstable();
    assert_eq!(found, (1..=450).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_reader_that_leaves_early_is_no_error() -> Result<()> {
    let company = four()?;
    let command = company.rolo_command(&["list", "customers", "--json"]);
    let rolo = command.get_program().to_string_lossy().into_owned();
    let script = format!("{rolo} list customers --json | head -n 1; echo \"${{PIPESTATUS[0]}}\"");
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", &script]).env_clear().envs(company.variables());
    let output = shell.output()?;
    let text = String::from_utf8(output.stdout)?;
    assert_eq!(text.lines().last(), Some("0"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    Ok(())
}
