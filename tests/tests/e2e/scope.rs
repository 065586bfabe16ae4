//! The scope of reading as a list's predicate and as the test of one record: the same, for everybody.

use std::collections::BTreeSet;

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_server::db::{Lane, params};
use rolo_tests::{
    Session, World,
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

async fn compare(
    person: &Session,
    account: &str,
    customers: &[i64],
    contacts: &[i64],
    interactions: &[i64],
) -> Result<()> {
    let request = pb::ListCustomersRequest { page_size: 200, ..pb::ListCustomersRequest::default() };
    let listed = person.customers().list_customers(request).await?.into_inner().customers;
    let listed: BTreeSet<i64> = listed.iter().map(|customer| customer.id).collect();
    let get = async |id| person.customers().get_customer(pb::GetCustomerRequest { id, ..Default::default() }).await;
    assert_eq!(listed, got!(customers, get), "customers of {account}");

    let request = pb::ListContactsRequest { page_size: 200, ..pb::ListContactsRequest::default() };
    let listed = person.contacts().list_contacts(request).await?.into_inner().contacts;
    let listed: BTreeSet<i64> = listed.iter().map(|contact| contact.id).collect();
    let get = async |id| person.contacts().get_contact(pb::GetContactRequest { id }).await;
    assert_eq!(listed, got!(contacts, get), "contacts of {account}");

    let request = pb::ListInteractionsRequest { page_size: 200, ..pb::ListInteractionsRequest::default() };
    match person.interactions().list_interactions(request).await {
        Ok(page) => {
            let listed: BTreeSet<i64> = page.into_inner().interactions.iter().map(|one| one.id).collect();
            let get = async |id| person.interactions().get_interaction(pb::GetInteractionRequest { id }).await;
            assert_eq!(listed, got!(interactions, get), "interactions of {account}");
        }
        // The executive reads none.
        Err(status) => assert_eq!(reason(&status), "FORBIDDEN", "{account}"),
    }
    Ok(())
}

/// Design §4: "the same scope gives the SQL predicate for lists and the in-memory test for one record".
#[tokio::test]
async fn a_list_shows_exactly_what_can_be_opened_in_every_scope_for_everybody() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let mut people = vec![(String::from("boss"), boss.clone())];
    for (account, ..) in PEOPLE {
        people.push(((*account).to_owned(), world.session(account).await?));
    }
    let (mut customers, mut contacts, mut interactions) = (Vec::new(), Vec::new(), Vec::new());
    // Each person manages one customer, one belongs to nobody; everybody who may has spoken with some of them.
    let managers = people.iter().map(|(_, person)| person.user_id).chain([0]);
    for (number, manager_id) in managers.enumerate() {
        let customer = boss.customer(&format!("范围{number}"), manager_id).await?;
        contacts.push(boss.contact(customer.id, "陈总", "13800001111").await?.id);
        for (_, person) in people.iter().skip(number % 3).step_by(2) {
            if let Ok(interaction) = person.interaction(customer.id, "电话", 0).await {
                interactions.push(interaction.id);
            }
        }
        customers.push(customer.id);
    }
    assert!(interactions.len() > 8, "too few interactions to tell anything");
    for scope in [1, 2, 3] {
        read_scope(&world, scope).await?;
        for (account, person) in &people {
            compare(person, account, &customers, &contacts, &interactions).await?;
        }
    }
    Ok(())
}
