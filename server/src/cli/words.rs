//! Refusals in words for a person on the host, who reads no codes: in English or 简体中文, by the locale.

use tonic::Status;
use tonic_types::StatusExt as _;

use crate::{authz::policy, error::Error};

/// An error of the library.
pub(super) fn words(error: Error) -> anyhow::Error {
    match error {
        Error::Unavailable(what) => anyhow::anyhow!(what),
        other => refused(other.into()),
    }
}

/// A refusal of a call.
pub(super) fn refused(status: Status) -> anyhow::Error {
    anyhow::anyhow!(told(&status, rolo_help::wants_chinese()))
}

fn told(status: &Status, zh: bool) -> String {
    let details = status.get_error_details();
    let faults = details.bad_request().map(|bad| bad.field_violations.iter()).into_iter().flatten();
    let faults: Vec<_> = faults
        .map(|fault| {
            let (field, said) = (named(&fault.field, zh), said(&fault.field, &fault.description, zh));
            if zh { format!("{field}：{said}") } else { format!("{field}: {said}") }
        })
        .collect();
    if !faults.is_empty() {
        return faults.join(if zh { "；" } else { "; " });
    }
    match details.error_info() {
        Some(info) if info.reason == "DUPLICATE" => {
            let about = |key: &str| info.metadata.get(key).map(String::as_str).unwrap_or_default();
            let (field, label) = (named(about("field"), zh), about("label"));
            if zh { format!("{field}：{label} 已存在") } else { format!("{field}: {label} is there already") }
        }
        Some(info) if info.reason == "NOT_FOUND" && zh => "记录不存在".to_owned(),
        _ => status.message().to_owned(),
    }
}

/// A field as a person calls it.
fn named(field: &str, zh: bool) -> String {
    let chinese = match field {
        "name" => "账号",
        "display_name" => "姓名",
        "password" => "密码",
        "currency" => "货币",
        "time_zone" => "时区",
        "language" => "语言",
        "company" => "公司",
        "roles" => "角色",
        "superior" => "上级",
        "email" => "邮箱",
        "phone" => "电话",
        _ => "",
    };
    if zh && !chinese.is_empty() { chinese.to_owned() } else { field.replace('_', " ") }
}

/// A fault of a field (`errors.md`), `CODE` or `CODE:detail`.
fn said(field: &str, fault: &str, zh: bool) -> String {
    let (code, detail) = fault.split_once(':').unwrap_or((fault, ""));
    let (english, chinese) = match (code, detail) {
        ("REQUIRED", _) => ("is missing".to_owned(), "必填".to_owned()),
        ("TOO_LONG", most) => (format!("at most {most} characters"), format!("最多 {most} 个字符")),
        ("MALFORMED", "currency") => {
            ("three capital letters, such as CNY or USD".to_owned(), "应为三个大写字母，例如 CNY、USD".to_owned())
        }
        ("MALFORMED", "time zone") => {
            ("the name of a zone, such as Asia/Shanghai".to_owned(), "应为时区名称，例如 Asia/Shanghai".to_owned())
        }
        ("MALFORMED", "language") => ("zh or en".to_owned(), "应为 zh 或 en".to_owned()),
        ("MALFORMED", "name") => {
            ("up to 50 characters without spaces".to_owned(), "1 至 50 个字符，不含空格".to_owned())
        }
        ("MALFORMED", "password") => (
            "at least 8 characters, and not the account's name".to_owned(),
            "至少 8 个字符，且不能与账号相同".to_owned(),
        ),
        ("MALFORMED", form) => (format!("is not of the form {form}"), format!("格式不符（{form}）")),
        ("UNKNOWN_CHOICE" | "UNKNOWN_REFERENCE", given) if field == "roles" => {
            let roles: Vec<_> = policy::ROLES.iter().map(|role| role.code).collect();
            let roles = roles.join(", ");
            (format!("there is no {given}; there are {roles}"), format!("没有 {given}，可用：{roles}"))
        }
        ("UNKNOWN_CHOICE" | "UNKNOWN_REFERENCE", given) => (format!("there is no {given}"), format!("没有 {given}")),
        _ => (fault.to_owned(), fault.to_owned()),
    };
    if zh { chinese } else { english }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Fault, Match};

    #[test]
    fn a_refusal_is_said_in_the_language_of_the_person_on_the_host() {
        for (error, en, zh) in [
            (
                Error::field("currency", Fault::Malformed("currency")),
                "currency: three capital letters, such as CNY or USD",
                "货币：应为三个大写字母，例如 CNY、USD",
            ),
            (
                Error::field("roles", Fault::UnknownReference("boss".into())),
                "roles: there is no boss; there are admin, supervisor, manager, executive, service",
                "角色：没有 boss，可用：admin, supervisor, manager, executive, service",
            ),
            (
                Error::Duplicate { field: "name", at: Match { label: "li".into(), ..Match::default() } },
                "name: li is there already",
                "账号：li 已存在",
            ),
            (Error::NotFound, "there is no such record", "记录不存在"),
        ] {
            let status = Status::from(error);
            assert_eq!((told(&status, false).as_str(), told(&status, true).as_str()), (en, zh));
        }
    }
}
