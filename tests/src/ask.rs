//! Short ways to ask: lists walked to their end, edits, undo, the parts of a refusal, a look into the database.

use anyhow::Result;
use futures::StreamExt;
use prost_types::FieldMask;
use rolo_proto::v1 as pb;
use rolo_server::db::Lane;
use tonic::{Status, body::Body};
use tonic_types::StatusExt;
use tower::Service;

use crate::{Session, World, world::request_id};

impl World {
    /// Runs a statement in the database, behind the back of every rule.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn sql(&self, sql: &'static str) -> Result<()> {
        Ok(self.handle()?.kernel().db().write(Lane::People, move |write| write.tx.execute(sql, []).map(drop)).await?)
    }

    /// One number from the database.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn number(&self, sql: &'static str) -> Result<i64> {
        Ok(self.handle()?.kernel().db().read(move |tx| tx.query_one(sql, [], |row| row.get(0))).await?)
    }

    /// How many rows the audit log has; all of them verify, up to the first that does not (0: all do).
    ///
    /// # Errors
    /// The server does not run.
    pub async fn audit(&self) -> Result<(i64, i64)> {
        let verified = self.nobody().await?.host().verify_audit(pb::VerifyAuditRequest {}).await?.into_inner();
        Ok((verified.rows, verified.first_bad))
    }

    /// The database id of a dictionary entry.
    ///
    /// # Errors
    /// There is none.
    pub async fn item(&self, kind: &'static str, value: &'static str) -> Result<i64> {
        let db = self.handle()?.kernel().db();
        let sql = "SELECT id FROM dictionary_item WHERE type = ?1 AND value = ?2 AND deleted_at IS NULL";
        Ok(db.read(move |tx| tx.query_one(sql, [kind, value], |row| row.get(0))).await?)
    }
}

impl Session {
    /// Every customer of a list, in order, by pages of the size that the request names; no page may exceed it.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn walk(&self, mut request: pb::ListCustomersRequest) -> Result<Vec<pb::Customer>, Status> {
        let mut all = Vec::new();
        loop {
            let page = self.customers().list_customers(request.clone()).await?.into_inner();
            assert!(request.page_size <= 0 || page.customers.len() <= request.page_size as usize, "a page is too long");
            all.extend(page.customers);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The names of the customers that a filter lets through, by pages of seven, in the list's own order.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn names(&self, filter: pb::CustomerFilter) -> Result<Vec<String>, Status> {
        let request = pb::ListCustomersRequest { filter: Some(filter), page_size: 7, ..Default::default() };
        Ok(self.walk(request).await?.into_iter().map(|customer| customer.name).collect())
    }

    /// The names of the customers that a search finds.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn search(&self, text: &str) -> Result<Vec<String>, Status> {
        self.names(pb::CustomerFilter { search: text.into(), ..Default::default() }).await
    }

    /// The interactions of a list, by pages of the size that the request names.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn talks(&self, mut request: pb::ListInteractionsRequest) -> Result<Vec<pb::Interaction>, Status> {
        let mut all = Vec::new();
        loop {
            let page = self.interactions().list_interactions(request.clone()).await?.into_inner();
            all.extend(page.interactions);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The contacts of a list, by pages of the size that the request names.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn people(&self, mut request: pb::ListContactsRequest) -> Result<Vec<pb::Contact>, Status> {
        let mut all = Vec::new();
        loop {
            let page = self.contacts().list_contacts(request.clone()).await?.into_inner();
            all.extend(page.contacts);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// One customer as it is now.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn get(&self, id: i64) -> Result<pb::Customer, Status> {
        let request = pb::GetCustomerRequest { id, ..Default::default() };
        Ok(self.customers().get_customer(request).await?.into_inner())
    }

    /// New values for the named fields of a customer as it was seen.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn edit(
        &self,
        seen: &pb::Customer,
        fields: &[&str],
        customer: pb::CustomerInput,
    ) -> Result<pb::Customer, Status> {
        let request = pb::UpdateCustomerRequest {
            id: seen.id,
            customer: Some(customer),
            update_mask: mask(fields),
            seen: Some(input(seen)),
            revision: seen.revision,
            request_id: request_id(),
        };
        Ok(self.customers().update_customer(request).await?.into_inner())
    }

    /// Gives a customer another name.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn rename(&self, seen: &pb::Customer, name: &str) -> Result<pb::Customer, Status> {
        self.edit(seen, &["name"], pb::CustomerInput { name: name.into(), ..Default::default() }).await
    }

    /// Puts a customer into the recycle bin.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn bin(&self, seen: &pb::Customer) -> Result<pb::Changed, Status> {
        let request = pb::DeleteCustomerRequest { id: seen.id, revision: seen.revision, request_id: request_id() };
        Ok(self.customers().delete_customer(request).await?.into_inner())
    }

    /// Takes a customer out of the recycle bin.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn restore(&self, id: i64) -> Result<pb::Customer, Status> {
        let revision = self.get(id).await?.revision;
        let request = pb::RestoreCustomerRequest { id, revision, request_id: request_id() };
        Ok(self.customers().restore_customer(request).await?.into_inner())
    }

    /// Takes an operation back (0: the newest), and waits for the outcome.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn undo(&self, operation_id: i64) -> Result<pb::UndoProgress, Status> {
        self.take_back(operation_id, false).await
    }

    /// Does again what was taken back last.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn redo(&self) -> Result<pb::UndoProgress, Status> {
        self.take_back(0, true).await
    }

    /// Looks what taking an operation back would do.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn look_at_undo(&self, operation_id: i64) -> Result<pb::UndoProgress, Status> {
        self.undoing(pb::UndoRequest { operation_id, preview: true, ..Default::default() }).await
    }

    async fn take_back(&self, operation_id: i64, redo: bool) -> Result<pb::UndoProgress, Status> {
        self.undoing(pb::UndoRequest { operation_id, redo, request_id: request_id(), preview: false }).await
    }

    /// The last word of an undo, with all that was kept.
    async fn undoing(&self, request: pb::UndoRequest) -> Result<pb::UndoProgress, Status> {
        let mut stream = self.operations().undo(request).await?.into_inner();
        let (mut last, mut kept) = (pb::UndoProgress::default(), Vec::new());
        while let Some(progress) = stream.next().await {
            last = progress?;
            assert!(last.kept_records.len() <= 200, "a slice is too long");
            kept.append(&mut last.kept_records);
        }
        Ok(pb::UndoProgress { kept_records: kept, ..last })
    }

    /// Makes one of two customers, as both were seen.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn merge(
        &self,
        keep: &pb::Customer,
        other: &pb::Customer,
        take: &[&str],
    ) -> Result<pb::MergeCustomersResponse, Status> {
        let request = pb::MergeCustomersRequest {
            keep_id: keep.id,
            keep_revision: keep.revision,
            merge_id: other.id,
            merge_revision: other.revision,
            take: mask(take),
            request_id: request_id(),
        };
        Ok(self.customers().merge_customers(request).await?.into_inner())
    }

    /// Knocks at a method with these headers and an empty message; answers the refusal, if it is one of the door.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn knock(&self, path: &str, headers: &[(&'static str, String)]) -> Result<Option<Status>> {
        let mut request = http::Request::post(format!("http://rolo.invalid{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut channel = self.channel.clone();
        std::future::poll_fn(|cx| Service::<http::Request<Body>>::poll_ready(&mut channel, cx)).await?;
        let answer = channel.call(request.body(Body::empty())?).await?;
        Ok(Status::from_header_map(answer.headers()))
    }

    /// A page of a timeline's entries, and further pages to its end.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn timeline(&self, mut request: pb::ListTimelineRequest) -> Result<Vec<pb::TimelineEntry>, Status> {
        let mut all = Vec::new();
        loop {
            let page = self.customers().list_timeline(request.clone()).await?.into_inner();
            all.extend(page.entries);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(all);
            }
        }
    }
}

/// A field mask.
pub fn mask(fields: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: fields.iter().map(|field| (*field).to_owned()).collect() })
}

/// A customer as an input that would leave it as it is.
pub fn input(customer: &pb::Customer) -> pb::CustomerInput {
    let c = customer.clone();
    pb::CustomerInput {
        name: c.name,
        party: c.party,
        region_id: c.region.map(|choice| choice.id),
        manager_id: c.manager.map(|user| user.id),
        level_id: c.level.map(|choice| choice.id),
        classification_id: c.classification.map(|choice| choice.id),
        satisfaction: c.satisfaction,
        credit: c.credit,
        address: c.address,
        zip: c.zip,
        tel: c.tel,
        fax: c.fax,
        website: c.website,
        licence_no: c.licence_no,
        legal_person: c.legal_person,
        capital: c.capital,
        turnover: c.turnover,
        bank: c.bank,
        bank_account: c.bank_account,
        local_tax_no: c.local_tax_no,
        national_tax_no: c.national_tax_no,
        usc_code: c.usc_code,
        external_id: c.external_id,
        tags: c.tags,
    }
}

/// The faults of a refusal, as `field FAULT`.
pub fn faults(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    violations.iter().map(|fault| format!("{} {}", fault.field, fault.description)).collect()
}

/// What a refusal says of itself beside its reason.
pub fn detail(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

/// The reason that a call was refused for; `ok` if it was not.
pub fn reason_of<T>(answer: &Result<T, Status>) -> String {
    answer.as_ref().map_or_else(crate::world::reason, |_| "ok".to_owned())
}

/// What a person needs to say of a new opportunity, so that the full form takes it.
pub fn lead(customer_name: &str) -> pb::OpportunityInput {
    pb::OpportunityInput {
        customer_name: customer_name.into(),
        title: "生产线传感器改造".into(),
        description: "要报价".into(),
        success_rate: Some(40),
        ..pb::OpportunityInput::default()
    }
}

impl Session {
    /// Records an opportunity on the full form.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn record(&self, opportunity: pb::OpportunityInput) -> Result<pb::Opportunity, Status> {
        let request = pb::CreateOpportunityRequest {
            opportunity: Some(opportunity),
            full_form: true,
            request_id: request_id(),
            ..pb::CreateOpportunityRequest::default()
        };
        let made = self.opportunities().create_opportunity(request).await?.into_inner();
        Ok(made.opportunity.unwrap_or_default())
    }

    /// Assigns an opportunity to a person.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn assign(&self, seen: &pb::Opportunity, assignee_id: i64) -> Result<pb::Opportunity, Status> {
        let request = pb::AssignOpportunityRequest {
            id: seen.id,
            assignee_id,
            revision: seen.revision,
            request_id: request_id(),
        };
        Ok(self.opportunities().assign_opportunity(request).await?.into_inner())
    }

    /// An opportunity as it is now.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn opportunity(&self, id: i64) -> Result<pb::Opportunity, Status> {
        let request = pb::GetOpportunityRequest { id, ..pb::GetOpportunityRequest::default() };
        Ok(self.opportunities().get_opportunity(request).await?.into_inner())
    }

    /// The ids of a list of opportunities, in order, to its end, by small pages.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn leads(&self, mut request: pb::ListOpportunitiesRequest) -> Result<Vec<i64>, Status> {
        let mut ids = Vec::new();
        loop {
            let page = self.opportunities().list_opportunities(request.clone()).await?.into_inner();
            ids.extend(page.opportunities.into_iter().map(|opportunity| opportunity.id));
            if page.next_page_token.is_empty() {
                return Ok(ids);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Plans a step.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn step(&self, opportunity_id: i64, plan_date: &str, todo: &str) -> Result<pb::PlanStep, Status> {
        let step = pb::PlanStepInput {
            opportunity_id,
            plan_date: plan_date.into(),
            todo: todo.into(),
            ..pb::PlanStepInput::default()
        };
        let request = pb::CreatePlanStepRequest { step: Some(step), request_id: request_id() };
        Ok(self.opportunities().create_plan_step(request).await?.into_inner())
    }

    /// Changes these fields of a step.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn change_step(
        &self,
        seen: &pb::PlanStep,
        fields: &[&str],
        step: pb::PlanStepInput,
    ) -> Result<pb::PlanStep, Status> {
        let request = pb::UpdatePlanStepRequest {
            id: seen.id,
            step: Some(step),
            update_mask: mask(fields),
            revision: seen.revision,
            request_id: request_id(),
            ..pb::UpdatePlanStepRequest::default()
        };
        Ok(self.opportunities().update_plan_step(request).await?.into_inner())
    }

    /// Records what came of a step.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn result(&self, seen: &pb::PlanStep, result: &str) -> Result<pb::PlanStep, Status> {
        self.change_step(seen, &["result"], pb::PlanStepInput { result: result.into(), ..Default::default() }).await
    }

    /// Wins an opportunity.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn win(
        &self,
        seen: &pb::Opportunity,
        customer_id: i64,
    ) -> Result<pb::SucceedOpportunityResponse, Status> {
        let request = pb::SucceedOpportunityRequest {
            id: seen.id,
            revision: seen.revision,
            customer_id,
            request_id: request_id(),
            ..pb::SucceedOpportunityRequest::default()
        };
        Ok(self.opportunities().succeed_opportunity(request).await?.into_inner())
    }
}
