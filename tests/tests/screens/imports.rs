//! Files brought in on the screen: §5.9, `tui.md` rule 10.

use anyhow::Result;
use rolo_tui::strings::Lang;

use crate::stage::{Stage, hides, shows};

/// Leads with somebody and something that nobody has, and a row that is wrong.
const LEADS: &str = "\
外部编号,客户名称,概要,状态,负责人,产品,预期成交金额,预计成交日期,计划日期,计划项,旧系统备注
D-1,宁波东方重工,压力传感器更换,已指派,mgr,,12万,2026-12-01,2026-11-10,上门看现场,x
D-2,杭州文澜,流量计,开发成功,王离职,旧型号,1.5亿,,,,
D-3,青岛海运,船台监测,已指派,王离职,,0,,,,
D-4,,没有客户,,,,,,,,
";

/// The mapping by headers, the look that lists what nobody has, the run, and taking it back.
#[tokio::test]
async fn opportunities_are_mapped_looked_at_brought_in_and_taken_back_on_the_screen() -> Result<()> {
    let stage = Stage::new().await?;
    let file = stage.world.dir.path().join("机会.csv");
    std::fs::write(&file, LEADS)?;
    let open = format!("g o I '{}' enter", file.display());
    for (size, lang, name) in [((80, 24), Lang::Zh, "80-zh"), ((120, 40), Lang::En, "120-en")] {
        let mut rolo = stage.screens("sup", size, lang).await?;
        rolo.press(&open).await?;
        insta::assert_snapshot!(format!("import-map-{name}"), rolo.snapshot());
        rolo.press("ctrl-s").await?;
        insta::assert_snapshot!(format!("import-check-{name}"), rolo.snapshot());
    }
    assert_eq!(stage.world.number("SELECT COUNT(*) FROM opportunity WHERE title = '流量计'").await?, 0);

    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press(&open).await?;
    // Back from the look, the cursor is on what becomes of what nobody has.
    rolo.press("ctrl-s esc enter ctrl-s").await?;
    shows(&rolo, "These do not exist yet and are added")?;
    shows(&rolo, "2 rows; as a disabled account")?;
    rolo.press("enter").await?;
    shows(&rolo, "Imported: 3 created, 0 updated, 0 skipped, 0 unchanged, 1 refused")?;
    shows(&rolo, "机会.errors.csv")?;
    assert_eq!(stage.world.number("SELECT COUNT(*) FROM user WHERE name = '王离职' AND active = 0").await?, 1);
    rolo.press("u").await?;
    shows(&rolo, "Undo?")?;
    rolo.press("y").await?;
    shows(&rolo, "Undone (import, 3 opportunities, 1 product, 1 plan step)")?;
    hides(&rolo, "流量计")?;
    let live = "SELECT COUNT(*) FROM opportunity WHERE external_id LIKE 'D-%' AND deleted_at IS NULL";
    assert_eq!(stage.world.number(live).await?, 0);
    Ok(())
}

/// §5.7: what exists is skipped with what belongs to it, and both the look and the end say so.
#[tokio::test]
async fn what_is_left_out_with_a_skipped_row_is_told_before_and_after() -> Result<()> {
    let stage = Stage::empty().await?;
    let sup = stage.world.session("sup").await?;
    sup.customer("甲公司", 0).await?;
    let file = stage.world.dir.path().join("more.csv");
    std::fs::write(&file, "客户名称,联系人姓名\n甲公司,李工\n乙公司,王工\n")?;
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press(&format!("g c I '{}' enter ctrl-s", file.display())).await?;
    shows(&rolo, "would be skipped: what belongs to it in the row is left out")?;
    rolo.press("enter").await?;
    shows(&rolo, "Imported: 1 created, 0 updated, 1 skipped, 0 unchanged, 0 refused")?;
    shows(&rolo, "1 contact or step of what existed was left out: \"Existing records: update\" imports those too")?;
    assert_eq!(stage.world.number("SELECT COUNT(*) FROM contact").await?, 1);
    Ok(())
}

/// The lines of a long look end with the last page: the way back begins there, however often one has gone on.
#[tokio::test]
async fn the_look_at_a_file_is_scrolled_to_its_end_and_no_further() -> Result<()> {
    let stage = Stage::empty().await?;
    let file = stage.world.dir.path().join("wrong.csv");
    let rows: String = (1..=40).map(|n| format!("公司{n},120\n")).collect();
    std::fs::write(&file, format!("客户名称,成功率\n{rows}"))?;
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    rolo.press(&format!("g o I '{}' enter ctrl-s", file.display())).await?;
    rolo.press(&"j ".repeat(60)).await?;
    shows(&rolo, "40 of 40; j k")?;
    rolo.press("k").await?;
    shows(&rolo, "39 of 40; j k")
}

/// A second column for what takes one value takes the place of the first; texts are joined, and say so.
#[tokio::test]
async fn a_column_that_is_mapped_by_hand_takes_the_place_of_the_guess_unless_texts_can_be_joined() -> Result<()> {
    let stage = Stage::empty().await?;
    let file = stage.world.dir.path().join("customers.csv");
    std::fs::write(&file, "name,second,region,country\nAlfreds,Futterkiste,NULL,华北\n")?;
    let mut rolo = stage.screens("boss", (80, 24), Lang::En).await?;
    rolo.press(&format!("I '{}' enter", file.display())).await?;
    rolo.press("j enter 'name' enter").await?;
    shows(&rolo, "+ Name")?;
    rolo.press("j enter 'region' enter").await?;
    let line = |at: &str| rolo.text().lines().find(|line| line.contains(at)).unwrap_or_default().to_owned();
    assert!(line("region").contains("(left out)"), "{}", rolo.text());
    assert!(line("country").contains("Region"), "{}", rolo.text());
    rolo.press("ctrl-s").await?;
    shows(&rolo, "enter import")?;
    rolo.press("enter").await?;
    shows(&rolo, "Imported: 1 created")?;
    assert_eq!(stage.customer("Alfreds").await?.name, "Alfreds Futterkiste");
    Ok(())
}
