//! What is measured: calls as the screens make them, by one client and by many.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use rolo_proto::v1 as pb;

use super::{
    company::{Company, scatter},
    raw,
    seed::change,
    server::Server,
};
use crate::{Session, world::request_id};

/// Rows of a page, as the screens ask for them.
pub const PAGE: i32 = 50;
/// A complete answer is followed over so many pages at most.
pub const PAGES: usize = 400;
/// A case ends after this time, whatever number of calls it has made.
const TIME: Duration = Duration::from_secs(4);

/// How a case went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was asked for.
    pub what: String,
    /// How many clients asked at once.
    pub clients: usize,
    /// The time of each call, in order.
    pub times: Vec<Duration>,
    /// How long all of it took.
    pub took: Duration,
    /// The time of each page that a list filled ([`PAGE`] rows), in order: the like of a size is held against the like of
    /// another by these, for with a hundred times the hits a page that held two rows holds fifty.
    pub full: Vec<Duration>,
    /// Pages of a complete answer, the most and in the middle; none where it is one call.
    pub pages: Option<(usize, usize)>,
    /// Rows of a complete answer, in the middle; none where it is no list.
    pub rows: Option<usize>,
    /// Jobs a commit, where something was written.
    pub batch: Option<f64>,
}

/// What one call, or one list to its end, brought.
#[derive(Debug, Default)]
pub struct Answer {
    /// The time of each page.
    pub times: Vec<Duration>,
    /// The time of each page that was full.
    pub full: Vec<Duration>,
    /// How many rows there were; none where it is no list.
    pub rows: Option<usize>,
}

impl Answer {
    /// A page of a list has come.
    pub fn page(&mut self, took: Duration, rows: usize) {
        self.times.push(took);
        if rows == PAGE as usize {
            self.full.push(took);
        }
        self.rows = self.rows.map(|before| before + rows);
    }
}

/// A case under way.
pub struct Bench<'a> {
    /// The server.
    pub server: &'a mut Server,
    /// A connection each.
    pub clients: Vec<Session>,
    /// How many calls of a case.
    pub calls: usize,
    /// Only cases whose name holds this.
    pub only: String,
    /// What came out so far.
    pub outcomes: Vec<Outcome>,
    /// Where each is told as soon as it is there.
    pub print: &'a mut (dyn FnMut(String) + Send),
}

impl Bench<'_> {
    /// Runs a case with one client and with all of them. `act` makes the call of a number and answers what its
    /// pages took and held.
    ///
    /// # Errors
    /// A call fails.
    pub async fn case<F, A>(&mut self, what: &str, act: F) -> Result<()>
    where
        F: Fn(Session, usize) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Answer>> + Send + 'static,
    {
        if !what.contains(&self.only) {
            return Ok(());
        }
        let act = Arc::new(act);
        for count in [1, self.clients.len()] {
            let each = self.calls.div_ceil(count);
            let before = self.server.figures()?;
            let started = Instant::now();
            let mut tasks = Vec::new();
            for (number, client) in self.clients.iter().take(count).enumerate() {
                let (client, act) = (client.clone(), Arc::clone(&act));
                tasks.push(tokio::spawn(async move {
                    let mut walks = Vec::with_capacity(each);
                    for call in (number * each..(number + 1) * each).take_while(|_| started.elapsed() < TIME) {
                        walks.push(act(client.clone(), call).await?);
                    }
                    anyhow::Ok(walks)
                }));
            }
            let mut walks = Vec::new();
            for task in tasks {
                walks.extend(task.await??);
            }
            let took = started.elapsed();
            let after = self.server.figures()?;
            let mut pages: Vec<usize> = walks.iter().map(|walk| walk.times.len()).collect();
            pages.sort_unstable();
            let mut rows: Vec<usize> = walks.iter().filter_map(|walk| walk.rows).collect();
            rows.sort_unstable();
            let rows = rows.get(rows.len() / 2).copied();
            let pages = pages.last().copied().zip(pages.get(pages.len() / 2).copied()).filter(|(most, _)| *most > 1);
            let mut full: Vec<Duration> = walks.iter().flat_map(|walk| walk.full.iter().copied()).collect();
            full.sort_unstable();
            let mut times: Vec<Duration> = walks.into_iter().flat_map(|walk| walk.times).collect();
            times.sort_unstable();
            let commits = after.commits - before.commits;
            let batch = (commits > 0).then(|| (after.jobs - before.jobs) as f64 / commits as f64);
            let outcome = Outcome { what: what.to_owned(), clients: count, times, took, full, pages, rows, batch };
            (self.print)(outcome.row());
            self.outcomes.push(outcome);
        }
        Ok(())
    }

    /// A list from its first page to its end, or over as many pages as are followed.
    async fn walk(&mut self, what: &str, requests: Vec<pb::ListCustomersRequest>) -> Result<()> {
        self.case(what, move |client, call| {
            let request = requests.get(call % requests.len().max(1)).cloned().unwrap_or_default();
            async move {
                let mut answer = Answer { rows: Some(0), ..Answer::default() };
                pages(&client, request, PAGES, &mut answer).await?;
                Ok(answer)
            }
        })
        .await
    }

    async fn searches(&mut self, what: &str, texts: &[String]) -> Result<()> {
        self.walk(what, texts.iter().map(|text| search(text)).collect()).await
    }

    /// Every case.
    ///
    /// # Errors
    /// A call fails.
    pub async fn all(&mut self, company: &Company, customers: usize) -> Result<()> {
        self.case("empty call", |client, _| async move {
            once(async { client.sessions().get_instance(pb::GetInstanceRequest {}).await }).await
        })
        .await?;
        self.case("open", move |client, call| async move {
            let id = 1 + scatter(call, customers) as i64;
            once(async { client.get(id).await }).await
        })
        .await?;
        self.lists().await?;
        self.find(company, customers).await?;
        self.filters().await?;
        self.writes(company, customers).await
    }

    async fn lists(&mut self) -> Result<()> {
        let first = pb::ListCustomersRequest { page_size: PAGE, ..Default::default() };
        let newest = pb::ListCustomersRequest {
            order_by: pb::CustomerSort::UpdatedAt.into(),
            descending: true,
            ..first.clone()
        };
        for (what, request) in [("list by name", first), ("list newest first", newest)] {
            if !what.contains(&self.only) {
                continue;
            }
            // The token that leads to the thousandth page, or to the last one there is.
            let mut far = request.clone();
            if let Some(client) = self.clients.first() {
                far.page_token = pages(client, request.clone(), 999, &mut Answer::default()).await?;
            }
            for (what, request) in [(format!("{what}, page 1"), request), (format!("{what}, page 1,000"), far)] {
                self.case(&what, move |client, _| {
                    let request = request.clone();
                    async move { once(async { client.customers().list_customers(request).await }).await }
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn find(&mut self, company: &Company, customers: usize) -> Result<()> {
        let searches = company.searches(customers);
        for (length, kinds) in &searches.fragments {
            self.searches(&format!("search {length} characters, rare"), &kinds.rare).await?;
            self.searches(&format!("search {length} characters, common"), &kinds.common).await?;
            self.searches(&format!("search {length} characters, absent"), &kinds.absent).await?;
        }
        let apart = ["北京 贸易", "上海 科技", "杭州 实业", "重庆 集团", "厦门 电子"].map(str::to_owned);
        self.searches("search two common words apart", &apart).await?;
        let one = ["公", "司", "北", "技", "华"].map(str::to_owned);
        self.searches("search 1 character", &one).await?;
        self.searches("search initials, adjacent", &searches.initials).await?;
        self.searches("search initials, with a gap", &searches.gapped).await?;
        self.searches("search 2 initials", &searches.two_initials).await?;
        self.searches("search Latin fragment", &searches.latin).await?;
        self.searches("search phone digits", &searches.digits).await?;
        let filtered = searches.fragments.iter().flat_map(|(_, kinds)| &kinds.common).map(|text| {
            let mut request = search(text);
            if let Some(filter) = &mut request.filter {
                filter.satisfaction = vec![1];
                filter.credit = vec![5];
            }
            pb::ListCustomersRequest { order_by: pb::CustomerSort::CreatedAt.into(), descending: true, ..request }
        });
        self.walk("search common + filter + sort", filtered.collect()).await
    }

    async fn filters(&mut self) -> Result<()> {
        use pb::CustomerSort::{CreatedAt, LastContactAt, Level, Name, UpdatedAt};
        let choices = self.choices().await?;
        let id = |text: &str| choices.iter().find(|item| item.zh == text).map(|item| item.id).into_iter().collect();
        let all = |filter: &pb::CustomerFilter| {
            [Name, CreatedAt, UpdatedAt, LastContactAt, Level].map(|order| pb::ListCustomersRequest {
                filter: Some(filter.clone()),
                order_by: order.into(),
                page_size: PAGE,
                ..Default::default()
            })
        };
        let half = pb::CustomerFilter { region_ids: id("北京"), level_ids: id("大客户"), ..Default::default() };
        let rare = pb::CustomerFilter {
            region_ids: id("东北"),
            level_ids: id("战略合作伙伴"),
            satisfaction: vec![1, 2, 3],
            ..Default::default()
        };
        let region = pb::CustomerFilter { region_ids: id("东北"), ..Default::default() };
        let none = pb::CustomerFilter { party: pb::Party::Person.into(), ..Default::default() };
        let name = pb::CustomerFilter { name: "龘龘".into(), ..Default::default() };
        let tel = pb::CustomerFilter { tel: "0000000".into(), ..Default::default() };
        for (what, filter) in [
            ("filter 1 in 12, 5 orders", half),
            ("filter 1 in 1,000, 5 orders", region),
            ("filter 1 in 500,000, 5 orders", rare),
            ("filter without a hit, 5 orders", none),
            ("filter name without a hit, 5 orders", name),
            ("filter phone without a hit, 5 orders", tel),
        ] {
            self.walk(what, all(&filter).to_vec()).await?;
        }
        Ok(())
    }

    async fn choices(&self) -> Result<Vec<pb::DictionaryItem>> {
        let Some(client) = self.clients.first() else { return Ok(Vec::new()) };
        let request = pb::ListItemsRequest { page_size: 200, ..Default::default() };
        Ok(client.dictionary().list_items(request).await?.into_inner().items)
    }

    async fn writes(&mut self, company: &Company, customers: usize) -> Result<()> {
        let names: Vec<String> = (0..1_000).map(|index| company.name(index)).collect();
        self.case("create", move |client, call| {
            let name = names.get(call % names.len().max(1)).cloned().unwrap_or_default();
            async move { once(async { client.create(raw::input(&name, &request_id())).await }).await }
        })
        .await?;
        self.case("update", move |client, call| async move {
            let id = 1 + scatter(call, customers) as i64;
            once(async { change(&client, id, &format!("中山路 {} 号", request_id())).await }).await
        })
        .await
    }
}

fn search(text: &str) -> pb::ListCustomersRequest {
    let filter = pb::CustomerFilter { search: text.to_owned(), ..Default::default() };
    pb::ListCustomersRequest { filter: Some(filter), page_size: PAGE, ..Default::default() }
}

/// Pages on, at most so often; answers the token behind the last page.
async fn pages(
    client: &Session,
    mut request: pb::ListCustomersRequest,
    most: usize,
    answer: &mut Answer,
) -> Result<String> {
    for _ in 0..most {
        let started = Instant::now();
        let page = client.customers().list_customers(request.clone()).await?.into_inner();
        answer.page(started.elapsed(), page.customers.len());
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(request.page_token)
}

/// The time of one call.
///
/// # Errors
/// The call fails.
pub async fn once<R, E>(call: impl Future<Output = Result<R, E>>) -> Result<Answer>
where
    anyhow::Error: From<E>,
{
    let started = Instant::now();
    call.await?;
    Ok(Answer { times: vec![started.elapsed()], ..Answer::default() })
}
