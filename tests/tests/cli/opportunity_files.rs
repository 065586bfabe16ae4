//! Opportunities and products from files, as people have them: §3.1, §3.2, §3.7, §5.9.

use std::fs;

use anyhow::{Context, Result};
use rolo_tests::world::digest;
use serde_json::{Value as Json, json};

use crate::company::{Company, sample};

/// As a Chinese company keeps its leads in a table.
const TABLE: &str = "\
外部编号,客户名称,概要,状态,负责人,产品,销售阶段,线索来源,成功机率(%),预期成交金额,预计成交日期,结束时间,终止原因,计划日期,计划项,执行效果
D-1,宁波东方重工,压力传感器更换,已指派,boss,,报价,展会,60%,12万,2026年12月1日,,,2026-11-10,上门看现场,
D-1,宁波东方重工,压力传感器更换,已指派,boss,,报价,展会,60%,12万,2026年12月1日,,,2026/11/20,送方案,
D-2,杭州文澜,,,,,,,,0,,,,,,
D-3,青岛海运,船台监测,开发失败,boss,,方案,网站,20,1.5亿,2026/3/1,2026-02-14,价格,2026.01.10,谈价格,对方嫌贵
D-4,成都岩峰,控制柜,开发成功,boss,,商务谈判,客户介绍,100,\"¥380,000\",,20260105,,,,
";

/// What an import did; it may have left rows out.
fn summary(company: &Company, args: &[&str], code: i32) -> Result<Json> {
    let done = company.rolo(&[args, &["--json"]].concat())?.with(code)?;
    let last = done.stdout.lines().last().with_context(|| format!("a summary: {}", done.stderr))?;
    Ok(serde_json::from_str(last)?)
}

/// The opportunities, without what differs from one database to the next.
fn rows(company: &Company) -> Result<Vec<Json>> {
    let mut rows = company.json(&["list", "opportunities", "--view", "all", "--sort", "id"])?;
    for row in &mut rows {
        let row = row.as_object_mut().context("an object")?;
        row.retain(|field, _| !matches!(field.as_str(), "created_at" | "updated_at" | "assigned_at" | "progress_at"));
    }
    Ok(rows)
}

fn workbook(table: &str) -> Result<Vec<u8>> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    for (y, line) in reader.records().enumerate() {
        for (x, cell) in line?.iter().enumerate() {
            let (y, x) = (u32::try_from(y)?, u16::try_from(x)?);
            match cell {
                "2026-11-10" => {
                    let style = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
                    let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 11, 10)?;
                    sheet.write_datetime_with_format(y, x, date, &style)?;
                }
                "60%" => {
                    let style = rust_xlsxwriter::Format::new().set_num_format("0%");
                    sheet.write_number_with_format(y, x, 0.6, &style)?;
                }
                "100" => drop(sheet.write_number(y, x, 100)?),
                text => drop(sheet.write_string(y, x, text)?),
            }
        }
    }
    Ok(book.save_to_buffer()?)
}

/// The same table in three encodings and formats is the same opportunities, with state, assignee, amount and plan.
#[test]
fn a_chinese_table_comes_in_the_same_in_utf8_gb18030_and_as_a_workbook() -> Result<()> {
    let (gb18030, _, lossy) = encoding_rs::GB18030.encode(TABLE);
    assert!(!lossy);
    let versions: [(&str, Vec<u8>); 3] = [
        ("销售机会.csv", TABLE.as_bytes().to_vec()),
        ("gb18030.csv", gb18030.into_owned()),
        ("销售机会.xlsx", workbook(TABLE)?),
    ];
    let mut expected = None;
    for (name, bytes) in versions {
        let company = Company::new()?;
        let file = company.write(name, bytes)?;
        let did = summary(&company, &["import", "opportunities", &file], 0)?;
        assert_eq!(
            (&did["created"], &did["skipped"], &did["refused"]),
            (&json!(4), &json!(1), &json!(0)),
            "{name} {did}"
        );
        assert_eq!(did["second_created"], json!(3), "{name}");
        let again = summary(&company, &["import", "opportunities", &file], 0)?;
        assert_eq!((&again["created"], &again["skipped"], &again["second_created"]), (&json!(0), &json!(5), &json!(0)));
        let rows = rows(&company)?;
        let field = |row: usize, name: &str| rows[row][name].clone();
        assert_eq!((field(0, "status"), field(0, "assignee")), (json!("assigned"), json!("boss")), "{name}");
        assert_eq!((field(1, "status"), field(1, "expected_amount")), (json!("unassigned"), json!(null)), "{name}");
        assert_eq!((field(2, "status"), field(2, "close_reason")), (json!("lost"), json!("价格")), "{name}");
        assert_eq!(field(3, "status"), json!("won"), "{name}");
        assert_eq!(&rows, expected.get_or_insert(rows.clone()), "{name}");
    }
    Ok(())
}

/// §3.7: the well-known sample's catalogue maps itself but for what it calls otherwise.
#[test]
fn northwinds_products_come_in_and_a_second_run_creates_nothing() -> Result<()> {
    let company = Company::new()?;
    let file = company.write("products.csv", fs::read(sample("northwind-products.csv"))?)?;
    let args = ["import", "products", &file, "--map", "memo=quantityPerUnit"];
    let did = summary(&company, &args, 0)?;
    assert_eq!((&did["created"], &did["refused"]), (&json!(77), &json!(0)), "{did}");
    assert_eq!(summary(&company, &args, 0)?["skipped"], json!(77));
    let chai = company.one(&["get", "product", "1"])?;
    assert_eq!((&chai["name"], &chai["external_id"]), (&json!("Chai"), &json!("1")), "{chai}");
    assert!(chai["price"].to_string().contains("18"), "{chai}");
    // An opportunity names one of them by its name or by the number that the file gave it.
    let leads = company.write("leads.csv", "company,title,product\nAlfreds,Tea,chai\nBlauer See,Syrup,3\n")?;
    let did = summary(&company, &["import", "opportunities", &leads], 0)?;
    assert_eq!(did["created"], json!(2), "{did}");
    assert!(company.ok(&["list", "opportunities", "--view", "all", "--columns", "product"])?.contains("Aniseed Syrup"));
    Ok(())
}

/// The issue: unknown users and products are listed before anything is written, and added only where asked for.
#[test]
fn unknown_people_and_products_are_listed_first_and_added_only_when_asked_for() -> Result<()> {
    let company = Company::new()?;
    let rows: String = (0..600).map(|n| format!("E-{n},客户{n},要货,won,员工{},货品{}\n", n % 7, n % 3)).collect();
    let file = company.write("leads.csv", format!("外部编号,客户名称,概要,状态,负责人,产品\n{rows}"))?;
    let before = digest(&company.data)?;
    let done = company.rolo(&["import", "opportunities", &file])?.with(6)?;
    for n in 0..7 {
        assert!(
            done.stdout.contains(&format!("Assigned to: 员工{n} (")),
            "all of them, wherever they stand: {}",
            done.stdout
        );
    }
    assert!(done.stdout.contains("Product: 货品2 (200 rows)"), "{}", done.stdout);
    assert!(done.stderr.contains("--create-missing"), "{}", done.stderr);
    assert_eq!(digest(&company.data)?, before);

    let done = company.rolo(&["import", "opportunities", &file, "--create-missing"])?.with(0)?;
    assert!(done.stdout.contains("员工6 (85 rows; a disabled account)"), "{}", done.stdout);
    assert!(done.stdout.contains("600 created"), "{}", done.stdout);
    let users = company.ok(&["list", "users", "--format", "csv"])?;
    assert!(users.contains("员工3"), "{users}");
    assert_eq!(company.json(&["list", "products"])?.len(), 3);
    let undone = company.ok(&["import", "undo", "--yes", &operation(&company)?])?;
    assert!(undone.contains("603"), "600 and three products: {undone}");
    assert_eq!(company.json(&["list", "opportunities", "--view", "all"])?.len(), 0);
    company.rolod(&["audit", "verify"])?.ok()?;
    Ok(())
}

/// The operation of the import that came last.
fn operation(company: &Company) -> Result<String> {
    let imports = company.json(&["import", "list"])?;
    Ok(imports.first().context("no import")?["batch"].to_string())
}

/// §5.9: faulty rows go to a file that comes in once it is mended.
#[test]
fn faulty_rows_go_to_the_errors_file_and_come_in_from_there_once_mended() -> Result<()> {
    let company = Company::new()?;
    let file = company.write(
        "leads.csv",
        "company,title,status,amount,close date,assigned to\n\
         A,good,,5000,2026-12-01,\n\
         B,amount,,many,2026-12-01,\n\
         C,date,,1,03/04/2026,\n\
         D,state,perhaps,1,2026-12-01,\n\
         ,nobody,,1,2026-12-01,\n",
    )?;
    let did = summary(&company, &["import", "opportunities", &file], 6)?;
    assert_eq!((&did["created"], &did["refused"]), (&json!(1), &json!(4)), "{did}");
    let errors = company.path("leads.errors.csv");
    let text = fs::read_to_string(&errors)?;
    for field in ["Expected amount", "Expected close", "Status", "Customer name"] {
        assert!(text.contains(field), "{field}: {text}");
    }
    let mended = text.replace("many", "12万").replace("perhaps", "won").replace("\n,nobody", "\nE,nobody");
    fs::write(&errors, mended)?;
    let errors = errors.to_string_lossy().into_owned();
    let did = summary(&company, &["import", "opportunities", &errors, "--date-order", "dmy"], 0)?;
    assert_eq!((&did["created"], &did["refused"]), (&json!(4), &json!(0)), "{did}");
    let row = company.one(&["list", "opportunities", "--view", "all", "--filter", "expected_close_at=2026-04-03"])?;
    assert_eq!(row["title"], "date", "--date-order says which is the day");
    Ok(())
}

/// §5.9: the template asks for state and plan too, and comes in again filled.
#[test]
fn the_template_for_opportunities_holds_state_and_plan_and_maps_itself() -> Result<()> {
    let company = Company::new()?;
    let file = company.file("template.xlsx");
    company.ok(&["--lang", "zh", "import", "opportunities", "--template", &file])?;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&file)?;
    let range = calamine::Reader::worksheet_range_at(&mut book, 0).context("no sheet")??;
    let headers: Vec<String> = range.rows().next().context("no header")?.iter().map(ToString::to_string).collect();
    for header in ["客户名称 *", "状态", "指派给", "产品", "终止原因", "计划项日期", "计划项"] {
        assert!(headers.iter().any(|h| h == header), "{header}: {headers:?}");
    }
    let line: Vec<&str> = headers.iter().map(|h| if h.starts_with("客户名称") { "甲公司" } else { "" }).collect();
    let filled = company.write("filled.csv", format!("{}\n{}\n", headers.join(","), line.join(",")))?;
    let did = summary(&company, &["import", "opportunities", &filled], 0)?;
    assert_eq!(did["created"], json!(1), "{did}");
    let said = company.rolo(&["import", "opportunities", &filled, "--dry-run"])?.with(0)?;
    assert!(!said.stderr.contains("Not used"), "every header maps itself: {}", said.stderr);
    Ok(())
}
