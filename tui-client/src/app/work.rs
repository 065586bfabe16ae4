//! What the screens of opportunities ask beside lists: whom work can be given to, how many would be spread, sums by stage,
//! month and filter, and what waits for the caller.

use rolo_proto::v1;

use crate::{
    data::{Client, Failure},
    resource::ListQuery,
};

/// A question.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Whom an opportunity can be given to, with what they have to do.
    Assignees,
    /// Who would get which.
    Spread(Box<v1::SpreadOpportunitiesRequest>),
    /// Open opportunities by stage.
    Board,
    /// Expected and won amounts from this month (`YYYY-MM`; empty: this one), so many months.
    Forecast(String, i32),
    /// Count and amounts of what a list finds, going on at this page.
    Sum(Box<ListQuery>, String),
    /// What waits for the caller.
    Count,
}

/// An answer.
#[derive(Debug, Clone)]
pub enum Told {
    /// By name.
    Assignees(Vec<v1::Assignee>),
    /// One share a person.
    Spread(Vec<v1::spread_opportunities_response::Share>),
    /// One column a stage.
    Board(Vec<v1::get_board_response::Column>),
    /// One row a month.
    Forecast(v1::GetForecastResponse),
    /// The sums of this part, and where to go on.
    Sum(v1::Figures, String),
    /// How many of each.
    Count(v1::CountWorkResponse),
}

/// Asks the server.
///
/// # Errors
/// What the server refuses.
pub async fn ask(client: &Client, ask: Ask) -> Result<Told, Failure> {
    match ask {
        Ask::Assignees => {
            let request = v1::ListAssigneesRequest::default();
            let found: v1::ListAssigneesResponse =
                client.call(request, |c, r| async move { c.opportunities().list_assignees(r).await }).await?;
            Ok(Told::Assignees(found.assignees))
        }
        Ask::Spread(request) => {
            let done: v1::SpreadOpportunitiesResponse =
                client.call(*request, |c, r| async move { c.opportunities().spread_opportunities(r).await }).await?;
            Ok(Told::Spread(done.shares))
        }
        Ask::Board => {
            let request = v1::GetBoardRequest::default();
            let board: v1::GetBoardResponse =
                client.call(request, |c, r| async move { c.opportunities().get_board(r).await }).await?;
            Ok(Told::Board(board.columns))
        }
        Ask::Forecast(from_month, months) => {
            let request = v1::GetForecastRequest { from_month, months, ..Default::default() };
            let forecast: v1::GetForecastResponse =
                client.call(request, |c, r| async move { c.opportunities().get_forecast(r).await }).await?;
            Ok(Told::Forecast(forecast))
        }
        Ask::Sum(query, page_token) => {
            let request =
                v1::SumOpportunitiesRequest { filter: Some(crate::resource::opportunity_filter(&query)), page_token };
            let sum: v1::SumOpportunitiesResponse =
                client.call(request, |c, r| async move { c.opportunities().sum_opportunities(r).await }).await?;
            Ok(Told::Sum(sum.figures.unwrap_or_default(), sum.next_page_token))
        }
        Ask::Count => client
            .call(v1::CountWorkRequest {}, |c, r| async move { c.opportunities().count_work(r).await })
            .await
            .map(Told::Count),
    }
}
