//! Finding a customer by any fragment of what it is called by: D6, design §3 "Search".

use anyhow::Result;
use rolo_proto::v1::{self as pb, CustomerSort};
use rolo_tests::{Session, World, ask::mask, world::request_id};

async fn named(by: &Session, names: &[&str]) -> Result<Vec<pb::Customer>> {
    let mut made = Vec::new();
    for name in names {
        made.push(by.customer(name, 0).await?);
    }
    Ok(made)
}

/// D6, each kind of query once: what is typed, and what must come first (or must not come, if empty).
#[tokio::test]
async fn a_name_is_found_by_characters_pinyin_initials_and_all_of_them_mixed() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let names = [
        "北京华盛科技有限公司",
        "重庆长安汽车",
        "厦门航空",
        "中国银行",
        "吕氏商贸",
        "臺灣積體電路",
        "Mère & Fils SARL",
        "AT&T（中国）",
        "Łódź Śląsk",
    ];
    named(&boss, &names).await?;
    for (query, wanted) in [
        ("京华", "北京华盛科技有限公司"),
        ("華盛", "北京华盛科技有限公司"),
        ("bj华盛", "北京华盛科技有限公司"),
        ("北京hs", "北京华盛科技有限公司"),
        ("huasheng", "北京华盛科技有限公司"),
        ("bjhs", "北京华盛科技有限公司"),
        ("bjkj", "北京华盛科技有限公司"),
        ("ＢＪＨＳ", "北京华盛科技有限公司"),
        ("科技 北京", "北京华盛科技有限公司"),
        ("cq", "重庆长安汽车"),
        ("chongqing", "重庆长安汽车"),
        ("zhongqing", ""),
        ("xm", "厦门航空"),
        ("xiamen", "厦门航空"),
        ("yinhang", "中国银行"),
        ("zgyh", "中国银行"),
        ("yinxing", ""),
        ("lvshi", "吕氏商贸"),
        ("lushi", "吕氏商贸"),
        ("lssm", "吕氏商贸"),
        ("台湾", "臺灣積體電路"),
        ("积体", "臺灣積體電路"),
        ("mere", "Mère & Fils SARL"),
        ("MÈRE fils", "Mère & Fils SARL"),
        ("at&t", "AT&T（中国）"),
        ("att中国", "AT&T（中国）"),
        ("lodz slask", "Łódź Śląsk"),
        ("华盛 重庆", ""),
        ("不存在", ""),
    ] {
        let found = boss.search(query).await?;
        assert_eq!(found.first().map_or("", String::as_str), wanted, "{query} found {found:?}");
    }
    for name in names.iter().filter(|name| !name.is_ascii()) {
        let letters: Vec<char> = name.chars().filter(|c| c.is_alphanumeric()).collect();
        for pair in letters.windows(2) {
            let pair: String = pair.iter().collect();
            assert!(boss.search(&pair).await?.iter().any(|found| found == name), "{pair} does not find {name}");
        }
    }
    Ok(())
}

/// D6: 单 曾 解 仇 乐 are read as surnames; contact names find their customer.
#[tokio::test]
async fn a_customer_is_found_by_its_people_and_their_surnames_are_read_as_such() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    for (name, full, initials) in [
        ("单雄信", "shanxiongxin", "sxx"),
        ("曾国藩", "zengguofan", "zgf"),
        ("解珍", "xiezhen", "xz"),
        ("仇英", "qiuying", "qy"),
        ("乐毅", "yueyi", "yy"),
    ] {
        let customer = boss.customer(&format!("{name}的公司"), 0).await?;
        let customer = boss.rename(&customer, &format!("Firma {}", customer.id)).await?;
        boss.contact(customer.id, name, "").await?;
        for query in [name, full, initials] {
            assert_eq!(boss.search(query).await?, [customer.name.as_str()], "{query}");
        }
    }
    Ok(())
}

/// S01-13, D6: number fragments, any run of four digits of any phone, an id from elsewhere.
#[tokio::test]
async fn a_customer_is_found_by_number_phone_digits_and_external_id() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    named(&boss, &["甲", "乙"]).await?;
    let customer = pb::CustomerInput {
        name: "丙".into(),
        tel: "010-88665577 / 139 1234 9876".into(),
        fax: "0755-3344 5566".into(),
        external_id: "ERP/4711-X".into(),
        ..Default::default()
    };
    let customer = boss.create(customer).await?;
    let contact = boss.contact(customer.id, "陈总", "+86 150-4321-8765").await?;
    for query in
        ["KH261102003", "1102003", "2003", "8866", "6655", "01088665577", "010-8866", "9876", "4455", "+86 150 4321"]
    {
        assert_eq!(boss.search(query).await?, ["丙"], "{query}");
    }
    for query in ["erp/4711", "4711x", "陈 8765", "丙 5577", "2187"] {
        assert_eq!(boss.search(query).await?, ["丙"], "{query}");
    }
    for query in ["655", "99999", "87654"] {
        assert!(boss.search(query).await?.is_empty(), "{query}");
    }
    assert_eq!(boss.search("KH261102").await?.len(), 3);
    // A contact's new phone finds, the old one no longer does; so with the contact itself.
    let update = pb::UpdateContactRequest {
        id: contact.id,
        contact: Some(pb::ContactInput { mobile: "18622223333".into(), ..Default::default() }),
        update_mask: mask(&["mobile"]),
        request_id: request_id(),
        ..Default::default()
    };
    let contact = boss.contacts().update_contact(update).await?.into_inner();
    assert_eq!((boss.search("43218765").await?.len(), boss.search("62222333").await?.len()), (0, 1));
    let bin = pb::DeleteContactRequest { id: contact.id, revision: contact.revision, request_id: request_id() };
    let revision = boss.contacts().delete_contact(bin).await?.into_inner().revision;
    assert!(boss.search("陈总").await?.is_empty() && boss.search("62222333").await?.is_empty());
    let back = pb::RestoreContactRequest { id: contact.id, revision, request_id: request_id() };
    boss.contacts().restore_contact(back).await?;
    assert_eq!(boss.search("陈总").await?, ["丙"]);
    Ok(())
}

/// Design §3: exact, prefix, then the rest, each in the list's order; paging on yields every match exactly once.
#[tokio::test]
async fn exact_hits_come_before_prefixes_and_these_before_the_rest_on_any_page() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    named(&boss, &["北京华盛", "华盛 科技", "安徽华盛", "华盛", "华盛电子", "上海华东", "浙江华盛贸易"]).await?;
    let wanted = ["华盛", "华盛电子", "华盛 科技", "安徽华盛", "北京华盛", "浙江华盛贸易"];
    assert_eq!(boss.search("华盛").await?, wanted);
    assert_eq!(boss.search("huasheng").await?, wanted);
    for page_size in [1, 2, 3, 5] {
        for sort in 1..=9 {
            for descending in [false, true] {
                let request = pb::ListCustomersRequest {
                    filter: Some(pb::CustomerFilter { search: "华盛".into(), ..Default::default() }),
                    order_by: sort,
                    descending,
                    page_size,
                    with_total: true,
                    ..Default::default()
                };
                let first = boss.customers().list_customers(request.clone()).await?.into_inner();
                assert_eq!(first.total.map(|total| total.count), Some(6));
                let found: Vec<String> = boss.walk(request).await?.into_iter().map(|c| c.name).collect();
                let rank = |name: &String| match name.as_str() {
                    "华盛" => 0,
                    name if name.starts_with("华盛") => 1,
                    _ => 2,
                };
                let sort = CustomerSort::try_from(sort)?;
                assert!(found.is_sorted_by_key(rank), "{sort:?} by {page_size}: {found:?}");
                let mut once = found.clone();
                once.sort();
                once.dedup();
                assert_eq!((found.len(), once.len()), (6, 6), "{sort:?} by {page_size}: {found:?}");
                if sort == CustomerSort::Name {
                    let mut backwards = wanted.to_vec();
                    backwards[1..3].reverse();
                    backwards[3..].reverse();
                    assert_eq!(found, if descending { backwards } else { wanted.to_vec() });
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_index_follows_renaming_deleting_and_undo() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let customer = boss.customer("北京华盛", 0).await?;
    let renamed = boss.rename(&customer, "上海长江").await?;
    assert!(boss.search("华盛").await?.is_empty() && boss.search("bjhs").await?.is_empty());
    assert_eq!(boss.search("shcj").await?, ["上海长江"]);
    boss.undo(renamed.operation_id).await?;
    assert_eq!((boss.search("华盛").await?.len(), boss.search("长江").await?.len()), (1, 0));
    let gone = boss.bin(&boss.get(customer.id).await?).await?;
    assert!(boss.search("华盛").await?.is_empty());
    let bin =
        pb::CustomerFilter { search: "华盛".into(), view: pb::CustomerView::RecycleBin.into(), ..Default::default() };
    assert_eq!(boss.names(bin).await?, ["北京华盛"], "the recycle bin can be searched too");
    boss.undo(gone.operation_id).await?;
    assert_eq!(boss.search("华盛").await?, ["北京华盛"]);
    boss.bin(&boss.get(customer.id).await?).await?;
    boss.restore(customer.id).await?;
    assert_eq!(boss.search("hs").await?.len() + boss.search("bjhs").await?.len(), 2);
    Ok(())
}
