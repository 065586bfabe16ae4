//! What the grammar takes, and what it refuses.

use super::*;
use crate::resource::{Customers, Interactions, Opportunities};

const LOCALE: Locale = Locale {
    lang: Lang::Zh,
    zone: chrono_tz::Asia::Shanghai,
    now: 1_795_573_200_000,
    currency: rolo_proto::number::Currency::CNY,
};
const DAY: i64 = 86_400_000;

fn customers(text: &str) -> Result<Draft, Failure> {
    read(&Customers, text, &LOCALE)
}

fn term(draft: &Draft, name: &str) -> Vec<Part> {
    let index = Customers.field(name);
    draft.terms.iter().find(|t| Some(t.field) == index).map(|t| t.parts.clone()).unwrap_or_default()
}

fn look(texts: &[&str]) -> Vec<Part> {
    texts.iter().map(|t| Part::LookUp((*t).to_owned())).collect()
}

#[test]
fn bare_words_search_and_fields_narrow() {
    let draft = customers("华盛 level:大客户 北京").unwrap_or_default();
    assert_eq!(draft.search, "华盛 北京");
    assert_eq!(term(&draft, "level"), look(&["大客户"]));
}

#[test]
fn a_field_goes_by_name_or_label_and_either_sign() {
    for text in [
        "level=大客户",
        "level:大客户",
        "客户等级：大客户",
        "等级＝大客户",
        "level: 大客户",
        "LEVEL:大客户",
        "customer_level:\"大客户\"",
    ] {
        let draft = customers(text).unwrap_or_default();
        assert_eq!(term(&draft, "level"), look(&["大客户"]), "{text}");
        assert_eq!(draft.search, "", "{text}");
    }
}

#[test]
fn several_values_are_any_of_them_and_quotes_keep_blanks_and_commas() {
    let draft = customers("region:华北,北京，中南 manager:\"Li, Ming\" a b\u{3000}c").unwrap_or_default();
    assert_eq!(term(&draft, "region"), look(&["华北", "北京", "中南"]));
    assert_eq!(term(&draft, "manager"), look(&["Li, Ming"]));
    assert_eq!(draft.search, "a b c");
    let draft = customers("“level:大客户”").unwrap_or_default();
    assert_eq!(draft.search, "level:大客户", "what is quoted is searched for");
}

#[test]
fn times_take_periods_and_ranges_with_both_ends_included() {
    let draft = customers("created_at:today").unwrap_or_default();
    let start = 1_795_536_000_000;
    assert_eq!(term(&draft, "created_at"), [Part::Ready(Value::Time(start)), Part::Ready(Value::Time(start + DAY))]);
    let draft = customers("创建时间:2026-11-25..2026-11-26").unwrap_or_default();
    assert_eq!(
        term(&draft, "created_at"),
        [Part::Ready(Value::Time(start)), Part::Ready(Value::Time(start + 2 * DAY))]
    );
    let draft = customers("created_at:..今天").unwrap_or_default();
    assert_eq!(term(&draft, "created_at"), [Part::Ready(Value::Absent), Part::Ready(Value::Time(start + DAY))]);
    let draft = read(&Interactions, "at:本周", &LOCALE).unwrap_or_default();
    assert_eq!(draft.terms.len(), 1);
}

#[test]
fn a_day_that_may_be_missing_is_asked_for_by_none_and_one_that_is_always_there_is_not() {
    for text in ["expected_close_at:none", "预计成交：无", "close:未指定"] {
        let draft = read(&Opportunities, text, &LOCALE).unwrap_or_default();
        assert_eq!(draft.terms.first().map(|t| t.parts.as_slice()), Some([Part::Ready(Value::Absent)].as_slice()));
    }
    assert!(customers("created_at:none").is_err());
}

#[test]
fn stars_states_and_views_are_read_at_once() {
    let draft = customers("satisfaction:4 credit:3..5 status:流失 view:我的客户").unwrap_or_default();
    assert_eq!(term(&draft, "satisfaction"), [Part::Ready(Value::Stars(4))]);
    assert_eq!(term(&draft, "credit").len(), 3);
    assert_eq!(term(&draft, "status"), [Part::Ready(Value::Fixed(1))]);
    assert_eq!(draft.view, Some(0));
    let draft = customers("满意度:未指定").unwrap_or_default();
    assert_eq!(term(&draft, "satisfaction"), [Part::Ready(Value::Absent)]);
}

#[test]
fn what_is_not_understood_is_told_with_what_would_be() {
    for (text, lists) in [
        ("colour:red", "region"),
        ("address:北京", "region"),
        ("satisfaction:9", "1 to 5"),
        ("created_at:abc", "2026-01-01..2026-01-31"),
        ("status:happy", "normal, lost"),
        ("view:nothing", "without_manager"),
    ] {
        let message = customers(text).err().map(|f| f.message(Lang::En)).unwrap_or_default();
        assert!(message.contains(lists), "{text}: {message}");
    }
}

#[test]
fn while_it_is_typed_a_field_without_value_is_no_error() {
    let draft = customers("华盛 level:").unwrap_or_default();
    assert!(draft.unfinished && draft.terms.is_empty());
    assert_eq!(draft.search, "华盛");
}

#[test]
fn a_clock_time_and_an_address_are_words() {
    assert_eq!(customers("15:00 http://a.b").unwrap_or_default().search, "15:00 http://a.b");
}
