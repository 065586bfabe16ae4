use std::{collections::BTreeSet, sync::Arc};

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::db::{
    list::{Position, Walk},
    sql::Sql,
};

const NAMES: &str = include_str!("../../testdata/company_names.txt");

/// A database with the index and just enough of a customer table to walk.
fn database() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, name_key TEXT NOT NULL, grade INTEGER NOT NULL, deleted_at INTEGER)
         STRICT;
         CREATE INDEX customer_by_name ON customer (name_key, id) WHERE deleted_at IS NULL;
         CREATE INDEX customer_by_grade ON customer (grade, id);",
    )
    .unwrap();
    conn.execute_batch(include_str!("../../../../migrations/0002_search.sql")).unwrap();
    conn
}

fn add(tx: &Tx<'_>, id: i64, document: &Document<'_>) {
    let key = crate::text::name_key(document.name);
    tx.execute("INSERT INTO customer (id, name_key, grade) VALUES (?1, ?2, ?3)", params![id, key, id * 7 % 10])
        .unwrap();
    CUSTOMERS.put(tx, id, document).unwrap();
}

fn walk(key: &'static str, descending: bool) -> Walk {
    Walk {
        from: Sql::new("FROM customer c WHERE c.deleted_at IS NULL"),
        hit: Sql::new("1"),
        key,
        id: "c.id",
        descending,
        among: Vec::new(),
    }
}

/// All pages of a search, and that none holds more than asked for.
fn pages(tx: &Tx<'_>, text: &str, walk: &Walk, size: usize) -> Vec<i64> {
    let Some(query) = Query::parse(text) else { return Vec::new() };
    let mut ids = Vec::new();
    let mut after: Option<Position> = None;
    loop {
        let slice = query.page(tx, &CUSTOMERS, walk, after.as_ref(), size).unwrap();
        assert!(slice.ids.len() <= size);
        ids.extend(slice.ids);
        assert!(slice.next.is_none() || slice.next != after, "a page got nowhere: {text}");
        after = slice.next;
        if after.is_none() {
            return ids;
        }
    }
}

/// The one customer of these tests that has everything.
fn huasheng() -> Connection {
    let conn = database();
    let tx = Tx::new(&conn);
    add(
        &tx,
        1,
        &Document {
            number: "KH261102001",
            name: "北京华盛科技有限公司",
            external_id: "C-0042",
            phones: &["010-88661234 转 801".into(), "+86 400 123 9999/021-5555 6666".into()],
            contacts: &[
                ("单晓明".into(), vec!["138 1234 5678".into(), "0755-2200 3300".into()]),
                ("Zoë".into(), vec![]),
            ],
        },
    );
    conn
}

fn finds(conn: &Connection, text: &str) -> bool {
    pages(&Tx::new(conn), text, &walk("c.name_key", false), 10) == [1]
}

/// D6
#[test]
fn a_customer_is_found_by_fragments_pinyin_initials_and_mixed_input() {
    let conn = huasheng();
    for text in [
        "北",
        "盛",
        "华盛",
        "京华盛科",
        "北京华盛科技有限公司",
        "華盛",
        "ＢＪ华盛",
        "b",
        "bj",
        "bjhs",
        "bjhskjyxgs",
        "bjkj",
        "bjgs",
        "beijing",
        "beijinghua",
        "beijinghuashengkeji",
        "bei",
        "huasheng",
        "huashengk",
        "hskj",
        "hskjgs",
        "bj华盛",
        "beijing华盛",
        "华sheng",
        "h盛科ji",
        "北京 科技",
        "科技 hs",
        "公司 bj 华盛",
        "北京（华盛）",
    ] {
        assert!(finds(&conn, text), "not found: {text}");
    }
    for text in ["上海", "盛华", "北华", "bk", "bkj", "jbhs", "bjzz", "beijingsheng", "bj科技", "华盛 上海", "kejibei"]
    {
        assert!(!finds(&conn, text), "found: {text}");
    }
}

/// Design §3: numbers, phones and contacts find the customer.
#[test]
fn a_customer_is_found_by_its_number_external_id_phones_and_contacts() {
    let conn = huasheng();
    for text in [
        "KH261102001",
        "kh2611",
        "kh",
        "102001",
        "2001",
        "001",
        "61",
        "C-0042",
        "c0042",
        "0042",
        "010-88661234",
        "8866",
        "66123",
        "4001239999",
        "55556666",
        "13812345678",
        "138 1234 5678",
        "+86 138 1234 5678",
        "5678",
        "22003300",
        "单晓明",
        "晓明",
        "sxm",
        "shanxiao",
        "dxm",
        "danxiaoming",
        "zoe",
        "华盛 晓明",
        "8866 华盛",
    ] {
        assert!(finds(&conn, text), "not found: {text}");
    }
    for text in ["801 9", "345", "88661235", "12348", "KH261103", "明晓", "6789"] {
        assert!(!finds(&conn, text), "found: {text}");
    }
}

/// D6
#[test]
fn polyphones_are_found_by_every_reading_and_places_only_by_theirs() {
    let conn = database();
    let tx = Tx::new(&conn);
    for (id, name) in (1..).zip(["重庆银行", "厦门长乐", "行者无疆", "吕氏绿地", "乐行天下"]) {
        add(&tx, id, &Document { name, ..Document::default() });
    }
    let by_name = walk("c.name_key", false);
    for (text, id) in [
        ("cqyh", 1),
        ("chongqingyinhang", 1),
        ("yinhang", 1),
        ("xm", 2),
        ("xzwj", 3),
        ("lvshi", 4),
        ("lushi", 4),
        ("lsld", 4),
        ("yuex", 5),
        ("lex", 5),
    ] {
        assert_eq!(pages(&tx, text, &by_name, 10), [id], "{text}");
    }
    assert_eq!(pages(&tx, "zq", &by_name, 10), [] as [i64; 0]);
}

#[test]
fn nothing_searchable_is_no_query_and_odd_text_does_no_harm() {
    assert_eq!(Query::parse(""), None);
    assert_eq!(Query::parse(" （）★ -"), None);
    let conn = huasheng();
    for text in
        ["\"", "a\" OR \"b", "' OR 1 --", "^北", "=aaaaaa", "NOT", "华*", "grams:华", "\0华\u{202e}", "OR AND NOT"]
    {
        pages(&Tx::new(&conn), text, &walk("c.name_key", false), 10);
    }
    pages(&Tx::new(&conn), &"北京".repeat(500), &walk("c.name_key", false), 10);
}

#[test]
fn a_change_moves_the_customer_in_the_index_and_no_change_writes_nothing() {
    let conn = huasheng();
    let tx = Tx::new(&conn);
    let new = Document { number: "KH261102001", name: "上海长虹", ..Document::default() };
    CUSTOMERS.put(&tx, 1, &new).unwrap();
    assert!(
        finds(&conn, "上海")
            && finds(&conn, "shch")
            && !finds(&conn, "华盛")
            && !finds(&conn, "晓明")
            && !finds(&conn, "8866")
    );
    let before = conn.total_changes();
    CUSTOMERS.put(&tx, 1, &new).unwrap();
    assert_eq!(conn.total_changes(), before);
    CUSTOMERS.remove(&tx, 1).unwrap();
    CUSTOMERS.remove(&tx, 1).unwrap();
    assert!(!finds(&conn, "上海"));
}

/// A change writes what it changes alone; what is left is the index that the last documents would have made at once,
/// whatever became of it on the way: renamed and named back, gone and back again, merged or not.
#[test]
fn an_index_that_changed_often_is_the_one_that_its_last_documents_make() {
    let held = |conn: &Connection| -> Vec<(String, i64)> {
        conn.execute_batch("CREATE VIRTUAL TABLE temp.held USING fts5vocab (main, customer_gram, instance)").unwrap();
        let mut held = conn.prepare("SELECT term, doc FROM held ORDER BY term, doc").unwrap();
        held.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let names: Vec<&str> = NAMES.lines().chain(["Northwind Traders", "Nortel", "华盛 Trading"]).collect();
    let mut last: std::collections::BTreeMap<i64, (usize, usize)> = std::collections::BTreeMap::new();
    let changed = database();
    for round in 0..120_usize {
        changed.execute_batch("BEGIN").unwrap();
        let tx = Tx::new(&changed);
        for id in 1..=12_i64 {
            let (name, contact) = ((round * 5 + id as usize * 31) % names.len(), round * id as usize % 3);
            match (round + id as usize) % 5 {
                0 => {
                    CUSTOMERS.remove(&tx, id).unwrap();
                    last.remove(&id);
                    continue;
                }
                // Only its contacts change.
                1 | 2 => last.entry(id).or_insert((name, contact)).1 = contact,
                _ => drop(last.insert(id, (name, contact))),
            }
            put(&tx, id, names[last[&id].0], last[&id].1);
        }
        changed.execute_batch("COMMIT").unwrap();
        if round % 7 == 0 {
            changed.execute_batch("INSERT INTO customer_gram (customer_gram, rank) VALUES ('merge', 16)").unwrap();
        }
    }
    let made = database();
    last.iter().for_each(|(id, (name, contact))| put(&Tx::new(&made), *id, names[*name], *contact));
    let expected = held(&made);
    assert!(expected.len() > 500);
    assert_eq!(held(&changed), expected);
    changed.execute_batch("INSERT INTO customer_gram (customer_gram) VALUES ('integrity-check')").unwrap();
    let sizes = |conn: &Connection| conn.query_row("SELECT COUNT(*) FROM customer_gram_docsize", [], |row| row.get(0));
    assert_eq!(sizes(&changed), Ok(last.len() as i64));
}

/// A document with so many contacts.
fn put(tx: &Tx<'_>, id: i64, name: &str, contacts: usize) {
    let contacts: Vec<(String, Vec<String>)> = [("单晓明", "13812345678"), ("Anna Schmidt", "07552200330")]
        .iter()
        .take(contacts)
        .map(|(name, phone)| ((*name).to_owned(), vec![(*phone).to_owned()]))
        .collect();
    let sql = "INSERT INTO customer (id, name_key, grade) VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET name_key = ?2";
    tx.execute(sql, params![id, crate::text::name_key(name)]).unwrap();
    CUSTOMERS
        .put(tx, id, &Document { number: "KH261102001", name, contacts: &contacts, ..Document::default() })
        .unwrap();
}

/// What a search has found is remembered for its next pages; what comes, goes or is renamed meanwhile is where it belongs.
#[test]
fn the_next_page_of_a_remembered_search_knows_what_has_changed() {
    let conn = database();
    let memory = Memory::default();
    let query = Query::parse("华盛").unwrap();
    let page = |after: Option<&Position>| {
        let tx = Tx::reading(&conn, &memory);
        query.page(&tx, &CUSTOMERS, &walk("c.name_key", false), after, 2).unwrap()
    };
    let change = |id: i64, name: &str| {
        put(&Tx::reading(&conn, &memory), id, name, 0);
        memory.settle();
    };
    for (id, name) in (1..).zip(["安华盛", "北华盛", "成华盛", "大华盛", "恩华盛", "福华盛"]) {
        change(id, name);
    }
    let first = page(None);
    assert_eq!(first.ids, [1, 2]);
    change(7, "高华盛");
    change(4, "大江");
    change(1, "丰华盛");
    let second = page(first.next.as_ref());
    assert_eq!(second.ids, [3, 5], "4 is none any more");
    assert_eq!(page(second.next.as_ref()).ids, [1, 6], "1 has a place behind these now");
    change(6, "哈华盛");
    let again = page(None);
    assert_eq!(again.ids, [2, 3]);
    let rest = page(page(again.next.as_ref()).next.as_ref());
    assert_eq!((rest.ids.as_slice(), rest.next), ([7, 6].as_slice(), None));
    // A name may be written otherwise and be found by the same: the order is that of the names as they are.
    conn.execute("UPDATE customer SET name_key = 'zz' WHERE id = 2", []).unwrap();
    assert_eq!(page(None).ids, [3, 5]);
}

/// Design §3: exact, prefix, then the list's own sort.
#[test]
fn exact_hits_come_first_then_prefixes_then_initials_then_the_rest() {
    let conn = database();
    let tx = Tx::new(&conn);
    for (id, name) in (1..).zip(["阿里华盛", "中华盛世", "华盛科技", "华盛", "八方华盛", "恒山", "HS物流", "华盛安"])
    {
        add(&tx, id, &Document { name, ..Document::default() });
    }
    assert_eq!(pages(&tx, "华盛", &walk("c.name_key", false), 3), [4, 8, 3, 1, 5, 2]);
    assert_eq!(pages(&tx, "hs", &walk("c.name_key", false), 1), [7, 6, 4, 8, 3]);
    assert_eq!(pages(&tx, "huasheng", &walk("c.name_key", true), 2), [3, 8, 4]);
    assert_eq!(pages(&tx, "华盛", &walk("c.id", true), 4), [4, 8, 3, 5, 2, 1]);
}

/// Many customers with frequent words, so that every way of finding a page is gone.
fn crowd() -> (Connection, i64) {
    let conn = database();
    let places = ["北京", "重庆", "上海", "", "", "", "", "", "", ""];
    let kinds = ["科技有限公司", "贸易", "有限公司", ""];
    let mut id = 0;
    conn.execute_batch("BEGIN").unwrap();
    for round in 0..8 {
        for (at, name) in NAMES.lines().enumerate() {
            id += 1;
            let place = places.get((at * 7 + round) % 10).unwrap();
            let name = format!(
                "{place}{name}{}{}",
                kinds.get((at + round) % 4).unwrap(),
                if round % 9 == 0 { "" } else { "ok" }
            );
            let document = Document { number: &format!("KH261{:04}", id), name: &name, ..Document::default() };
            add(&Tx::new(&conn), id, &document);
        }
    }
    conn.execute_batch("COMMIT").unwrap();
    (conn, id)
}

/// Gives the records their places in the order of names, as a search has asked for it.
fn number(tx: &Tx<'_>, memory: &Arc<Memory>) {
    assert!(memory.places.known(&CUSTOMERS).is_none());
    let mut building = Building::begin(memory).expect("a search has asked for them");
    while building.go_on(tx).unwrap() {}
    building.finish();
}

#[test]
fn paging_yields_every_match_exactly_once_in_the_order_of_rank_and_list() {
    let (conn, last) = crowd();
    let memory = Memory::default();
    exactly_once(&Tx::reading(&conn, &memory), last);
}

#[test]
fn so_it_does_where_the_order_of_names_is_known_and_where_some_have_no_place_in_it() {
    let (conn, last) = crowd();
    let memory = Arc::<Memory>::default();
    let tx = Tx::reading(&conn, &memory);
    number(&tx, &memory);
    exactly_once(&tx, last);
    (1..last).step_by(5).for_each(|id| memory.places.forget(CUSTOMERS.grams, id));
    exactly_once(&tx, last);
}

/// Names change while the order of all is being found out; who was passed and who was not is in its place all the same.
#[test]
fn a_name_that_changes_while_names_are_numbered_is_found_where_it_belongs() {
    let (conn, last) = crowd();
    let memory = Arc::<Memory>::default();
    let tx = Tx::reading(&conn, &memory);
    let by_name = walk("c.name_key", false);
    let expected = |text: &str| {
        let query = Query::parse(text).unwrap();
        let sql = "SELECT id, name_key, doc FROM customer JOIN customer_search ON customer_id = id WHERE ?1";
        let rows: Vec<(i64, String, String)> =
            tx.query(sql, [1], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let mut places: Vec<_> =
            rows.iter().filter_map(|(id, key, doc)| query.rank(doc).map(|rank| (rank, key.clone(), *id))).collect();
        places.sort();
        places.into_iter().map(|place| place.2).collect::<Vec<_>>()
    };
    assert!(memory.places.known(&CUSTOMERS).is_none());
    let mut building = Building::begin(&memory).unwrap();
    assert!(Building::begin(&memory).is_none(), "once at a time");
    assert!(building.go_on(&tx).unwrap());
    for (id, name) in
        (1..last).step_by(last as usize / 40).zip(["啊北京华盛", "中北京华盛", "作北京贸易"].into_iter().cycle())
    {
        put(&tx, id, name, 0);
    }
    while building.go_on(&tx).unwrap() {}
    building.finish();
    put(&tx, last, "之北京人", 0);
    for text in ["北京", "bj", "bjhs"] {
        assert_eq!(pages(&tx, text, &by_name, 30), expected(text), "{text}");
    }
}

/// Design §3: paging on yields every match exactly once, however frequent the words are and whatever the order.
fn exactly_once(tx: &Tx<'_>, last: i64) {
    let docs: Vec<(i64, i64, String, String)> = tx
        .query(
            "SELECT id, grade, name_key, doc FROM customer JOIN customer_search ON customer_id = id WHERE ?1 ORDER BY id",
            [1],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap();
    assert_eq!(docs.len() as i64, last);
    let some: String = NAMES.lines().nth(40).unwrap().into();
    for text in [
        "北京",
        "科技",
        "有限公司",
        "公司 北京",
        "bj",
        "b",
        "o",
        "bjkj",
        "chongqing",
        "cq",
        "cqyxgs",
        "kh",
        "kh26",
        "7",
        "000",
        "0001",
        &some,
    ] {
        let query = Query::parse(text).unwrap();
        let mut expected: Vec<_> = docs
            .iter()
            .filter_map(|(id, grade, key, doc)| query.rank(doc).map(|rank| (rank, key.as_str(), *grade, *id)))
            .collect();
        let ids = |expected: &[(Rank, &str, i64, i64)]| expected.iter().map(|row| row.3).collect::<Vec<_>>();
        expected.sort_by_key(|row| (row.0, row.1, row.3));
        assert!(pages(tx, text, &walk("c.name_key", false), 70) == ids(&expected), "{text} by name");
        expected.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| (b.1, b.3).cmp(&(a.1, a.3))));
        assert!(pages(tx, text, &walk("c.name_key", true), 99) == ids(&expected), "{text} by name, last first");
        expected.sort_by_key(|row| (row.0, row.2, row.3));
        let mut graded = walk("c.grade", false);
        assert!(pages(tx, text, &graded, 70) == ids(&expected), "{text} by grade");
        graded.hit.push(" AND c.grade > ").bind(4);
        expected.retain(|row| row.2 > 4);
        assert!(pages(tx, text, &graded, 70) == ids(&expected), "{text} by grade, some");
        let (count, more) = query.count(tx, &CUSTOMERS, &graded).unwrap();
        assert!(if more { count <= expected.len() as i64 } else { count == expected.len() as i64 }, "{text}: {count}");
        expected.sort_by_key(|row| (row.0, std::cmp::Reverse(row.3)));
        let mut newest = walk("c.id", true);
        newest.hit.push(" AND c.grade > ").bind(4);
        assert!(pages(tx, text, &newest, 70) == ids(&expected), "{text} newest first");
    }
}

/// The index may show more than matches, never less.
#[test]
fn whatever_the_document_answers_the_index_holds() {
    let (conn, _) = crowd();
    let tx = Tx::new(&conn);
    let docs: Vec<(i64, String)> = tx
        .query("SELECT customer_id, doc FROM customer_search WHERE customer_id % ?1 = 0", [37], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    for (id, doc) in docs.iter().take(60) {
        let name: Vec<char> = Lines::of(doc).name.chars().collect();
        let sounds = crate::text::pinyin::spell(Lines::of(doc).name);
        let initials: String = sounds.iter().map(grams::initial).collect();
        for text in [
            initials.clone(),
            initials.chars().take(3).collect(),
            crate::text::name_key(Lines::of(doc).name),
            name.iter().rev().take(3).rev().collect(),
        ] {
            let query = Query::parse(&text).unwrap();
            let rank = query.rank(doc).unwrap();
            for expression in [query.expression(), query.expression_of(rank)].into_iter().flatten() {
                let sql = "SELECT 1 FROM customer_gram WHERE customer_gram MATCH ?1 AND rowid = ?2";
                assert!(
                    tx.query_opt(sql, params![expression, id], |_| Ok(())).unwrap().is_some(),
                    "{text} of {doc}: {expression}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// D6
    #[test]
    fn any_two_neighbouring_characters_of_any_name_find_it(at in 0..300_usize, cut in 0..8_usize) {
        let conn = database();
        let tx = Tx::new(&conn);
        let name = NAMES.lines().nth(at).unwrap();
        add(&tx, 1, &Document { name, ..Document::default() });
        let squeezed: Vec<char> = squeeze(name).chars().collect();
        let fragment: String = squeezed.windows(2).nth(cut % squeezed.len().saturating_sub(1).max(1)).unwrap_or(&squeezed).iter().collect();
        prop_assert_eq!(pages(&tx, &fragment, &walk("c.name_key", false), 10), [1]);
    }

    /// D6
    #[test]
    fn every_reading_of_any_name_finds_it(at in 0..300_usize, length in 2..12_usize) {
        let conn = database();
        let tx = Tx::new(&conn);
        let name = NAMES.lines().nth(at).unwrap();
        add(&tx, 1, &Document { name, ..Document::default() });
        for reading in crate::text::readings(name).into_iter().filter(|reading| reading.full.is_ascii()) {
            for form in [&reading.initials, &reading.full] {
                let typed: String = form.chars().take(length).collect();
                prop_assert_eq!(pages(&tx, &typed, &walk("c.name_key", false), 10), [1], "{} of {}", typed, name);
            }
        }
    }

    #[test]
    fn the_folded_document_keeps_its_lines_apart(fields in proptest::collection::vec(any::<String>(), 5)) {
        let [number, name, external_id, phone, contact] = <[String; 5]>::try_from(fields).unwrap();
        let contacts = [(contact, vec![phone.clone()])];
        let doc = Document { number: &number, name: &name, external_id: &external_id, phones: &[phone], contacts: &contacts }.fold();
        let lines = Lines::of(&doc);
        prop_assert_eq!(lines.name, squeeze(&name));
        prop_assert_eq!(lines.number, squeeze(&number));
        prop_assert_eq!(lines.external_id, squeeze(&external_id));
        let grams: BTreeSet<String> = grams::of_document(&doc, None).into_iter().collect();
        prop_assert!(grams.iter().all(|gram| gram.chars().all(|c| c.is_alphanumeric() || "^~=-".contains(c))));
    }
}
