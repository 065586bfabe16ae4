//! What texts stand for on the server: dictionary entries (cached for the session), people, customers and contacts. Used by
//! filters, forms, `field=value` and pickers.

use std::{collections::HashMap, sync::Arc};

use rolo_proto::v1::{self, Choice, ContactRef, CustomerRef, Kind, UserRef};
use tokio::sync::{Mutex, OnceCell};

use super::{Client, Failure, Fault, Reason};
use crate::{
    resource::{self, Customers, Field, Input, Link, ListQuery, Resource, Value, fold_name, parse, parse::Locale},
    strings::Lang,
};

/// Rows of a look-up: enough to tell people of one name apart.
const FEW: i32 = 20;
/// Choices that a refusal lists.
const OFFERED: usize = 12;

/// Looks things up and remembers what seldom changes. Clones share what is remembered.
#[derive(Clone)]
pub struct Lookup {
    client: Client,
    choices: Arc<Mutex<HashMap<String, Arc<[Choice]>>>>,
    me: Arc<OnceCell<UserRef>>,
}

impl Lookup {
    /// Nothing is looked up yet.
    pub fn new(client: Client) -> Self {
        Self { client, choices: Arc::default(), me: Arc::default() }
    }

    /// All entries of a dictionary type, retired ones too, in the dictionary's order.
    pub async fn choices(&self, dictionary: &str) -> Result<Arc<[Choice]>, Failure> {
        let mut cache = self.choices.lock().await;
        if let Some(known) = cache.get(dictionary) {
            return Ok(known.clone());
        }
        let mut choices = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListItemsRequest {
                r#type: dictionary.to_owned(),
                page_size: 200,
                page_token,
                ..Default::default()
            };
            let page: v1::ListItemsResponse =
                self.client.call(request, |c, r| async move { c.dictionary().list_items(r).await }).await?;
            choices.extend(page.items.into_iter().map(|i| Choice {
                id: i.id,
                value: i.value,
                zh: i.zh,
                en: i.en,
                retired: !i.active,
            }));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let choices: Arc<[Choice]> = choices.into();
        cache.insert(dictionary.to_owned(), choices.clone());
        Ok(choices)
    }

    /// Forgets the dictionary, after it was changed.
    pub async fn forget_choices(&self) {
        self.choices.lock().await.clear();
    }

    /// People whose account, name or pinyin fits.
    pub async fn users(&self, search: &str, active_only: bool) -> Result<Vec<v1::User>, Failure> {
        let request =
            v1::ListUsersRequest { search: search.to_owned(), active_only, page_size: FEW, ..Default::default() };
        let reply: v1::ListUsersResponse =
            self.client.call(request, |c, r| async move { c.users().list_users(r).await }).await?;
        Ok(reply.users)
    }

    async fn me(&self) -> Result<UserRef, Failure> {
        let me = self.me.get_or_try_init(|| async {
            let session = self.client.session().await?;
            Ok::<_, Failure>(session.user.unwrap_or_default())
        });
        me.await.cloned()
    }

    /// Every value of a field that fits a text, for filters: the exact ones if there are any, else those that fit in
    /// part. Nothing fits: a violation of the field that lists what would.
    pub async fn matching(&self, field: &Field, text: &str, lang: Lang) -> Result<Vec<Value>, Failure> {
        let nothing = |given: String| Err(Failure::field(field.name, Fault::UnknownReference(given)));
        match field.input {
            Input::Choice { dictionary } => {
                let choices = self.choices(dictionary).await?;
                let found = choices_of(&choices, text, true);
                if found.is_empty() {
                    return Err(Failure::field(field.name, Fault::UnknownChoice(with_offer(text, &choices, lang))));
                }
                Ok(found.into_iter().map(Value::Choice).collect())
            }
            Input::User if is_me(text) => Ok(vec![Value::User(self.me().await?)]),
            Input::User => {
                let found = self.users(text, false).await?;
                let users: Vec<UserRef> = found.into_iter().filter_map(|u| u.user).collect();
                let exact: Vec<UserRef> = users.iter().filter(|u| is_named(u, text)).cloned().collect();
                let taken = if exact.is_empty() { users } else { exact };
                if taken.is_empty() {
                    nothing(text.to_owned())
                } else {
                    Ok(taken.into_iter().map(Value::User).collect())
                }
            }
            Input::Customer => Ok(vec![Value::Customer(self.customer(field, text).await?)]),
            Input::Link(kind) => Ok(vec![Value::Link(self.link(field, kind, text).await?)]),
            _ => nothing(text.to_owned()),
        }
    }

    /// The one value of a field that a text means, for writing. `customer_id` tells whose contacts are meant.
    pub async fn value(&self, field: &Field, text: &str, locale: &Locale, customer_id: i64) -> Result<Value, Failure> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Value::Absent);
        }
        match field.input {
            Input::Choice { dictionary } => {
                let choices = self.choices(dictionary).await?;
                let mut found = choices_of(&choices, text, false);
                match (found.pop(), found.is_empty()) {
                    (Some(choice), true) => Ok(Value::Choice(choice)),
                    (Some(_), false) => Err(Failure::field(field.name, Fault::Ambiguous(text.to_owned()))),
                    (None, _) => {
                        let offer = with_offer(text, &choices, locale.lang);
                        Err(Failure::field(field.name, Fault::UnknownChoice(offer)))
                    }
                }
            }
            Input::User if is_me(text) => Ok(Value::User(self.me().await?)),
            Input::User => self.user(field, text).await.map(Value::User),
            Input::Customer => self.customer(field, text).await.map(Value::Customer),
            Input::Contact => self.contact(field, text, customer_id).await.map(Value::Contact),
            Input::Link(kind) => self.link(field, kind, text).await.map(Value::Link),
            _ => parse::value(&field.input, text, locale).map_err(|fault| Failure::field(field.name, fault)),
        }
    }

    /// The person of exactly this account or name.
    async fn user(&self, field: &Field, text: &str) -> Result<UserRef, Failure> {
        let found = self.users(text, false).await?;
        let users: Vec<UserRef> = found.into_iter().filter_map(|u| u.user).filter(|u| is_named(u, text)).collect();
        // An account is unique; a display name may not be.
        let by_account = users.iter().find(|u| u.name.eq_ignore_ascii_case(text)).cloned();
        match (by_account, users.as_slice()) {
            (Some(user), _) => Ok(user),
            (None, [user]) => Ok(user.clone()),
            (None, []) => Err(Failure::field(field.name, Fault::UnknownReference(text.to_owned()))),
            (None, many) => {
                let accounts: Vec<&str> = many.iter().map(|u| u.name.as_str()).collect();
                Err(Failure::field(field.name, Fault::Ambiguous(format!("{text} ({})", accounts.join(", ")))))
            }
        }
    }

    /// The customer of this id, number, external id or exact name.
    async fn customer(&self, field: &Field, text: &str) -> Result<CustomerRef, Failure> {
        match Customers.find(&self.client, text).await {
            Ok(record) => {
                let number = record.values.first().map_or(String::new(), |v| match v {
                    Value::Text(number) => number.clone(),
                    _ => String::new(),
                });
                return Ok(CustomerRef { id: record.id, number, name: record.label });
            }
            Err(failure) if failure.reason == Reason::NotFound => {}
            Err(failure) => return Err(failure),
        }
        let request = v1::ListCustomersRequest {
            filter: Some(v1::CustomerFilter { name: text.to_owned(), ..Default::default() }),
            page_size: FEW,
            ..Default::default()
        };
        let reply: v1::ListCustomersResponse =
            self.client.call(request, |c, r| async move { c.customers().list_customers(r).await }).await?;
        let wanted = fold_name(text);
        let mut exact = reply.customers.into_iter().filter(|c| fold_name(&c.name) == wanted);
        match (exact.next(), exact.next()) {
            (Some(c), None) => Ok(CustomerRef { id: c.id, number: c.no, name: c.name }),
            (Some(_), Some(_)) => Err(Failure::field(field.name, Fault::Ambiguous(text.to_owned()))),
            (None, _) => Err(Failure::field(field.name, Fault::UnknownReference(text.to_owned()))),
        }
    }

    /// The record of this id or external id, or the only one that is called exactly so.
    async fn link(&self, field: &Field, kind: Kind, text: &str) -> Result<Link, Failure> {
        let unknown = || Failure::field(field.name, Fault::UnknownReference(text.to_owned()));
        let resource = resource::of(kind).ok_or_else(unknown)?;
        match resource.find(&self.client, text).await {
            Ok(record) => return Ok(Link { kind, id: record.id, label: record.label }),
            Err(failure) if matches!(failure.reason, Reason::NotFound | Reason::Validation) => {}
            Err(failure) => return Err(failure),
        }
        let query = ListQuery { search: text.to_owned(), page_size: FEW, ..ListQuery::default() };
        let page = resource.list(&self.client, &query).await?;
        let wanted = fold_name(text);
        let mut exact = page.records.into_iter().filter(|r| fold_name(&r.label) == wanted);
        match (exact.next(), exact.next()) {
            (Some(record), None) => Ok(Link { kind, id: record.id, label: record.label }),
            (Some(_), Some(_)) => Err(Failure::field(field.name, Fault::Ambiguous(text.to_owned()))),
            (None, _) => Err(unknown()),
        }
    }

    /// The contact of this id or exact name at a customer.
    async fn contact(&self, field: &Field, text: &str, customer_id: i64) -> Result<ContactRef, Failure> {
        let unknown = || Failure::field(field.name, Fault::UnknownReference(text.to_owned()));
        if let Ok(id) = text.parse() {
            let request = v1::GetContactRequest { id };
            let found: v1::Contact =
                self.client.call(request, |c, r| async move { c.contacts().get_contact(r).await }).await?;
            return Ok(ContactRef { id: found.id, name: found.name });
        }
        let request = v1::ListContactsRequest {
            filter: Some(v1::ContactFilter { customer_id, search: text.to_owned(), ..Default::default() }),
            page_size: FEW,
            ..Default::default()
        };
        let reply: v1::ListContactsResponse =
            self.client.call(request, |c, r| async move { c.contacts().list_contacts(r).await }).await?;
        let wanted = fold_name(text);
        let mut exact = reply.contacts.into_iter().filter(|c| fold_name(&c.name) == wanted);
        match (exact.next(), exact.next()) {
            (Some(c), None) => Ok(ContactRef { id: c.id, name: c.name }),
            (Some(_), Some(_)) => Err(Failure::field(field.name, Fault::Ambiguous(text.to_owned()))),
            (None, _) => Err(unknown()),
        }
    }
}

fn is_me(text: &str) -> bool {
    matches!(text.trim(), "me" | "我" | "本人")
}

fn is_named(user: &UserRef, text: &str) -> bool {
    user.name.eq_ignore_ascii_case(text) || fold_name(&user.display_name) == fold_name(text)
}

/// Entries of exactly this value or text in either language; if `in_part` and there are none, those that hold it.
fn choices_of(choices: &[Choice], text: &str, in_part: bool) -> Vec<Choice> {
    let wanted = fold_name(text);
    let texts = |c: &Choice| [fold_name(&c.value), fold_name(&c.zh), fold_name(&c.en)];
    let exact: Vec<Choice> = choices.iter().filter(|c| texts(c).contains(&wanted)).cloned().collect();
    if !exact.is_empty() || !in_part || wanted.is_empty() {
        return exact;
    }
    choices.iter().filter(|c| texts(c)[1..].iter().any(|t| t.contains(&wanted))).cloned().collect()
}

/// What was given, and what the dictionary offers, in the person's language.
fn with_offer(given: &str, choices: &[Choice], lang: Lang) -> String {
    let offered: Vec<&str> = choices.iter().filter(|c| !c.retired).map(|c| parse::choice_text(c, lang)).collect();
    let more = if offered.len() > OFFERED { "…" } else { "" };
    let few = &offered[..offered.len().min(OFFERED)];
    match lang {
        _ if few.is_empty() => given.to_owned(),
        Lang::En => format!("{given} (there are: {}{more})", few.join(", ")),
        Lang::Zh => format!("{given}（可选：{}{more}）", few.join("、")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(value: &str, zh: &str, en: &str) -> Choice {
        Choice { id: 1, value: value.into(), zh: zh.into(), en: en.into(), retired: false }
    }

    #[test]
    fn a_choice_goes_by_value_or_either_text_and_in_part_only_where_that_is_asked() {
        let choices = [
            level("3", "大客户", "Large customer"),
            level("5", "战略合作伙伴", "Strategic partner"),
            level("4", "合作伙伴", "Partner"),
        ];
        for text in ["3", "大客户", "large customer", "LARGE_CUSTOMER"] {
            assert_eq!(choices_of(&choices, text, false).len(), 1, "{text}");
        }
        assert_eq!(choices_of(&choices, "合作伙伴", true).len(), 1, "exact wins over in part");
        assert_eq!(choices_of(&choices, "合作", true).len(), 2);
        assert_eq!(choices_of(&choices, "合作", false).len(), 0);
    }

    #[test]
    fn a_refusal_lists_the_choices_in_the_persons_language() {
        let mut choices = vec![level("3", "大客户", "Large customer"), level("5", "重点客户", "")];
        choices.push(Choice { retired: true, ..level("6", "旧", "Old") });
        assert_eq!(with_offer("x", &choices, Lang::En), "x (there are: Large customer, 重点客户)");
        assert_eq!(with_offer("x", &choices, Lang::Zh), "x（可选：大客户、重点客户）");
        let many: Vec<_> = (0..20).map(|n| level("1", "", &n.to_string())).collect();
        assert!(with_offer("x", &many, Lang::En).ends_with("10, 11…)"));
    }
}
