//! What is measured of opportunities: lists, searches, board, forecast, sums and Today, as who sees all, a supervisor and
//! an account manager ask for them.

use std::time::Instant;

use anyhow::Result;
use rolo_proto::v1::{self as pb, OpportunitySort as Sort, OpportunityView as View};

use super::{
    cases::{Answer, Bench, PAGE, PAGES, once},
    company::{Company, scatter},
};
use crate::Session;

fn list(view: View, sort: Sort, filter: pb::OpportunityFilter) -> pb::ListOpportunitiesRequest {
    let filter = Some(pb::OpportunityFilter { view: view.into(), ..filter });
    pb::ListOpportunitiesRequest { filter, order_by: sort.into(), page_size: PAGE, ..Default::default() }
}

/// Pages on, at most so often; answers the token behind the last page.
async fn pages(
    client: &Session,
    mut request: pb::ListOpportunitiesRequest,
    most: usize,
    answer: &mut Answer,
) -> Result<String> {
    for _ in 0..most {
        let started = Instant::now();
        let page = client.opportunities().list_opportunities(request.clone()).await?.into_inner();
        answer.page(started.elapsed(), page.opportunities.len());
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(request.page_token)
}

impl Bench<'_> {
    /// Every case that somebody of this scope asks for.
    ///
    /// # Errors
    /// A call fails.
    pub async fn screens(&mut self, who: &str) -> Result<()> {
        for (what, view) in [
            ("all", View::All),
            ("open", View::Open),
            ("unassigned", View::Unassigned),
            ("mine", View::Mine),
            ("due this week", View::DueThisWeek),
            ("stagnating", View::Stagnating),
            ("won", View::Won),
            ("lost", View::Lost),
            ("incomplete", View::Incomplete),
            ("new assignments", View::New),
        ] {
            let request = list(view, Sort::Unspecified, pb::OpportunityFilter::default());
            self.case(&format!("{who}: view {what}, page 1"), move |client, _| {
                let request = request.clone();
                async move { once(async { client.opportunities().list_opportunities(request).await }).await }
            })
            .await?;
        }
        self.case(&format!("{who}: count the views"), |client, _| async move {
            let request = pb::CountOpportunityViewsRequest {};
            once(async { client.opportunities().count_opportunity_views(request).await }).await
        })
        .await?;
        self.case(&format!("{who}: board"), |client, _| async move {
            once(async { client.opportunities().get_board(pb::GetBoardRequest::default()).await }).await
        })
        .await?;
        self.case(&format!("{who}: forecast, 12 months"), |client, _| async move {
            let request = pb::GetForecastRequest { months: 12, ..Default::default() };
            once(async { client.opportunities().get_forecast(request).await }).await
        })
        .await?;
        self.case(&format!("{who}: Today's counts"), |client, _| async move {
            once(async { client.opportunities().count_work(pb::CountWorkRequest {}).await }).await
        })
        .await?;
        for (what, view) in [
            ("today", pb::StepView::Today),
            ("overdue", pb::StepView::Overdue),
            ("next 7 days", pb::StepView::Next7Days),
        ] {
            for mine in [true, false] {
                let what = format!("{who}: steps {what}{}", if mine { ", mine" } else { "" });
                let request =
                    pb::ListPlanStepsRequest { view: view.into(), mine, page_size: PAGE, ..Default::default() };
                self.case(&what, move |client, _| {
                    let request = request.clone();
                    async move { once(async { client.opportunities().list_plan_steps(request).await }).await }
                })
                .await?;
            }
        }
        self.sums(who).await
    }

    /// A filter's sums, up to as many rows as a footer shows.
    async fn sums(&mut self, who: &str) -> Result<()> {
        let open = pb::OpportunityFilter { view: View::Open.into(), ..Default::default() };
        let large = pb::OpportunityFilter { amount_from: Some(8_000_000_000), ..open.clone() };
        for (what, filter) in [("open", open), ("open and large", large)] {
            self.case(&format!("{who}: sums of {what}, to 10,000 rows"), move |client, _| {
                let mut request = pb::SumOpportunitiesRequest { filter: Some(filter.clone()), ..Default::default() };
                async move {
                    let (mut times, mut count) = (Vec::new(), 0);
                    loop {
                        let started = Instant::now();
                        let part = client.opportunities().sum_opportunities(request.clone()).await?.into_inner();
                        times.push(started.elapsed());
                        count += part.figures.map_or(0, |figures| figures.count);
                        request.page_token = part.next_page_token;
                        if request.page_token.is_empty() || count >= 10_000 || times.len() >= PAGES {
                            break Ok(Answer { times, ..Answer::default() });
                        }
                    }
                }
            })
            .await?;
        }
        Ok(())
    }

    /// What only who sees all of them is asked: orders, filters, searches, assignment.
    ///
    /// # Errors
    /// A call fails.
    pub async fn opportunities(&mut self, company: &Company, count: usize) -> Result<()> {
        self.case("opportunities: open", move |client, call| async move {
            once(async { client.opportunity(1 + scatter(call, count) as i64).await }).await
        })
        .await?;
        let sorts = [
            Sort::Id,
            Sort::CustomerName,
            Sort::CreatedAt,
            Sort::UpdatedAt,
            Sort::CloseAt,
            Sort::Amount,
            Sort::Rate,
            Sort::NextStepAt,
        ];
        let ordered = sorts.map(|sort| list(View::All, sort, pb::OpportunityFilter::default()));
        self.case("opportunities: list, 8 orders, page 1", move |client, call| {
            let request = ordered.get(call % sorts.len()).cloned().unwrap_or_default();
            async move { once(async { client.opportunities().list_opportunities(request).await }).await }
        })
        .await?;
        let mut far = list(View::All, Sort::CustomerName, pb::OpportunityFilter::default());
        if let Some(client) = self.clients.first().filter(|_| "list by name, page 1,000".contains(&self.only)) {
            far.page_token = pages(client, far.clone(), 999, &mut Answer::default()).await?;
        }
        self.case("opportunities: list by name, page 1,000", move |client, _| {
            let request = far.clone();
            async move { once(async { client.opportunities().list_opportunities(request).await }).await }
        })
        .await?;
        self.filters_of_opportunities().await?;
        let searches = company.searches(count);
        for (length, kinds) in &searches.fragments {
            self.search_opportunities(&format!("{length} characters, rare"), &kinds.rare).await?;
            self.search_opportunities(&format!("{length} characters, common"), &kinds.common).await?;
            self.search_opportunities(&format!("{length} characters, absent"), &kinds.absent).await?;
        }
        self.search_opportunities("initials", &searches.initials).await?;
        self.search_opportunities("a title", &["传感器", "仓库", "年度采购", "扩建"].map(str::to_owned)).await?;
        self.assignment(company).await
    }

    async fn filters_of_opportunities(&mut self) -> Result<()> {
        let none = pb::OpportunityFilter::default;
        let Some(client) = self.clients.first() else { return Ok(()) };
        let board = client.opportunities().get_board(pb::GetBoardRequest::default()).await?.into_inner();
        let stage = board.columns.iter().filter_map(|column| column.stage.as_ref()).map(|stage| stage.id).next();
        for (what, view, sort, filter) in [
            (
                "a board's column",
                View::Open,
                Sort::CloseAt,
                pb::OpportunityFilter { stage_ids: stage.into_iter().collect(), ..none() },
            ),
            (
                "one product and stage",
                View::All,
                Sort::Unspecified,
                pb::OpportunityFilter { stage_ids: stage.into_iter().collect(), product_ids: vec![1], ..none() },
            ),
            (
                "without a hit",
                View::All,
                Sort::Amount,
                pb::OpportunityFilter { lead_source_ids: vec![999_999], ..none() },
            ),
            ("of a customer", View::All, Sort::Unspecified, pb::OpportunityFilter { customer_id: 9, ..none() }),
        ] {
            let request = list(view, sort, filter);
            self.case(&format!("opportunities: filter {what}"), move |client, _| {
                let request = request.clone();
                async move {
                    let mut answer = Answer { rows: Some(0), ..Default::default() };
                    pages(&client, request, 50, &mut answer).await?;
                    Ok(answer)
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn search_opportunities(&mut self, what: &str, texts: &[String]) -> Result<()> {
        let texts = texts.to_vec();
        self.case(&format!("opportunities: search {what}"), move |client, call| {
            let search = texts.get(call % texts.len().max(1)).cloned().unwrap_or_default();
            let request = list(View::All, Sort::Unspecified, pb::OpportunityFilter { search, ..Default::default() });
            async move {
                let mut answer = Answer { rows: Some(0), ..Default::default() };
                pages(&client, request, PAGES, &mut answer).await?;
                Ok(answer)
            }
        })
        .await
    }

    async fn assignment(&mut self, company: &Company) -> Result<()> {
        self.case("opportunities: assignees with their work", |client, _| async move {
            once(async { client.opportunities().list_assignees(pb::ListAssigneesRequest::default()).await }).await
        })
        .await?;
        let names: Vec<String> = (0..1_000).map(|index| company.name(index)).collect();
        self.case("opportunities: what a name meets", move |client, call| {
            let customer_name = names.get(call % names.len().max(1)).cloned().unwrap_or_default();
            let request = pb::CheckOpportunityRequest { customer_name, ..Default::default() };
            async move { once(async { client.opportunities().check_opportunity(request).await }).await }
        })
        .await
    }
}
