//! What is due.

use anyhow::Result;
use rolo_tui::strings::Lang;

use crate::{
    stage::{Stage, hides, row, shows},
    team::{managers, opportunities, step},
};

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn what_is_due_is_settled_or_moved_and_the_next_is_under_the_cursor() -> Result<()> {
    let stage = Stage::new().await?;
    stage.world.advance(DAY);
    let mut rolo = stage.boss().await?;
    rolo.press("g t").await?;
    shows(&rolo, "Overdue  1")?;
    shows(&rolo, "北京华盛科技有限公司")?;
    rolo.press("c").await?;
    shows(&rolo, "Done")?;
    shows(&rolo, "Overdue  0")?;
    rolo.press("z 'fri' enter").await?;
    shows(&rolo, "Snoozed")?;
    shows(&rolo, "Fri")?;
    rolo.press("u").await?;
    shows(&rolo, "Undone")?;
    Ok(())
}

#[tokio::test]
async fn a_snooze_says_what_it_understood_and_enter_opens_the_customer() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g t z '下周一'").await?;
    shows(&rolo, "= Mon 2026-11-09 09:00")?;
    rolo.press("esc enter").await?;
    shows(&rolo, "[Profile]")?;
    hides(&rolo, "Until when")
}

/// Today by role: a manager sees steps and what is newly assigned beside next contacts, and Enter leads to the records.
#[tokio::test]
async fn a_manager_sees_plan_steps_and_new_assignments_and_enter_opens_them() -> Result<()> {
    let stage = Stage::empty().await?;
    let (sup, mgr) = (stage.world.session("sup").await?, stage.world.session("mgr").await?);
    let ids = opportunities(&stage, &sup, 4).await?;
    for id in &ids {
        sup.assign(&sup.opportunity(*id).await?, mgr.user_id).await?;
    }
    step(&mgr, ids[0], "2026-11-02", "上门演示").await?;
    step(&mgr, ids[1], "2026-11-05", "Send the offer").await?;
    let mut rolo = stage.screens("mgr", (80, 24), Lang::En).await?;
    rolo.press("g t").await?;
    shows(&rolo, "Today  1")?;
    shows(&rolo, "Next 7 days  1")?;
    shows(&rolo, "Newly assigned to me  2")?;
    hides(&rolo, "Team")?;
    assert!(row(&rolo).contains("上门演示"), "{}", rolo.text());
    rolo.press("enter").await?;
    shows(&rolo, "宁波东方重工")?;
    hides(&rolo, "Newly assigned")?;
    rolo.press("esc j j enter").await?;
    shows(&rolo, "Opportunities")?;
    stage.world.advance(2 * DAY);
    let mut rolo = stage.screens("mgr", (80, 24), Lang::En).await?;
    rolo.press("g t").await?;
    shows(&rolo, "Overdue  1")
}

/// A supervisor sees what nobody has, what stagnates and each manager's load, and Enter leads to each.
#[tokio::test]
async fn a_supervisor_sees_the_team_and_enter_leads_to_it() -> Result<()> {
    let stage = Stage::empty().await?;
    managers(&stage, &[("m01", "李伟"), ("m02", "Ann Devon")]).await?;
    let sup = stage.world.session("sup").await?;
    let ids = opportunities(&stage, &sup, 8).await?;
    let li = stage.user("m01").await?;
    for id in &ids[..3] {
        sup.assign(&sup.opportunity(*id).await?, li).await?;
    }
    for (suffix, size, lang) in
        [("120-en", (120, 40), Lang::En), ("80-zh", (80, 24), Lang::Zh), ("46-en", (46, 16), Lang::En)]
    {
        let mut rolo = stage.screens("sup", size, lang).await?;
        rolo.press("g t j").await?;
        insta::assert_snapshot!(format!("today-team-{suffix}"), rolo.snapshot());
    }
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    rolo.press("g t enter").await?;
    shows(&rolo, "Account managers")?;
    rolo.press("g t j enter").await?;
    shows(&rolo, "Stagnating")?;
    rolo.press("g t j enter").await?;
    shows(&rolo, "assignee:m01")?;
    shows(&rolo, "1–3 of 3")
}

/// Who has neither contacts nor opportunities is told so instead of a refusal, here and wherever else they have no right
/// to go; help and the keys after g do not offer what they cannot have.
#[tokio::test]
async fn who_may_see_nothing_of_it_is_told_so_and_not_sent_there() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("exe", (80, 24), Lang::En).await?;
    rolo.press("g t").await?;
    shows(&rolo, "Nothing is planned for your role")?;
    hides(&rolo, "not permitted")?;
    for (keys, place) in [("g o", "opportunities"), ("g i", "interactions"), ("g b", "board by stage")] {
        rolo.press(keys).await?;
        shows(&rolo, &format!("{place}: not part of your role"))?;
        shows(&rolo, "Today ›")?;
    }
    rolo.press("?").await?;
    hides(&rolo, "g o")?;
    shows(&rolo, "g c customers")
}

#[tokio::test]
async fn more_managers_than_are_shown_are_counted_and_lead_to_the_assignment() -> Result<()> {
    let stage = Stage::empty().await?;
    const NINE: [(&str, &str); 9] = [
        ("m1", "Ann"),
        ("m2", "Ben"),
        ("m3", "Cleo"),
        ("m4", "Dan"),
        ("m5", "Eve"),
        ("m6", "Finn"),
        ("m7", "Gus"),
        ("m8", "Hal"),
        ("m9", "Ida"),
    ];
    managers(&stage, &NINE).await?;
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press("g t G").await?;
    assert!(row(&rolo).contains("more, see assignment"), "{}", rolo.text());
    rolo.press("enter").await?;
    shows(&rolo, "Account managers")
}
