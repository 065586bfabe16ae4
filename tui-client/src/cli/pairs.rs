//! `field=value` pairs and JSON on stdin, as changes of a record.

use std::io::{self, IsTerminal as _, Read as _};

use serde_json::{Map, Value as Json};

use super::session::Session;
use crate::{
    data::{Failure, Reason},
    resource::{Changes, Contacts, Field, Input, Record, Resource, Value, fold_name, parse},
};

/// What was given for one record: names and texts, in order.
pub type Given = Vec<(String, String)>;

/// Arguments that are pairs, and those that are not (ids).
pub fn split(arguments: &[String]) -> (Vec<String>, Given) {
    let mut rest = Vec::new();
    let mut given = Given::new();
    for argument in arguments {
        // A full-width ＝ is what a Chinese keyboard types.
        match argument.split_once(['=', '＝']) {
            Some((name, value)) => given.push((name.trim().to_owned(), value.to_owned())),
            None => rest.push(argument.clone()),
        }
    }
    (rest, given)
}

/// The JSON objects on stdin, one after another. Refused when stdin is a terminal: nobody is asked.
pub fn objects_on_stdin() -> Result<Vec<Map<String, Json>>, Failure> {
    if io::stdin().is_terminal() {
        return Err(Failure::usage(
            "Say what to write: field=value pairs, or JSON on stdin",
            "请给出要写入的内容：字段=值，或从标准输入给出 JSON",
        ));
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| Failure::file("stdin".as_ref(), &error))?;
    objects(&text)
}

/// The JSON objects of a text: one after another, or in an array.
pub fn objects(text: &str) -> Result<Vec<Map<String, Json>>, Failure> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        let values = match value {
            Ok(Json::Array(values)) => values,
            Ok(value) => vec![value],
            Err(error) => {
                return Err(Failure::usage(
                    format!("stdin is not JSON: {error}"),
                    format!("标准输入不是有效的 JSON：{error}"),
                ));
            }
        };
        for value in values {
            match value {
                Json::Object(object) => found.push(object),
                other => {
                    let other = other.to_string();
                    return Err(Failure::usage(
                        format!("stdin: an object is expected, not {other}"),
                        format!("标准输入：应为 JSON 对象，而不是 {other}"),
                    ));
                }
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::usage("stdin is empty", "标准输入为空"));
    }
    Ok(found)
}

/// What a JSON object gives. Fields that are only read are left out, so that what `rolo get --json` wrote can be read
/// again; `contact` may be an object of its own.
pub fn given(resource: &dyn Resource, object: &Map<String, Json>) -> Result<Given, Failure> {
    let mut given = Given::new();
    for (name, value) in object {
        if let (Json::Object(inner), true) = (value, fold_name(name) == "contact") {
            for (inner_name, inner_value) in inner {
                given.push((format!("contact.{inner_name}"), text(inner_name, inner_value)?));
            }
            continue;
        }
        let read_only = match resource.field(name) {
            Some(index) => resource.fields()[index].wire.is_none(),
            None => matches!(name.as_str(), "revision" | "customer_name"),
        };
        if !read_only {
            given.push((name.clone(), text(name, value)?));
        }
    }
    Ok(given)
}

fn text(name: &str, value: &Json) -> Result<String, Failure> {
    parse::text_of_json(value).ok_or_else(|| {
        Failure::usage(
            format!("{name}: a text or number is expected, not {value}"),
            format!("{name}：应为文本或数字，而不是 {value}"),
        )
    })
}

/// What the given names and texts mean: the record's own fields, and for a new customer those of its first contact.
pub async fn changes(
    resource: &dyn Resource,
    given: &Given,
    session: &Session,
    record: Option<&Record>,
) -> Result<(Changes, Option<Changes>), Failure> {
    let mut own: Vec<(usize, &str)> = Vec::new();
    let mut first_contact: Vec<(usize, &str)> = Vec::new();
    let takes_contact = resource.kind() == rolo_proto::v1::Kind::Customer && record.is_none();
    for (name, text) in given {
        let contact = name.split_once('.').filter(|(kind, _)| matches!(fold_name(kind).as_str(), "contact" | "联系人"));
        match contact {
            Some((_, field)) if takes_contact => first_contact.push((index(&Contacts, field)?, text)),
            _ => own.push((index(resource, name)?, text)),
        }
    }
    // The customer comes first: a contact's name means one of that customer's.
    let fields = resource.fields();
    own.sort_by_key(|(i, _)| !matches!(fields[*i].input, Input::Customer));
    let mut customer_id = record.map_or(0, customer_of);
    let mut own_values = Changes::new();
    let mut failure = Failure::local(Reason::Validation, "", "");
    for (index, text) in own {
        match value(&fields[index], text, session, customer_id).await {
            Ok(value) => {
                if let Value::Customer(customer) = &value {
                    customer_id = customer.id;
                }
                own_values.push((index, value));
            }
            // All that is wrong is told at once.
            Err(mut wrong) if wrong.reason == Reason::Validation => failure.violations.append(&mut wrong.violations),
            Err(other) => return Err(other),
        }
    }
    let mut contact_values = Changes::new();
    for (index, text) in &first_contact {
        match value(&Contacts.fields()[*index], text, session, 0).await {
            Ok(value) => contact_values.push((*index, value)),
            Err(wrong) if wrong.reason == Reason::Validation => {
                failure.violations.extend(wrong.violations.into_iter().map(|mut v| {
                    v.field = format!("contact.{}", v.field);
                    v
                }));
            }
            Err(other) => return Err(other),
        }
    }
    if !failure.violations.is_empty() {
        return Err(failure);
    }
    Ok((own_values, (!contact_values.is_empty()).then_some(contact_values)))
}

async fn value(field: &Field, text: &str, session: &Session, customer_id: i64) -> Result<Value, Failure> {
    session.lookup.value(field, text, &session.locale, customer_id).await
}

fn customer_of(record: &Record) -> i64 {
    record
        .values
        .iter()
        .find_map(|v| match v {
            Value::Customer(customer) => Some(customer.id),
            _ => None,
        })
        .unwrap_or(0)
}

/// The field of that name, or a failure that lists those that can be written.
fn index(resource: &dyn Resource, name: &str) -> Result<usize, Failure> {
    resource.field(name).ok_or_else(|| {
        let all: Vec<&str> = resource.fields().iter().filter(|f| f.wire.is_some()).map(|f| f.name).collect();
        let all = all.join(", ");
        Failure::usage(
            format!("{} have no field {name}; there are: {all}", resource.names().1),
            format!("{}没有字段“{name}”，可用：{all}", resource.labels().1.zh),
        )
    })
}

/// Keys from the arguments; `-` stands for those on stdin, one or more a line, or the ids of JSON lines.
pub fn keys(arguments: &[String]) -> Result<Vec<String>, Failure> {
    let mut keys = Vec::new();
    for argument in arguments {
        if argument != "-" {
            keys.push(argument.clone());
            continue;
        }
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|error| Failure::file("stdin".as_ref(), &error))?;
        if text.trim_start().starts_with('{') {
            for object in objects(&text)? {
                let id = object.get("id").filter(|v| v.is_i64());
                keys.push(
                    id.map(Json::to_string).ok_or_else(|| {
                        Failure::usage("stdin: an object without an id", "标准输入：JSON 对象缺少 id")
                    })?,
                );
            }
        } else {
            keys.extend(text.split_whitespace().map(str::to_owned));
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Customers;

    #[test]
    fn pairs_and_ids_stand_in_any_order() {
        let arguments = ["42", "name=A=B", "等级＝大客户", "KH1"].map(String::from);
        let (ids, given) = split(&arguments);
        assert_eq!(ids, ["42", "KH1"]);
        assert_eq!(given, [("name".into(), "A=B".into()), ("等级".into(), "大客户".into())]);
    }

    #[test]
    fn what_get_wrote_can_be_read_again() {
        let text = r#"{"id":1,"revision":3,"name":"Acme","level":null,"satisfaction":4,"created_at":"2026-01-01T00:00:00Z",
                       "contact":{"name":"Li","mobile":13800000000}}"#;
        let object = objects(text).unwrap_or_default().remove(0);
        let given = given(&Customers, &object).unwrap_or_default();
        let expected = [
            ("name", "Acme"),
            ("level", ""),
            ("satisfaction", "4"),
            ("contact.name", "Li"),
            ("contact.mobile", "13800000000"),
        ];
        assert_eq!(given, expected.map(|(n, t)| (n.to_owned(), t.to_owned())));
    }

    #[test]
    fn several_objects_come_one_after_another_or_in_an_array() {
        assert_eq!(objects("{\"a\":1}\n{\"a\":2}").map(|o| o.len()), Ok(2));
        assert_eq!(objects("[{\"a\":1},{\"a\":2}]").map(|o| o.len()), Ok(2));
        assert!(objects("").is_err() && objects("3").is_err() && objects("{").is_err());
    }
}
