//! The marketing story at a terminal (S01-05 … S01-10): an opportunity is recorded and assigned, its plan is made line by
//! line, results are recorded, it is won, and the new customer opens with its contact.

use anyhow::Result;

use crate::{chinese, company::Company, story::first_start};

#[test]
fn an_opportunity_is_recorded_planned_and_won_by_keys_alone() -> Result<()> {
    let company = Company::nothing()?;
    let rolo = chinese(&company)?;
    first_start(&rolo)?;
    rolo.keys("g o")?;
    rolo.wait_for(&["销售机会", "按 n 新建第一条"])?;
    rolo.keys("n")?;
    rolo.wait_for(&["成功机率", "ctrl-s 保存"])?;
    // Name, summary, product, rate, amount, close date, stage, lead source, contact, phone, origin, customer, description.
    rolo.keys("'宁波东方重工' tab '生产线传感器改造' tab tab '70％' tab '１２４万'")?;
    rolo.wait_for(&["= ¥ 1,240,000"])?;
    rolo.keys("tab '月底' tab tab tab '陈总' tab tab tab tab '三条产线' ctrl-s")?;
    rolo.wait_for(&["保存成功 宁波东方重工", "○ 未指派"])?;
    rolo.keys("a")?;
    rolo.wait_for(&["1 li"])?;
    rolo.keys("1")?;
    rolo.wait_for(&["已指派给 li", "◇ 已指派"])?;
    // Three steps, one line each.
    rolo.keys("tab")?;
    rolo.wait_for(&["还没有开发计划"])?;
    rolo.keys("n '今天 电话了解需求' enter")?;
    rolo.wait_for(&["已计划：电话了解需求"])?;
    rolo.keys("'+3d 上门演示' enter")?;
    rolo.wait_for(&["已计划：上门演示"])?;
    rolo.keys("'+7d 报价' enter")?;
    rolo.wait_for(&["已计划：报价", "1–3 / 3"])?;
    rolo.keys("enter g g enter '预算已批' enter")?;
    rolo.wait_for(&["已记录： 电话了解需求"])?;
    rolo.keys("enter '演示顺利' enter")?;
    rolo.wait_for(&["已记录： 上门演示"])?;
    // Won: only the telephone is missing.
    rolo.keys("S")?;
    rolo.wait_for(&["新客户：宁波东方重工", "1 个计划项没有执行效果"])?;
    rolo.keys("'13800001111' ctrl-s")?;
    rolo.wait_for(&["开发成功：宁波东方重工 已成为客户", "[联系人]", "陈总", "13800001111", "! 待完善"])?;
    rolo.quit()
}
