//! Edits of one record by two people (`design.md` §3 "revision"): different fields merge, the
//! same field is refused with who changed it, and nothing is silently overwritten.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use rolo_proto::v1 as pb;
use rolo_tests::{
    World,
    ask::{detail, faults, mask},
    world::{START, reason, request_id},
};

const MINUTE: i64 = 60_000;
/// Texts that anybody may write.
const FIELDS: [&str; 5] = ["address", "zip", "bank", "website", "tags"];

fn texts(customer: &pb::Customer) -> BTreeMap<&'static str, String> {
    let of = |c: &pb::Customer| [c.address.clone(), c.zip.clone(), c.bank.clone(), c.website.clone(), c.tags.clone()];
    FIELDS.into_iter().zip(of(customer)).collect()
}

fn with(values: &BTreeMap<&'static str, String>) -> pb::CustomerInput {
    let text = |name: &str| values.get(name).cloned().unwrap_or_default();
    pb::CustomerInput {
        address: text("address"),
        zip: text("zip"),
        bank: text("bank"),
        website: text("website"),
        tags: text("tags"),
        ..Default::default()
    }
}

/// One of two people reads the record, or writes some fields of it as read last.
#[derive(Debug, Clone)]
enum Step {
    Read(usize),
    Write(usize, BTreeMap<&'static str, String>),
}

fn step() -> impl Strategy<Value = Step> {
    let values = proptest::collection::btree_map(proptest::sample::select(&FIELDS), "[ab]", 1..4);
    prop_oneof![1 => (0usize..2).prop_map(Step::Read), 3 => (0usize..2, values).prop_map(|(who, v)| Step::Write(who, v))]
}

#[tokio::test]
async fn random_edits_of_two_people_are_applied_or_refused_as_the_model_says() -> Result<()> {
    let world = World::new().await?;
    let people = [world.session("mgr").await?, world.session("sup").await?];
    let mut runner = TestRunner::deterministic();
    let stories = proptest::collection::vec(step(), 1..25);
    for story in 0..40 {
        let steps = stories.new_tree(&mut runner).map_err(|error| anyhow::anyhow!("{error}"))?.current();
        let made = people[0].customer(&format!("华盛{story}"), 0).await?;
        let mut seen = [made.clone(), made.clone()];
        // The model: what is there, and who wrote each field last.
        let (mut now, mut writer) = (texts(&made), BTreeMap::new());
        let mut revision = made.revision;
        for step in steps {
            match step {
                Step::Read(who) => seen[who] = people[who].get(made.id).await?,
                Step::Write(who, values) => {
                    let names: Vec<_> = values.keys().copied().collect();
                    let before = texts(&seen[who]);
                    let fresh = seen[who].revision == revision;
                    let stale: Vec<_> = names.iter().filter(|n| !fresh && now[*n] != before[*n]).copied().collect();
                    match people[who].edit(&seen[who], &names, with(&values)).await {
                        Ok(merged) => {
                            assert!(stale.is_empty(), "{stale:?} overwritten in story {story}");
                            let changes = values.iter().any(|(n, v)| now[n] != *v);
                            revision += i64::from(changes);
                            for (name, value) in values {
                                if now.insert(name, value.clone()) != Some(value) {
                                    writer.insert(name, who);
                                }
                            }
                            assert_eq!((texts(&merged), merged.revision), (now.clone(), revision));
                            seen[who] = merged;
                        }
                        Err(refused) => {
                            assert_eq!(reason(&refused), "STALE", "{refused}");
                            let told = detail(&refused, "fields");
                            let mut told: Vec<_> = told.split(',').collect();
                            told.sort_unstable();
                            assert_eq!(told, stale);
                            for name in stale {
                                let names = ["mgr", "sup"];
                                assert_eq!(detail(&refused, &format!("who.{name}")), names[writer[name]]);
                            }
                        }
                    }
                    assert_eq!(texts(&people[0].get(made.id).await?), now);
                }
            }
        }
    }
    assert_eq!(world.audit().await?.1, 0, "the log is whole");
    Ok(())
}

#[tokio::test]
async fn each_field_that_collides_names_who_changed_it_and_when() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, boss) = (world.session("mgr").await?, world.session("sup").await?, world.session("boss").await?);
    let seen = mgr.customer("华盛", 0).await?;
    let one = |name: &'static str, value: &str| with(&BTreeMap::from([(name, value.to_owned())]));
    for (by, field) in [(&sup, "address"), (&boss, "zip"), (&boss, "bank")] {
        world.advance(MINUTE);
        let current = by.get(seen.id).await?;
        by.edit(&current, &[field], one(field, "1")).await?;
    }
    let stale = mgr.edit(&seen, &["address", "zip"], one("zip", "2")).await.err().context("overwritten")?;
    let at = |minutes: i64| (START + minutes * MINUTE).to_string();
    let told = ["fields", "who.address", "at.address", "who.zip", "at.zip", "who", "at"].map(|key| detail(&stale, key));
    assert_eq!(told, ["address,zip", "sup", &at(1), "王芳", &at(2), "王芳", &at(2)]);
    Ok(())
}

/// The rules run on the record as it is after the merge: 联系人 may be reached by one of two fields.
#[tokio::test]
async fn rules_run_on_the_merged_record() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let person = pb::ContactInput {
        customer_id: customer.id,
        name: "陈总".into(),
        office_tel: "010-88660001".into(),
        mobile: "13800000000".into(),
        ..Default::default()
    };
    let create = pb::CreateContactRequest { contact: Some(person), full_form: true, request_id: request_id() };
    let seen = mgr.contacts().create_contact(create).await?.into_inner();
    let without = |field: &str| pb::UpdateContactRequest {
        id: seen.id,
        contact: Some(pb::ContactInput::default()),
        update_mask: mask(&[field]),
        seen: Some(pb::ContactInput {
            mobile: seen.mobile.clone(),
            office_tel: seen.office_tel.clone(),
            ..Default::default()
        }),
        revision: seen.revision,
        request_id: request_id(),
    };
    sup.contacts().update_contact(without("mobile")).await?;
    let refused = mgr.contacts().update_contact(without("office_tel")).await.err().context("nobody can be reached")?;
    assert!(faults(&refused).iter().any(|fault| fault.contains("ONE_OF")), "{refused:?}");
    Ok(())
}
