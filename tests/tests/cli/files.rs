//! Exports: the list with another encoder.

use anyhow::{Context, Result};
use calamine::{Data, Reader as _};

use crate::company::Company;

fn dangerous() -> Result<Company> {
    let company = Company::new()?;
    let rows = r#"{"name":"=HYPERLINK(\"http://x\")","address":"@SUM(A1)","tags":"+1"}
                  {"name":"北京华盛科技","level":"大客户","capital":500,"address":"科技路 1 号"}"#;
    company.rolo_reading(&["create", "customers"], rows)?.ok()?;
    Ok(company)
}

#[test]
fn a_csv_export_is_the_list_with_its_formulas_disarmed() -> Result<()> {
    let company = dangerous()?;
    let file = company.file("out.csv");
    let said = company.ok(&["export", "customers", "-o", &file, "--sort", "no"])?;
    assert!(said.starts_with("2 records written"), "{said}");
    let text = std::fs::read_to_string(&file)?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|h| h == name).context("a column");
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    assert_eq!(&rows[0][column("name")?], "'=HYPERLINK(\"http://x\")");
    assert_eq!((&rows[0][column("address")?], &rows[0][column("tags")?]), ("'@SUM(A1)", "'+1"));
    assert_eq!((&rows[1][column("name")?], &rows[1][column("capital")?]), ("北京华盛科技", "500"));

    let refused = company.rolo(&["export", "customers", "-o", &file])?.with(6)?;
    assert!(!refused.stderr.is_empty(), "a file that is there is not overwritten unasked");
    company.ok(&["export", "customers", "-o", &file, "--overwrite"])?;
    Ok(())
}

#[test]
fn an_xlsx_export_holds_texts_and_numbers_and_no_formula() -> Result<()> {
    let company = dangerous()?;
    let file = company.file("out.xlsx");
    company.ok(&["export", "customers", "-o", &file, "--sort", "no", "--columns", "name,capital,address"])?;
    let mut book = calamine::open_workbook_auto(&file)?;
    let sheet = book.sheet_names().first().cloned().context("a sheet")?;
    assert_eq!(book.worksheet_formula(&sheet)?.used_cells().count(), 0);
    let range = book.worksheet_range(&sheet)?;
    let rows: Vec<&[Data]> = range.rows().collect();
    let text = |row: usize, column: usize| rows[row][column].to_string();
    assert_eq!((text(0, 0), text(0, 1)), ("name".into(), "capital".into()));
    assert!(matches!(&rows[1][0], Data::String(s) if s == "'=HYPERLINK(\"http://x\")"), "{:?}", rows[1][0]);
    assert_eq!(text(2, 0), "北京华盛科技");
    assert!(matches!(rows[2][1], Data::Float(n) if (n - 500.0).abs() < 1e-9), "{:?}", rows[2][1]);
    Ok(())
}

#[test]
fn what_was_exported_comes_back_as_it_was() -> Result<()> {
    let company = dangerous()?;
    let columns = "name,level,capital,address,tags";
    let before = company.json(&["list", "customers", "--columns", columns, "--sort", "no"])?;
    for ending in ["csv", "xlsx"] {
        let file = company.file(&format!("out.{ending}"));
        company.ok(&["export", "customers", "-o", &file, "--columns", columns, "--sort", "no"])?;
        let other = Company::new()?;
        other.ok(&["import", "customers", &file])?;
        assert_eq!(other.json(&["list", "customers", "--columns", columns, "--sort", "no"])?, before, "{ending}");
    }
    Ok(())
}

#[test]
fn a_json_export_is_what_list_writes() -> Result<()> {
    let company = dangerous()?;
    let file = company.file("out.json");
    company.ok(&["export", "customers", "-o", &file, "--filter", "level=大客户"])?;
    assert_eq!(std::fs::read_to_string(&file)?, company.ok(&["list", "customers", "level:大客户", "--json"])?);
    Ok(())
}

#[test]
fn a_template_is_a_workbook_with_headers_that_map_themselves() -> Result<()> {
    let company = Company::new()?;
    let file = company.file("template.xlsx");
    company.ok(&["import", "customers", "--template", &file])?;
    let mut book = calamine::open_workbook_auto(&file)?;
    let sheet = book.sheet_names().first().cloned().context("a sheet")?;
    let range = book.worksheet_range(&sheet)?;
    let headers: Vec<String> = range.rows().next().context("a header")?.iter().map(ToString::to_string).collect();
    assert!(headers.iter().any(|h| h.contains("Name")) && headers.len() > 20, "{headers:?}");
    let empty = company.rolo(&["import", "customers", &file])?.with(6)?;
    assert!(empty.stderr.contains("no rows"), "{}", empty.stderr);

    // A row under these headers: the name is the first column that must be filled.
    let name = headers.iter().position(|h| h.starts_with("Name")).context("the name")?;
    let row: Vec<&str> = (0..headers.len()).map(|column| if column == name { "甲公司" } else { "" }).collect();
    let mut filled = csv::Writer::from_path(company.path("filled.csv"))?;
    filled.write_record(&headers)?;
    filled.write_record(&row)?;
    filled.flush()?;
    let done = company.rolo(&["import", "customers", &company.file("filled.csv")])?.with(0)?;
    assert!(done.stdout.starts_with("1 created"), "{}", done.stdout);
    assert!(!done.stderr.contains("Not used"), "every header of the template is a field: {}", done.stderr);
    Ok(())
}
