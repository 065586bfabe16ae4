//! A customer's timeline (interactions, changes, newest first), S01-13, S01-21.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, Kind, timeline_entry::Entry};
use rolo_server::clock::MINUTE;
use rolo_tests::{
    Session, World,
    ask::{mask, reason_of},
    world::{START, request_id},
};

fn of(customer_id: i64, page_size: i32) -> pb::ListTimelineRequest {
    pb::ListTimelineRequest { customer_id, page_size, ..Default::default() }
}

/// An entry in a few letters: when (in minutes), and what.
fn brief(entry: &pb::TimelineEntry) -> String {
    let minute = (entry.at - START) / MINUTE;
    match &entry.entry {
        Some(Entry::Interaction(interaction)) => format!("{minute} talk {}", interaction.title),
        Some(Entry::Change(change)) => format!("{minute} {} {}", change.verb, change.kind().as_str_name()),
        None => format!("{minute} nothing"),
    }
}

async fn story(world: &World) -> Result<(Session, pb::Customer)> {
    let mgr = world.session("mgr").await?;
    let customer = mgr.customer("北京华盛", 0).await?;
    mgr.interaction(customer.id, "首次电话", 0).await?;
    world.advance(MINUTE);
    let contact = mgr.contact(customer.id, "陈总", "13800000000").await?;
    mgr.rename(&customer, "北京华盛科技").await?;
    mgr.interaction(customer.id, "报价", 0).await?;
    world.advance(MINUTE);
    let request = pb::UpdateContactRequest {
        id: contact.id,
        contact: Some(pb::ContactInput { position: "总经理".into(), ..Default::default() }),
        update_mask: mask(&["position"]),
        request_id: request_id(),
        ..Default::default()
    };
    mgr.contacts().update_contact(request).await?;
    // An interaction that took place later than it was written down, and one before the customer was there.
    for (title, at) in [("约好的拜访", START + 9 * MINUTE), ("补录", START - MINUTE)] {
        let interaction =
            pb::InteractionInput { customer_id: customer.id, at, title: title.into(), ..Default::default() };
        let request = pb::CreateInteractionRequest {
            interaction: Some(interaction),
            request_id: request_id(),
            ..Default::default()
        };
        mgr.interactions().create_interaction(request).await?;
    }
    Ok((mgr, customer))
}

#[tokio::test]
async fn interactions_and_changes_come_in_one_order_newest_first_whatever_the_page() -> Result<()> {
    let world = World::new().await?;
    let (mgr, customer) = story(&world).await?;
    let wanted = [
        "9 talk 约好的拜访",
        "2 update KIND_CONTACT",
        "1 update KIND_CUSTOMER",
        "1 create KIND_CONTACT",
        "1 talk 报价",
        "0 create KIND_CUSTOMER",
        "0 talk 首次电话",
        "-1 talk 补录",
    ];
    for page_size in [1, 2, 3, 5, 50] {
        let entries = mgr.timeline(of(customer.id, page_size)).await?;
        assert_eq!(entries.iter().map(brief).collect::<Vec<_>>(), wanted, "by {page_size}");
        assert!(entries.iter().all(|entry| entry.actor.as_ref().is_some_and(|actor| actor.name == "mgr")));
    }
    let record = pb::ListTimelineRequest { changes_only: true, record_only: true, ..of(customer.id, 1) };
    let entries = mgr.timeline(record).await?;
    assert_eq!(entries.iter().map(brief).collect::<Vec<_>>(), ["1 update KIND_CUSTOMER", "0 create KIND_CUSTOMER"]);
    let changes = pb::ListTimelineRequest { changes_only: true, ..of(customer.id, 2) };
    let entries = mgr.timeline(changes).await?;
    let interactions = |entry: &&pb::TimelineEntry| brief(entry).contains("KIND_INTERACTION");
    assert_eq!((entries.len(), entries.iter().filter(interactions).count()), (8, 4), "their own history too");
    let page = mgr.customers().list_timeline(of(customer.id, 1)).await?.into_inner();
    let other = mgr.customer("别家", 0).await?;
    let stolen = pb::ListTimelineRequest { page_token: page.next_page_token, ..of(other.id, 1) };
    assert_eq!(reason_of(&mgr.customers().list_timeline(stolen).await), "BAD_PAGE_TOKEN");
    assert_eq!(reason_of(&mgr.timeline(of(9_999, 1)).await), "NOT_FOUND");
    Ok(())
}

/// Changes are told by name: nobody knows what manager 3 is.
#[tokio::test]
async fn a_change_names_choices_and_people_not_their_ids() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let customer = mgr.customer("北京华盛", 0).await?;
    let input = pb::CustomerInput {
        region_id: Some(world.item("region", "1").await?),
        level_id: Some(world.item("customer_level", "3").await?),
        satisfaction: Some(4),
        party: pb::Party::Person.into(),
        manager_id: Some(other.user_id),
        ..Default::default()
    };
    mgr.edit(&customer, &["region_id", "level_id", "satisfaction", "party", "manager_id"], input).await?;
    let newest = mgr.timeline(of(customer.id, 50)).await?.into_iter().next().context("an empty timeline")?;
    let Some(Entry::Change(change)) = newest.entry else { anyhow::bail!("no change: {newest:?}") };
    assert_eq!((change.kind(), change.label.as_str()), (Kind::Customer, "KH261102001 北京华盛"));
    assert!(change.operation_id > 0 && change.sequence > 0);
    let mut told: Vec<_> =
        change.fields.iter().map(|field| format!("{}: {} → {}", field.field, field.before, field.after)).collect();
    told.sort();
    let wanted = [
        "level:  → 大客户",
        "manager: mgr → other",
        "party: organisation → person",
        "region:  → 北京",
        "satisfaction:  → 4",
    ];
    assert_eq!(told, wanted);
    Ok(())
}

/// §2.2 row 19: the executive looks a customer up (D13) and reads no visit records, neither here nor in their history.
#[tokio::test]
async fn the_executive_sees_changes_and_no_interactions() -> Result<()> {
    let world = World::new().await?;
    let (mgr, customer) = story(&world).await?;
    let exe = world.session("exe").await?;
    for changes_only in [false, true] {
        let entries = exe.timeline(pb::ListTimelineRequest { changes_only, ..of(customer.id, 2) }).await?;
        assert_eq!(entries.len(), 4, "{entries:?}");
        assert!(!format!("{entries:?}").contains("报价"));
    }
    // Deleted and restored, the timeline is whole again.
    mgr.bin(&mgr.get(customer.id).await?).await?;
    world.session("sup").await?.restore(customer.id).await?;
    let entries = mgr.timeline(of(customer.id, 3)).await?;
    let verbs: Vec<_> = entries.iter().map(brief).filter(|entry| entry.starts_with('2')).collect();
    assert_eq!(verbs, ["2 restore KIND_CUSTOMER", "2 delete KIND_CUSTOMER", "2 update KIND_CONTACT"]);
    Ok(())
}
