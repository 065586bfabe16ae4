//! The assignment of opportunities: who gets which, a few keys for many, and one key to take it back.

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_tests::ask::lead;
use rolo_tui::{app::harness::Harness, strings::Lang};

use crate::{
    stage::{Stage, hides, row, shows},
    team::{managers, opportunities},
};

const TEN: &[(&str, &str)] = &[
    ("m01", "李伟"),
    ("m02", "赵敏"),
    ("m03", "孙强"),
    ("m04", "Ann Devon"),
    ("m05", "周涛"),
    ("m06", "吴琼"),
    ("m07", "郑洁"),
    ("m08", "Janet Leverling"),
    ("m09", "冯雷"),
    ("m10", "陈晨"),
];

/// Presses keys and says how many there were.
async fn count(rolo: &mut Harness, keys: &str) -> Result<usize> {
    rolo.press(keys).await?;
    Ok(keys.split(' ').count())
}

async fn open_of(stage: &Stage) -> Result<Vec<i64>> {
    let sup = stage.world.session("sup").await?;
    let found = sup.opportunities().list_assignees(pb::ListAssigneesRequest::default()).await?.into_inner();
    Ok(found.assignees.into_iter().map(|one| one.open).collect())
}

/// Done when 3: five hundred over ten managers in at most twelve keys from the list, each result told, one key back.
#[tokio::test]
async fn five_hundred_go_evenly_over_ten_managers_in_a_few_keys_and_back_with_one() -> Result<()> {
    let stage = Stage::empty().await?;
    managers(&stage, &TEN[1..]).await?;
    let sup = stage.world.session("sup").await?;
    opportunities(&stage, &sup, 500).await?;
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press("g o").await?;
    shows(&rolo, "Σ")?;
    let mut keys = count(&mut rolo, "A = enter").await?;
    assert!(keys <= 12, "{keys} keys");
    shows(&rolo, "500")?;
    let open = open_of(&stage).await?;
    assert_eq!(open, [50; 10], "{}", rolo.text());
    keys = count(&mut rolo, "u").await?;
    assert_eq!(keys, 1);
    assert_eq!(open_of(&stage).await?, [0; 10], "{}", rolo.text());
    shows(&rolo, "Unassigned 500")
}

/// The same over ten of eleven: those meant are chosen on the right.
#[tokio::test]
async fn all_that_match_are_marked_and_spread_over_the_chosen_managers() -> Result<()> {
    let stage = Stage::empty().await?;
    managers(&stage, TEN).await?;
    let sup = stage.world.session("sup").await?;
    opportunities(&stage, &sup, 120).await?;
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press("g o").await?;
    let keys = count(&mut rolo, "A * tab * space =").await?;
    shows(&rolo, "120 selected")?;
    shows(&rolo, "120 opportunities over 10 managers")?;
    assert!(keys < 12);
    rolo.press("enter").await?;
    let mut open = open_of(&stage).await?;
    open.sort_unstable();
    assert_eq!(open, [0, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12]);
    Ok(())
}

#[tokio::test]
async fn enter_gives_the_row_or_the_marked_to_the_manager_under_the_cursor() -> Result<()> {
    let stage = Stage::empty().await?;
    managers(&stage, &TEN[..3]).await?;
    let sup = stage.world.session("sup").await?;
    let ids = opportunities(&stage, &sup, 8).await?;
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press("A").await?;
    shows(&rolo, "assign 1 to")?;
    rolo.press("tab / '李' enter tab space space").await?;
    shows(&rolo, "assign 2 to 李伟")?;
    rolo.press("enter").await?;
    shows(&rolo, "Assigned to 李伟")?;
    rolo.press("enter").await?;
    shows(&rolo, "Unassigned 6")?;
    let given = sup.opportunity(*ids.last().context("none")?).await?;
    assert_eq!(given.assignee.map(|user| user.name), Some("m01".into()));
    // The third goes alone: one word is enough.
    rolo.press("enter").await?;
    shows(&rolo, "Assigned to 李伟: 1 opportunity")?;
    rolo.press("2").await?;
    shows(&rolo, "李伟 3")?;
    rolo.press("enter").await?;
    shows(&rolo, "These are 李伟's already")?;
    rolo.press("W").await?;
    shows(&rolo, "Withdrawn")?;
    shows(&rolo, "李伟 2")?;
    rolo.press("tab esc esc tab").await?;
    Ok(())
}

/// Working together: who comes second is told who was first and when, whole at the smallest usual size.
#[tokio::test]
async fn the_loser_of_a_race_is_told_who_won() -> Result<()> {
    let stage = Stage::empty().await?;
    managers(&stage, &TEN[..2]).await?;
    let (sup, boss) = (stage.world.session("sup").await?, stage.world.session("boss").await?);
    let winner = stage.user("m02").await?;
    let ids = opportunities(&stage, &sup, 3).await?;
    for (lang, id, left) in [(Lang::En, ids[2], "Unassigned 2"), (Lang::Zh, ids[1], "未指派 1")] {
        let mut rolo = stage.screens("sup", (80, 24), lang).await?;
        rolo.press("A").await?;
        boss.assign(&boss.opportunity(id).await?, winner).await?;
        rolo.press("enter").await?;
        shows(&rolo, "王芳")?;
        insta::assert_snapshot!(format!("assign-lost-80-{lang:?}"), rolo.snapshot());
        rolo.press("esc").await?;
        shows(&rolo, left)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_assignment_looks_as_drawn_and_its_empty_sides_teach() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    rolo.press("A").await?;
    shows(&rolo, "Everything is assigned.")?;
    managers(&stage, &TEN[..6]).await?;
    let sup = stage.world.session("sup").await?;
    let ids = opportunities(&stage, &sup, 12).await?;
    for (nth, id) in ids.iter().take(4).enumerate() {
        let to = stage.user(TEN[nth % 2].0).await?;
        sup.assign(&sup.opportunity(*id).await?, to).await?;
    }
    for (suffix, size, lang) in
        [("120-en", (120, 40), Lang::En), ("80-zh", (80, 24), Lang::Zh), ("46-en", (46, 16), Lang::En)]
    {
        let mut rolo = stage.screens("sup", size, lang).await?;
        rolo.press("A j space space").await?;
        insta::assert_snapshot!(format!("assign-{suffix}"), rolo.snapshot());
        rolo.press("tab b").await?;
        insta::assert_snapshot!(format!("spread-{suffix}"), rolo.snapshot());
        rolo.press("esc").await?;
        hides(&rolo, "→")?;
        insta::assert_snapshot!(format!("assign-right-{suffix}"), rolo.snapshot());
    }
    Ok(())
}

#[tokio::test]
async fn only_who_assigns_comes_here() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.screens("mgr", (80, 24), Lang::En).await?;
    rolo.press("A").await?;
    shows(&rolo, "assignment: this is for supervisors; ask yours to do it")?;
    assert!(!row(&rolo).contains("Account managers"));
    rolo.press("g b A").await?;
    shows(&rolo, "assignment: this is for supervisors")?;
    rolo.press("g f A").await?;
    shows(&rolo, "assignment: this is for supervisors")?;
    let mut rolo = stage.screens("mgr", (80, 24), Lang::Zh).await?;
    rolo.press("A").await?;
    shows(&rolo, "机会指派：由销售主管操作，请联系您的主管")?;
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    for going in ["g b A", "g f A"] {
        rolo.press(going).await?;
        shows(&rolo, "Account managers")?;
    }
    Ok(())
}

/// §5.2: create and assign in one step; the form is for the manager under the cursor.
#[tokio::test]
async fn n_records_one_for_the_manager_under_the_cursor() -> Result<()> {
    let stage = Stage::empty().await?;
    managers(&stage, &TEN[..1]).await?;
    let mut rolo = stage.screens("sup", (80, 40), Lang::En).await?;
    rolo.press("A n").await?;
    shows(&rolo, "李伟")?;
    rolo.press("'Acme' tab 'Sensors' tab tab '40'").await?;
    for _ in 0..9 {
        rolo.press("tab").await?;
    }
    rolo.press("'They asked for a quotation' ctrl-s").await?;
    rolo.press("g t").await?;
    shows(&rolo, "1 open")
}

/// Live lists: what others record and assign shows without a key, and the row under the cursor stays.
#[tokio::test]
async fn what_others_do_shows_without_a_key() -> Result<()> {
    let stage = Stage::empty().await?;
    managers(&stage, &TEN[..1]).await?;
    let (sup, boss) = (stage.world.session("sup").await?, stage.world.session("boss").await?);
    let ids = opportunities(&stage, &sup, 3).await?;
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press("A").await?;
    let left = |rolo: &Harness| row(rolo).split('│').next().map(str::to_owned);
    let before = left(&rolo);
    boss.assign(&boss.opportunity(ids[0]).await?, stage.user("m01").await?).await?;
    rolo.until_shows("5%").await?;
    assert_eq!(left(&rolo), before);
    sup.record(lead("新来的公司")).await?;
    rolo.until_shows("press R").await?;
    Ok(())
}
