//! Records made, changed, deleted and brought back by commands.

use anyhow::{Context, Result};
use serde_json::json;

use crate::company::{Company, objects};

#[test]
fn a_customer_is_made_with_its_first_contact_from_pairs_in_either_language() -> Result<()> {
    let company = Company::new()?;
    let pairs =
        ["create", "customer", "name=北京华盛科技", "等级=大客户", "contact.name=张律", "contact.mobile=13800001111"];
    let customer = company.one(&pairs)?;
    assert_eq!(customer["name"], "北京华盛科技");
    assert_eq!(customer["level"], "大客户");
    assert_eq!(customer["revision"], 1);
    // D3: KH, the day, a counter.
    let no = customer["no"].as_str().context("a number")?;
    assert!(no.starts_with("KH") && no.len() == 11 && no.ends_with("001"), "{no}");
    let contact = company.one(&["list", "contacts"])?;
    assert_eq!((&contact["name"], &contact["customer_no"]), (&json!("张律"), &json!(no)));
    assert_eq!(contact["mobile"], "13800001111");
    Ok(())
}

#[test]
fn json_on_standard_input_makes_several_records() -> Result<()> {
    let company = Company::new()?;
    let text = r#"{"name":"甲公司","level":"大客户","capital":500,"contact":{"name":"李四","mobile":"13800002222"}}
                  {"name":"乙公司"}"#;
    let made = objects(&company.rolo_reading(&["create", "customers", "--json"], text)?.ok()?)?;
    assert_eq!(made.len(), 2);
    assert_eq!((&made[0]["name"], &made[0]["capital"]), (&json!("甲公司"), &json!(500)));
    assert_eq!(company.count("contacts")?, 1);
    Ok(())
}

#[test]
fn what_get_writes_can_be_changed_and_read_again() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司", "tel=010-88660000"])?;
    let mut customer = company.one(&["get", "customer", "1"])?;
    customer["address"] = "科技路 1 号".into();
    let edited = company.rolo_reading(&["edit", "customer", "1", "--json"], &customer.to_string())?.ok()?;
    let edited = &objects(&edited)?[0];
    assert_eq!((&edited["address"], &edited["tel"]), (&json!("科技路 1 号"), &json!("010-88660000")));
    assert_eq!(edited["revision"], 2);
    Ok(())
}

#[test]
fn a_field_is_changed_cleared_and_found_by_number_id_or_external_id() -> Result<()> {
    let company = Company::new()?;
    let no = company.one(&["create", "customer", "name=甲公司", "external_id=EXT-7", "fax=010-1234567"])?["no"].clone();
    let no = no.as_str().context("a number")?;
    for (key, pair, field, value) in [
        (no, "tel=010-88660000", "tel", json!("010-88660000")),
        ("EXT-7", "满意度=4", "satisfaction", json!(4)),
        ("1", "fax=", "fax", json!(null)),
    ] {
        assert_eq!(company.one(&["edit", "customer", key, pair])?[field], value, "{key} {pair}");
    }
    Ok(())
}

#[test]
fn a_deleted_customer_lies_in_the_recycle_bin_until_it_is_restored() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司", "contact.name=李四", "contact.mobile=13800002222"])?;
    let said = company.ok(&["delete", "customer", "1"])?;
    assert!(said.contains("back with: rolo undo"), "{said}");
    assert_eq!((company.count("customers")?, company.count("contacts")?), (0, 0), "its contact goes with it");
    assert_eq!(company.one(&["list", "customers", "--view", "recycle_bin"])?["status"], "deleted");
    company.ok(&["restore", "customer", "1"])?;
    assert_eq!((company.count("customers")?, company.count("contacts")?), (1, 1));
    Ok(())
}

#[test]
fn ids_of_one_command_are_the_input_of_the_next() -> Result<()> {
    let company = Company::new()?;
    for name in ["甲公司", "乙公司", "丙公司"] {
        company.ok(&["create", "customer", &format!("name={name}"), "level=大客户"])?;
    }
    company.ok(&["edit", "customer", "3", "level=普通客户"])?;
    let ids = company.ok(&["list", "customers", "level:大客户", "--format", "ids"])?;
    assert_eq!(ids.lines().count(), 2);
    company.rolo_reading(&["edit", "customer", "-", "region=北京"], &ids)?.ok()?;
    let lines = company.ok(&["list", "customers", "region:北京", "--json"])?;
    assert_eq!(lines.lines().count(), 2);
    company.rolo_reading(&["delete", "customer", "-"], &lines)?.ok()?;
    assert_eq!(company.ok(&["list", "customers", "--format", "ids"])?, "3\n");
    Ok(())
}

#[test]
fn the_same_request_id_twice_is_one_record_and_another_change_under_it_is_refused() -> Result<()> {
    let company = Company::new()?;
    let create = ["create", "customer", "name=甲公司", "--request-id", "once"];
    let first = company.one(&create)?;
    assert_eq!(company.one(&create)?["id"], first["id"]);
    assert_eq!(company.count("customers")?, 1);
    company.rolo(&["create", "customer", "name=乙公司", "--request-id", "once"])?.with(6)?;

    let edit = ["edit", "customer", "1", "tel=010-88660000", "--request-id", "again"];
    assert_eq!(company.one(&edit)?["revision"], 2);
    assert_eq!(company.one(&edit)?["revision"], 2, "the same change is not made twice");
    Ok(())
}

#[test]
fn a_change_of_an_old_revision_is_stale() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    company.ok(&["edit", "customer", "1", "tel=010-88660000", "--if-revision", "1"])?;
    let refused =
        company.rolo(&["edit", "customer", "1", "tel=010-88661111", "--if-revision", "1", "--json"])?.with(4)?;
    let error: serde_json::Value = serde_json::from_str(&refused.stderr)?;
    assert_eq!((&error["error"], &error["details"]["revision"]), (&json!("STALE"), &json!("2")), "{error}");
    company.rolo(&["delete", "customer", "1", "--if-revision", "1"])?.with(4)?;
    assert_eq!(company.one(&["get", "customer", "1"])?["tel"], "010-88660000");
    Ok(())
}

#[test]
fn undo_takes_the_newest_change_back_and_redo_makes_it_again() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司", "tel=010-88660000"])?;
    let edited = company.one(&["edit", "customer", "1", "tel=010-88661111"])?;
    let tel = || anyhow::Ok(company.one(&["get", "customer", "1"])?["tel"].clone());
    let undone = company.one(&["undo"])?;
    assert_eq!((&undone["operation_id"], &undone["done"]), (&edited["operation_id"], &json!(1)));
    assert_eq!(tel()?, "010-88660000");
    company.ok(&["undo", "--redo"])?;
    assert_eq!(tel()?, "010-88661111");

    // A named operation, older than the newest: the record has changed since and stays.
    company.ok(&["edit", "customer", "1", "tel=010-88662222"])?;
    let refused = company.rolo(&["undo", &edited["operation_id"].to_string()])?;
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    assert_eq!(tel()?, "010-88662222");
    Ok(())
}

#[test]
fn an_interaction_names_its_customer_by_number_and_its_time_as_people_say_it() -> Result<()> {
    let company = Company::new()?;
    let customer = ["create", "customer", "name=甲公司", "contact.name=李四", "contact.mobile=13800002222"];
    let no = company.one(&customer)?["no"].clone();
    let no = no.as_str().context("a number")?;
    let pairs =
        ["create", "interaction", &format!("customer_no={no}"), "contact=李四", "title=报价", "next_contact_at=+3d"];
    let interaction = company.one(&pairs)?;
    assert_eq!((&interaction["customer_name"], &interaction["contact"]), (&json!("甲公司"), &json!("李四")));
    // Times are RFC 3339 in UTC.
    let next = interaction["next_contact_at"].as_str().context("a time")?;
    assert!(next.ends_with('Z') && next.contains('T'), "{next}");
    assert_eq!(company.one(&["get", "customer", no])?["next_contact_at"], next);
    Ok(())
}

#[test]
fn all_that_is_wrong_with_a_record_is_told_at_once() -> Result<()> {
    let company = Company::new()?;
    let refused =
        company.rolo(&["create", "customer", "name=甲公司", "level=钻石", "satisfaction=9", "--json"])?.with(6)?;
    let error: serde_json::Value = serde_json::from_str(&refused.stderr)?;
    let fields: Vec<_> = error["fields"].as_array().context("fields")?.iter().map(|f| f["field"].clone()).collect();
    assert_eq!(fields, ["level", "satisfaction"], "{error}");
    assert_eq!(company.count("customers")?, 0);
    Ok(())
}
