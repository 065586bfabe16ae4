//! Lesson 12: whatever is written into whichever field, the answer is an answer of ours, never `INTERNAL`.

use anyhow::Result;
use prost_types::FieldMask;
use rolo_proto::v1 as pb;
use rolo_tests::{
    Session, World,
    world::{digest, reason, request_id},
};
use tonic::{Code, Status};

/// Texts that broke others: quotes, comments, NULs, wildcards, search syntax, directions, great lengths.
fn nasty() -> Vec<String> {
    let mut texts: Vec<String> = [
        "' OR 1=1 --",
        "\"; DROP TABLE customer; --",
        "x'; UPDATE user SET active = 0; --",
        "/* x */ -- x",
        "a\0b",
        "%_\\",
        "\u{1b}]52;c;aGk=\u{7}",
        "\u{202e}\u{200b}\u{feff}",
        "🙂👩‍👩‍👧",
        "NULL",
        "-1",
        "?1 ?2",
        "^= ^a =b",
        "\"*\" NEAR(x) AND OR NOT",
        "{\"a\":[1]}",
        "../../etc/passwd",
        "\u{10ffff}\u{e000}",
        "'",
        "\"",
        "\n\r\t",
        "ﷺ㍿ﬃİßς",
        "\u{0300}\u{0301}",
        "=HYPERLINK(1)",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(100_000));
    texts.push("单 ".repeat(20_000));
    texts.push("解".repeat(20_000));
    texts.push("'(".repeat(5_000));
    texts.push("1".repeat(3_000));
    texts
}

/// Every call that takes text, with this text in every field of it.
#[expect(clippy::too_many_lines, reason = "a table: one entry a method")]
async fn every_call(by: &Session, t: &str, customer: i64, contact: i64) -> Vec<(&'static str, Option<Status>)> {
    let t = || t.to_owned();
    let some = |text: String| Some(FieldMask { paths: vec![text] });
    let mut answers = Vec::new();
    macro_rules! call {
        ($client:ident . $method:ident ( $request:expr )) => {
            answers.push((stringify!($method), by.$client().$method($request).await.err()))
        };
    }
    let company = pb::CustomerInput {
        name: t(),
        address: t(),
        zip: t(),
        tel: t(),
        fax: t(),
        website: t(),
        licence_no: t(),
        legal_person: t(),
        bank: t(),
        bank_account: t(),
        local_tax_no: t(),
        national_tax_no: t(),
        usc_code: t(),
        external_id: t(),
        tags: t(),
        ..Default::default()
    };
    let person = pb::ContactInput {
        customer_id: customer,
        name: t(),
        position: t(),
        office_tel: t(),
        mobile: t(),
        email: t(),
        wechat: t(),
        memo: t(),
        external_id: t(),
        ..Default::default()
    };
    let talk = pb::InteractionInput {
        customer_id: customer,
        place: t(),
        title: t(),
        detail: t(),
        memo: t(),
        external_id: t(),
        ..Default::default()
    };
    let item = pb::DictionaryItemInput { r#type: t(), value: t(), zh: t(), en: t(), ..Default::default() };
    call!(sessions.sign_in(pb::SignInRequest { name: t(), password: t(), client: t() }));
    call!(sessions.change_password(pb::ChangePasswordRequest { old_password: t(), new_password: t() }));
    call!(users.list_users(pb::ListUsersRequest { search: t(), ..Default::default() }));
    call!(users.list_users(pb::ListUsersRequest { page_token: t(), ..Default::default() }));
    call!(dictionary.list_items(pb::ListItemsRequest { r#type: t(), search: t(), ..Default::default() }));
    call!(dictionary.create_item(pb::CreateItemRequest { item: Some(item.clone()), request_id: request_id() }));
    call!(dictionary.create_item(pb::CreateItemRequest { item: Some(item.clone()), request_id: t() }));
    call!(dictionary.update_item(pb::UpdateItemRequest {
        id: 6,
        item: Some(item.clone()),
        update_mask: some(t()),
        request_id: request_id(),
        ..Default::default()
    }));
    let filter = pb::CustomerFilter { search: t(), ..Default::default() };
    call!(customers.list_customers(pb::ListCustomersRequest {
        filter: Some(filter),
        with_total: true,
        ..Default::default()
    }));
    let filter = pb::CustomerFilter { no: t(), external_id: t(), name: t(), tel: t(), ..Default::default() };
    call!(customers.list_customers(pb::ListCustomersRequest { filter: Some(filter), ..Default::default() }));
    call!(customers.list_customers(pb::ListCustomersRequest { page_token: t(), ..Default::default() }));
    call!(customers.get_customer(pb::GetCustomerRequest { no: t(), ..Default::default() }));
    call!(customers.get_customer(pb::GetCustomerRequest { external_id: t(), ..Default::default() }));
    call!(customers.check_duplicates(pb::CheckDuplicatesRequest {
        name: t(),
        tel: t(),
        usc_code: t(),
        external_id: t(),
        party: 2,
        ..Default::default()
    }));
    call!(customers.create_customer(pb::CreateCustomerRequest {
        customer: Some(company.clone()),
        first_contact: Some(person.clone()),
        full_form: true,
        request_id: request_id()
    }));
    let plain = pb::CustomerInput { name: t(), address: t(), tags: t(), ..Default::default() };
    call!(customers.create_customer(pb::CreateCustomerRequest {
        customer: Some(plain),
        request_id: request_id(),
        ..Default::default()
    }));
    call!(customers.update_customer(pb::UpdateCustomerRequest {
        id: customer,
        customer: Some(company.clone()),
        seen: Some(company.clone()),
        update_mask: some(t()),
        revision: 1,
        request_id: request_id()
    }));
    call!(customers.update_customer(pb::UpdateCustomerRequest {
        id: customer,
        customer: Some(company),
        update_mask: some("address".into()),
        request_id: request_id(),
        ..Default::default()
    }));
    call!(customers.list_timeline(pb::ListTimelineRequest {
        customer_id: customer,
        page_token: t(),
        ..Default::default()
    }));
    let filter = pb::ContactFilter { search: t(), ..Default::default() };
    call!(contacts.list_contacts(pb::ListContactsRequest {
        filter: Some(filter),
        with_total: true,
        ..Default::default()
    }));
    call!(contacts.create_contact(pb::CreateContactRequest {
        contact: Some(person.clone()),
        request_id: request_id(),
        ..Default::default()
    }));
    let plain = pb::ContactInput { customer_id: customer, name: t(), memo: t(), wechat: t(), ..Default::default() };
    call!(contacts.create_contact(pb::CreateContactRequest {
        contact: Some(plain),
        request_id: request_id(),
        ..Default::default()
    }));
    call!(contacts.update_contact(pb::UpdateContactRequest {
        id: contact,
        contact: Some(person),
        update_mask: some("name".into()),
        request_id: request_id(),
        ..Default::default()
    }));
    let filter = pb::InteractionFilter { search: t(), ..Default::default() };
    let list = pb::ListInteractionsRequest { filter: Some(filter), with_total: true, ..Default::default() };
    call!(interactions.list_interactions(list));
    call!(interactions.create_interaction(pb::CreateInteractionRequest {
        interaction: Some(talk),
        request_id: request_id(),
        ..Default::default()
    }));
    call!(operations.undo(pb::UndoRequest { redo: true, request_id: t(), ..Default::default() }));
    call!(operations.list_operations(pb::ListOperationsRequest { page_token: t(), ..Default::default() }));
    let options = pb::ImportOptions {
        kind: pb::Kind::Customer.into(),
        fields: vec!["name".into(), "region".into(), "manager".into()],
        defaults: [("level".to_owned(), t())].into(),
        ..Default::default()
    };
    let rows = vec![pb::ImportRow { line: 1, cells: vec![t(), t(), t()] }];
    call!(imports.check_rows(pb::CheckRowsRequest { options: Some(options.clone()), rows: rows.clone() }));
    let wild = pb::ImportOptions { fields: vec![t()], defaults: [(t(), t())].into(), ..options.clone() };
    call!(imports.check_rows(pb::CheckRowsRequest { options: Some(wild), rows }));
    call!(imports.start_import(pb::StartImportRequest {
        options: Some(options),
        file_name: t(),
        file_hash: t().into_bytes(),
        request_id: request_id()
    }));
    call!(host.add_user(pb::AddUserRequest {
        name: t(),
        display_name: t(),
        email: t(),
        phone: t(),
        department: t(),
        superior: t(),
        roles: vec![t()],
        password: t(),
        code: t()
    }));
    let user = pb::AddUserRequest {
        name: format!("u{}", request_id()),
        department: t(),
        display_name: t(),
        roles: vec!["manager".into()],
        password: "long enough".into(),
        ..Default::default()
    };
    if user.department.len() < 50 {
        call!(host.add_user(user));
    }
    call!(host.set_roles(pb::SetRolesRequest { name: "stf".into(), roles: vec![t()] }));
    call!(host.disable_user(pb::DisableUserRequest { name: t() }));
    call!(host.reset_password(pb::ResetPasswordRequest { name: t(), password: t() }));
    call!(host.backup(pb::BackupRequest { path: t() }));
    answers
}

fn ours(what: &str, status: &Status) {
    let bad =
        matches!(status.code(), Code::Internal | Code::Unknown | Code::Cancelled | Code::Aborted | Code::DataLoss);
    // A failed connection is no reason of ours.
    assert!(!bad && reason(status) != format!("{:?}", status.code()), "{what}: {status:?}");
}

#[tokio::test]
async fn no_text_in_any_field_is_ever_a_defect() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let customer = boss.customer("华盛", 0).await?;
    let contact = boss.contact(customer.id, "陈总", "13800000000").await?;
    for text in nasty() {
        let shown: String = text.chars().take(30).collect();
        for (method, refusal) in every_call(&boss, &text, customer.id, contact.id).await {
            if let Some(status) = refusal {
                ours(&format!("{method} of {shown:?} × {}", text.len()), &status);
            }
        }
        // Guesses must not slow the next ones down.
        world.advance(301_000);
    }
    assert_eq!(world.audit().await?.1, 0);
    assert_eq!(boss.search("华盛").await?, ["华盛"]);
    assert_eq!(world.number("SELECT COUNT(*) FROM user WHERE active = 0").await?, 0);
    let figures =
        world.nobody().await?.host().check_figures(pb::CheckFiguresRequest { repair: false }).await?.into_inner();
    assert!(figures.differences.is_empty(), "{figures:?}");
    Ok(())
}

/// The same for numbers: ids, enums, times, sizes at their ends.
#[tokio::test]
async fn no_number_in_any_field_is_ever_a_defect() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let customer = boss.customer("华盛", 0).await?;
    let talk = boss.interaction(customer.id, "电话", rolo_tests::world::START + 1).await?;
    let before = digest(world.dir.path())?;
    for n in [i64::MIN, i64::MIN + 1, -1, 253_402_300_800_000, i64::MAX - 1, i64::MAX] {
        let small = i32::try_from(n.clamp(i32::MIN.into(), i32::MAX.into()))?;
        let mut answers = Vec::new();
        macro_rules! call {
            ($client:ident . $method:ident ( $request:expr )) => {
                answers.push((stringify!($method), boss.$client().$method($request).await.err()))
            };
        }
        let (id, revision) = (n, n);
        call!(customers.get_customer(pb::GetCustomerRequest { id, ..Default::default() }));
        call!(customers.delete_customer(pb::DeleteCustomerRequest { id, revision, request_id: request_id() }));
        call!(customers.restore_customer(pb::RestoreCustomerRequest { id, revision, request_id: request_id() }));
        call!(customers.list_timeline(pb::ListTimelineRequest {
            customer_id: id,
            page_size: small,
            ..Default::default()
        }));
        call!(contacts.get_contact(pb::GetContactRequest { id }));
        call!(contacts.delete_contact(pb::DeleteContactRequest { id, revision, request_id: request_id() }));
        call!(interactions.get_interaction(pb::GetInteractionRequest { id }));
        call!(interactions.settle_next_contact(pb::SettleNextContactRequest {
            id,
            revision,
            request_id: request_id()
        }));
        call!(interactions.snooze_next_contact(pb::SnoozeNextContactRequest {
            id: talk.id,
            until: n,
            revision: talk.revision,
            request_id: request_id()
        }));
        call!(dictionary.get_item(pb::GetItemRequest { id }));
        call!(dictionary.delete_item(pb::DeleteItemRequest { id, revision, request_id: request_id() }));
        call!(operations.undo(pb::UndoRequest { operation_id: id, request_id: request_id(), ..Default::default() }));
        call!(operations.undo(pb::UndoRequest { operation_id: id, preview: true, ..Default::default() }));
        call!(customers.preview_merge(pb::PreviewMergeRequest { keep_id: customer.id, merge_id: id }));
        call!(customers.merge_customers(pb::MergeCustomersRequest {
            keep_id: id,
            keep_revision: revision,
            merge_id: customer.id,
            merge_revision: revision,
            request_id: request_id(),
            ..Default::default()
        }));
        call!(imports.get_import(pb::GetImportRequest { import_id: id }));
        let input = pb::CustomerInput {
            name: "数".into(),
            party: small,
            satisfaction: Some(small),
            credit: Some(small),
            capital: Some(n),
            turnover: Some(n),
            region_id: Some(n),
            manager_id: Some(n),
            level_id: Some(n),
            classification_id: Some(n),
            ..Default::default()
        };
        call!(customers.create_customer(pb::CreateCustomerRequest {
            customer: Some(input),
            request_id: request_id(),
            ..Default::default()
        }));
        let input = pb::InteractionInput {
            customer_id: customer.id,
            title: "数".into(),
            at: n,
            next_contact_at: Some(n),
            contact_id: Some(n),
            channel_id: Some(n),
            ..Default::default()
        };
        call!(interactions.create_interaction(pb::CreateInteractionRequest {
            interaction: Some(input),
            request_id: request_id(),
            ..Default::default()
        }));
        let item = pb::DictionaryItemInput { position: Some(small), active: Some(true), ..Default::default() };
        call!(dictionary.update_item(pb::UpdateItemRequest {
            id: 6,
            item: Some(item),
            revision,
            request_id: request_id(),
            update_mask: Some(FieldMask { paths: vec!["position".into()] }),
            ..Default::default()
        }));
        assert!(answers.iter().filter(|(_, refusal)| refusal.is_some()).count() == answers.len(), "{n}: {answers:?}");
        let filter = pb::CustomerFilter {
            view: small,
            region_ids: vec![n; 3],
            manager_ids: vec![n],
            satisfaction: vec![small],
            party: small,
            created_from: Some(n),
            created_to: Some(n),
            ..Default::default()
        };
        for filter in [filter.clone(), pb::CustomerFilter { view: 0, ..filter }] {
            let request = pb::ListCustomersRequest { filter: Some(filter), page_size: small, ..Default::default() };
            call!(customers.list_customers(request));
        }
        call!(customers.list_customers(pb::ListCustomersRequest { order_by: small, ..Default::default() }));
        let filter = pb::InteractionFilter {
            customer_id: n,
            author_ids: vec![n],
            at_from: Some(n),
            at_to: Some(n),
            ..Default::default()
        };
        let request = pb::ListInteractionsRequest { filter: Some(filter), page_size: small, ..Default::default() };
        call!(interactions.list_interactions(request));
        call!(users.list_users(pb::ListUsersRequest { ids: vec![n; 3_000], page_size: small, ..Default::default() }));
        for (method, refusal) in answers {
            if let Some(status) = refusal {
                // STALE is an answer to a revision that never was.
                if status.code() != Code::Aborted {
                    ours(&format!("{method} of {n}"), &status);
                }
            }
        }
    }
    assert_eq!(digest(world.dir.path())?, before);
    Ok(())
}
