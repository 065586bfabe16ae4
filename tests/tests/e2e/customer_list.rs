//! The list of customers: shipped views, every filter, every sort with paging, page tokens. Issue 2, design §3, S01-13.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, CustomerSort, CustomerView};
use rolo_server::{
    clock::{DAY, MINUTE},
    text::name_key,
};
use rolo_tests::{
    Session, World,
    ask::{faults, reason_of},
    world::START,
};

/// 40 customers of all kinds: the first 15 made 31 days before the others, three lost, four in the recycle bin.
async fn fill(world: &World) -> Result<Session> {
    let mut boss = world.session("boss").await?;
    let (mgr, other) = (world.session("mgr").await?.user_id, world.session("other").await?.user_id);
    let regions = [None, Some(world.item("region", "1").await?), Some(world.item("region", "3").await?)];
    let levels = [None, Some(world.item("customer_level", "1").await?), Some(world.item("customer_level", "5").await?)];
    let names = ["北京华盛", "Alpha Trading", "重庆长安", "上海单氏", "beta GmbH", "厦门银行", "Émile & Fils"];
    for i in 0..40_usize {
        if i == 15 {
            world.advance(31 * DAY);
            boss = world.session("boss").await?;
        } else if i % 3 == 0 {
            world.advance(MINUTE);
        }
        let stars = i32::try_from(i % 6).ok().filter(|n| *n > 0);
        let customer = pb::CustomerInput {
            name: format!("{}{}", names[i % names.len()], i / names.len()),
            party: if i % 9 == 8 { 2 } else { 1 },
            region_id: regions[i % 3],
            level_id: levels[i / 2 % 3],
            manager_id: [Some(mgr), Some(other), None, Some(boss.user_id)][i % 4],
            satisfaction: stars,
            credit: stars.map(|n| 6 - n),
            tel: if i % 5 == 0 { format!("010-8866{i:04}") } else { String::new() },
            external_id: if i % 7 == 0 { format!("ERP-{i}") } else { String::new() },
            ..Default::default()
        };
        let made = boss.create(customer).await?;
        if i % 4 == 1 || i == 3 {
            boss.interaction(made.id, "电话", 0).await?;
        }
        if [4, 13, 22, 31].contains(&i) {
            boss.bin(&boss.get(made.id).await?).await?;
        }
    }
    world.sql("UPDATE customer SET status = 2 WHERE id % 12 = 3 AND deleted_at IS NULL").await?;
    Ok(boss)
}

fn view(view: CustomerView) -> pb::CustomerFilter {
    pb::CustomerFilter { view: view.into(), ..Default::default() }
}

async fn ids(by: &Session, filter: pb::CustomerFilter) -> Result<Vec<i64>> {
    let request = pb::ListCustomersRequest {
        filter: Some(filter),
        order_by: CustomerSort::No.into(),
        page_size: 7,
        ..Default::default()
    };
    Ok(by.walk(request).await?.into_iter().map(|customer| customer.id).collect())
}

#[tokio::test]
async fn each_shipped_view_holds_what_its_name_says_and_the_view_bar_counts_it() -> Result<()> {
    let world = World::new().await?;
    let boss = fill(&world).await?;
    let all = boss.walk(pb::ListCustomersRequest::default()).await?;
    assert_eq!(all.len(), 36, "40 without the four in the recycle bin");
    let now = START + 31 * DAY;
    type Test<'a> = &'a dyn Fn(&pb::Customer) -> bool;
    let views: [(CustomerView, Test<'_>); 7] = [
        (CustomerView::All, &|_| true),
        (CustomerView::Mine, &|c| c.manager.as_ref().is_some_and(|manager| manager.name == "boss")),
        (CustomerView::Recent, &|_| true),
        (CustomerView::NoContact, &|c| c.created_at < now - 30 * DAY && c.last_contact_at < now - 30 * DAY),
        (CustomerView::Incomplete, &|c| !c.missing.is_empty()),
        (CustomerView::WithoutManager, &|c| c.manager.is_none()),
        (CustomerView::Lost, &|c| c.status() == pb::CustomerStatus::Lost),
    ];
    let counts = boss.customers().count_views(pb::CountViewsRequest {}).await?.into_inner().counts;
    let count = |view: CustomerView| {
        let count = counts.iter().find(|count| count.view() == view).and_then(|count| count.total.as_ref());
        count.map(|total| (total.count, total.at_least))
    };
    for (name, belongs) in views {
        let mut wanted: Vec<i64> = all.iter().filter(|c| belongs(c)).map(|c| c.id).collect();
        wanted.sort_unstable();
        assert!(!wanted.is_empty(), "{name:?} shows nothing: the test is worth nothing");
        assert_eq!(ids(&boss, view(name)).await?, wanted, "{name:?}");
        assert_eq!(count(name), Some((i64::try_from(wanted.len())?, false)), "{name:?}");
        let mut narrowed = view(name);
        narrowed.manager_ids = vec![9_999];
        assert!(ids(&boss, narrowed).await?.is_empty(), "{name:?} loses its other filters");
    }
    assert_eq!(ids(&boss, view(CustomerView::RecycleBin)).await?, [5, 14, 23, 32]);
    assert_eq!(count(CustomerView::RecycleBin), Some((4, false)));
    // The recycle bin is for those who may restore; nobody else is even told how much is in it.
    let mgr = world.session("mgr").await?;
    assert_eq!(reason_of(&mgr.names(view(CustomerView::RecycleBin)).await), "FORBIDDEN");
    let counts = mgr.customers().count_views(pb::CountViewsRequest {}).await?.into_inner().counts;
    assert_eq!(counts.len(), 7);
    Ok(())
}

#[tokio::test]
async fn each_filter_lets_through_what_it_names_and_nothing_else() -> Result<()> {
    let world = World::new().await?;
    let boss = fill(&world).await?;
    let all = boss.walk(pb::ListCustomersRequest::default()).await?;
    let (region, level) = (world.item("region", "1").await?, world.item("customer_level", "5").await?);
    let mgr = world.session("mgr").await?.user_id;
    let middle = START + 10 * DAY;
    let plain = pb::CustomerFilter::default;
    type Test<'a> = Box<dyn Fn(&pb::Customer) -> bool + 'a>;
    let id_of = |choice: &Option<pb::Choice>| choice.as_ref().map(|choice| choice.id);
    let filters: Vec<(pb::CustomerFilter, Test<'_>)> = vec![
        (pb::CustomerFilter { region_ids: vec![region], ..plain() }, Box::new(|c| id_of(&c.region) == Some(region))),
        (pb::CustomerFilter { level_ids: vec![level, 9_999], ..plain() }, Box::new(|c| id_of(&c.level) == Some(level))),
        (
            pb::CustomerFilter { manager_ids: vec![mgr], ..plain() },
            Box::new(|c| c.manager.as_ref().map(|m| m.id) == Some(mgr)),
        ),
        (
            pb::CustomerFilter { manager_ids: vec![mgr, boss.user_id], ..plain() },
            Box::new(|c| c.manager.as_ref().is_some_and(|m| m.id == mgr || m.id == boss.user_id)),
        ),
        (pb::CustomerFilter { satisfaction: vec![0], ..plain() }, Box::new(|c| c.satisfaction.is_none())),
        (
            pb::CustomerFilter { satisfaction: vec![2, 5], ..plain() },
            Box::new(|c| matches!(c.satisfaction, Some(2 | 5))),
        ),
        (pb::CustomerFilter { credit: vec![1], ..plain() }, Box::new(|c| c.credit == Some(1))),
        (pb::CustomerFilter { party: 2, ..plain() }, Box::new(|c| c.party == 2)),
        (pb::CustomerFilter { status: 1, ..plain() }, Box::new(|c| c.status == 1)),
        (pb::CustomerFilter { status: 2, ..plain() }, Box::new(|c| c.status == 2)),
        (pb::CustomerFilter { no: "kh261102".into(), ..plain() }, Box::new(|c| c.no.starts_with("KH261102"))),
        (pb::CustomerFilter { external_id: "ERP-7".into(), ..plain() }, Box::new(|c| c.external_id == "ERP-7")),
        (pb::CustomerFilter { created_from: Some(middle), ..plain() }, Box::new(|c| c.created_at >= middle)),
        (pb::CustomerFilter { created_to: Some(middle), ..plain() }, Box::new(|c| c.created_at < middle)),
        (pb::CustomerFilter { name: "ALPHA t".into(), ..plain() }, Box::new(|c| c.name.starts_with("Alpha"))),
        (pb::CustomerFilter { tel: "88660".into(), ..plain() }, Box::new(|c| c.tel.contains("88660"))),
        (
            pb::CustomerFilter { search: "华盛".into(), region_ids: vec![region], status: 1, ..plain() },
            Box::new(|c| c.name.contains("华盛") && id_of(&c.region) == Some(region) && c.status == 1),
        ),
    ];
    for (filter, belongs) in filters {
        let mut wanted: Vec<i64> = all.iter().filter(|c| belongs(c)).map(|c| c.id).collect();
        wanted.sort_unstable();
        assert!(!wanted.is_empty() && wanted.len() < all.len(), "the test is worth nothing: {filter:?}");
        assert_eq!(ids(&boss, filter.clone()).await?, wanted, "{filter:?}");
    }
    let none = pb::CustomerFilter { classification_ids: vec![region], ..plain() };
    assert!(ids(&boss, none).await?.is_empty());
    let deleted = pb::CustomerStatus::Deleted.into();
    assert!(ids(&boss, pb::CustomerFilter { status: deleted, ..plain() }).await?.is_empty(), "they are in the bin");
    let bin = pb::CustomerFilter { status: deleted, ..view(CustomerView::RecycleBin) };
    assert_eq!(ids(&boss, bin).await?.len(), 4);
    for unknown in [
        pb::CustomerFilter { view: 99, ..plain() },
        pb::CustomerFilter { status: 99, ..plain() },
        pb::CustomerFilter { region_ids: vec![1; 50_000], ..plain() },
    ] {
        assert_eq!(reason_of(&boss.names(unknown).await), "VALIDATION");
    }
    Ok(())
}

/// What a record sorts by, as D6 and the dictionary order say.
fn sort_key(sort: CustomerSort, c: &pb::Customer, positions: &[(i64, i64)]) -> (i64, String) {
    let place = |choice: &Option<pb::Choice>| {
        let id = choice.as_ref().map_or(0, |choice| choice.id);
        positions.iter().find(|(known, _)| *known == id).map_or(0, |(_, position)| *position)
    };
    let number = match sort {
        CustomerSort::Unspecified | CustomerSort::Name => return (0, name_key(&c.name)),
        CustomerSort::No => c.id,
        CustomerSort::CreatedAt => c.created_at,
        CustomerSort::UpdatedAt => c.updated_at,
        CustomerSort::LastContactAt => c.last_contact_at,
        CustomerSort::Level => place(&c.level),
        CustomerSort::Region => place(&c.region),
        CustomerSort::Satisfaction => c.satisfaction.unwrap_or(0).into(),
        CustomerSort::Credit => c.credit.unwrap_or(0).into(),
    };
    (number, String::new())
}

/// Design §3: keyset pages. Every sort, both ways, through many filters: each record exactly once, in order.
#[tokio::test]
async fn pages_of_seven_show_each_record_once_and_in_order_for_every_sort_and_filter() -> Result<()> {
    let world = World::new().await?;
    let boss = fill(&world).await?;
    let mgr = world.session("mgr").await?;
    let items = boss.dictionary().list_items(pb::ListItemsRequest { page_size: 200, ..Default::default() }).await?;
    let positions: Vec<(i64, i64)> =
        items.into_inner().items.iter().map(|item| (item.id, item.position.into())).collect();
    let region = world.item("region", "1").await?;
    let filters = [
        view(CustomerView::All),
        view(CustomerView::Mine),
        view(CustomerView::NoContact),
        view(CustomerView::Incomplete),
        view(CustomerView::WithoutManager),
        view(CustomerView::Lost),
        view(CustomerView::RecycleBin),
        pb::CustomerFilter { region_ids: vec![region], ..Default::default() },
        pb::CustomerFilter { manager_ids: vec![mgr.user_id], ..Default::default() },
        pb::CustomerFilter { manager_ids: vec![mgr.user_id, boss.user_id], ..Default::default() },
    ];
    for filter in filters {
        let mut whole = ids(&boss, filter.clone()).await?;
        whole.sort_unstable();
        for sort in 1..=9 {
            let sort = CustomerSort::try_from(sort)?;
            for descending in [false, true] {
                let request = pb::ListCustomersRequest {
                    filter: Some(filter.clone()),
                    order_by: sort.into(),
                    descending,
                    page_size: 7,
                    ..Default::default()
                };
                let listed = boss.walk(request).await?;
                let keys: Vec<_> = listed.iter().map(|c| (sort_key(sort, c, &positions), c.id)).collect();
                let mut ordered = keys.clone();
                ordered.sort();
                if descending {
                    ordered.reverse();
                }
                assert_eq!(keys, ordered, "{sort:?} descending {descending} {filter:?}");
                let mut once: Vec<i64> = listed.iter().map(|c| c.id).collect();
                once.sort_unstable();
                assert_eq!(once, whole, "{sort:?} descending {descending} {filter:?}");
            }
        }
    }
    Ok(())
}

/// The views' own orders: newest changes first, longest without contact first, last deleted first.
#[tokio::test]
async fn a_view_has_an_order_of_its_own_when_none_is_asked_for() -> Result<()> {
    let world = World::new().await?;
    let boss = fill(&world).await?;
    let of = async |name| {
        let request = pb::ListCustomersRequest { filter: Some(view(name)), page_size: 7, ..Default::default() };
        boss.walk(request).await
    };
    assert!(of(CustomerView::All).await?.is_sorted_by_key(|c| name_key(&c.name)));
    assert!(of(CustomerView::Recent).await?.is_sorted_by_key(|c| std::cmp::Reverse((c.updated_at, c.id))));
    assert!(of(CustomerView::NoContact).await?.is_sorted_by_key(|c| (c.last_contact_at, c.id)));
    assert!(of(CustomerView::RecycleBin).await?.is_sorted_by_key(|c| std::cmp::Reverse((c.deleted_at, c.id))));
    Ok(())
}

/// Design §3: tokens are opaque and bind person, filter and sort.
#[tokio::test]
async fn a_page_token_is_worth_nothing_to_another_person_filter_order_or_list() -> Result<()> {
    let world = World::new().await?;
    let boss = fill(&world).await?;
    let request = pb::ListCustomersRequest { page_size: 7, with_total: true, ..Default::default() };
    let first = boss.customers().list_customers(request.clone()).await?.into_inner();
    assert_eq!(first.total.map(|total| (total.count, total.at_least)), Some((36, false)));
    let next = pb::ListCustomersRequest { page_token: first.next_page_token, ..request };
    let another_size = pb::ListCustomersRequest { page_size: 3, with_total: false, ..next.clone() };
    assert_eq!(boss.customers().list_customers(another_size).await?.into_inner().customers.len(), 3);
    let token = next.page_token.clone();
    let last = token.chars().last().context("an empty token")?;
    let forged = format!("{}{}", &token[..token.len() - 1], if last == '0' { '1' } else { '0' });
    let bad = [
        pb::ListCustomersRequest { order_by: CustomerSort::No.into(), ..next.clone() },
        pb::ListCustomersRequest { descending: true, ..next.clone() },
        pb::ListCustomersRequest { filter: Some(view(CustomerView::Lost)), ..next.clone() },
        pb::ListCustomersRequest { export: true, ..next.clone() },
        pb::ListCustomersRequest { page_token: forged, ..next.clone() },
        pb::ListCustomersRequest { page_token: token[..32].into(), ..next.clone() },
        pb::ListCustomersRequest { page_token: token[..31].into(), ..next.clone() },
        pb::ListCustomersRequest { page_token: "华盛".repeat(20), ..next.clone() },
        pb::ListCustomersRequest { page_token: "zz".repeat(40), ..next.clone() },
    ];
    for request in bad {
        let refusal = boss.customers().list_customers(request.clone()).await;
        assert_eq!(reason_of(&refusal), "BAD_PAGE_TOKEN", "{request:?}");
    }
    let mgr = world.session("mgr").await?;
    assert_eq!(reason_of(&mgr.customers().list_customers(next.clone()).await), "BAD_PAGE_TOKEN");
    let contacts = pb::ListContactsRequest { page_token: token, ..Default::default() };
    assert_eq!(reason_of(&boss.contacts().list_contacts(contacts).await), "BAD_PAGE_TOKEN");
    assert!(boss.customers().list_customers(next).await.is_ok(), "and to its own it is");
    Ok(())
}

/// Issue 2: no request is unbounded.
#[tokio::test]
async fn a_page_has_fifty_rows_by_default_two_hundred_at_most_and_a_thousand_for_an_export() -> Result<()> {
    let world = World::new().await?;
    world
        .sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
             INSERT INTO customer (no, name, name_norm, name_key, created_at, created_by, updated_at)
             SELECT 'X' || i, 'x' || i, 'x' || i, 'x' || i, i, 1, i FROM n",
        )
        .await?;
    let boss = world.session("boss").await?;
    for (page_size, export, rows) in [
        (0, false, 50),
        (-1, false, 50),
        (1, false, 1),
        (200, false, 200),
        (i32::MAX, false, 200),
        (i32::MAX, true, 1_000),
    ] {
        let request = pb::ListCustomersRequest { page_size, export, ..Default::default() };
        let page = boss.customers().list_customers(request).await?.into_inner();
        let held = page.customers.len();
        // On a busy machine a page ends by its clock, which is first looked at after 128 rows.
        assert!((rows.min(128)..=rows).contains(&held), "page size {page_size}, export {export}: {held}");
    }
    let request = pb::ListCustomersRequest { order_by: 77, ..Default::default() };
    let unknown = boss.customers().list_customers(request).await.err().context("taken")?;
    assert_eq!(faults(&unknown), ["order_by UNKNOWN_FIELD"]);
    Ok(())
}

/// Live lists (tui 4): narrowed to some records, a list answers which of them it holds, in its own order; whatever else
/// it asks for, and never more than the caller may see.
#[tokio::test]
async fn a_list_says_which_of_some_records_it_holds_in_its_own_order() -> Result<()> {
    let world = World::new().await?;
    let boss = fill(&world).await?;
    let filters = [
        view(CustomerView::All),
        view(CustomerView::Mine),
        view(CustomerView::Lost),
        view(CustomerView::RecycleBin),
        pb::CustomerFilter { search: "a".into(), ..view(CustomerView::All) },
        pb::CustomerFilter { search: "华盛".into(), credit: vec![3], ..view(CustomerView::All) },
    ];
    for filter in filters {
        for order_by in [CustomerSort::Unspecified, CustomerSort::No, CustomerSort::UpdatedAt, CustomerSort::Credit] {
            let request = |ids: Vec<i64>| pb::ListCustomersRequest {
                filter: Some(pb::CustomerFilter { ids, ..filter.clone() }),
                order_by: order_by.into(),
                descending: true,
                page_size: 5,
                ..Default::default()
            };
            let ids = async |asked| -> Result<Vec<i64>> {
                Ok(boss.walk(request(asked)).await?.into_iter().map(|customer| customer.id).collect())
            };
            let whole = ids(Vec::new()).await?;
            let some: Vec<i64> = (1..=40).filter(|id| id % 3 != 0).rev().collect();
            let expected: Vec<i64> = whole.into_iter().filter(|id| some.contains(id)).collect();
            assert_eq!(ids(some).await?, expected, "{filter:?} by {order_by:?}");
            assert!(ids(vec![4_711, -1]).await?.is_empty());
        }
    }
    let many = pb::CustomerFilter { ids: (1..=201).collect(), ..Default::default() };
    let request = pb::ListCustomersRequest { filter: Some(many), with_total: true, ..Default::default() };
    let refused = boss.customers().list_customers(request.clone()).await.err().context("too many are taken")?;
    assert!(faults(&refused)[0].starts_with("ids OUT_OF_RANGE"), "{:?}", faults(&refused));
    let few = pb::CustomerFilter { ids: (1..=12).collect(), ..view(CustomerView::All) };
    let request = pb::ListCustomersRequest { filter: Some(few), ..request };
    let total = boss.customers().list_customers(request).await?.into_inner().total.context("a total")?;
    assert_eq!((total.count, total.at_least), (11, false), "one of the twelve is in the recycle bin");
    Ok(())
}
