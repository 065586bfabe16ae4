//! Rows whose record exists, and is to be left as it is; what an import may keep: `domain-spec.md` §5.7, §5.9.

use anyhow::Result;
use rolo_proto::v1::{self as pb, Kind, RowResult};
use rolo_tests::{World, ask::reason_of, files::Sheet};

const CONTACTS: &str = "SELECT COUNT(*) FROM contact WHERE deleted_at IS NULL";

/// What was there before stays as it is, its contacts too; the row of a new customer comes in whole, and a second row of
/// it adds another contact, in a later call as in the same.
#[tokio::test]
async fn what_exists_and_is_to_be_skipped_gets_no_contact_either() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let old = sup.customer("老客户", 0).await?;
    sup.contact(old.id, "陈总", "13800000000").await?;
    let rows: [&[&str]; 6] = [
        &["老客户", "李工", "13911111111"],
        &["老客户", "陈总", "13800000000"],
        &["老客户", "王工", "call me"],
        &["老客户", "", ""],
        &["新客户", "张律", "13922222222"],
        &["新客户", "赵工", "13933333333"],
    ];
    let sheet = Sheet::new(Kind::Customer, &["name", "contact.name", "contact.mobile"], &rows);
    let (created, skipped, left) = (RowResult::Created, RowResult::Skipped, RowResult::LeftOut);
    let wanted = [
        (skipped, left),
        (skipped, skipped),
        (skipped, left),
        (skipped, RowResult::Unspecified),
        (created, created),
        (skipped, created),
    ];
    let told = |outcomes: &[pb::RowOutcome]| -> Vec<_> {
        outcomes.iter().map(|outcome| (outcome.result(), outcome.second_result())).collect()
    };
    assert_eq!(told(&sup.look_at(&sheet).await?.outcomes), wanted, "foretold");
    let audited = world.number("SELECT COUNT(*) FROM audit").await?;
    let done = sup.import(&sheet).await?;
    assert_eq!(told(&done.outcomes), wanted);
    assert_eq!((done.status.skipped, done.status.second_created, done.status.refused), (5, 2, 0));
    assert_eq!(world.number("SELECT COUNT(*) FROM audit").await?, audited + 3, "a customer and its two contacts");
    assert_eq!(world.number(CONTACTS).await?, 3);
    assert_eq!(sup.get(old.id).await?.revision, old.revision);

    // The same rows again: all is there now, but for what was left out.
    let again = sup.import(&sheet).await?;
    assert_eq!(again.outcomes[4].second_result(), skipped);
    assert_eq!(world.number(CONTACTS).await?, 3);
    let mut update = sheet.updating();
    update.rows.remove(2);
    assert_eq!(sup.import(&update).await?.status.second_created, 1, "asked for, it comes in");
    Ok(())
}

/// Rows of one import come in several calls: what an earlier call made is the import's own.
#[tokio::test]
async fn a_plan_whose_steps_come_in_several_calls_comes_in_whole() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let fields = ["external_id", "customer_name", "step.plan_date", "step.todo"];
    let mut sheet = Sheet::new(Kind::Opportunity, &fields, &[]);
    let row = |n: i64| ["A1", "宁波东方重工", "2026-11-10", &format!("第{n}步")].map(str::to_owned).to_vec();
    sheet.rows = (1..=1_001).map(row).collect();
    let done = sup.import(&sheet).await?;
    assert_eq!((done.status.created, done.status.second_created), (1, 1_001), "{:?}", done.outcomes.last());
    // The next import finds it there.
    sheet.rows = vec![row(2_000)];
    assert_eq!(sup.import(&sheet).await?.outcomes[0].second_result(), RowResult::LeftOut);
    assert_eq!(world.number("SELECT COUNT(*) FROM plan_step").await?, 1_001);
    Ok(())
}

/// Security lesson 25: what is kept with an import is bounded, however often one is started.
#[tokio::test]
async fn a_flood_in_the_options_of_an_import_is_refused_before_it_is_kept() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let mut sheet = Sheet::new(Kind::Customer, &["name"], &[&["甲"]]);
    sheet.options.defaults.insert("address".into(), "很".repeat(1_000_000));
    assert_eq!(reason_of(&sup.import(&sheet).await), "VALIDATION");
    assert_eq!(reason_of(&sup.look_at(&sheet).await), "VALIDATION");
    assert_eq!(world.number("SELECT COUNT(*) FROM import").await?, 0);
    // One that just fits would be kept with each row that it spoils.
    let mut sheet = Sheet::new(Kind::Interaction, &["title"], &[&["电话"], &["拜访"]]);
    sheet.options.defaults.insert("customer_no".into(), "很".repeat(20_000));
    let done = sup.import(&sheet).await?;
    assert_eq!(done.status.refused, 2);
    let details = done.outcomes.iter().flat_map(|outcome| &outcome.faults).map(|fault| fault.detail.chars().count());
    assert_eq!(details.collect::<Vec<_>>(), [200, 200], "{:?}", done.faults(0));
    Ok(())
}
