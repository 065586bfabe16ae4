//! Brings a file of names (one a line) in through the real server and checks that any two neighbouring characters of any
//! of them find it; prints what that took. Ends with 1 if one is not found.
//!
//! ```text
//! cargo run --release -p rolo-tests --bin names -- FILE [--sample N]
//! ```
//!
//! With `--sample N` the pairs of N names, spread evenly over the file, are checked. Two names that the server takes for
//! one (D2: width, case, 繁 and 简) are one customer. Searches are timed a page of 50 at a time, as the screens ask.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rolo_proto::v1 as pb;
use rolo_tests::{
    World,
    measure::{millis, quantile, rss_anon},
    world::PASSWORD,
};
use rolo_tui::{
    data::{
        Client,
        client::{Connector, Wire},
        importer::{self, Cancel, Job},
    },
    files, resource,
    strings::Lang,
};
use tokio::sync::RwLock;

struct Arguments {
    file: PathBuf,
    sample: Option<usize>,
}

fn arguments() -> Result<Arguments> {
    let mut arguments = std::env::args_os().skip(1);
    let (mut file, mut sample) = (None, None);
    while let Some(argument) = arguments.next() {
        if argument == "--sample" {
            let number = arguments.next().context("--sample takes a number")?;
            sample = Some(number.to_string_lossy().parse().context("--sample takes a number")?);
        } else if file.replace(PathBuf::from(argument)).is_some() {
            bail!("one file at a time");
        }
    }
    Ok(Arguments { file: file.context("usage: names FILE [--sample N]")?, sample })
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Arguments { file, sample } = arguments()?;
    let world = Arc::new(RwLock::new(World::new().await?));
    let client = client(&world);
    client.sign_in("boss", &PASSWORD.to_owned().into()).await?;
    let mut table = Table::default();
    let before = rss_anon("self")?;

    let started = Instant::now();
    let customers = import(&client, &file).await?;
    let took = started.elapsed().as_secs_f64();
    table.row("customers", customers);
    table.row("import, s", format!("{took:.1}"));
    table.row("rows/s", format!("{:.0}", customers as f64 / took));
    table.row("RssAnon before / after the import, MB", format!("{before} / {}", rss_anon("self")?));

    let pairs = pairs(&file, sample)?;
    let mut times = Vec::new();
    let (mut checked, mut misses) = (0, Vec::new());
    for (pair, names) in pairs {
        checked += names.len();
        misses
            .extend(search(&client, &pair, names, &mut times).await?.into_iter().map(|name| format!("{pair} {name}")));
    }
    times.sort_unstable();
    table.row("pairs checked", checked);
    table.row("misses", misses.len());
    table.row("pages asked for", times.len());
    for (what, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("longest", 1.0)] {
        table.row(&format!("search {what}, ms"), millis(quantile(&times, share)));
    }
    table.row("RssAnon at the end, MB", rss_anon("self")?);

    // Stopped, the server has folded its log back into the file.
    let mut world = world.write().await;
    world.stop().await?;
    let bytes = fs::metadata(world.dir.path().join("rolo.db"))?.len();
    table.row("file, MB", format!("{:.1}", bytes as f64 / 1e6));
    table.row("bytes a customer", bytes / customers.max(1));
    let mut out = io::stdout().lock();
    out.write_all(table.text().as_bytes())?;
    for miss in misses.iter().take(20) {
        writeln!(out, "not found: {miss}")?;
    }
    Ok(if misses.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The client that people use, over a stream within this process.
fn client(world: &Arc<RwLock<World>>) -> Client {
    let world = Arc::clone(world);
    let connector: Connector = Arc::new(move || {
        let world = Arc::clone(&world);
        Box::pin(async move {
            let world = world.read().await;
            let stream = world.handle().map_err(io::Error::other)?.connect().await.map_err(io::Error::other)?;
            Ok(Box::new(stream) as Box<dyn Wire>)
        })
    });
    Client::new(connector)
}

async fn import(client: &Client, file: &Path) -> Result<u64> {
    let job = Job {
        resource: resource::of(pb::Kind::Customer).context("customers")?,
        path: file.to_owned(),
        file: files::Options { no_header: true, ..files::Options::default() },
        map: vec![("name".into(), "1".into())],
        defaults: Vec::new(),
        existing: pb::Existing::Skip,
        create_missing: false,
        date_order: None,
        errors: None,
        lang: Lang::En,
    };
    let opened = importer::look(&job, 0).await?;
    let report = importer::run(client, &job, &opened, &Cancel::default(), |_| {}).await?;
    if report.refused() > 0 {
        bail!("{} rows did not come in: {:?}", report.refused(), report.errors);
    }
    u64::try_from(report.status.created).context("a count")
}

/// Two neighbouring characters, and the names that they must find.
fn pairs(file: &Path, sample: Option<usize>) -> Result<BTreeMap<String, HashSet<String>>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let names: Vec<&str> = text.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    let step = sample.map_or(1, |sample| names.len() / sample.clamp(1, names.len().max(1)));
    let mut pairs: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for name in names.into_iter().step_by(step.max(1)) {
        let characters: Vec<char> = name.chars().collect();
        for pair in characters.windows(2).filter(|pair| pair.iter().all(|c| c.is_alphanumeric())) {
            pairs.entry(pair.iter().collect()).or_default().insert(name.to_owned());
        }
    }
    Ok(pairs)
}

/// Pages on until all of the names are found; answers those that are not.
async fn search(
    client: &Client,
    words: &str,
    mut names: HashSet<String>,
    times: &mut Vec<Duration>,
) -> Result<HashSet<String>> {
    let filter = pb::CustomerFilter { search: words.to_owned(), ..Default::default() };
    let mut request = pb::ListCustomersRequest { filter: Some(filter), page_size: 50, ..Default::default() };
    loop {
        let started = Instant::now();
        let page: pb::ListCustomersResponse =
            client.call(request.clone(), |c, r| async move { c.customers().list_customers(r).await }).await?;
        times.push(started.elapsed());
        for customer in &page.customers {
            names.remove(&customer.name);
        }
        if names.is_empty() || page.next_page_token.is_empty() {
            return Ok(names);
        }
        request.page_token = page.next_page_token;
    }
}

#[derive(Default)]
struct Table(Vec<(String, String)>);

impl Table {
    fn row(&mut self, what: &str, value: impl ToString) {
        self.0.push((what.to_owned(), value.to_string()));
    }

    fn text(&self) -> String {
        let left = self.0.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
        let right = self.0.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
        self.0.iter().map(|(what, value)| format!("{what:left$}  {value:>right$}\n")).collect()
    }
}
