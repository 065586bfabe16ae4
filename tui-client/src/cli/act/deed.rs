//! What `rolo do` can do, to which kinds, and what the server is asked for.

use clap::ValueEnum;
use rolo_proto::v1::{
    Action as Right, BulkAction, Kind,
    bulk_action::{Action as Act, Assign, Fail, Nothing},
};

use super::DoArgs;
use crate::{
    cli::{pairs, session::Session},
    data::{Failure, Fault},
    resource::{Field, Input, Resource, Value, many},
};

const ALL: &[Kind] = &[Kind::Customer, Kind::Contact, Kind::Interaction, Kind::Opportunity, Kind::Product];

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deed {
    /// Opportunities that nobody has: to an account manager (--to)
    Assign,
    /// Opportunities that somebody has: to another account manager (--to)
    Reassign,
    /// Opportunities: take the assignment back
    Withdraw,
    /// Opportunities: won; the customer is made or linked (--customer)
    Succeed,
    /// Opportunities: lost (--reason, --text)
    Fail,
    /// Opportunities that were lost: take them up again (--reason)
    Reopen,
    /// Plan steps: record what came of it (--text)
    Result,
    /// Interactions: the next contact took place
    Settle,
    /// Interactions: move the next contact (--until)
    Snooze,
    /// Set one field (field=value)
    Set,
    /// Into the recycle bin
    Delete,
    /// Out of the recycle bin
    Restore,
    /// Hear of changes by others
    Follow,
    /// Do not hear of them any more
    Unfollow,
}

impl Deed {
    /// As it is typed.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether the server takes it one record a call.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::Succeed | Self::Reopen | Self::Result)
    }

    const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Assign | Self::Reassign | Self::Withdraw | Self::Succeed | Self::Fail | Self::Reopen => {
                &[Kind::Opportunity]
            }
            Self::Result => &[Kind::PlanStep],
            Self::Settle | Self::Snooze => &[Kind::Interaction],
            Self::Set | Self::Delete | Self::Restore | Self::Follow | Self::Unfollow => ALL,
        }
    }

    /// The right that a record must give; none: seeing it is enough.
    pub const fn right(self) -> Option<Right> {
        Some(match self {
            Self::Assign => Right::Assign,
            Self::Reassign => Right::Reassign,
            Self::Withdraw => Right::Withdraw,
            Self::Succeed => Right::Succeed,
            Self::Fail => Right::Fail,
            Self::Reopen => Right::Reopen,
            Self::Result => Right::RecordResult,
            Self::Settle | Self::Snooze => Right::Settle,
            Self::Set => Right::Edit,
            Self::Delete => Right::Delete,
            Self::Restore => Right::Restore,
            Self::Follow | Self::Unfollow => return None,
        })
    }

    /// Refuses a kind that this cannot be done to, naming what can.
    pub fn fits(self, resource: &dyn Resource) -> Result<(), Failure> {
        if self.kinds().contains(&resource.kind()) { Ok(()) } else { Err(self.unfit(resource)) }
    }

    /// The refusal.
    pub fn unfit(self, resource: &dyn Resource) -> Failure {
        let deeds: Vec<String> = Self::value_variants()
            .iter()
            .filter(|deed| deed.kinds().contains(&resource.kind()))
            .map(|deed| deed.name())
            .collect();
        let (name, deeds) = (self.name(), deeds.join(", "));
        let (en, zh) = (resource.names().1, resource.labels().1.zh);
        match deeds.is_empty() {
            true => Failure::usage(
                format!("Nothing can be done with {en} here: use rolo edit, delete, restore"),
                format!("{zh}不能用此命令处理：请用 rolo edit、delete、restore"),
            ),
            false => Failure::usage(
                format!("{en} know no {name}; what can be done: {deeds}"),
                format!("{zh}没有操作“{name}”，可用：{deeds}"),
            ),
        }
    }

    /// What is done to each record.
    pub async fn action(
        self,
        session: &Session,
        resource: &'static dyn Resource,
        given: &pairs::Given,
        args: &DoArgs,
    ) -> Result<BulkAction, Failure> {
        let act = match self {
            Self::Assign | Self::Reassign => {
                let assign = Assign { assignee_id: person(session, args).await?, shares: Vec::new() };
                if self == Self::Assign { Act::Assign(assign) } else { Act::Reassign(assign) }
            }
            Self::Withdraw => Act::Withdraw(Nothing {}),
            Self::Fail => {
                let text = asked("reason", args.reason.as_ref())?;
                let field = Field::new("reason", "Reason", "原因", Input::Choice { dictionary: "close_reason" });
                let reason = value(session, &field, text).await?;
                let Value::Choice(reason) = reason else { return Err(Failure::field("reason", Fault::Required)) };
                Act::Fail(Fail { close_reason_id: reason.id, close_text: args.text.clone().unwrap_or_default() })
            }
            Self::Settle => Act::SettleAt(0),
            Self::Snooze => {
                let text = asked("until", args.until.as_ref())?;
                let field = Field::new("until", "Until", "推迟到", Input::Time);
                match value(session, &field, text).await? {
                    Value::Time(at) => Act::SettleAt(at),
                    _ => return Err(Failure::field("until", Fault::Required)),
                }
            }
            Self::Set => Act::SetField(set(session, resource, given).await?),
            Self::Delete => Act::Delete(Nothing {}),
            Self::Restore => Act::Restore(Nothing {}),
            Self::Follow | Self::Unfollow => Act::Follow(self == Self::Follow),
            Self::Succeed | Self::Reopen | Self::Result => return Err(self.unfit(resource)),
        };
        Ok(BulkAction { action: Some(act) })
    }
}

/// An option that the deed cannot do without.
pub fn asked<'a>(option: &str, given: Option<&'a String>) -> Result<&'a str, Failure> {
    given
        .map(String::as_str)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Failure::usage(format!("This needs --{option}"), format!("缺少 --{option}")))
}

async fn value(session: &Session, field: &Field, text: &str) -> Result<Value, Failure> {
    session.lookup.value(field, text, &session.locale, 0).await
}

async fn person(session: &Session, args: &DoArgs) -> Result<i64, Failure> {
    let field = Field::new("to", "To", "指派给", Input::User);
    match value(session, &field, asked("to", args.to.as_ref())?).await? {
        Value::User(user) => Ok(user.id),
        _ => Err(Failure::field("to", Fault::Required)),
    }
}

/// One field: an operation of which one undo takes everything back.
async fn set(
    session: &Session,
    resource: &'static dyn Resource,
    given: &pairs::Given,
) -> Result<rolo_proto::v1::bulk_action::SetField, Failure> {
    let [_] = given.as_slice() else {
        return Err(Failure::usage("Say one field=value", "请给出一个 字段=值"));
    };
    let (values, _) = pairs::changes(resource, given, session, None).await?;
    let unwritable = |index: usize| Failure::field(resource.fields()[index].name, Fault::NotWritable);
    let (index, value) = values.into_iter().next().ok_or_else(|| Failure::field("field", Fault::Required))?;
    let field = many::settable(resource).find(|(i, _)| *i == index).ok_or_else(|| unwritable(index))?.1;
    many::set(field, &value).ok_or_else(|| unwritable(index))
}
