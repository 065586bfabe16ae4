//! The scope of reading as a list's predicate and as the test of one record: the same, for everybody.

use std::collections::BTreeSet;

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_server::db::{Lane, params};
use rolo_tests::{
    Session, World,
    ask::lead,
    world::{PEOPLE, reason},
};

/// Gives every role this scope for everything it reads.
async fn read_scope(world: &World, scope: i64) -> Result<()> {
    world
        .handle()?
        .kernel()
        .db()
        .write(Lane::People, move |write| {
            write.tx.execute("UPDATE role_permission SET scope = ?1 WHERE permission LIKE '%.read'", params![scope])?;
            Ok(())
        })
        .await?;
    world.handle()?.kernel().sessions().invalidate();
    Ok(())
}

/// Which of these a person gets one by one; the rest must not exist for them.
macro_rules! got {
    ($ids:expr, $call:expr) => {{
        let mut got = BTreeSet::new();
        for id in $ids {
            match $call(*id).await {
                Ok(_) => {
                    got.insert(*id);
                }
                Err(status) => assert_eq!(reason(&status), "NOT_FOUND", "{id}"),
            }
        }
        got
    }};
}

/// What there is to see.
#[derive(Default)]
struct Records {
    customers: Vec<i64>,
    contacts: Vec<i64>,
    interactions: Vec<i64>,
    opportunities: Vec<i64>,
    steps: Vec<i64>,
}

async fn compare(person: &Session, account: &str, all: &Records) -> Result<()> {
    let Records { customers, contacts, interactions, .. } = all;
    let followed = async |kind: pb::Kind, ids: &[i64]| -> Result<BTreeSet<i64>> {
        let follow = async |id| {
            let request = pb::SetFollowRequest { kind: kind.into(), id, follow: true };
            person.notices().set_follow(request).await
        };
        Ok(got!(ids, follow))
    };
    let request = pb::ListCustomersRequest { page_size: 200, ..pb::ListCustomersRequest::default() };
    let listed = person.customers().list_customers(request).await?.into_inner().customers;
    let listed: BTreeSet<i64> = listed.iter().map(|customer| customer.id).collect();
    let get = async |id| person.customers().get_customer(pb::GetCustomerRequest { id, ..Default::default() }).await;
    assert_eq!(listed, got!(customers, get), "customers of {account}");
    assert_eq!(listed, followed(pb::Kind::Customer, customers).await?, "customers that {account} may watch");

    let request = pb::ListContactsRequest { page_size: 200, ..pb::ListContactsRequest::default() };
    let listed = person.contacts().list_contacts(request).await?.into_inner().contacts;
    let listed: BTreeSet<i64> = listed.iter().map(|contact| contact.id).collect();
    let get = async |id| person.contacts().get_contact(pb::GetContactRequest { id }).await;
    assert_eq!(listed, got!(contacts, get), "contacts of {account}");
    assert_eq!(listed, followed(pb::Kind::Contact, contacts).await?, "contacts that {account} may watch");

    let request = pb::ListInteractionsRequest { page_size: 200, ..pb::ListInteractionsRequest::default() };
    match person.interactions().list_interactions(request).await {
        Ok(page) => {
            let listed: BTreeSet<i64> = page.into_inner().interactions.iter().map(|one| one.id).collect();
            let get = async |id| person.interactions().get_interaction(pb::GetInteractionRequest { id }).await;
            assert_eq!(listed, got!(interactions, get), "interactions of {account}");
            let followed = followed(pb::Kind::Interaction, interactions).await?;
            assert_eq!(listed, followed, "interactions that {account} may watch");
        }
        // The executive reads none.
        Err(status) => assert_eq!(reason(&status), "FORBIDDEN", "{account}"),
    }

    let request = pb::ListOpportunitiesRequest { page_size: 200, ..Default::default() };
    let listed = match person.opportunities().list_opportunities(request).await {
        Ok(page) => page.into_inner().opportunities.iter().map(|one| one.id).collect::<BTreeSet<_>>(),
        // Only who sells reads these.
        Err(status) => {
            assert_eq!(reason(&status), "FORBIDDEN", "{account}");
            assert!(followed(pb::Kind::Opportunity, &all.opportunities).await?.is_empty(), "{account}");
            assert!(followed(pb::Kind::PlanStep, &all.steps).await?.is_empty(), "{account}");
            return Ok(());
        }
    };
    let get = async |id| person.opportunity(id).await;
    assert_eq!(listed, got!(&all.opportunities, get), "opportunities of {account}");
    let may_watch = followed(pb::Kind::Opportunity, &all.opportunities).await?;
    assert_eq!(listed, may_watch, "opportunities that {account} may watch");
    let request = pb::ListPlanStepsRequest { page_size: 200, ..Default::default() };
    let listed = person.opportunities().list_plan_steps(request).await?.into_inner().steps;
    let listed: BTreeSet<i64> = listed.iter().map(|one| one.id).collect();
    let get = async |id| person.opportunities().get_plan_step(pb::GetPlanStepRequest { id }).await;
    assert_eq!(listed, got!(&all.steps, get), "steps of {account}");
    assert_eq!(listed, followed(pb::Kind::PlanStep, &all.steps).await?, "steps that {account} may watch");
    Ok(())
}

/// Design §4: "the same scope gives the SQL predicate for lists and the in-memory test for one record"; and of what is
/// watched, followed and present, which is tested by the owners alone (`watch/sight.rs`).
#[tokio::test]
async fn a_list_shows_exactly_what_can_be_opened_in_every_scope_for_everybody() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let mut people = vec![(String::from("boss"), boss.clone())];
    for (account, ..) in PEOPLE {
        people.push(((*account).to_owned(), world.session(account).await?));
    }
    let mut all = Records::default();
    // Each person manages one customer, one belongs to nobody; everybody who may has spoken with some of them.
    let managers = people.iter().map(|(_, person)| person.user_id).chain([0]);
    for (number, manager_id) in managers.enumerate() {
        let customer = boss.customer(&format!("范围{number}"), manager_id).await?;
        all.contacts.push(boss.contact(customer.id, "陈总", "13800001111").await?.id);
        for (_, person) in people.iter().skip(number % 3).step_by(2) {
            if let Ok(interaction) = person.interaction(customer.id, "电话", 0).await {
                all.interactions.push(interaction.id);
            }
        }
        all.customers.push(customer.id);
    }
    // Everybody who may has recorded one; of each department's some are developed, with a step.
    for (number, (account, person)) in people.iter().enumerate() {
        let Ok(made) = person.record(lead(&format!("机会{account}"))).await else { continue };
        all.opportunities.push(made.id);
        let assignees = people.iter().filter(|(name, _)| ["boss", "mgr", "other"].contains(&name.as_str()));
        if let Some((_, assignee)) = assignees.cycle().nth(number) {
            let second = boss.record(lead(&format!("机会{account}二"))).await?;
            let assigned = boss.assign(&second, assignee.user_id).await?;
            all.steps.push(assignee.step(assigned.id, "2026-11-05", "拜访").await?.id);
            all.opportunities.push(assigned.id);
        }
    }
    assert!(all.steps.len() > 2, "too few opportunities to tell anything");
    assert!(all.interactions.len() > 8, "too few interactions to tell anything");
    for scope in [1, 2, 3] {
        read_scope(&world, scope).await?;
        for (account, person) in &people {
            compare(person, account, &all).await?;
        }
    }
    Ok(())
}
