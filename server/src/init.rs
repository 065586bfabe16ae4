//! Making a company's database: settings, shipped roles and dictionary, the first person (D12).

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    clock::Clock,
    db::{Db, Lane},
    dictionary, directory,
    error::{Error, Fault, Result},
    rpc::page::hex,
    sessions::{password, rules},
    settings, text,
    users::store::{self, NewUser, ROOT},
};

/// What a company starts with.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The company's name.
    pub company: String,
    /// IANA time zone.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// `zh` or `en`.
    pub language: String,
    /// The first person's account.
    pub admin: String,
    /// The first person's name.
    pub display_name: String,
    /// The first person's password; none: one for one use is made.
    pub password: Option<SecretString>,
    /// The first person administers and does nothing else.
    pub admin_only: bool,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Default for InitOptions {
    fn default() -> Self {
        Self {
            company: "Rolo".into(),
            time_zone: "Asia/Shanghai".into(),
            currency: "CNY".into(),
            language: "zh".into(),
            admin: "admin".into(),
            display_name: String::new(),
            password: None,
            admin_only: false,
            clock: Clock::system(),
        }
    }
}

/// Makes the database of a directory; answers the one-time password, if one was made.
///
/// # Errors
/// There is a database already, an option is invalid, or the directory cannot be written.
pub async fn init(dir: &Path, options: InitOptions) -> Result<Option<String>> {
    check(&options)?;
    directory::create(dir)?;
    let Some(_lock) = directory::lock(dir)? else {
        return Err(Error::Unavailable(format!("{} is in use by another process", dir.display())));
    };
    let path = directory::database_path(dir);
    if path.exists() {
        return Err(Error::Unavailable(format!("{} holds a database already", dir.display())));
    }
    let one_time = match options.password {
        Some(_) => None,
        None => Some(password::one_time()?),
    };
    let secret = options.password.as_ref().map(|p| p.expose_secret().to_owned()).or_else(|| one_time.clone());
    let hash = password::hash(&secret.unwrap_or_default())?;
    // Built beside its place and moved there when it is whole: an interrupted init leaves nothing that looks ready.
    let draft = dir.join("rolo.db.new");
    for leftover in ["rolo.db.new", "rolo.db.new-wal", "rolo.db.new-shm"] {
        let _ = std::fs::remove_file(dir.join(leftover));
    }
    directory::private_file(&draft)?;
    let db = Db::open(&draft, options.clock.clone())?;
    let must_change = one_time.is_some();
    db.write(Lane::People, move |write| fill(write, &options, hash, must_change)).await?;
    db.close().await;
    drop(db);
    std::fs::rename(&draft, &path).map_err(|e| directory::io_error(&path, &e))?;
    Ok(one_time)
}

fn check(options: &InitOptions) -> Result<()> {
    let malformed = |field: &str, form| Err(Error::field(field, Fault::Malformed(form)));
    if options.time_zone.parse::<chrono_tz::Tz>().is_err() {
        return malformed("time_zone", "time zone");
    }
    if options.currency.len() != 3 || !options.currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return malformed("currency", "currency");
    }
    if !matches!(options.language.as_str(), "zh" | "en") {
        return malformed("language", "language");
    }
    let name = text::scrub(&options.admin, false);
    if name.is_empty() || name.chars().count() > 50 || name.contains(char::is_whitespace) {
        return malformed("name", "name");
    }
    if text::scrub(&options.company, false).is_empty() {
        return Err(Error::field("company", Fault::Required));
    }
    match &options.password {
        Some(password) => rules::check_password("password", &options.admin, password.expose_secret()),
        None => Ok(()),
    }
}

fn fill(write: &mut crate::db::Write<'_>, options: &InitOptions, hash: String, must_change: bool) -> Result<()> {
    let tx = write.tx;
    let random = |bytes: usize| -> Result<String> {
        let mut buffer = vec![0_u8; bytes];
        getrandom::fill(&mut buffer).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
        Ok(hex(&buffer))
    };
    let company = text::scrub(&options.company, false).chars().take(100).collect::<String>();
    for (name, value) in [
        ("instance_id", random(8)?),
        ("token_key", random(32)?),
        ("company", company.clone()),
        ("time_zone", options.time_zone.clone()),
        ("currency", options.currency.clone()),
        ("language", options.language.clone()),
        ("customer.required", settings::CUSTOMER_REQUIRED.into()),
    ] {
        settings::set(tx, name, &value)?;
    }
    store::ship(tx, &company)?;
    dictionary::store::ship(tx, write.now)?;
    let user = NewUser {
        name: text::scrub(&options.admin, false).into(),
        display_name: text::scrub(&options.display_name, false).chars().take(50).collect(),
        department_id: ROOT,
        password: hash,
        must_change,
        ..NewUser::default()
    };
    let id = store::create(tx, &user, write.now)?;
    let roles: &[&str] = if options.admin_only { &["admin"] } else { &["admin", "supervisor", "manager"] };
    store::set_roles(tx, id, &roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>())
}
