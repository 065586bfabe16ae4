//! Takes out of all text what a terminal would obey: security row 14. ratatui and a plain `write!` both pass an escape
//! sequence through, so the one place that stops it is the boundary where replies enter the client.
//!
//! [`Scrub`] is a bound of [`super::Client::call`]: a reply that is not scrubbed does not compile. Each message is taken
//! apart without `..`, so a field added to the contract does not compile either until it stands here.

use std::borrow::Cow;

use rolo_proto::v1;

use crate::text::is_unsafe;

/// Line feed and tab stay: they are part of longer texts.
fn is_dangerous(c: char) -> bool {
    !matches!(c, '\n' | '\t') && is_unsafe(c)
}

/// The text without dangerous characters; borrowed where there were none.
pub fn scrub(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_dangerous) {
        Cow::Owned(text.chars().filter(|c| !is_dangerous(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// What can be scrubbed in place.
pub trait Scrub {
    /// Takes dangerous characters out of every text inside.
    fn scrub(&mut self);
}

impl Scrub for String {
    fn scrub(&mut self) {
        if let Cow::Owned(clean) = scrub(self) {
            *self = clean;
        }
    }
}

impl<T: Scrub> Scrub for Option<T> {
    fn scrub(&mut self) {
        if let Some(inner) = self {
            inner.scrub();
        }
    }
}

impl<T: Scrub> Scrub for Vec<T> {
    fn scrub(&mut self) {
        self.iter_mut().for_each(Scrub::scrub);
    }
}

impl<T: Scrub> Scrub for Box<T> {
    fn scrub(&mut self) {
        T::scrub(self);
    }
}

macro_rules! nothing_to_scrub {
    ($($type:ty),*) => { $(impl Scrub for $type { fn scrub(&mut self) {} })* };
}
nothing_to_scrub!(bool, i32, i64, u8, u32, u64);

macro_rules! messages {
    ($($message:ident { $($field:ident),* $(,)? })*) => {
        $(impl Scrub for v1::$message {
            fn scrub(&mut self) {
                let Self { $($field),* } = self;
                $($field.scrub();)*
            }
        })*
    };
}

messages! {
    AddUserResponse { user, one_time_password }
    Assignee { user, open, due_7_days, won, lost, capacity, department }
    BackupResponse { bytes, audit_rows }
    BulkProgress { operation_id, done, unchanged, refused, total, results, finished }
    BulkResult { id, label, reason, detail, owner, who, at }
    Change { kind, id, label, verb, operation_id, fields, sequence }
    ChangePasswordResponse { ended }
    Changed { kind, id, revision, operation_id }
    CheckDuplicatesResponse { duplicates }
    CheckFiguresResponse { checked, differences }
    CheckOpportunityResponse { priors }
    CheckRowsResponse { outcomes, missing }
    Choice { id, value, zh, en, retired }
    Contact { id, customer, name, sex, position, office_tel, mobile, email, wechat, memo, external_id, created_at, created_by, updated_at, missing, revision, allowed_actions, deleted_at, operation_id }
    ContactRef { id, name }
    CountDueResponse { today, overdue, next_7_days }
    CountOpportunityViewsResponse { counts }
    CountUnreadResponse { unread }
    CountViewsResponse { counts }
    CountWorkResponse { steps_today, steps_overdue, steps_next_7_days, new_assignments, unassigned, stagnating }
    CreateCustomerResponse { customer, first_contact, warnings }
    CreateOpportunityResponse { opportunity, priors }
    Customer { id, no, name, party, region, manager, level, classification, satisfaction, credit, address, zip, tel, fax, website, licence_no, legal_person, capital, turnover, bank, bank_account, local_tax_no, national_tax_no, usc_code, external_id, tags, status, created_at, created_by, updated_at, last_contact_at, next_contact_at, missing, revision, allowed_actions, deleted_at, operation_id, merged_into, former }
    CustomerRef { id, number, name }
    DictionaryItem { id, r#type, value, zh, en, position, active, editable, revision, allowed_actions, deleted, operation_id }
    Duplicate { customer, manager, field, blocks, deleted }
    ExamineResponse { findings }
    FieldChange { field, before, after }
    Figures { count, amount, weighted, unknown }
    GetBoardResponse { columns }
    GetForecastResponse { months, overdue }
    GetSequenceResponse { sequence }
    HostUser { id, name, display_name, department, superior, active, roles, must_change_password }
    ImportStatus { id, operation_id, next_row, resumed, finished, created, updated, skipped, unchanged, refused, second_created }
    Instance { id, company, language, version }
    Interaction { id, customer, at, author, contact, channel, place, title, detail, memo, next_contact_at, due, settled_at, external_id, created_at, updated_at, revision, allowed_actions, deleted_at, operation_id, missing }
    KeptRecord { kind, id, label, reason, who, at }
    KindCount { kind, count }
    ListAssigneesResponse { assignees }
    ListContactsResponse { contacts, next_page_token, total }
    ListCustomersResponse { customers, next_page_token, total }
    ListHostUsersResponse { users, next_page_token }
    ListImportFaultsResponse { rows, next_page_token }
    ListInteractionsResponse { interactions, next_page_token, total }
    ListItemsResponse { items, next_page_token }
    ListNoticesResponse { notices, next_page_token, unread }
    ListOperationsResponse { operations, next_page_token }
    ListOpportunitiesResponse { opportunities, next_page_token, total }
    ListPlanStepsResponse { steps, next_page_token, total }
    ListProductsResponse { products, next_page_token }
    ListTimelineResponse { entries, next_page_token }
    ListUsersResponse { users, next_page_token }
    ListViewsResponse { views }
    MergeCustomersResponse { customer, moved }
    MissingValue { field, r#type, text, rows }
    Notice { id, at, actor, topic, kind, record_id, label, count, read_at, withdrawn_at, operation_id }
    Operation { id, at, method, records, undone_by, undoes, reversible, file_name, kind }
    PreviewBulkResponse { total }
    Opportunity { id, customer_name, customer, title, source, linkman, tel, description, success_rate, product, expected_amount, expected_close_at, lead_source, stage, status, assignee, assigned_at, closed_at, close_reason, close_text, memo, external_id, created_at, created_by, updated_at, next_step_at, steps, steps_done, concerns, progress_at, missing, revision, allowed_actions, deleted_at, operation_id }
    PlanStep { id, opportunity_id, opportunity_title, customer_name, plan_date, todo, result, result_at, overdue, assignee, external_id, created_at, created_by, updated_at, revision, allowed_actions, deleted_at, operation_id }
    Presence { kind, id, user, doing, since }
    PreviewMergeResponse { keep, merge, differing, suggested, moving }
    Prior { kind, customer, opportunity_id, owner, blocks }
    Product { id, name, model, batch, unit, price, memo, active, external_id, created_at, updated_at, revision, allowed_actions, deleted_at, operation_id }
    ProductRef { id, name, retired }
    ResetPasswordResponse { user, one_time_password }
    Role { code, zh, en }
    RowChange { field, before, after }
    RowFault { field, reason, detail }
    RowOutcome { line, result, id, label, changes, faults, second_result }
    SavedView { id, kind, name, filter, base, sort, descending, shared, owner, position, revision, allowed_actions, operation_id }
    Session { user, roles, capabilities, must_change_password, instance, time_zone, currency, now, expires_at, sequence }
    SetFollowResponse { follows, followers }
    SetPresenceResponse { others }
    SignInResponse { token, session }
    SignOutResponse { ended }
    SpreadOpportunitiesResponse { shares }
    SucceedOpportunityResponse { opportunity, customer, contact, open_steps }
    SumOpportunitiesResponse { figures, next_page_token }
    TimelineEntry { at, actor, entry }
    Total { count, at_least }
    UndoProgress { operation_id, undo_operation_id, done, kept, total, kept_records, finished, method, counts }
    User { user, department, roles, customers }
    UserRef { id, name, display_name, active }
    VerifyAuditResponse { rows, first_bad, head, problem }
    WatchEvent { sequence, kind, id, revision, gone, parent_id }
    WatchResponse { events, sequence, presences }
    WriteRowsResponse { outcomes, status }
}

/// The messages that stand inside others.
mod nested {
    use rolo_proto::v1::{
        Finding, count_opportunity_views_response, count_views_response, get_board_response, get_forecast_response,
        list_import_faults_response, spread_opportunities_response, timeline_entry,
    };

    use super::Scrub;

    impl Scrub for count_views_response::Count {
        fn scrub(&mut self) {
            let Self { view: _, total: _ } = self;
        }
    }

    impl Scrub for count_opportunity_views_response::Count {
        fn scrub(&mut self) {
            let Self { view: _, total: _ } = self;
        }
    }

    impl Scrub for get_board_response::Column {
        fn scrub(&mut self) {
            let Self { stage, figures: _ } = self;
            stage.scrub();
        }
    }

    impl Scrub for get_forecast_response::Month {
        fn scrub(&mut self) {
            let Self { month, open: _, won: _ } = self;
            month.scrub();
        }
    }

    impl Scrub for spread_opportunities_response::Share {
        fn scrub(&mut self) {
            let Self { assignee, ids: _ } = self;
            assignee.scrub();
        }
    }

    impl Scrub for Finding {
        fn scrub(&mut self) {
            let Self { check, health: _, problem, figures } = self;
            check.scrub();
            problem.scrub();
            figures.values_mut().for_each(Scrub::scrub);
        }
    }

    impl Scrub for list_import_faults_response::Row {
        fn scrub(&mut self) {
            let Self { row: _, line: _, faults } = self;
            faults.scrub();
        }
    }

    impl Scrub for timeline_entry::Entry {
        fn scrub(&mut self) {
            match self {
                Self::Interaction(interaction) => interaction.scrub(),
                Self::Change(change) => change.scrub(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_taken_out_and_the_rest_stays() {
        let evil = "a\u{1b}]52;c;eA==\u{7}b\u{9b}2Jc\u{202e}d\u{200b}e\u{7f}f";
        assert_eq!(scrub(evil), "a]52;c;eA==b2Jcdef");
        assert!(matches!(scrub("北京华盛 Ltd.\n\t— 1.5%"), Cow::Borrowed(_)), "clean text is not copied");
    }

    #[test]
    fn a_reply_is_scrubbed_as_deep_as_it_goes() {
        let mut page = v1::ListCustomersResponse {
            customers: vec![v1::Customer {
                name: "A\u{1b}[2JB".into(),
                manager: Some(v1::UserRef { display_name: "李\u{202e}明".into(), ..Default::default() }),
                missing: vec!["t\u{7}el".into()],
                ..Default::default()
            }],
            ..Default::default()
        };
        page.scrub();
        let customer = &page.customers[0];
        assert_eq!(customer.name, "A[2JB");
        assert_eq!(customer.manager.as_ref().map(|m| m.display_name.as_str()), Some("李明"));
        assert_eq!(customer.missing, ["tel"]);
    }
}
