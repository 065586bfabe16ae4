//! What lies in the database is text and never moves a terminal (`design.md` §6 "Security").

use std::path::Path;

use anyhow::{Result, ensure};
use rusqlite::Connection;

use crate::{WIDE, company::Company, english};

/// Sets the title, colours, moves, rings, turns the writing round; what remains visible is `31337`.
const SEED: &str = "\u{1b}]0;31337\u{7}\u{1b}[31337m\u{9b}31337n\u{202e}\u{2066}\u{8}\u{7f}";
/// What must not reach the terminal.
const FORBIDDEN: [&[u8]; 8] = [
    b"\x1b]0;31337",
    b"\x1b[31337",
    b"\xc2\x9b",
    b"\x07",
    b"\x08",
    b"\x7f",
    "\u{202e}".as_bytes(),
    "\u{2066}".as_bytes(),
];

fn check(what: &str, written: &[u8]) -> Result<()> {
    for sequence in FORBIDDEN {
        ensure!(!written.windows(sequence.len()).any(|w| w == sequence), "{what}: {sequence:?} was written");
    }
    Ok(())
}

/// Puts the seed behind every text of the database that a screen may show, past the server, which takes none of it in.
#[expect(clippy::disallowed_methods, reason = "somebody with an editor, past the server")]
fn seed(file: &Path) -> Result<()> {
    let db = Connection::open(file)?;
    for (table, derived) in [
        ("customer", ["name_norm", "name_key", "usc_code"]),
        ("contact", ["name_key", "search", ""]),
        ("interaction", ["", "", ""]),
        ("dictionary_item", ["type", "", ""]),
        ("user", ["name_fold", "password", "name_key"]),
        ("role", ["code", "", ""]),
    ] {
        let mut columns = db.prepare("SELECT name FROM pragma_table_info(?1) WHERE type = 'TEXT'")?;
        let columns = columns.query_map([table], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        for column in columns.iter().filter(|column| !derived.contains(&column.as_str())) {
            db.execute(&format!("UPDATE {table} SET {column} = {column} || ?1"), [SEED])?;
        }
    }
    // The log holds JSON, where control characters are escaped.
    let escaped = serde_json::to_string(SEED)?;
    db.execute("UPDATE audit SET changes = REPLACE(changes, 'seeded', 'seeded' || ?1)", [escaped.trim_matches('"')])?;
    db.execute("UPDATE setting SET value = value || ?1 WHERE name = 'company'", [SEED])?;
    Ok(())
}

#[test]
fn no_escape_sequence_of_the_data_reaches_the_terminal() -> Result<()> {
    let company = Company::new()?;
    let customer = r#"{"name":"甲公司 seeded","level":"大客户","region":"北京","manager":"boss","address":"seeded",
                       "website":"seeded","tags":"seeded","legal_person":"seeded",
                       "contact":{"name":"李四 seeded","mobile":"13800002222","position":"seeded"}}"#;
    company.rolo_reading(&["create", "customer"], customer)?.ok()?;
    let interaction =
        ["create", "interaction", "customer_no=1", "title=seeded", "detail=seeded", "next_contact_at=+2h"];
    company.ok(&interaction)?;
    company.ok(&["edit", "customer", "1", "address=seeded again"])?;
    seed(&company.data.join("rolo.db"))?;

    for args in [
        &["list", "customers"][..],
        &["list", "customers", "--plain"],
        &["list", "contacts", "--format", "csv"],
        &["list", "interactions", "--json"],
        &["get", "customer", "1"],
        &["list", "dictionaries"],
        &["list", "users"],
        &["whoami"],
    ] {
        let written = company.ok(args)?;
        ensure!(written.contains("31337"), "{args:?} does not show what was seeded: {written}");
        check(&args.join(" "), written.as_bytes())?;
    }

    let rolo = english(&company, WIDE)?;
    for (keys, shown) in [
        ("g c 2", &["甲公司", "31337"][..]),
        ("/ '甲公' enter", &["甲公司", "1–1"]),
        ("enter", &["[Profile]", "31337", "e edit"]),
        ("tab", &["[Contacts]", "李四"]),
        ("tab", &["[Interactions]", "31337"]),
        ("tab", &["[Timeline]", "31337"]),
        ("tab", &["[Changes]", "31337"]),
        ("tab", &["[Profile]", "e edit"]),
        ("e", &["ctrl-s", "31337"]),
        ("esc", &["[Profile]", "e edit"]),
        ("i", &["ctrl-s", "31337"]),
        ("esc", &["[Profile]", "e edit"]),
        ("g k", &["Contacts", "李四"]),
        ("g i", &["Interactions", "31337"]),
        ("g t", &["Today", "31337"]),
        (": '甲公'", &["甲公司 seeded]0;31337", "Customer"]),
        ("ctrl-u 'dictionar' enter", &["Rolo  Data dictionary", "31337"]),
        (": 'users' enter", &["Rolo  Users", "boss", "31337"]),
        ("?", &["Keys"]),
        ("esc", &["boss"]),
    ] {
        rolo.keys(keys)?;
        rolo.wait_for(shown)?;
    }
    rolo.quit()?;
    check("the screens", &rolo.raw())
}

#[test]
fn a_pasted_escape_sequence_is_neither_obeyed_nor_kept() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let rolo = english(&company, WIDE)?;
    rolo.keys("2")?;
    rolo.wait_for(&["甲公司", "i interaction"])?;
    rolo.keys("i")?;
    rolo.wait_for(&["ctrl-s"])?;
    // A newline in what is pasted submits nothing.
    rolo.paste("报价\u{1b}]0;31337\u{7}\n\u{202e}已确认")?;
    rolo.wait_for(&["报价]0;31337", "已确认", "ctrl-s"])?;
    rolo.keys("ctrl-s")?;
    rolo.wait_for(&["Saved 报价]0;31337"])?;
    rolo.quit()?;
    check("the screens", &rolo.raw())?;
    let title = company.one(&["get", "interaction", "1"])?["title"].to_string();
    ensure!(title.contains("报价]0;31337") && title.contains("已确认"), "{title}");
    check("what was kept", title.as_bytes())
}
