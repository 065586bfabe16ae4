//! Interactions and what is due: §3.5, D3, D4, §2.2 row 19, S01-13, S01-21.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, DueView, InteractionSort};
use rolo_server::clock::{DAY, HOUR, MINUTE, Millis};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, mask, reason_of},
    world::{START, reason, request_id},
};
use tonic::Status;

/// Midnight in Shanghai at the beginning of the tests' first day.
const TODAY: Millis = START - 9 * HOUR;

async fn create(by: &Session, interaction: pb::InteractionInput, full_form: bool) -> Result<pb::Interaction, Status> {
    let request = pb::CreateInteractionRequest { interaction: Some(interaction), full_form, request_id: request_id() };
    Ok(by.interactions().create_interaction(request).await?.into_inner())
}

async fn update(
    by: &Session,
    id: i64,
    fields: &[&str],
    interaction: pb::InteractionInput,
) -> Result<pb::Interaction, Status> {
    let (update_mask, request_id) = (mask(fields), request_id());
    let interaction = Some(interaction);
    let request = pb::UpdateInteractionRequest { id, interaction, update_mask, request_id, ..Default::default() };
    Ok(by.interactions().update_interaction(request).await?.into_inner())
}

async fn revision(by: &Session, id: i64) -> Result<i64, Status> {
    Ok(by.interactions().get_interaction(pb::GetInteractionRequest { id }).await?.into_inner().revision)
}

async fn settle(by: &Session, id: i64) -> Result<pb::Interaction, Status> {
    let request = pb::SettleNextContactRequest { id, revision: revision(by, id).await?, request_id: request_id() };
    Ok(by.interactions().settle_next_contact(request).await?.into_inner())
}

async fn snooze(by: &Session, id: i64, until: Millis) -> Result<pb::Interaction, Status> {
    let revision = revision(by, id).await?;
    let request = pb::SnoozeNextContactRequest { id, until, revision, request_id: request_id() };
    Ok(by.interactions().snooze_next_contact(request).await?.into_inner())
}

async fn titles(by: &Session, filter: pb::InteractionFilter) -> Result<Vec<String>> {
    let request = pb::ListInteractionsRequest { filter: Some(filter), page_size: 2, ..Default::default() };
    Ok(by.talks(request).await?.into_iter().map(|interaction| interaction.title).collect())
}

async fn due(by: &Session, view: DueView) -> Result<Vec<String>> {
    titles(by, pb::InteractionFilter { due: view.into(), mine: true, ..Default::default() }).await
}

/// Today, overdue, next seven days: as the Today screen counts them.
async fn counts(by: &Session) -> Result<[i64; 3]> {
    let counted = by.interactions().count_due(pb::CountDueRequest {}).await?.into_inner();
    Ok([counted.today, counted.overdue, counted.next_7_days].map(|total| total.map_or(-1, |total| total.count)))
}

/// D4: a place only for 会议 and 上门; the title always; the next contact not before.
#[tokio::test]
async fn a_place_is_asked_for_at_meetings_and_visits_and_the_time_is_now_by_default() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer_id = mgr.customer("华盛", 0).await?.id;
    let about = |title: &str| pb::InteractionInput { customer_id, title: title.into(), ..Default::default() };
    let now = create(&mgr, about("电话"), true).await?;
    assert_eq!((now.at, now.author.map(|author| author.id)), (START, Some(mgr.user_id)));
    for channel in ["meeting", "visit"] {
        let channel_id = Some(world.item("channel", channel).await?);
        let there = pb::InteractionInput { channel_id, ..about("上门") };
        let refusal = create(&mgr, there.clone(), true).await.err().context("taken")?;
        assert_eq!(faults(&refusal), ["place REQUIRED"], "{channel}");
        assert_eq!(create(&mgr, there.clone(), false).await?.missing, ["place"], "an import may; the badge says it");
        let placed = create(&mgr, pb::InteractionInput { place: "客户办公室".into(), ..there }, true).await?;
        let emptied = update(&mgr, placed.id, &["place"], pb::InteractionInput::default()).await.err().context("ok")?;
        assert_eq!(faults(&emptied), ["place REQUIRED"]);
    }
    let phone = Some(world.item("channel", "phone").await?);
    assert!(create(&mgr, pb::InteractionInput { channel_id: phone, ..about("电话") }, true).await.is_ok());
    let early = pb::InteractionInput { at: START, next_contact_at: Some(START - 1), ..about("") };
    let refusal = create(&mgr, early, true).await.err().context("taken")?;
    assert_eq!(faults(&refusal).len(), 2, "no title, and the next contact before this one");
    for (field, fault) in [("title", "title REQUIRED"), ("at", "at REQUIRED")] {
        let refusal = update(&mgr, now.id, &[field], pb::InteractionInput::default()).await.err().context("emptied")?;
        assert_eq!(faults(&refusal), [fault]);
    }
    let stranger = mgr.contact(mgr.customer("别家", 0).await?.id, "陈总", "").await?;
    let wrong = pb::InteractionInput { contact_id: Some(stranger.id), ..about("电话") };
    let refusal = create(&mgr, wrong, true).await.err().context("taken")?;
    assert_eq!(
        faults(&refusal),
        [format!("contact UNKNOWN_REFERENCE:{}", stranger.id)],
        "a contact of another customer"
    );
    Ok(())
}

/// D4: today, overdue and the next seven days, by the company's midnight.
#[tokio::test]
async fn what_is_due_is_sorted_into_days_of_the_companys_zone() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    for (title, next) in [
        ("今天零点", TODAY),
        ("今天末刻", TODAY + DAY - 1),
        ("明天零点", TODAY + DAY),
        ("七天末刻", TODAY + 8 * DAY - 1),
        ("八天后", TODAY + 8 * DAY),
        ("昨天", TODAY - 1),
    ] {
        let customer_id = mgr.customer(title, 0).await?.id;
        let at = TODAY - DAY;
        create(
            &mgr,
            pb::InteractionInput {
                customer_id,
                at,
                title: title.into(),
                next_contact_at: Some(next),
                ..Default::default()
            },
            true,
        )
        .await?;
    }
    assert_eq!(due(&mgr, DueView::Today).await?, ["今天零点", "今天末刻"]);
    assert_eq!(due(&mgr, DueView::Overdue).await?, ["昨天"]);
    assert_eq!(due(&mgr, DueView::Next7Days).await?, ["明天零点", "七天末刻"]);
    assert_eq!(due(&mgr, DueView::Any).await?.len(), 6);
    assert_eq!(counts(&mgr).await?, [2, 1, 2]);
    assert_eq!(counts(&world.session("other").await?).await?, [0, 0, 0], "mine, not another's");
    // Midnight passes in Shanghai, while in Greenwich it is four in the afternoon.
    world.advance(15 * HOUR);
    let mgr = world.session("mgr").await?;
    assert_eq!(due(&mgr, DueView::Today).await?, ["明天零点"]);
    assert_eq!(counts(&mgr).await?, [1, 3, 2]);
    Ok(())
}

/// D4: settled by a later interaction or by marking it done; only the newest per customer and author counts.
#[tokio::test]
async fn a_next_contact_is_settled_by_a_later_one_or_by_hand_and_only_the_newest_counts() -> Result<()> {
    let world = World::new().await?;
    let (mgr, stf) = (world.session("mgr").await?, world.session("stf").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let first = mgr.interaction(customer.id, "第一次", START + HOUR).await?;
    assert!(first.due);
    let theirs = stf.interaction(customer.id, "客服", START + 2 * HOUR).await?;
    assert_eq!((due(&mgr, DueView::Any).await?.len(), due(&stf, DueView::Any).await?.len()), (1, 1), "one an author");
    assert_eq!(mgr.get(customer.id).await?.next_contact_at, START + HOUR, "the earliest of them");
    world.advance(MINUTE);
    let second = mgr.interaction(customer.id, "第二次", START + 3 * HOUR).await?;
    assert_eq!(due(&mgr, DueView::Any).await?, ["第二次"]);
    let of_customer = mgr.get(customer.id).await?;
    assert_eq!((of_customer.next_contact_at, of_customer.last_contact_at), (START + 2 * HOUR, START + MINUTE));
    // One that lies further back in time does not count, though it was entered last.
    let older = pb::InteractionInput {
        customer_id: customer.id,
        at: START - DAY,
        title: "补录".into(),
        next_contact_at: Some(START + 4 * HOUR),
        ..Default::default()
    };
    assert!(!create(&mgr, older, true).await?.due);
    assert_eq!(due(&mgr, DueView::Any).await?, ["第二次"]);
    // Done by hand; doing it twice is refused; another date makes it due again.
    let done = settle(&mgr, second.id).await?;
    assert!(!done.due && done.settled_at == START + MINUTE);
    assert!(due(&mgr, DueView::Any).await?.is_empty());
    let again = settle(&mgr, second.id).await.err().context("twice")?;
    assert_eq!((reason(&again), detail(&again, "state")), ("INVALID_STATE".into(), "settled".into()));
    let later = pb::InteractionInput { next_contact_at: Some(START + 5 * HOUR), ..Default::default() };
    assert!(update(&mgr, second.id, &["next_contact_at"], later).await?.due);
    // Deleting the newest brings the one before back, undoing the deletion takes it away again.
    let bin = pb::DeleteInteractionRequest {
        id: second.id,
        revision: revision(&mgr, second.id).await?,
        request_id: request_id(),
    };
    let gone = mgr.interactions().delete_interaction(bin).await?.into_inner();
    assert_eq!(due(&mgr, DueView::Any).await?, ["第一次"]);
    mgr.undo(gone.operation_id).await?;
    assert_eq!(due(&mgr, DueView::Any).await?, ["第二次"]);
    settle(&stf, theirs.id).await?;
    assert_eq!(mgr.get(customer.id).await?.next_contact_at, START + 5 * HOUR);
    let figures =
        world.nobody().await?.host().check_figures(pb::CheckFiguresRequest { repair: false }).await?.into_inner();
    assert_eq!((figures.checked, figures.differences), (1, Vec::new()), "kept figures are the recomputed ones");
    // What is due follows its customer out of view.
    mgr.bin(&mgr.get(customer.id).await?).await?;
    assert_eq!(counts(&mgr).await?, [0, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn a_next_contact_is_snoozed_into_the_future_only() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer = mgr.customer("华盛", 0).await?;
    let open = mgr.interaction(customer.id, "电话", START + HOUR).await?;
    assert_eq!(counts(&mgr).await?, [1, 0, 0]);
    let snoozed = snooze(&mgr, open.id, START + 2 * DAY).await?;
    assert_eq!((snoozed.next_contact_at, snoozed.due, snoozed.revision), (START + 2 * DAY, true, 2));
    assert_eq!(counts(&mgr).await?, [0, 0, 1]);
    for until in [0, START, i64::MAX] {
        assert_eq!(reason_of(&snooze(&mgr, open.id, until).await), "VALIDATION", "{until}");
    }
    let none = mgr.interaction(customer.id, "没有约", 0).await?;
    assert_eq!(reason_of(&snooze(&mgr, none.id, START + DAY).await), "INVALID_STATE");
    mgr.undo(snoozed.operation_id).await?;
    assert_eq!(mgr.get(customer.id).await?.next_contact_at, 0, "the later one, without a date, settled it");
    Ok(())
}

/// §2.2 row 19: everybody who sells or serves adds; the author, the customer's manager or a supervisor in scope edits.
#[tokio::test]
async fn an_interaction_is_edited_by_its_author_the_customers_manager_or_a_supervisor() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other, stf) = (world.session("mgr").await?, world.session("other").await?, world.session("stf").await?);
    let (sup, exe) = (world.session("sup").await?, world.session("exe").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let theirs = stf.interaction(customer.id, "来电", 0).await?;
    let memo = || pb::InteractionInput { memo: "记".into(), ..Default::default() };
    for by in [&stf, &mgr, &sup] {
        assert_eq!(update(by, theirs.id, &["memo"], memo()).await?.memo, "记");
    }
    let denied = update(&other, theirs.id, &["memo"], memo()).await.err().context("written")?;
    assert_eq!((reason(&denied), detail(&denied, "owner")), ("NOT_OWNER".into(), "stf".into()));
    let mine = other.interaction(customer.id, "顺便拜访", 0).await?;
    assert_eq!(reason_of(&update(&stf, mine.id, &["memo"], memo()).await), "NOT_OWNER");
    assert_eq!(reason_of(&exe.interaction(customer.id, "x", 0).await), "FORBIDDEN");
    assert_eq!(
        reason_of(&exe.interactions().list_interactions(pb::ListInteractionsRequest::default()).await),
        "FORBIDDEN"
    );
    world.sql("UPDATE customer SET status = 2").await?;
    assert!(mgr.interaction(customer.id, "挽回", 0).await.is_ok(), "§5.6: lost customers too");
    mgr.bin(&mgr.get(customer.id).await?).await?;
    assert_eq!(reason_of(&update(&stf, theirs.id, &["memo"], memo()).await), "INVALID_STATE");
    assert_eq!(reason_of(&mgr.interaction(customer.id, "x", 0).await), "INVALID_STATE");
    Ok(())
}

/// D4: also a list across customers (author, department, day, channel).
#[tokio::test]
async fn interactions_are_listed_across_customers_by_every_filter_and_order() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let (one, two) = (mgr.customer("北京华盛", 0).await?, other.customer("上海长江", 0).await?);
    let channels = [world.item("channel", "phone").await?, world.item("channel", "wechat").await?];
    for i in 0..9_i64 {
        let (by, customer_id) = if i % 3 == 0 { (&other, two.id) } else { (&mgr, one.id) };
        let interaction = pb::InteractionInput {
            customer_id,
            at: START - (i / 2) * DAY,
            title: format!("第{i}次"),
            channel_id: channels.get(usize::try_from(i % 2)?).copied(),
            next_contact_at: (i % 4 == 0).then_some(START + i * DAY),
            ..Default::default()
        };
        create(by, interaction, true).await?;
        world.advance(MINUTE);
    }
    let plain = pb::InteractionFilter::default;
    assert_eq!(titles(&mgr, plain()).await?[..3], ["第1次", "第0次", "第3次"], "newest first");
    let departments = world.number("SELECT id FROM department WHERE name = 'South'").await?;
    let day = pb::InteractionFilter { at_from: Some(START - DAY), at_to: Some(START), ..plain() };
    for (filter, wanted) in [
        (pb::InteractionFilter { customer_id: two.id, ..plain() }, vec![0, 3, 6]),
        (pb::InteractionFilter { author_ids: vec![other.user_id], ..plain() }, vec![0, 3, 6]),
        (pb::InteractionFilter { author_ids: vec![other.user_id, 999], ..plain() }, vec![0, 3, 6]),
        (pb::InteractionFilter { department_ids: vec![departments], ..plain() }, vec![0, 3, 6]),
        (pb::InteractionFilter { channel_ids: vec![channels[1]], ..plain() }, vec![1, 3, 5, 7]),
        (day, vec![2, 3]),
        (pb::InteractionFilter { mine: true, ..plain() }, vec![1, 2, 4, 5, 7, 8]),
        (pb::InteractionFilter { mine: true, author_ids: vec![other.user_id], ..plain() }, vec![]),
        (pb::InteractionFilter { search: "长江".into(), ..plain() }, vec![0, 3, 6]),
        (pb::InteractionFilter { search: "華盛 第5".into(), ..plain() }, vec![5]),
        (pb::InteractionFilter { search: one.no.clone(), channel_ids: vec![channels[1]], ..plain() }, vec![1, 5, 7]),
        (pb::InteractionFilter { deleted: true, ..plain() }, vec![]),
    ] {
        let mut found = titles(&mgr, filter.clone()).await?;
        found.sort();
        assert_eq!(found, wanted.iter().map(|i| format!("第{i}次")).collect::<Vec<_>>(), "{filter:?}");
    }
    for order_by in [InteractionSort::At, InteractionSort::UpdatedAt, InteractionSort::NextContactAt] {
        let mut orders = Vec::new();
        for descending in [false, true] {
            let order_by = order_by.into();
            let request = pb::ListInteractionsRequest { order_by, descending, page_size: 2, ..Default::default() };
            orders.push(mgr.talks(request).await?);
        }
        orders[1].reverse();
        assert_eq!(orders[0], orders[1], "{order_by:?}");
        let sorted = orders[0].is_sorted_by_key(|one| match order_by {
            InteractionSort::At => (one.at, one.id),
            InteractionSort::UpdatedAt => (one.updated_at, one.id),
            _ => (one.next_contact_at, one.id),
        });
        assert!(sorted, "{order_by:?}");
    }
    Ok(())
}
