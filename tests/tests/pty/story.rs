//! The key story, played: a person starts Rolo with one command, signs in, brings customers in from a
//! file, finds one by a fragment of a Chinese name, opens it, edits it, adds a contact and an interaction, and everything
//! is on disk, audited and there again after a restart.

use anyhow::{Context, Result};

use crate::{WIDE, chinese, company::Company, terminal::Terminal};

const FILE: &str = "\
名称,地区,联系人姓名,联系人手机
北京华盛科技有限公司,北京,张律,13800001111
上海申江百货,中南,李娜,13800002222
深圳市创新软件,中南,,
";

#[test]
fn from_the_first_start_to_the_reopened_database() -> Result<()> {
    let company = Company::nothing()?;
    std::fs::write(company.path("home").join("客户.csv"), FILE)?;
    {
        let rolo = chinese(&company)?;
        first_start(&rolo)?;
        bring_customers_in(&rolo)?;
        find_and_open(&rolo)?;
        edit(&rolo)?;
        add_a_contact(&rolo)?;
        add_an_interaction(&rolo)?;
        rolo.quit()?;
    }
    // Started again: no password is asked, and everything is there.
    let rolo = chinese(&company)?;
    rolo.wait_for(&["li", "● 在线"])?;
    rolo.keys("g t")?;
    rolo.wait_for(&["今日", "报价已确认"])?;
    rolo.keys("g c")?;
    rolo.wait_for(&["2 全部 3"])?;
    rolo.keys("2")?;
    rolo.wait_for(&["申江"])?;
    find_and_open(&rolo)?;
    rolo.wait_for(&["科技路 1 号", "010-88660001"])?;
    rolo.quit()?;

    on_disk(&company)
}

/// Sets up the first person, li, of 华盛贸易.
pub fn first_start(rolo: &Terminal) -> Result<()> {
    rolo.wait_for(&["首次启动", "公司名称"])?;
    rolo.keys("'li' tab 'correct horse battery' tab 'correct horse battery' tab '华盛贸易' ctrl-s")?;
    rolo.wait_for(&["● 在线", "按 I 从文件导入"])
}

fn bring_customers_in(rolo: &Terminal) -> Result<()> {
    rolo.keys("I")?;
    rolo.wait_for(&["CSV 或 XLSX"])?;
    rolo.keys("'客户.csv' enter")?;
    // Chinese headers map themselves.
    rolo.wait_for(&["对应字段", "联系人姓名", "13800001111", "ctrl-s"])?;
    rolo.keys("ctrl-s")?;
    rolo.wait_for(&["3  将新建", "回车开始导入"])?;
    rolo.keys("enter")?;
    rolo.wait_for(&["导入完成：新建 3"])?;
    rolo.keys("enter")?;
    rolo.wait_for(&["2 全部 3"])?;
    rolo.keys("2")?;
    rolo.wait_for(&["北京华盛", "申江", "创新软件"])
}

/// Two characters of its name find it.
fn find_and_open(rolo: &Terminal) -> Result<()> {
    rolo.keys("/ '华盛'")?;
    rolo.wait_for(&["/ 华盛", "1–1 / 1"])?;
    rolo.keys("enter enter")?;
    rolo.wait_for(&["动态", "e 编辑"])
}

fn edit(rolo: &Terminal) -> Result<()> {
    rolo.keys("e")?;
    rolo.wait_for(&["编辑", "ctrl-s 保存"])?;
    // From the name: kind, region, manager, level, classification, satisfaction, credit, address, post code, telephone.
    rolo.keys("tab tab tab tab tab tab tab tab '科技路 1 号' tab tab '010-88660001'")?;
    rolo.wait_for(&["科技路 1 号", "010-88660001"])?;
    // For input methods the terminal's own cursor stands behind what was typed.
    let (row, column) = rolo.cursor().context("the cursor shows in a text field")?;
    let line = rolo.text().lines().nth(row.into()).unwrap_or_default().to_owned();
    assert!(line.contains("010-88660001") && column > 0, "the caret is in row {row}: {line}");
    rolo.keys("ctrl-s")?;
    rolo.wait_for(&["保存成功", "动态", "科技路 1 号", "K 联系人"])
}

fn add_a_contact(rolo: &Terminal) -> Result<()> {
    rolo.keys("K")?;
    rolo.wait_for(&["联系人 › 北京华盛科技有限公司 › 新建", "ctrl-s 保存"])?;
    rolo.keys("'王五' tab tab '采购经理' tab '13900003333' ctrl-s")?;
    rolo.wait_for(&["保存成功 王五", "i 交往"])?;
    rolo.keys("tab")?;
    rolo.wait_for(&["[联系人]", "张律", "王五", "采购经理"])
}

fn add_an_interaction(rolo: &Terminal) -> Result<()> {
    rolo.keys("shift-tab")?;
    rolo.wait_for(&["[资料]", "i 交往"])?;
    rolo.keys("i")?;
    rolo.wait_for(&["交往记录 › 北京华盛科技有限公司 › 新建", "ctrl-s 保存"])?;
    rolo.keys("'报价已确认' tab '下周签合同' tab tab tab '明天'")?;
    rolo.wait_for(&["报价已确认", "下周签合同", "明天"])?;
    rolo.keys("ctrl-s")?;
    rolo.wait_for(&["保存成功 报价已确认"])?;
    rolo.keys("tab tab")?;
    rolo.wait_for(&["[交往]", "报价已确认"])
}

/// What commands see of it.
fn on_disk(company: &Company) -> Result<()> {
    let customer = company.one(&["list", "customers", "华盛"])?;
    assert_eq!((&customer["address"], &customer["tel"]), (&"科技路 1 号".into(), &"010-88660001".into()));
    let mut contacts: Vec<String> =
        company.json(&["list", "contacts"])?.iter().map(|c| c["name"].as_str().unwrap_or_default().into()).collect();
    contacts.sort();
    assert_eq!(contacts, ["张律", "李娜", "王五"]);
    let interaction = company.one(&["list", "interactions"])?;
    assert_eq!((&interaction["title"], &interaction["detail"]), (&"报价已确认".into(), &"下周签合同".into()));
    assert_eq!((&interaction["author"], &interaction["due"]), (&"li".into(), &true.into()));
    assert_eq!(company.one(&["whoami"])?["company"], "华盛贸易");
    let whole = company.rolod(&["audit", "verify"])?.ok()?;
    assert!(whole.starts_with("The audit log is whole"), "{whole}");
    Ok(())
}

#[test]
fn a_second_person_at_the_same_database_signs_in_on_the_screen() -> Result<()> {
    let company = Company::new()?;
    company
        .rolod(&["user", "add", "sun", "--role", "supervisor", "--password-file", &company.password_file()])?
        .ok()?;
    let rolo = Terminal::rolo(&company, WIDE, &["--user", "sun"], &[])?;
    rolo.wait_for(&["Sign in", "sun", "Password"])?;
    rolo.keys("'not the password' enter")?;
    rolo.wait_for(&["wrong"])?;
    rolo.keys("ctrl-u 'correct horse battery' enter")?;
    rolo.wait_for(&["● live", "sun"])?;
    rolo.quit()?;
    assert_eq!(company.one(&["whoami"])?["user"], "sun");
    let raw = String::from_utf8_lossy(&rolo.raw()).into_owned();
    assert!(!raw.contains("correct horse"), "a password is never painted");
    Ok(())
}
