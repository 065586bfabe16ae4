//! Who may do what, as a table: role × method × own/other, kept in `tests/golden/authz.txt`.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::Result;
use prost::Message;
use rolo_proto::v1 as pb;
use rolo_server::authz::policy::{Access, METHODS};
use rolo_tests::{
    Session, World,
    golden::assert_golden,
    world::{PEOPLE, digest, reason, request_id},
};
use tonic::Status;

#[path = "authz_together.rs"]
mod together;

/// The records that a call is about, made anew for each call.
#[derive(Debug, Clone, Default)]
struct Target {
    customer: pb::Customer,
    twin: pb::Customer,
    binned_customer: pb::Customer,
    contact: pb::Contact,
    binned_contact: pb::Contact,
    interaction: pb::Interaction,
    binned_interaction: pb::Interaction,
    item: pb::DictionaryItem,
    binned_item: pb::DictionaryItem,
    import_id: i64,
    operation_id: i64,
    /// Of this person: assigned to them if they are an account manager.
    opportunity: pb::Opportunity,
    /// Unassigned, recorded in the supervisor's department.
    lead: pb::Opportunity,
    binned_lead: pb::Opportunity,
    lost_lead: pb::Opportunity,
    step: pb::PlanStep,
    binned_step: pb::PlanStep,
    product: pb::Product,
    binned_product: pb::Product,
    view: pb::SavedView,
    binned_view: pb::SavedView,
    assignee_id: i64,
    close_reason_id: i64,
}

fn mask(path: &str) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask { paths: vec![path.into()] })
}

/// Makes the call of this path to the target.
#[expect(clippy::too_many_lines, reason = "a table: one line a method")]
async fn call(by: &Session, path: &str, t: &Target) -> Option<Result<(), Status>> {
    let request_id = request_id();
    macro_rules! call {
        ($client:ident . $method:ident ( $request:expr )) => {
            by.$client().$method($request).await.map(drop)
        };
    }
    let fresh = format!("新客户{request_id}");
    Some(match path.rsplit('/').next()? {
        // Public calls and those of one's own session are in `sessions.rs`.
        "SignIn" | "GetInstance" | "SignOut" | "SignOutEverywhere" | "ChangePassword" | "Check" | "Watch" => {
            return None;
        }
        "GetSession" => call!(sessions.get_session(pb::GetSessionRequest {})),
        "ListUsers" => call!(users.list_users(pb::ListUsersRequest::default())),
        "ListItems" => call!(dictionary.list_items(pb::ListItemsRequest::default())),
        "GetItem" => call!(dictionary.get_item(pb::GetItemRequest { id: t.item.id })),
        "CreateItem" => call!(dictionary.create_item(pb::CreateItemRequest {
            item: Some(pb::DictionaryItemInput {
                r#type: "region".into(),
                value: fresh.clone(),
                zh: fresh,
                ..pb::DictionaryItemInput::default()
            }),
            request_id,
        })),
        "UpdateItem" => call!(dictionary.update_item(pb::UpdateItemRequest {
            id: t.item.id,
            item: Some(pb::DictionaryItemInput { en: fresh, ..pb::DictionaryItemInput::default() }),
            update_mask: mask("en"),
            request_id,
            ..pb::UpdateItemRequest::default()
        })),
        "DeleteItem" => {
            call!(dictionary.delete_item(pb::DeleteItemRequest {
                id: t.item.id,
                revision: t.item.revision,
                request_id
            }))
        }
        "RestoreItem" => {
            call!(dictionary.restore_item(pb::RestoreItemRequest { id: t.binned_item.id, revision: 2, request_id }))
        }
        "ListCustomers" => call!(customers.list_customers(pb::ListCustomersRequest::default())),
        "CountViews" => call!(customers.count_views(pb::CountViewsRequest {})),
        "GetCustomer" => {
            call!(
                customers
                    .get_customer(pb::GetCustomerRequest { id: t.customer.id, ..pb::GetCustomerRequest::default() })
            )
        }
        "CreateCustomer" => call!(customers.create_customer(pb::CreateCustomerRequest {
            customer: Some(pb::CustomerInput { name: fresh, ..pb::CustomerInput::default() }),
            request_id,
            ..pb::CreateCustomerRequest::default()
        })),
        "UpdateCustomer" => call!(customers.update_customer(pb::UpdateCustomerRequest {
            id: t.customer.id,
            customer: Some(pb::CustomerInput { address: fresh, ..pb::CustomerInput::default() }),
            update_mask: mask("address"),
            request_id,
            ..pb::UpdateCustomerRequest::default()
        })),
        "DeleteCustomer" => call!(customers.delete_customer(pb::DeleteCustomerRequest {
            id: t.customer.id,
            revision: t.customer.revision,
            request_id
        })),
        "RestoreCustomer" => call!(customers.restore_customer(pb::RestoreCustomerRequest {
            id: t.binned_customer.id,
            revision: 2,
            request_id
        })),
        "PreviewMerge" => {
            call!(customers.preview_merge(pb::PreviewMergeRequest { keep_id: t.customer.id, merge_id: t.twin.id }))
        }
        "MergeCustomers" => call!(customers.merge_customers(pb::MergeCustomersRequest {
            keep_id: t.customer.id,
            keep_revision: t.customer.revision,
            merge_id: t.twin.id,
            merge_revision: t.twin.revision,
            request_id,
            ..pb::MergeCustomersRequest::default()
        })),
        "CheckDuplicates" => call!(customers.check_duplicates(pb::CheckDuplicatesRequest::default())),
        "ListTimeline" => call!(customers.list_timeline(pb::ListTimelineRequest {
            customer_id: t.customer.id,
            ..pb::ListTimelineRequest::default()
        })),
        "ListContacts" => call!(contacts.list_contacts(pb::ListContactsRequest::default())),
        "GetContact" => call!(contacts.get_contact(pb::GetContactRequest { id: t.contact.id })),
        "CreateContact" => call!(contacts.create_contact(pb::CreateContactRequest {
            contact: Some(pb::ContactInput { customer_id: t.customer.id, name: fresh, ..pb::ContactInput::default() }),
            request_id,
            ..pb::CreateContactRequest::default()
        })),
        "UpdateContact" => call!(contacts.update_contact(pb::UpdateContactRequest {
            id: t.contact.id,
            contact: Some(pb::ContactInput { memo: fresh, ..pb::ContactInput::default() }),
            update_mask: mask("memo"),
            request_id,
            ..pb::UpdateContactRequest::default()
        })),
        "DeleteContact" => {
            call!(contacts.delete_contact(pb::DeleteContactRequest { id: t.contact.id, revision: 1, request_id }))
        }
        "RestoreContact" => call!(contacts.restore_contact(pb::RestoreContactRequest {
            id: t.binned_contact.id,
            revision: 2,
            request_id
        })),
        "ListInteractions" => call!(interactions.list_interactions(pb::ListInteractionsRequest::default())),
        "GetInteraction" => call!(interactions.get_interaction(pb::GetInteractionRequest { id: t.interaction.id })),
        "CreateInteraction" => call!(interactions.create_interaction(pb::CreateInteractionRequest {
            interaction: Some(pb::InteractionInput {
                customer_id: t.customer.id,
                title: fresh,
                ..pb::InteractionInput::default()
            }),
            request_id,
            ..pb::CreateInteractionRequest::default()
        })),
        "UpdateInteraction" => call!(interactions.update_interaction(pb::UpdateInteractionRequest {
            id: t.interaction.id,
            interaction: Some(pb::InteractionInput { memo: fresh, ..pb::InteractionInput::default() }),
            update_mask: mask("memo"),
            request_id,
            ..pb::UpdateInteractionRequest::default()
        })),
        "DeleteInteraction" => call!(interactions.delete_interaction(pb::DeleteInteractionRequest {
            id: t.interaction.id,
            revision: 1,
            request_id
        })),
        "RestoreInteraction" => call!(interactions.restore_interaction(pb::RestoreInteractionRequest {
            id: t.binned_interaction.id,
            revision: 2,
            request_id
        })),
        "SettleNextContact" => call!(interactions.settle_next_contact(pb::SettleNextContactRequest {
            id: t.interaction.id,
            revision: 1,
            request_id
        })),
        "SnoozeNextContact" => call!(interactions.snooze_next_contact(pb::SnoozeNextContactRequest {
            id: t.interaction.id,
            until: i64::from(u32::MAX) * 1_000,
            revision: 1,
            request_id
        })),
        "CountDue" => call!(interactions.count_due(pb::CountDueRequest {})),
        "Undo" => call!(operations.undo(pb::UndoRequest {
            operation_id: t.operation_id,
            request_id,
            ..pb::UndoRequest::default()
        })),
        "ListOperations" => call!(operations.list_operations(pb::ListOperationsRequest::default())),
        "CheckRows" => call!(imports.check_rows(pb::CheckRowsRequest {
            options: Some(import_options()),
            rows: vec![pb::ImportRow { line: 2, cells: vec![fresh] }],
        })),
        "StartImport" => call!(imports.start_import(pb::StartImportRequest {
            options: Some(import_options()),
            file_name: "customers.csv".into(),
            file_hash: blake3::hash(fresh.as_bytes()).as_bytes().to_vec(),
            request_id,
        })),
        "WriteRows" => call!(imports.write_rows(pb::WriteRowsRequest {
            import_id: t.import_id,
            first_row: 0,
            rows: vec![pb::ImportRow { line: 2, cells: vec![fresh] }],
        })),
        "FinishImport" => call!(imports.finish_import(pb::FinishImportRequest { import_id: t.import_id })),
        "GetImport" => call!(imports.get_import(pb::GetImportRequest { import_id: t.import_id })),
        "ListImportFaults" => call!(imports.list_import_faults(pb::ListImportFaultsRequest {
            import_id: t.import_id,
            ..pb::ListImportFaultsRequest::default()
        })),
        // What the host may is not a matter of roles: here a session over the network is played by one that is not the
        // host; `hosts_only` shows that.
        "AddUser" | "DisableUser" | "EnableUser" | "ResetPassword" | "SetRoles" | "ListHostUsers" | "VerifyAudit"
        | "Backup" | "CheckFigures" | "Examine" => return None,
        name => return together::call(by, name, t).await,
    })
}

fn import_options() -> pb::ImportOptions {
    pb::ImportOptions { kind: pb::Kind::Customer.into(), fields: vec!["name".into()], ..pb::ImportOptions::default() }
}

/// The records that a call of this path is about, of this person.
async fn target_of(world: &World, boss: &Session, path: &str, person: i64, number: u32) -> Result<Target> {
    let together = ["Opportunity", "Product", "Watch", "Notice", "View", "Bulk"];
    if !together.iter().any(|service| path.contains(&format!(".{service}Service/"))) {
        return make_target(boss, person, number).await;
    }
    let mut target = Target::default();
    together::add(world, boss, person, number, &mut target).await?;
    Ok(target)
}

/// Records of a customer that this person manages.
async fn make_target(boss: &Session, manager_id: i64, number: u32) -> Result<Target> {
    let mut t = Target { customer: boss.customer(&format!("目标{number}"), manager_id).await?, ..Target::default() };
    t.twin = boss.customer(&format!("双胞{number}"), manager_id).await?;
    t.binned_customer = boss.customer(&format!("回收{number}"), manager_id).await?;
    let id = t.binned_customer.id;
    let bin = pb::DeleteCustomerRequest { id, revision: 1, request_id: request_id() };
    boss.customers().delete_customer(bin).await?;
    t.contact = boss.contact(t.customer.id, "陈总", "13800001111").await?;
    t.binned_contact = boss.contact(t.customer.id, "张律", "13800002222").await?;
    let bin = pb::DeleteContactRequest { id: t.binned_contact.id, revision: 1, request_id: request_id() };
    boss.contacts().delete_contact(bin).await?;
    t.binned_interaction = boss.interaction(t.customer.id, "旧", 0).await?;
    let bin = pb::DeleteInteractionRequest { id: t.binned_interaction.id, revision: 1, request_id: request_id() };
    boss.interactions().delete_interaction(bin).await?;
    t.interaction = boss.interaction(t.customer.id, "电话", rolo_tests::world::START + 86_400_000).await?;
    t.operation_id = t.interaction.operation_id;
    for binned in [false, true] {
        let word = format!("词{number}{binned}");
        let item = pb::DictionaryItemInput {
            r#type: "region".into(),
            value: word.clone(),
            zh: word,
            ..pb::DictionaryItemInput::default()
        };
        let create = pb::CreateItemRequest { item: Some(item), request_id: request_id() };
        let made = boss.dictionary().create_item(create).await?.into_inner();
        if binned {
            let bin = pb::DeleteItemRequest { id: made.id, revision: 1, request_id: request_id() };
            boss.dictionary().delete_item(bin).await?;
            t.binned_item = made;
        } else {
            t.item = made;
        }
    }
    let import = pb::StartImportRequest {
        options: Some(import_options()),
        file_name: "x.csv".into(),
        file_hash: blake3::hash(&number.to_le_bytes()).as_bytes().to_vec(),
        request_id: request_id(),
    };
    t.import_id = boss.imports().start_import(import).await?.into_inner().id;
    Ok(t)
}

/// S01-11, S01-12, S01-18, §2.2 rows 3, 13–19; security lessons 1, 4, 6, 9, 10: the golden matrix, and nothing that is
/// refused leaves a trace in the data.
#[tokio::test]
async fn each_role_may_do_what_the_golden_table_says_and_a_refusal_changes_nothing() -> Result<()> {
    let mut table = String::from("# method role own other (by an administrator's own import and operation)\n");
    let mut number = 0;
    for (account, roles, _) in PEOPLE.iter().filter(|(account, ..)| *account != "other") {
        // A company each: looking at all of it after every call takes long where there is much.
        let world = World::new().await?;
        let (boss, other) = (world.session("boss").await?, world.session("other").await?);
        let person = world.session(account).await?;
        for (path, _) in METHODS {
            let mut answers = Vec::new();
            for manager_id in [person.user_id, other.user_id] {
                number += 1;
                let target = target_of(&world, &boss, path, manager_id, number).await?;
                let before = digest(world.dir.path())?;
                let Some(answer) = call(&person, path, &target).await else { break };
                if answer.is_err() {
                    assert_eq!(before, digest(world.dir.path())?, "{path} refused {account}, and changed something");
                }
                answers.push(answer.map_or_else(|status| reason(&status), |()| "ok".to_owned()));
            }
            if let [own, other] = answers.as_slice() {
                writeln!(table, "{path} {} {own} {other}", roles.join("+"))?;
            }
        }
    }
    assert!(!table.contains("UNIMPLEMENTED") && !table.contains("Unimplemented"), "a method has no line: {table}");
    assert_golden("authz.txt", &table);
    Ok(())
}

/// The names of all methods in the contract.
fn contract() -> Result<BTreeSet<String>> {
    let set = prost_types::FileDescriptorSet::decode(rolo_proto::FILE_DESCRIPTOR_SET)?;
    let mut methods = BTreeSet::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                methods.insert(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    Ok(methods)
}

/// Security lesson 4: deny by default.
#[test]
fn every_method_of_the_contract_has_a_row_in_the_policy_and_no_row_is_idle() -> Result<()> {
    let ours = METHODS.iter().map(|(path, _)| (*path).to_owned()).filter(|path| !path.starts_with("/grpc."));
    assert_eq!(contract()?, ours.collect::<BTreeSet<_>>());
    Ok(())
}

/// Security lesson 5: nothing but signing in and asking who one is dealing with works without a session.
#[tokio::test]
async fn every_method_is_refused_without_a_session_and_with_a_made_up_one() -> Result<()> {
    let world = World::new().await?;
    let nobody = world.nobody().await?;
    let stranger = nobody.with_token(&"0".repeat(64))?;
    for (path, access) in METHODS.iter().filter(|(path, _)| !path.starts_with("/grpc.")) {
        for caller in [&nobody, &stranger] {
            if let Some(answer) = call(caller, path, &Target::default()).await {
                assert!(!matches!(access, Access::Public), "{path}");
                let refusal = answer.err().map(|status| reason(&status));
                assert_eq!(refusal.as_deref(), Some("UNAUTHENTICATED"), "{path}");
            }
        }
    }
    Ok(())
}

/// Security lesson 2; design §4: byte for byte the same, so that nothing can be learnt by asking.
#[tokio::test]
async fn a_hidden_record_and_an_unknown_one_answer_alike() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let mgr = world.session("mgr").await?;
    // A manager whose reading is narrowed to their own sees nothing of others.
    world
        .handle()?
        .kernel()
        .db()
        .write(rolo_server::db::Lane::People, |write| {
            write.tx.execute(
                "UPDATE role_permission SET scope = 1
                 WHERE role_id = (SELECT id FROM role WHERE code = 'manager') AND permission LIKE '%.read'",
                [],
            )?;
            Ok(())
        })
        .await?;
    world.handle()?.kernel().sessions().invalidate();
    let other = world.session("other").await?;
    let mut hidden = make_target(&boss, other.user_id, 1).await?;
    together::add(&world, &boss, other.user_id, 1, &mut hidden).await?;
    let mut unknown = hidden.clone();
    for id in [
        &mut unknown.customer.id,
        &mut unknown.twin.id,
        &mut unknown.binned_customer.id,
        &mut unknown.contact.id,
        &mut unknown.binned_contact.id,
        &mut unknown.interaction.id,
        &mut unknown.binned_interaction.id,
        &mut unknown.import_id,
        &mut unknown.operation_id,
        &mut unknown.opportunity.id,
        &mut unknown.lost_lead.id,
        &mut unknown.step.id,
        &mut unknown.binned_step.id,
        &mut unknown.view.id,
        &mut unknown.binned_view.id,
    ] {
        *id += 1_000_000;
    }
    for method in [
        "/GetCustomer",
        "/UpdateCustomer",
        "/DeleteCustomer",
        "/PreviewMerge",
        "/MergeCustomers",
        "/ListTimeline",
        "/GetContact",
        "/CreateContact",
        "/UpdateContact",
        "/DeleteContact",
        "/RestoreContact",
        "/GetInteraction",
        "/CreateInteraction",
        "/UpdateInteraction",
        "/DeleteInteraction",
        "/RestoreInteraction",
        "/SettleNextContact",
        "/SnoozeNextContact",
        "/Undo",
        "/WriteRows",
        "/FinishImport",
        "/GetImport",
        "/ListImportFaults",
        "/GetOpportunity",
        "/UpdateOpportunity",
        "/SucceedOpportunity",
        "/FailOpportunity",
        "/ListPlanSteps",
        "/GetPlanStep",
        "/CreatePlanStep",
        "/UpdatePlanStep",
        "/DeletePlanStep",
        "/RestorePlanStep",
        "/SetPresence",
        "/SetFollow",
        "/GetFollow",
        "/UpdateView",
        "/DeleteView",
        "/RestoreView",
    ] {
        let mut answers = Vec::new();
        for target in [&hidden, &unknown] {
            let refusal = call(&mgr, method, target).await.and_then(Result::err);
            let refusal = refusal.ok_or_else(|| anyhow::anyhow!("{method} went through"))?;
            answers.push((refusal.code(), refusal.message().to_owned(), refusal.details().to_vec()));
        }
        assert_eq!(answers[0], answers[1], "{method}");
        assert_eq!(answers[0].0, tonic::Code::NotFound, "{method}");
    }
    Ok(())
}

/// Security lesson 5: the host's methods are for the owner of the directory, whoever is signed in.
#[tokio::test]
async fn the_hosts_methods_answer_the_process_itself_and_nobody_on_tcp() -> Result<()> {
    let mut world = World::new().await?;
    let here = world.nobody().await?;
    assert!(here.host().verify_audit(pb::VerifyAuditRequest {}).await.is_ok());
    world.stop().await?;
    let config = rolo_server::Config {
        listen: vec!["127.0.0.1:0".parse().map_err(anyhow::Error::msg)?],
        clock: world.clock(),
        ..rolo_server::Config::default()
    };
    let rolo_server::Place::Owner(handle) = rolo_server::Place::open(world.dir.path(), config).await? else {
        anyhow::bail!("not the owner")
    };
    let address = handle.addresses().first().copied().ok_or_else(|| anyhow::anyhow!("no address"))?;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let mut host = rolo_proto::v1::host_service_client::HostServiceClient::new(channel);
    let refusal = host.verify_audit(pb::VerifyAuditRequest {}).await.err();
    assert_eq!(refusal.map(|status| reason(&status)).as_deref(), Some("FORBIDDEN"));
    handle.shutdown().await?;
    Ok(())
}
