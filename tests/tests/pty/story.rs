//! scratch
use anyhow::Result;
use crate::{company::Company, terminal::Terminal};

#[test]
fn scratch() -> Result<()> {
    let company = Company::nothing()?;
    std::fs::write(company.path("home").join("客户.csv"), "名称,地区,联系人姓名,联系人手机\n北京华盛科技有限公司,北京,张律,13800001111\n上海申江百货,中南,李娜,13800002222\n深圳市创新软件,中南,,\n")?;
    let t = Terminal::rolo(&company, (100, 30), &[], &[("LANG", "zh_CN.UTF-8")])?;
    t.wait_for(&["首次启动"])?;
    t.keys("'li' tab 'correct horse battery' tab 'correct horse battery' tab '华盛贸易' ctrl-s")?;
    t.wait_for(&["● 在线", "按 n 新建第一条"])?;
    t.keys("I")?;
    t.wait_for(&["CSV 或 XLSX"])?;
    t.keys("'客户.csv' enter")?;
    t.wait_for(&["对应字段"])?;
    t.keys("ctrl-s")?;
    t.wait_for(&["回车开始导入"])?;
    t.keys("enter")?;
    t.wait_for(&["导入完成"])?;
    t.keys("enter")?;
    t.wait_for(&["按 2 查看全部"])?;
    t.keys("2")?;
    t.wait_for(&["申江"])?;
    println!("{}", t.frame());
    t.keys("/ '华盛'")?;
    t.wait_gone("申江")?;
    println!("{}", t.frame());
    t.keys("enter enter")?;
    t.wait_for(&["动态", "e 编辑"])?;
    println!("{}", t.frame());
    t.keys("e")?;
    t.wait_for(&["ctrl-s"])?;
    println!("{} {:?}", t.frame(), t.cursor());
    t.keys("tab tab tab tab")?;
    t.keys("'x'")?;
    t.wait_for(&["x"])?;
    println!("{} {:?}", t.frame(), t.cursor());
    t.keys("esc")?;
    t.wait_gone("ctrl-s")?;
    t.wait_for(&["K 联系人"])?;
    t.keys("K")?;
    t.wait_for(&["ctrl-s"])?;
    t.keys("'王五' tab tab '采购经理' tab '13900003333' ctrl-s")?;
    t.wait_for(&["保存成功"])?;
    println!("{}", t.frame());
    t.wait_for(&["i 交往"])?;
    t.keys("i")?;
    t.wait_for(&["ctrl-s", "概要"])?;
    println!("{:?}", t.cursor());
    t.keys("'报价已确认' tab '下周签合同' tab tab tab '明天' ")?;
    t.wait_for(&["明天"])?;
    println!("{}", t.frame());
    t.keys("ctrl-s")?;
    t.wait_for(&["保存成功", "报价"])?;
    println!("{}", t.frame());
    t.keys("g t")?;
    t.wait_for(&["今日", "报价"])?;
    println!("{}", t.frame());
    t.keys("q")?;
    t.ended()?;
    println!("{}", t.frame());
    let t = Terminal::rolo(&company, (100, 30), &[], &[("LANG", "zh_CN.UTF-8")])?;
    t.wait_for(&["● 在线", "li"])?;
    println!("{}", t.frame());
    Ok(())
}
