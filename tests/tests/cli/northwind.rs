//! Northwind: a real customer file comes in (`domain-spec.md` §5.9).

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use rolo_tests::world::digest;
use serde_json::{Value as Json, json};

use crate::company::{Company, sample, signal, wait};

/// What the issue types, but for the file.
const MAPS: &[&str] = &[
    "--map",
    "external_id=customerID",
    "--map",
    "name=companyName",
    "--map",
    "contact.name=contactName",
    "--map",
    "contact.position=contactTitle",
    "--map",
    "tel=phone",
    "--create-missing",
];

fn northwind() -> Result<String> {
    Ok(fs::read_to_string(sample("northwind-customers.csv"))?)
}

fn import<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["import", "customers", file], MAPS, more].concat()
}

/// What an import did; it may have left rows out.
fn summary(company: &Company, args: &[&str], code: i32) -> Result<Json> {
    let mut all = args.to_vec();
    all.push("--json");
    let done = company.rolo(&all)?.with(code)?;
    let last = done.stdout.lines().last().with_context(|| format!("a summary: {}", done.stderr))?;
    Ok(serde_json::from_str(last)?)
}

/// The customers and contacts, without what differs from one database to the next: times and the day in the number.
fn rows(company: &Company) -> Result<Vec<Json>> {
    let mut rows = company.json(&["list", "customers", "--sort", "no"])?;
    rows.extend(company.json(&["list", "contacts"])?);
    for row in &mut rows {
        let row = row.as_object_mut().context("an object")?;
        row.retain(|field, _| !matches!(field.as_str(), "created_at" | "updated_at"));
        for number in ["no", "customer_no"] {
            if let Some(Json::String(number)) = row.get_mut(number) {
                number.replace_range(..number.len() - 3, "");
            }
        }
    }
    Ok(rows)
}

fn imported(name: &str, bytes: impl AsRef<[u8]>) -> Result<Company> {
    let company = Company::new()?;
    let file = company.write(name, bytes)?;
    let did = summary(&company, &import(&file, &[]), 0)?;
    assert_eq!(
        (&did["created"], &did["second_created"], &did["refused"]),
        (&json!(91), &json!(91), &json!(0)),
        "{name}"
    );
    Ok(company)
}

#[test]
fn ninety_one_customers_come_in_with_their_contacts_and_a_second_run_creates_nothing() -> Result<()> {
    let company = imported("customers.csv", northwind()?)?;
    assert_eq!((company.count("customers")?, company.count("contacts")?), (91, 91));
    let file = company.file("customers.csv");
    let before = digest(&company.data)?;
    let again = summary(&company, &import(&file, &[]), 0)?;
    assert_eq!((&again["created"], &again["skipped"], &again["second_created"]), (&json!(0), &json!(91), &json!(0)));
    assert_eq!((company.count("customers")?, company.count("contacts")?), (91, 91));
    assert_ne!(before, digest(&company.data)?, "the second run is on record too");

    // What the file says, field by field; the literal NULL is blank and its missing choices were added.
    let customer = company.one(&["list", "customers", "--filter", "external_id=HANAR"])?;
    assert_eq!((&customer["name"], &customer["region"]), (&json!("Hanari Carnes"), &json!("RJ")));
    assert_eq!((&customer["zip"], &customer["tel"]), (&json!("05454-876"), &json!("(21) 555-0091")));
    assert_eq!(company.one(&["get", "customer", "ALFKI"])?["region"], json!(null));
    let contact = company.one(&["list", "contacts", "Mario Pontes"])?;
    assert_eq!(
        (&contact["customer_name"], &contact["position"]),
        (&json!("Hanari Carnes"), &json!("Accounting Manager"))
    );
    Ok(())
}

#[test]
fn the_same_file_in_other_encodings_and_as_a_workbook_gives_the_same_rows() -> Result<()> {
    let text = northwind()?;
    let expected = rows(&imported("customers.csv", &text)?)?;
    assert_eq!(expected.len(), 182);

    let (gb18030, _, lossy) = encoding_rs::GB18030.encode(&text);
    assert!(!lossy);
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let utf8_bom = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let versions: [(&str, Vec<u8>); 4] = [
        ("gb18030.csv", gb18030.into_owned()),
        ("utf16.csv", utf16),
        ("bom.csv", utf8_bom.into_bytes()),
        ("customers.xlsx", workbook(&text)?),
    ];
    for (name, bytes) in versions {
        let got = rows(&imported(name, bytes)?)?;
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(got, expected, "{name}");
        }
        assert_eq!(got.len(), expected.len(), "{name}");
    }
    Ok(())
}

fn workbook(text: &str) -> Result<Vec<u8>> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (y, line) in text.lines().enumerate() {
        // The file writes `24, place Kléber` without quotes: a comma before a blank does not end a cell.
        let line = line.replace(", ", "\0");
        for (x, cell) in line.split(',').enumerate() {
            sheet.write_string(u32::try_from(y)?, u16::try_from(x)?, cell.replace('\0', ", "))?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// Twenty good rows, and five that are broken in five ways.
const BROKEN: [(&str, &str); 5] = [
    ("BAD01,Too many cells,A B,Owner,S 1,C,NULL,1,X,030-1234567,NULL,,,surplus", ""),
    ("BAD02,,C D,Owner,S 2,C,NULL,2,X,030-1234567,NULL,,", "Name"),
    ("BAD03,Bad phone,E F,Owner,S 3,C,NULL,3,X,call me,NULL,,", "Telephone"),
    ("BAD04,Nobody's customer,G H,Owner,S 4,C,NULL,4,X,030-1234567,NULL,,ghost", "Account manager"),
    ("BAD05,Nine stars,I J,Owner,S 5,C,NULL,5,X,030-1234567,NULL,9,", "Satisfaction"),
];

#[test]
fn five_broken_rows_of_five_kinds_stop_only_themselves_and_come_in_once_mended() -> Result<()> {
    let text = northwind()?;
    let mut lines: Vec<String> = text.lines().take(21).map(|line| format!("{line},,")).collect();
    lines[0] = format!("{},satisfaction,manager", text.lines().next().context("a header")?);
    for (n, (row, _)) in BROKEN.iter().enumerate() {
        lines.insert(4 * (n + 1), (*row).to_owned());
    }
    let company = Company::new()?;
    let file = company.write("customers.csv", lines.join("\n"))?;
    let did = summary(&company, &import(&file, &[]), 6)?;
    assert_eq!((&did["created"], &did["refused"]), (&json!(20), &json!(5)), "{did}");
    assert_eq!(company.count("customers")?, 20);

    let errors = company.path("customers.errors.csv");
    assert_eq!(did["errors"], json!(errors.to_string_lossy()));
    let written = fs::read_to_string(&errors)?;
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(written.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    assert_eq!(header[13..], ["line", "field", "reason"]);
    let faulty: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    assert_eq!(faulty.len(), 5, "{written}");
    let mut reasons = Vec::new();
    for (n, (row, (_, field))) in faulty.iter().zip(BROKEN).enumerate() {
        assert_eq!(
            (&row[0], &row[13]),
            (format!("BAD0{}", n + 1).as_str(), (4 * (n + 1) + 1).to_string().as_str()),
            "{row:?}"
        );
        assert_eq!(&row[14], field, "{row:?}");
        assert!(!row[15].is_empty());
        reasons.push(row[15].to_owned());
    }
    reasons.dedup();
    assert_eq!(reasons.len(), 5, "each kind says its own: {reasons:?}");

    let mut mended = csv::Writer::from_path(&errors)?;
    mended.write_record(&header)?;
    for row in &faulty {
        let mut row: Vec<String> = row.iter().take(16).map(str::to_owned).collect();
        match row[0].as_str() {
            "BAD02" => row[1] = "Now with a name".into(),
            "BAD03" => row[9] = "030-7654321".into(),
            "BAD04" => row[12] = "boss".into(),
            "BAD05" => row[11] = "5".into(),
            _ => {}
        }
        mended.write_record(&row)?;
    }
    mended.flush()?;
    let file = errors.to_string_lossy().into_owned();
    let did = summary(&company, &import(&file, &[]), 0)?;
    assert_eq!((&did["created"], &did["refused"]), (&json!(5), &json!(0)), "{did}");
    assert_eq!((company.count("customers")?, company.count("contacts")?), (25, 25));
    assert_eq!(company.one(&["get", "customer", "BAD04"])?["manager"], "boss");
    Ok(())
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() -> Result<()> {
    let company = imported("customers.csv", northwind()?)?;
    let changed = northwind()?.replace("030-0074321", "030-9999999").replace("12209", "NULL");
    let file = company
        .write("changed.csv", format!("{changed}\nNEWCO,A new company,Li Si,Owner,S,C,Mars,1,X,010-88660000,NULL\n"))?;
    let before = digest(&company.data)?;
    let said = company.rolo(&import(&file, &["--dry-run", "--existing", "update"]))?.with(0)?.stdout;
    assert!(said.contains("Telephone: 030-0074321 → 030-9999999"), "old → new: {said}");
    assert!(said.contains("Post code: 12209 → "), "NULL clears: {said}");
    assert!(said.contains("Region: Mars (1 row)"), "{said}");
    assert!(said.contains("1 created, 1 updated, 0 skipped, 90 unchanged, 0 refused"), "{said}");
    assert_eq!(digest(&company.data)?, before);
    assert!(!company.path("changed.errors.csv").exists());

    let did = summary(&company, &import(&file, &["--existing", "update"]), 0)?;
    assert_eq!((&did["created"], &did["updated"], &did["unchanged"]), (&json!(1), &json!(1), &json!(90)));
    let customer = company.one(&["get", "customer", "ALFKI"])?;
    assert_eq!((&customer["tel"], &customer["zip"]), (&json!("030-9999999"), &json!(null)));
    Ok(())
}

/// §5.7: told before and after, with the way to bring it in.
#[test]
fn contacts_of_what_is_skipped_are_left_out_and_that_is_told() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let file = company
        .write("more.csv", "name,contact.name,contact.mobile\n甲公司,李工,13911111111\n乙公司,王工,13922222222\n")?;
    let args = ["import", "customers", file.as_str()];
    let look = company.ok(&[&args[..], &["--dry-run"]].concat())?;
    assert!(look.contains("line 2: exists already") && look.contains("what else is in this row is left out"), "{look}");
    assert!(look.contains("1 contact left out") && look.contains("--existing update"), "{look}");
    let did = summary(&company, &args, 0)?;
    assert_eq!((&did["skipped"], &did["second_created"], &did["second_left_out"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(company.count("contacts")?, 1);
    let did = summary(&company, &[&args[..], &["--existing", "update"]].concat(), 0)?;
    assert_eq!((&did["second_created"], &did["second_left_out"]), (&json!(1), &json!(0)));
    assert_eq!(company.count("contacts")?, 2);
    Ok(())
}

#[test]
fn without_create_missing_the_missing_choices_are_listed_and_nothing_is_written() -> Result<()> {
    let company = Company::new()?;
    let file = company.write("customers.csv", northwind()?)?;
    let before = digest(&company.data)?;
    let done = company.rolo(&["import", "customers", &file, "--map", "name=companyName"])?.with(6)?;
    assert!(done.stdout.contains("Region: BC (2 rows)"), "{}", done.stdout);
    assert!(done.stderr.contains("--create-missing"), "{}", done.stderr);
    assert_eq!(digest(&company.data)?, before);
    Ok(())
}

#[test]
fn a_row_whose_match_lies_in_the_recycle_bin_is_refused_with_that_reason() -> Result<()> {
    let company = imported("customers.csv", northwind()?)?;
    company.ok(&["delete", "customer", "ALFKI"])?;
    let file = company.file("customers.csv");
    let did = summary(&company, &import(&file, &[]), 6)?;
    assert_eq!((&did["skipped"], &did["refused"]), (&json!(90), &json!(1)), "{did}");
    let errors = fs::read_to_string(company.path("customers.errors.csv"))?;
    assert!(errors.contains("Alfreds Futterkiste") && errors.contains("recycle bin"), "{errors}");
    Ok(())
}

#[test]
fn undo_takes_a_whole_import_back() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let file = company.write("customers.csv", northwind()?)?;
    let did = summary(&company, &import(&file, &[]), 0)?;
    let undone = company.one(&["undo", &did["operation_id"].to_string()])?;
    assert_eq!(undone["kept"], json!([]));
    assert_eq!((company.ok(&["list", "customers", "--format", "ids"])?, company.count("contacts")?), ("1\n".into(), 0));
    let dictionary = company.ok(&["list", "dictionaries", "--format", "csv"])?;
    assert!(!dictionary.contains("Nueva Esparta"), "the choices that it added go too");
    company.rolod(&["audit", "verify"])?.ok()?;
    company.ok(&["undo", "--redo"])?;
    assert_eq!((company.count("customers")?, company.count("contacts")?), (92, 91));
    Ok(())
}

#[test]
fn an_import_killed_in_the_middle_goes_on_and_ends_complete_without_doubles() -> Result<()> {
    const ROWS: usize = 3_000;
    let company = Company::new()?;
    let mut text = String::from("name,contact.name,contact.mobile\n");
    for n in 0..ROWS {
        // Every hundredth row is faulty: what was refused before the kill is explained after it.
        let mobile = if n % 100 == 50 { "call me".to_owned() } else { format!("138{n:08}") };
        text.push_str(&format!("第{n}号公司,联系人{n},{mobile}\n"));
    }
    let file = company.write("many.csv", text)?;
    let args = ["import", "customers", &file];
    let mut running = company.rolo_command(&args).spawn()?;
    // It owns the directory; whoever looks meanwhile asks it.
    while company.ok(&["list", "customers", "--limit", "1", "--format", "ids"])?.is_empty() {
        if running.try_wait()?.is_some() {
            bail!("the import ended early: {:?}", wait(running, None)?);
        }
    }
    signal("KILL", running.id())?;
    assert_eq!(wait(running, None)?.code, 128 + 9, "it was in the middle");
    let written = company.count("customers")?;
    ensure!(written > 0 && written < ROWS, "{written} rows were written before the kill");

    let did = summary(&company, &args, 6)?;
    assert_eq!((&did["resumed"], &did["finished"]), (&json!(true), &json!(true)), "{did}");
    assert_eq!((&did["created"], &did["refused"]), (&json!(ROWS - 30), &json!(30)), "{did}");
    let errors = fs::read_to_string(company.path("many.errors.csv"))?;
    assert_eq!(errors.lines().count(), 31, "the rows refused before the kill are there too");
    let mut names: Vec<String> =
        company.json(&["list", "customers", "--columns", "name"])?.iter().map(|c| c["name"].to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), ROWS - 30, "no row twice, none left out");
    assert_eq!(company.count("contacts")?, ROWS - 30);

    let again = summary(&company, &args, 6)?;
    assert_eq!((&again["resumed"], &again["created"]), (&json!(false), &json!(0)), "{again}");
    company.rolod(&["audit", "verify"])?.ok()?;
    let undone = company.one(&["undo", &did["operation_id"].to_string()])?;
    assert_eq!(undone["kept"], json!([]), "both halves are one operation");
    assert_eq!((company.count("customers")?, company.count("contacts")?), (0, 0));
    Ok(())
}

#[test]
fn files_that_are_no_tables_are_refused_in_clear_words() -> Result<()> {
    let company = Company::new()?;
    let cases: [(&str, Vec<u8>); 4] = [
        ("empty.csv", Vec::new()),
        ("program.csv", [b"\x7fELF\x02\x01\x01\0".repeat(100), vec![0; 1000]].concat()),
        ("program.xlsx", b"MZ\x90\0\x03\0\0\0".repeat(100)),
        ("line.csv", vec![b'x'; 3_000_000]),
    ];
    for (name, bytes) in cases {
        let file = company.write(name, bytes)?;
        let refused = company.rolo(&["import", "customers", &file])?;
        assert!(matches!(refused.code, 2 | 6), "{name}: {refused:?}");
        assert!(!refused.stderr.is_empty() && refused.stderr.len() < 1_000, "{name}: {}", refused.stderr);
    }
    assert_eq!(company.count("customers")?, 0);
    Ok(())
}
