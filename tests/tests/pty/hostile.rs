//! Texts made to disturb, through every door that texts come in by: they are kept as what can be read of them, and no
//! screen, table, file or log obeys them (lessons 13 and 14).

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rust_xlsxwriter::Workbook;

use crate::{WIDE, company::Company, english, terminal::Terminal};

/// Writes the clipboard, clears, sets the title, links, colours, turns the writing, hides, and paints over other lines.
fn poison() -> String {
    let orders = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{1b}[H\u{1b}]0;owned\u{7}\u{1b}]8;;http://x\u{1b}\\\u{9b}31m";
    let hidden = "\u{202a}\u{202e}\u{2066}\u{2069}\u{200b}\u{200d}\u{feff}\u{ad}\u{8}\u{7f}";
    format!("{orders}{hidden}z{}❤\u{fe0f}👩\u{200d}👧“—…×”한글ﷺ", "\u{301}".repeat(30))
}

/// The same for a field of few characters.
fn dose() -> &'static str {
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{200b}\u{feff}"
}

/// What never reaches a terminal.
fn forbidden() -> Vec<Vec<u8>> {
    let orders = ["\u{1b}]52;c;aGk=", "\u{1b}[H", "\u{1b}]0;", "\u{1b}]8;", "\u{9b}", "\u{7}", "\u{8}", "\u{7f}"];
    let hidden = ["\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}", "\u{200b}", "\u{200d}", "\u{feff}", "\u{ad}"];
    orders.iter().chain(&hidden).map(|text| text.as_bytes().to_vec()).collect()
}

fn clean(what: &str, written: &[u8]) -> Result<()> {
    for sequence in forbidden() {
        let found = written.windows(sequence.len()).any(|w| w == sequence);
        ensure!(!found, "{what}: {:?} was written", String::from_utf8_lossy(&sequence));
    }
    Ok(())
}

/// What is written to a terminal: floods of marks are cut there, too, where a file or a pipe gets the text whole.
fn readable(what: &str, written: &[u8]) -> Result<()> {
    let flood = "\u{301}".repeat(5);
    ensure!(!written.windows(flood.len()).any(|w| w == flood.as_bytes()), "{what}: a flood of marks was written");
    clean(what, written)
}

/// The frame is where it belongs: the rule under the header whole, nothing beyond the last column, and on a list the line
/// between rows and preview in its column from top to bottom.
fn in_place(rolo: &Terminal, list: bool) -> Result<()> {
    // What was waited for may be there before the rest of its frame.
    rolo.settle(Duration::from_millis(100))?;
    let (columns, rows) = WIDE;
    let at =
        |row: u16, column: u16| rolo.look(|screen| screen.cell(row, column).map(|cell| cell.contents().to_owned()));
    for column in 0..columns {
        let cell = at(1, column).unwrap_or_default();
        ensure!(cell == "─", "column {column} of the rule holds {cell:?}:\n{}", rolo.frame());
    }
    for row in 4..rows - 2 {
        let first = at(row, 0).unwrap_or_default();
        ensure!(
            ["", " ", "▌", "✓", "│", "─", "┌", "└"].contains(&first.as_str()),
            "row {row} begins with {first:?}:\n{}",
            rolo.frame()
        );
        let bar = at(row, columns * 3 / 5).unwrap_or_default();
        ensure!(!list || bar == "│", "row {row} has {bar:?} for the line:\n{}", rolo.frame());
    }
    Ok(())
}

/// A company with poison in every text that the command line, a CSV and an XLSX file can bring in.
fn poisoned() -> Result<Company> {
    let company = Company::new()?;
    let (poison, dose) = (poison(), dose());
    let json = |name: &str| {
        serde_json::json!({
            "name": format!("{name}{poison}"), "address": format!("路{poison}\n二行"), "website": format!("w{dose}"),
            "tags": format!("标{poison}"), "legal_person": format!("法{dose}"), "bank": format!("行{poison}"),
            "licence_no": format!("照{dose}"), "manager": "boss",
            "contact": { "name": format!("李{dose}"), "mobile": "13800002222", "position": format!("职{dose}") },
        })
    };
    company.rolo_reading(&["create", "customer"], &json("甲").to_string())?.ok()?;
    let (title, detail) = (format!("title=谈{poison}"), format!("detail=细{poison}\n\u{1b}[31m二行"));
    let talk = ["create", "interaction", "customer_no=1", &title, &detail, "next_contact_at=+2h"];
    clean("create", company.ok(&talk)?.as_bytes())?;

    for header in [format!("备注{poison}"), "邮政编码".to_owned()] {
        let csv = format!("名称,地址,联系人姓名,{header}\n\"乙{poison}\",\"路{poison}\n二行\",\"王{dose}\",100000\n");
        let file = company.write(&format!("坏{}\u{1b}]0;owned\u{7}\u{202e}.csv", header.chars().count()), csv)?;
        let done = company.rolo(&["import", "customers", &file])?;
        clean("import of a CSV file", format!("{}{}", done.stdout, done.stderr).as_bytes())?;
    }

    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "名称")?.write(0, 1, "地址")?;
    sheet.write(1, 0, format!("丙{poison}"))?.write(1, 1, format!("路{poison}\n二行"))?;
    let file = company.file("坏.xlsx");
    book.save(&file)?;
    let done = company.rolo(&["import", "customers", &file])?.with(0)?;
    clean("import of an XLSX file", format!("{}{}", done.stdout, done.stderr).as_bytes())?;
    Ok(company)
}

#[test]
fn poisoned_texts_of_every_door_disturb_no_command() -> Result<()> {
    let company = poisoned()?;
    for args in [
        &["list", "customers"][..],
        &["list", "customers", "--plain"],
        &["list", "contacts"],
        &["list", "interactions"],
        &["get", "customer", "1"],
        &["get", "interaction", "1"],
    ] {
        let written = company.ok(args)?;
        ensure!(written.contains("甲") || written.contains("李") || written.contains("谈"), "{args:?}: {written}");
        clean(&args.join(" "), written.as_bytes())?;
    }
    for format in ["json", "csv"] {
        let written = company.ok(&["list", "customers", "--format", format])?;
        ensure!(["甲", "乙", "丙"].iter().all(|name| written.contains(name)), "{written}");
        clean(format, written.as_bytes())?;
    }
    // What is refused repeats what was given.
    let poison = poison();
    for args in [
        &["get", "customer", &poison][..],
        &["list", &poison],
        &["list", "customers", "--filter", &format!("level={poison}")],
        &["create", "customer", &format!("name=丁{poison}"), &format!("email{poison}=x")],
        &["create", "customer", "name=丁", &format!("region={poison}")],
    ] {
        let refused = company.rolo(args)?;
        ensure!(refused.code != 0, "{args:?} was taken");
        clean("a refusal", format!("{}{}", refused.stdout, refused.stderr).as_bytes())?;
    }
    let log = std::fs::read(company.path("state").join("rolo.log")).unwrap_or_default();
    clean("the log", &log)
}

#[test]
fn ten_thousand_characters_are_refused_or_shown_cut() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司", "manager=boss"])?;
    let long = "很长".repeat(5_000);
    for field in ["name", "address", "website", "tags", "bank", "legal_person"] {
        let refused = company.rolo(&["create", "customer", "name=乙", &format!("{field}={long}")])?.with(6)?;
        ensure!(refused.stderr.len() < 2_000, "{field}: {} bytes of refusal", refused.stderr.len());
    }
    let detail = format!("detail={long}");
    company.rolo(&["create", "interaction", "customer_no=1", "title=长谈", &detail])?.with(6)?;
    let most = format!("detail={}", "很".repeat(2_000));
    company.ok(&["create", "interaction", "customer_no=1", "title=长谈", &most])?;

    let rolo = english(&company, WIDE)?;
    for (keys, shown, list) in [
        ("g c 2", &["甲公司", "1–1"][..], true),
        ("g i", &["长谈", "1–1"], true),
        ("enter", &["长谈", "很很很"], false),
        ("e", &["ctrl-s", "很很很"], false),
    ] {
        rolo.keys(keys)?;
        rolo.wait_for(shown)?;
        in_place(&rolo, list)?;
    }
    // A paste beyond what a field takes is cut at its end, and said by the server at worst.
    rolo.keys("ctrl-x")?;
    rolo.paste(&long)?;
    in_place(&rolo, false)?;
    rolo.keys("esc")?;
    rolo.wait_for(&["长谈", "[Profile]"])?;
    in_place(&rolo, false)?;
    rolo.signal("TERM")?;
    ensure!(rolo.ended()?.success(), "it ends well");
    Ok(())
}

#[test]
fn poisoned_texts_of_every_door_disturb_no_screen() -> Result<()> {
    let company = poisoned()?;
    let poison = poison();
    let file = company.path("home").join("坏.csv");
    std::fs::write(file, format!("名称,地址,备\u{1b}[31m\u{202e}\n\"丁{poison}\",\"路{poison}\n二行\",x\n"))?;
    let rolo = english(&company, WIDE)?;
    for (keys, shown, list) in [
        ("g c 2", &["甲", "乙", "丙", "1–3"][..], true),
        ("j", &["1–3"], true),
        ("/ '甲' enter", &["甲", "1–1"], true),
        ("enter", &["[Profile]", "e edit"], false),
        ("tab", &["[Contacts]", "李"], false),
        ("tab", &["[Interactions]", "谈"], false),
        ("tab", &["[Timeline]"], false),
        ("tab", &["[Changes]"], false),
        ("e", &["ctrl-s", "甲"], false),
        ("esc", &["[Changes]"], false),
        ("i", &["ctrl-s", "甲"], false),
        ("esc", &["[Changes]"], false),
        ("g k", &["Contacts", "李"], true),
        ("g i", &["Interactions", "谈"], true),
        ("g t", &["Today", "谈"], false),
        (": '甲'", &["甲", "Customer"], false),
        ("esc", &["Today"], false),
        ("g c", &["Customers"], false),
        ("I", &["CSV or XLSX"], false),
        ("'坏.csv' enter", &["丁", "ctrl-s"], false),
        ("ctrl-s", &["丁"], false),
    ] {
        rolo.keys(keys)?;
        rolo.wait_for(shown).with_context(|| keys.to_owned())?;
        in_place(&rolo, list)?;
    }
    rolo.signal("TERM")?;
    ensure!(rolo.ended()?.success(), "it ends well");
    readable("the screens", &rolo.raw())
}

/// Names that people are given and choices that companies keep, made to disturb.
#[test]
fn poisoned_names_of_choices_products_and_people_disturb_no_picker_and_no_list() -> Result<()> {
    let company = Company::new()?;
    let (poison, dose) = (poison(), dose());
    let password = company.password_file();
    let shown = format!("赵{dose}");
    for args in [
        &["user", "add", "zhao", "--role", "manager", "--display-name", &shown, "--password-file", &password][..],
        &["user", "list"],
    ] {
        clean(&args.join(" "), company.rolod(args)?.ok()?.as_bytes())?;
    }
    let refused = company.rolod(&["user", "add", &format!("钱{poison} x"), "--role", "manager"])?;
    ensure!(refused.code != 0, "an account is one word");
    clean("a refused account", format!("{}{}", refused.stdout, refused.stderr).as_bytes())?;
    let item = |kind: &str, text: &str| {
        [
            format!("type={kind}"),
            format!("value=v{text}"),
            format!("item={text}{dose}"),
            format!("item_en={text}{dose}"),
        ]
    };
    for (kind, text) in [("region", "月球"), ("sales_stage", "试用")] {
        let fields = item(kind, text);
        let mut args = vec!["create", "dictionary"];
        args.extend(fields.iter().map(String::as_str));
        clean("create dictionary", company.ok(&args)?.as_bytes())?;
    }
    // What a file names is added under the name that it gives.
    let leads = format!(
        "客户名称,概要,状态,负责人,产品,销售阶段,备注,计划日期,计划项\n\
         甲{dose},\"要{poison}\",开发成功,旧人{dose},货{dose},阶段{dose},\"注{poison}\n二行\",2026-12-01,\"做{dose}\"\n"
    );
    let mut bytes = leads.into_bytes();
    // A row with bytes of no encoding, and one that floods.
    bytes.extend(b"\xE4\xB9\x99\xFF\xFE\x9B31m,x,,,,,,,\n");
    bytes.extend(format!("丙{},\u{1b}[2Jx,,,,,,,\n", "\u{301}".repeat(5_000)).as_bytes());
    let file = company.write("坏.csv", bytes)?;
    let done = company.rolo(&["import", "opportunities", &file, "--create-missing"])?.with(6)?;
    ensure!(done.stdout.contains("1 created"), "{done:?}");
    clean("import of opportunities", format!("{}{}", done.stdout, done.stderr).as_bytes())?;
    let errors = std::fs::read_to_string(company.path("坏.errors.csv"))?;
    ensure!(errors.contains('乙') && errors.contains('丙'), "{errors}");
    ensure!(!errors.contains(|c: char| c.is_control() && !"\n\r\t".contains(c)), "the errors file gives no orders");
    for args in [
        &["list", "opportunities", "--view", "all"][..],
        &["list", "products"],
        &["list", "users"],
        &["list", "dictionaries"],
        &["get", "opportunity", "1"],
    ] {
        clean(&args.join(" "), company.ok(args)?.as_bytes())?;
    }

    let rolo = english(&company, WIDE)?;
    for (keys, shown, list) in [
        ("g c", &["Customers"][..], false),
        // The picker of a choice, narrowed by its own hostile name, and the one of people.
        ("n", &["ctrl-s", "Region"], false),
        ("tab tab enter", &["月球"], false),
        ("'月球'", &["月球"], false),
        ("enter", &["ctrl-s", "月球"], false),
        ("enter", &["赵"], false),
        ("enter", &["ctrl-s"], false),
        ("ctrl-x esc", &["Customers"], false),
        ("g o", &["Opportunities"], false),
        ("g p", &["货"], true),
    ] {
        rolo.keys(keys)?;
        rolo.wait_for(shown).with_context(|| keys.to_owned())?;
        in_place(&rolo, list)?;
    }
    rolo.signal("TERM")?;
    ensure!(rolo.ended()?.success(), "it ends well");
    readable("the screens", &rolo.raw())
}

/// A bracketed paste brings what a keyboard never does: orders to the terminal, floods without width, the end of the paste
/// itself.
#[test]
fn a_paste_of_floods_and_orders_disturbs_neither_the_form_nor_the_filter() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司", "manager=boss"])?;
    let rolo = english(&company, WIDE)?;
    rolo.keys("g c 2")?;
    rolo.wait_for(&["甲公司", "1–1"])?;
    let floods = [
        "\u{200b}".repeat(20_000),
        format!("啊{}", "\u{301}".repeat(20_000)),
        format!("Z{}", "\u{0e49}\u{0335}\u{20dd}".repeat(3_000)),
        "👩\u{200d}👩\u{200d}👧\u{200d}👦".repeat(500),
        "\u{1b}]52;c;aGk=\u{7}\u{1b}]0;owned\u{1b}\\\u{1b}P+q544e\u{1b}\\\u{9d}0;x\u{9c}".repeat(200),
        "\u{1b}[200~\u{1b}[201".repeat(200),
        "\u{1160}\u{3164}\u{ffa0}\u{2800}\u{fe0f}\u{e0100}".repeat(500),
        "﷽꧅𒐫".repeat(300),
    ];
    for (place, open) in ["i", "/"].into_iter().enumerate() {
        for flood in &floods {
            rolo.keys(open)?;
            rolo.settle(Duration::from_millis(50))?;
            rolo.paste(flood)?;
            in_place(&rolo, false)?;
            rolo.paste("\n尾")?;
            in_place(&rolo, false)?;
            // Out of the form without keeping it, out of the filter without one.
            rolo.keys(if place == 0 { "ctrl-x" } else { "ctrl-u" })?;
            rolo.settle(Duration::from_millis(50))?;
            rolo.keys("esc")?;
            rolo.wait_for(&["甲公司", "Customers"])?;
            in_place(&rolo, false)?;
        }
    }
    rolo.signal("TERM")?;
    ensure!(rolo.ended()?.success(), "it ends well");
    readable("the screens", &rolo.raw())
}
