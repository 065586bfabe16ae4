//! Demonstration data: a company with fourteen people, customers, opportunities and a year of work behind it.
//!
//! Always true: the same seed, size and time make the same company; everything is written through the stores, by
//! people who may do it, so that audit, outbox, figures and search are what they would be; nothing lies in the future
//! but next contacts, planned steps and expected ends, and nobody in it exists (addresses on the net end in `.example`).
//!
//! ```text
//! company ─ partner ─ talk ──► story (one customer's year) ──┬─► plan (all, in order of time) ──► play (the stores)
//!                     words ─► leads (one opportunity's way) ─┘
//! ```

mod calendar;
mod choices;
mod company;
mod habits;
mod leads;
mod leads_words;
mod names_zh;
mod partner;
mod people;
mod places_english;
mod places_west;
mod places_zh;
mod plan;
mod play;
mod random;
mod story;
mod talk;
mod talk_en;
mod talk_zh;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use secrecy::SecretString;

use self::{
    calendar::Calendar,
    people::PEOPLE,
    plan::{Setting, plan},
    play::{Book, Cast, play},
    random::Random,
};
use crate::{
    authz::Actor,
    clock::{Clock, DAY, Millis},
    db::{Db, Lane, Tx},
    directory,
    error::{Error, Result},
    init::{InitOptions, init},
    sessions::password,
    settings::Settings,
};

/// So long ago the company began to use Rolo.
const OPENED: Millis = 370 * DAY;
/// Events in one transaction: few enough that its savepoint stays cheap, many enough that committing does.
const EVENTS: usize = 250;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Options {
    /// `zh` or `en`: the company's language, its departments, which people the roles start with, and whether most of
    /// its customers are Chinese.
    pub language: String,
    /// How many customers.
    pub customers: usize,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self { language: "zh".into(), customers: 2_000, clock: Clock::system() }
    }
}

/// What was made.
#[derive(Debug)]
pub struct Demo {
    /// The password of every account: random, for this directory alone.
    pub password: SecretString,
    /// For each role (`admin`, `supervisor`, `manager`, `executive`, `service`) the account to start with.
    pub accounts: Vec<(&'static str, &'static str)>,
}

impl Demo {
    /// The account to start with in a role.
    pub fn account(&self, role: &str) -> Option<&'static str> {
        self.accounts.iter().find(|(code, _)| *code == role).map(|(_, account)| *account)
    }
}

/// Makes a data directory and fills it. It is not served afterwards: open it with [`Place::open`](crate::Place::open)
/// and sign in.
///
/// # Errors
/// There is a database already, the language is unknown, or the directory cannot be written.
pub async fn fill(dir: &Path, options: Options) -> Result<Demo> {
    let secret = SecretString::from(password::one_time()?);
    let now = options.clock.now();
    let company = InitOptions {
        company: if options.language == "zh" { "远帆自动化" } else { "Yuanfan Automation" }.into(),
        language: options.language.clone(),
        display_name: PEOPLE.first().map(|admin| admin.name(&options.language)).unwrap_or_default().into(),
        password: Some(secret.clone()),
        admin_only: true,
        clock: Clock::from_fn(move || now - OPENED),
        ..InitOptions::default()
    };
    init(dir, company).await?;
    let Some(_lock) = directory::lock(dir)? else {
        return Err(Error::Unavailable(format!("{} is in use by another process", dir.display())));
    };
    let db = Db::open(&directory::database_path(dir), options.clock.clone())?;
    let filled = write_all(&db, &options, now).await;
    db.close().await;
    filled?;
    Ok(Demo { password: secret, accounts: people::starters(&options.language) })
}

async fn write_all(db: &Db, options: &Options, now: Millis) -> Result<()> {
    let settings = db.read(Settings::load).await?.ok_or_else(|| Error::Internal("init left no settings".into()))?;
    let calendar = Calendar { now, zone: settings.time_zone };
    let language = options.language.clone();
    let (setting, cast) = db
        .write(Lane::Feeds, move |write| {
            write.now = calendar.working(&mut Random::new(0), now - OPENED);
            let people = people::hire(write, &language)?;
            let actors = people.iter().map(|id| actor(write.tx, *id)).collect::<Result<Vec<_>>>()?;
            let admin = actors.first().ok_or(Error::NotFound)?;
            let choices = choices::add(write, admin)?;
            let products = habits::catalogue(write, supervisor(&actors)?, &language)?;
            Ok((Setting { calendar, language, people, choices, products }, Cast { actors, settings }))
        })
        .await?;
    let (cast, mut book) = (Arc::new(cast), Book::new(options.customers));
    let mut events = plan(&setting, options.customers).into_iter().peekable();
    while events.peek().is_some() {
        let (some, cast) = (events.by_ref().take(EVENTS).collect(), Arc::clone(&cast));
        book = db
            .write(Lane::Feeds, move |write| {
                play(write, some, &cast, &mut book)?;
                Ok(book)
            })
            .await?;
    }
    db.write(Lane::Feeds, move |write| habits::settle(write, &cast.actors, &setting)).await
}

fn supervisor(actors: &[Actor]) -> Result<&Actor> {
    actors.get(people::place_of("wang")).ok_or(Error::NotFound)
}

fn actor(tx: &Tx<'_>, id: i64) -> Result<Actor> {
    Actor::load(tx, id, 0)?.ok_or(Error::NotFound)
}
