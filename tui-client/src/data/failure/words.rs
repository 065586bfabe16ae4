//! Failures in words. The texts of the domain's reasons are those of `domain-spec.md` §0.3, with what to do added.

use rolo_proto::v1::{BulkResult, RowFault};

use super::{Failure, Fault, Reason};
use crate::{
    resource::{self, Input, parse},
    strings::{Lang, fill},
};

fn pick(lang: Lang, en: impl Into<String>, zh: impl Into<String>) -> String {
    match lang {
        Lang::En => en.into(),
        Lang::Zh => zh.into(),
    }
}

/// ` (by Li)` or nothing.
fn aside(lang: Lang, en: &str, zh: &str, what: &str) -> String {
    if what.is_empty() {
        return String::new();
    }
    pick(lang, format!("{en}{what}"), format!("{zh}{what}"))
}

/// Why the server takes no writes, in English and in Chinese.
fn stopped(why: &str) -> (&str, &str) {
    match why {
        "DISK_FULL" => ("its disk is full; it goes on by itself once there is space", "磁盘已满，腾出空间后自动恢复"),
        "IO" => ("its disk fails; it goes on by itself once that works", "磁盘读写出错，恢复后自动继续"),
        "DAMAGED" => ("its database file is damaged and a backup must be restored", "数据库文件已损坏，需要恢复备份"),
        "FILE_READ_ONLY" => ("its database file cannot be written", "数据库文件不可写"),
        "" => ("the reason is in its log", "原因见服务器日志"),
        other => (other, other),
    }
}

/// The whole message at the end of a command: nothing that was typed waits there to be sent again.
pub fn at_prompt(failure: &Failure, lang: Lang) -> String {
    if failure.reason != Reason::Unavailable || failure.worded {
        return message(failure, lang);
    }
    let (en, zh) = &failure.text;
    pick(
        lang,
        format!("The server cannot be reached{}", aside(lang, ": ", "", en)),
        format!("无法连接服务器{}", aside(lang, "", "：", zh)),
    )
}

/// The whole message.
pub fn message(failure: &Failure, lang: Lang) -> String {
    let detail = |key| failure.detail(key);
    let own = match lang {
        Lang::En => &failure.text.0,
        Lang::Zh => &failure.text.1,
    };
    match failure.reason {
        _ if failure.worded => own.clone(),
        Reason::Usage => pick(lang, "This was not understood", "无法理解输入"),
        Reason::File => pick(lang, "The file cannot be used", "文件无法使用"),
        Reason::Cancelled => pick(lang, "Stopped", "已取消"),
        Reason::Validation if failure.violations.is_empty() => {
            pick(lang, format!("Invalid request: {own}"), format!("输入有误：{own}"))
        }
        Reason::Validation => violations(failure, lang),
        // What the state alone does not tell: what to do instead.
        Reason::InvalidState if detail("state") == "merged" => pick(
            lang,
            "It was merged into another customer: undo the merge to get it back, or work on that one",
            "该客户已并入其他客户：可撤销合并，或直接使用合并后的客户",
        ),
        Reason::InvalidState if detail("state") == "too large" => pick(
            lang,
            "It has more than 1,000 contacts and interactions: keep this one, and merge the other into it",
            "该客户的联系人和交往记录超过 1,000 条：请保留该客户，将另一个并入",
        ),
        Reason::InvalidState if detail("state") == "undone" => {
            pick(lang, "This has been undone already", "该操作已撤销")
        }
        Reason::InvalidState if detail("state") == "too old" => pick(
            lang,
            "This is too long ago to be undone: 24 hours, for an import 30 days",
            "已超过可撤销的时间（24 小时，导入为 30 天）",
        ),
        Reason::InvalidState if detail("state") == "irreversible" => {
            pick(lang, "This cannot be undone", "该操作不能撤销")
        }
        Reason::InvalidState if detail("state") == "has_results" => pick(
            lang,
            "The plan has results already: the opportunity can only be reassigned, not withdrawn",
            "计划已有执行效果，不能撤回，只能改派",
        ),
        Reason::InvalidState if detail("state") == "lost_customer" => {
            pick(lang, "This customer is lost: win it back first", "该客户已流失，请先挽回")
        }
        Reason::InvalidState => invalid_state(failure, lang),
        Reason::Forbidden => {
            let right = aside(lang, ": the right needed is ", "：缺少 ", detail("permission"));
            pick(lang, format!("You are not permitted to do this{right}"), format!("没有权限{right}"))
        }
        Reason::NotOwner if detail("owner").is_empty() => pick(
            lang,
            "Only the responsible person may do this; nobody is responsible yet, ask a supervisor to assign it",
            "只能操作自己负责的记录；该记录尚无负责人，请主管指派",
        ),
        Reason::NotOwner => pick(
            lang,
            format!("Only the responsible person may do this: ask {}", detail("owner")),
            format!("只能操作自己负责的记录，负责人：{}", detail("owner")),
        ),
        Reason::NotFound => pick(lang, "The record does not exist", "记录不存在"),
        Reason::Duplicate => duplicate(failure, lang),
        Reason::InUse if detail("by") == "result" => {
            pick(lang, "The step has a result and stays", "该计划项已有执行效果，不能删除")
        }
        Reason::InUse => {
            let by = aside(lang, " by ", "：", detail("by"));
            pick(lang, format!("The record is in use{by} and cannot be deleted"), format!("记录已被引用，不能删除{by}"))
        }
        Reason::NotEditable => pick(lang, "This dictionary entry is not editable", "该字典条目不可编辑"),
        Reason::Stale => stale(failure, lang),
        Reason::Unauthenticated => pick(lang, "Sign in first", "请先登录"),
        Reason::BadCredentials => pick(lang, "Name or password is wrong", "用户名或密码错误"),
        Reason::Throttled => {
            let seconds = failure.retry_after.map_or_else(|| detail("seconds").to_owned(), |d| d.as_secs().to_string());
            pick(
                lang,
                format!("Too many attempts: wait {seconds} s and try again"),
                format!("尝试次数过多，请 {seconds} 秒后再试"),
            )
        }
        Reason::PasswordChangeRequired => {
            pick(lang, "The one-time password must be changed first", "请先修改一次性密码")
        }
        Reason::BadPageToken => pick(lang, "The list changed underneath: start it again", "列表已变化，请重新开始"),
        Reason::Resync => pick(lang, "Too much has changed meanwhile: load again", "期间变化过多，请重新加载"),
        Reason::Busy => pick(lang, "The server is busy: try again in a moment", "服务器繁忙，请稍后再试"),
        Reason::Untrusted => pick(lang, "The server's certificate is not trusted", "服务器证书不可信"),
        Reason::Unavailable => {
            let why = aside(lang, ": ", "：", own);
            pick(
                lang,
                format!("The server cannot be reached; what was typed is kept, try again{why}"),
                format!("无法连接服务器，已输入的内容保留，请重试{why}"),
            )
        }
        Reason::ReadOnly => {
            let (en, zh) = stopped(detail("why"));
            pick(
                lang,
                format!("The server cannot write at the moment: {en}; tell the administrator"),
                format!("服务器暂时无法写入：{zh}，请联系管理员"),
            )
        }
        Reason::Internal => {
            let what = if detail("incident").is_empty() { own.as_str() } else { detail("incident") };
            let incident = aside(lang, ": ", "：", what);
            pick(
                lang,
                format!("Something is broken on our side{incident}; tell the administrator"),
                format!("程序内部出错{incident}，请联系管理员"),
            )
        }
    }
}

fn violations(failure: &Failure, lang: Lang) -> String {
    let each: Vec<String> = failure
        .violations
        .iter()
        .map(|v| {
            let (label, text) = (label(&v.field, lang), fault(&v.field, &v.fault, lang));
            match (label.is_empty(), lang) {
                (true, _) => text,
                (false, Lang::En) => format!("{label}: {text}"),
                (false, Lang::Zh) => format!("{label}：{text}"),
            }
        })
        .collect();
    each.join(match lang {
        Lang::En => "; ",
        Lang::Zh => "；",
    })
}

fn duplicate(failure: &Failure, lang: Lang) -> String {
    let detail = |key| failure.detail(key);
    let field = label(detail("field"), lang);
    let field = aside(lang, ", same ", "，重复项：", &field);
    let at = aside(lang, ": ", "：", detail("label"));
    let owner = match (detail("owner"), lang) {
        ("", _) => String::new(),
        (owner, Lang::En) => format!(" (responsible: {owner})"),
        (owner, Lang::Zh) => format!("（负责人：{owner}）"),
    };
    let bin = if detail("deleted") == "true" || detail("deleted") == "1" {
        pick(lang, ", in the recycle bin: restore it instead", "，在回收站中，可直接恢复")
    } else {
        String::new()
    };
    pick(
        lang,
        format!("The same data already exists{at}{owner}{field}{bin}"),
        format!("已存在相同数据{at}{owner}{field}{bin}"),
    )
}

fn stale(failure: &Failure, lang: Lang) -> String {
    let (found, previewed) = (failure.detail("found"), failure.detail("previewed"));
    if !found.is_empty() {
        return pick(
            lang,
            fill(
                "The filter finds {} [record|records], {} [was|were] expected: look at it again",
                &[&found, &previewed],
            ),
            format!("筛选结果为 {found} 条，预期 {previewed} 条：请重新确认"),
        );
    }
    let separator = if lang == Lang::En { ", " } else { "、" };
    let fields = failure.stale_fields().iter().map(|f| label(f, lang)).collect::<Vec<_>>().join(separator);
    let fields = aside(lang, ": ", "：", &fields);
    match (failure.detail("who"), lang) {
        ("", Lang::En) => format!("Changed by someone else meanwhile{fields}; look at it again"),
        ("", Lang::Zh) => format!("记录已被他人修改{fields}，请刷新"),
        (who, Lang::En) => format!("Changed by {who} meanwhile{fields}; look at it again"),
        (who, Lang::Zh) => format!("记录已被{who}修改{fields}，请刷新"),
    }
}

/// The state that does not allow it, whose the record is now, and who brought that about.
fn invalid_state(failure: &Failure, lang: Lang) -> String {
    let (state, owner) = (state(failure.detail("state"), lang), failure.detail("owner"));
    let now = match (owner, lang) {
        (owner, _) if owner.is_empty() || failure.detail("state") != "assigned" => state,
        (owner, Lang::En) => format!("{state} to {owner}"),
        (owner, Lang::Zh) => format!("{state}给{owner}"),
    };
    let by = match (failure.detail("who"), lang) {
        ("", _) => String::new(),
        (who, Lang::En) => format!(" by {who}"),
        (who, Lang::Zh) => format!("（{who}）"),
    };
    if by.is_empty() {
        let now = aside(lang, ": it is ", "：", &now);
        return pick(
            lang,
            format!("The record's current status does not allow this{now}"),
            format!("当前状态不允许该操作{now}"),
        );
    }
    // Somebody has done something else with it meanwhile.
    pick(lang, format!("Not possible any more: {now}{by}"), format!("已不能操作：{now}{by}"))
}

/// A state as the server names it, in words; unknown words stay as they are.
fn state(code: &str, lang: Lang) -> String {
    match code.to_ascii_lowercase().as_str() {
        "normal" => pick(lang, "normal", "正常"),
        "lost" => pick(lang, "lost", "流失"),
        "unassigned" => pick(lang, "unassigned", "未指派"),
        "assigned" => pick(lang, "assigned", "已指派"),
        "won" => pick(lang, "won", "开发成功"),
        "lost_opportunity" => pick(lang, "lost", "开发失败"),
        "deleted" => pick(lang, "in the recycle bin", "已在回收站"),
        "retired" | "inactive" => pick(lang, "retired", "已停用"),
        _ => code.to_owned(),
    }
}

/// A field's label: `contact.name` is the contact's field; a name that no descriptor knows stays as it is.
pub fn label(field: &str, lang: Lang) -> String {
    let (kind, name) = field.split_once('.').map_or((None, field), |(kind, name)| (Some(kind), name));
    let of = |resource: &dyn resource::Resource| {
        resource.fields().iter().find(|f| f.name == name || f.wire == Some(name)).map(|f| f.label.get(lang))
    };
    match kind.and_then(resource::by_name) {
        Some(resource) => {
            let (separator, of_kind) = (if lang == Lang::En { " " } else { "" }, resource.labels().0.get(lang));
            match of(resource) {
                None => field.to_owned(),
                Some(label) if label == of_kind => label.to_owned(),
                Some(label) => [of_kind, separator, label].concat(),
            }
        }
        None => resource::all().iter().find_map(|r| of(*r)).unwrap_or(field).to_owned(),
    }
}

/// The least and the most, as people write them: amounts are not in their smallest unit.
fn bounds(field: &str, range: &str) -> (String, String) {
    let (least, most) = range.split_once("..").unwrap_or((range, ""));
    let name = field.rsplit('.').next().unwrap_or(field);
    let is_money = resource::all()
        .iter()
        .flat_map(|r| r.fields())
        .any(|f| matches!(f.input, Input::Money) && (f.name == name || f.wire == Some(name)));
    let text = |bound: &str| match bound.parse() {
        Ok(amount) if is_money => parse::money_text(amount),
        _ => bound.to_owned(),
    };
    (text(least), text(most))
}

/// A fault of the field of this name.
pub fn fault(field: &str, fault: &Fault, lang: Lang) -> String {
    match fault {
        Fault::Required => pick(lang, "is required", "必填"),
        Fault::TooLong(max) => {
            pick(lang, fill("at most {} [character|characters]", &[max]), format!("最多 {max} 个字符"))
        }
        Fault::OutOfRange(range) => {
            let (least, most) = bounds(field, range);
            pick(lang, format!("must be {least} to {most}"), format!("应为 {least} 至 {most}"))
        }
        Fault::Malformed(form) => malformed(form, lang),
        Fault::UnknownChoice(given) => pick(lang, format!("no such choice: {given}"), format!("没有这个选项：{given}")),
        Fault::UnknownReference(given) => pick(lang, format!("not found: {given}"), format!("找不到：{given}")),
        Fault::Ambiguous(given) => pick(
            lang,
            format!("more than one answers to {given}: say it more exactly"),
            format!("“{given}”有多个匹配，请写得更具体"),
        ),
        Fault::NotWritable => pick(lang, "cannot be changed", "不能修改"),
        Fault::UnknownField => pick(lang, "there is no such field", "没有这个字段"),
        Fault::OneOf(fields) => {
            let separator = if lang == Lang::En { ", " } else { "、" };
            let names = fields.split([',', ' ']).filter(|f| !f.is_empty()).map(|f| label(f, lang));
            let names = names.collect::<Vec<_>>().join(separator);
            pick(lang, format!("at least one is required of {names}"), format!("至少填写一项：{names}"))
        }
        Fault::Unchanged => pick(lang, "is so already", "与原来相同"),
        Fault::UsedAlready => {
            pick(lang, "was used already for another change: take a new one", "已用于另一次修改，请换一个请求编号")
        }
        Fault::Other(text) => text.clone(),
    }
}

fn malformed(form: &str, lang: Lang) -> String {
    let (en, zh) = match form {
        "phone" => ("is not a telephone number", "不是有效的电话号码"),
        "email" => ("is not an e-mail address", "不是有效的邮箱地址"),
        "date" | "time" => (
            "is not a date: type 2026-12-01, +3d, fri or tomorrow 15:00",
            "不是有效的日期，例如 2026-12-01、3天后、周五、明天下午3点",
        ),
        "number" => ("is not a whole number: type 12000, 12,000 or 1.2万", "不是有效的整数，例如 12000、12,000、1.2万"),
        "amount" => (
            "is not an amount: type 1000000.50, 1,000,000.50 or 100万, with at most four decimals",
            "不是有效的金额，例如 1000000.50、1,000,000.50、100万，小数最多四位",
        ),
        "usc" => (
            "is not a unified social credit code: 18 characters, the last is a check",
            "不是有效的统一社会信用代码（18 位，末位为校验码）",
        ),
        "code" => ("may hold letters, digits, - and _ only", "只能包含字母、数字、- 和 _"),
        "stars" => ("takes 1 to 5 stars", "应为 1 至 5 星"),
        "password" => {
            ("is too weak: at least 8 characters, not the name", "密码太弱：至少 8 个字符，且不能与用户名相同")
        }
        "flag" => ("takes yes or no", "应为 是 或 否"),
        "other" => ("must be another record", "应为另一条记录"),
        "request_id" => ("is not a request id", "不是有效的请求编号"),
        _ => return pick(lang, format!("is not a valid {form}"), format!("格式不正确（{form}）")),
    };
    pick(lang, en, zh)
}

/// Why an undo kept a record: `who` changed it since, if it was that.
pub fn kept(reason: &str, who: &str, lang: Lang) -> String {
    match (Reason::from_code(reason), who) {
        (Some(Reason::Stale), "") => pick(lang, "changed since", "之后已被修改"),
        (Some(Reason::Stale), who) => pick(lang, format!("changed since by {who}"), format!("之后被 {who} 修改")),
        (Some(Reason::InUse), "") => pick(lang, "in use", "已被引用"),
        (Some(Reason::InUse), who) => {
            pick(lang, format!("something of {who}'s belongs to it"), format!("{who} 有记录属于它"))
        }
        (Some(Reason::Duplicate), _) => pick(lang, "its old value is taken by now", "原值已被占用"),
        (Some(Reason::Forbidden), _) => pick(lang, "you may not change it any more", "已无权修改"),
        (Some(Reason::NotOwner), _) => pick(lang, "somebody else is responsible now", "现由他人负责"),
        (Some(Reason::NotFound), _) => pick(lang, "not to be seen any more", "已不可见"),
        (Some(Reason::InvalidState), _) => pick(lang, "its customer's status does not allow it", "其客户的状态不允许"),
        _ => row_fault(&RowFault { reason: reason.into(), detail: who.into(), ..RowFault::default() }, lang),
    }
}

/// A refusal of a bulk action: `detail` names the fields (`address TOO_LONG:100, tel REQUIRED`), the state, the owner or
/// the other record; whose it is now, who brought it there and when stand beside it.
pub fn refused(row: &BulkResult) -> Failure {
    let (known, detail) = (Reason::from_code(&row.reason).unwrap_or(Reason::Internal), row.detail.as_str());
    if known != Reason::Validation {
        let mut failure = told(known, detail);
        let at = if row.at > 0 { row.at.to_string() } else { String::new() };
        let first = [("owner", row.owner.clone()), ("who", row.who.clone()), ("at", at)];
        failure.details.extend(first.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v)));
        return failure;
    }
    let mut failure = Failure::local(known, "", "");
    for one in detail.split(", ") {
        let (field, fault) = one.split_once(' ').unwrap_or(("", one));
        let (code, detail) = fault.split_once(':').unwrap_or((fault, ""));
        let fault = Fault::new(code, detail);
        failure.violations.push(super::Violation { field: field.to_owned(), fault });
    }
    failure
}

/// What is wrong with a row of an import.
pub fn row_fault(row: &RowFault, lang: Lang) -> String {
    let (reason, detail) = (row.reason.as_str(), row.detail.as_str());
    match Fault::new(reason, detail) {
        Fault::Other(_) => {}
        // A file tells days as they are, not as one says them today.
        Fault::Malformed(form) if matches!(form.as_str(), "date" | "time") => {
            return pick(
                lang,
                "is not a date: write 2026-12-01 or 2026-12-01 15:04",
                "不是有效的日期，请写成 2026-12-01 或 2026-12-01 15:04",
            );
        }
        known => return fault(&row.field, &known, lang),
    }
    let Some(known) = Reason::from_code(reason) else { return format!("{reason} {detail}").trim().to_owned() };
    message(&told(known, detail), lang)
}

/// A refusal of which only a reason and one detail are known.
fn told(known: Reason, detail: &str) -> Failure {
    let mut failure = Failure::local(known, "", "");
    failure.text = (detail.to_owned(), detail.to_owned());
    let key = match known {
        Reason::Duplicate => "label",
        Reason::NotOwner => "owner",
        Reason::InvalidState => "state",
        Reason::Forbidden => "permission",
        Reason::InUse => "by",
        Reason::Stale => "who",
        Reason::ReadOnly => "why",
        _ => return failure,
    };
    // A record in the recycle bin is marked so (server, imports).
    let detail = match detail.strip_prefix("deleted:") {
        Some(rest) if known == Reason::Duplicate => {
            failure.details.insert("deleted".to_owned(), "true".to_owned());
            rest
        }
        _ => detail,
    };
    failure.details.insert(key.to_owned(), detail.to_owned());
    failure
}
