//! The marketing story at two terminals (S01-05 … S01-10; issue, done when 1): an account manager records an opportunity,
//! the supervisor sees it come and assigns it, the manager is told, makes a plan line by line, records results and wins
//! it, and the new customer opens with its contact. What the other does shows without a key.

use anyhow::Result;
use serde_json::json;

use crate::{WIDE, company::Company, terminal::Terminal};

const NAME: &str = "宁波东方重工";

/// A company with a supervisor (sun) and an account manager (赵敏), served, and `rolo` of both signed in.
fn people() -> Result<Company> {
    let company = Company::new()?;
    let password = company.password_file();
    for (account, name, role) in [("sun", "Sun Li", "supervisor"), ("zhao", "赵敏", "manager")] {
        let who = ["user", "add", account, "--display-name", name, "--role", role, "--password-file", &password];
        company.rolod(&who)?.ok()?;
        company.login(account)?;
    }
    Ok(company)
}

#[test]
fn an_opportunity_goes_from_one_terminal_to_the_other_and_becomes_a_customer() -> Result<()> {
    let company = people()?;
    let served = company.serve(&[])?;
    let sun = Terminal::rolo(&company, WIDE, &["--user", "sun"], &[])?;
    let zhao = Terminal::rolo(&company, WIDE, &["--user", "zhao"], &[("LANG", "zh_CN.UTF-8")])?;
    sun.wait_for(&["Sun Li", "● live"])?;
    zhao.wait_for(&["赵敏", "● 在线"])?;
    sun.keys("A")?;
    sun.wait_for(&["Unassigned 0", "Everything is assigned.", "赵敏"])?;

    record(&zhao)?;
    // No key was pressed here since.
    sun.wait_for(&["Unassigned 1", NAME, "1,240,000", "70%"])?;
    sun.keys("tab / '赵' enter tab")?;
    sun.wait_for(&["assign 1 to 赵敏"])?;
    sun.keys("enter")?;
    sun.wait_for(&["Assigned to 赵敏: 1 opportunity", "Unassigned 0"])?;

    // Nor here: the bell, the message and the state on the screen.
    zhao.wait_for(&["◆ 1", "Sun Li 指派给您", "◇ 已指派"])?;
    zhao.keys("g n")?;
    zhao.wait_for(&["通知", "Sun Li 指派给您", "1 条未读"])?;
    // She waits for its end among what was won.
    sun.keys("g o 5")?;
    sun.wait_for(&["5 Won 0"])?;
    zhao.keys("enter")?;
    zhao.wait_for(&[NAME, "◇ 已指派", "[资料]"])?;
    zhao.wait_until("no bell: what was opened is read", |screen| !screen.contents().contains('◆'))?;
    plan(&zhao)?;
    win(&zhao)?;
    sun.wait_for(&[NAME, "● won"])?;

    zhao.quit()?;
    sun.quit()?;
    assert_eq!(served.terminate()?, 0);
    on_disk(&company)
}

/// S01-05, in full-width digits and the words people use.
fn record(zhao: &Terminal) -> Result<()> {
    zhao.keys("g o")?;
    zhao.wait_for(&["销售机会", "按 n 新建第一条"])?;
    zhao.keys("n")?;
    zhao.wait_for(&["成功机率", "ctrl-s 保存"])?;
    // Name, summary, product, rate, amount, close date, stage, lead source, contact, phone, origin, customer, description.
    zhao.keys("'宁波东方重工' tab '生产线传感器改造' tab tab '70％' tab '１２４万'")?;
    zhao.wait_for(&["= ¥ 1,240,000"])?;
    zhao.keys("tab '月底' tab tab tab '陈总' tab tab tab tab '三条产线' ctrl-s")?;
    zhao.wait_for(&["保存成功 宁波东方重工", "○ 未指派"])
}

/// S01-07 and S01-08: three steps, one line each, and results.
fn plan(zhao: &Terminal) -> Result<()> {
    zhao.keys("tab")?;
    zhao.wait_for(&["还没有开发计划"])?;
    zhao.keys("n '今天 电话了解需求' enter")?;
    zhao.wait_for(&["已计划：电话了解需求"])?;
    zhao.keys("'+3d 上门演示' enter")?;
    zhao.wait_for(&["已计划：上门演示"])?;
    zhao.keys("'+7d 报价' enter")?;
    zhao.wait_for(&["已计划：报价", "1–3 / 3"])?;
    zhao.keys("enter g g enter '预算已批' enter")?;
    zhao.wait_for(&["已记录： 电话了解需求"])?;
    zhao.keys("enter '演示顺利' enter")?;
    zhao.wait_for(&["已记录： 上门演示"])
}

/// S01-09 and S01-10: only the telephone is missing.
fn win(zhao: &Terminal) -> Result<()> {
    zhao.keys("S")?;
    zhao.wait_for(&["新客户：宁波东方重工", "1 个计划项没有执行效果"])?;
    zhao.keys("'13800001111' ctrl-s")?;
    zhao.wait_for(&["开发成功：宁波东方重工 已成为客户", "[联系人]", "陈总", "13800001111", "! 待完善"])
}

/// What commands see of it.
fn on_disk(company: &Company) -> Result<()> {
    let won = company.one(&["--user", "sun", "list", "opportunities", "--view", "won"])?;
    assert_eq!(
        (&won["customer_name"], &won["status"], &won["assignee"]),
        (&json!(NAME), &json!("won"), &json!("zhao"))
    );
    assert_eq!((&won["steps"], &won["steps_done"]), (&json!(3), &json!(2)));
    let customer = company.one(&["--user", "sun", "list", "customers"])?;
    assert_eq!((&customer["name"], &customer["manager"]), (&json!(NAME), &json!("zhao")));
    assert!(customer["missing"].as_array().is_some_and(|missing| !missing.is_empty()), "{customer}");
    let contact = company.one(&["--user", "sun", "list", "contacts"])?;
    assert_eq!((&contact["name"], &contact["mobile"]), (&json!("陈总"), &json!("13800001111")));
    Ok(())
}
