//! The company's settings: few, small, read often; cached with the instance.

use chrono_tz::Tz;

use crate::{
    db::{Tx, params},
    error::{Error, Result},
};

/// What the company decided when it started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Random name of this database.
    pub instance_id: String,
    /// The company's name.
    pub company: String,
    /// The zone in which its days begin.
    pub time_zone: Tz,
    /// ISO 4217; fixed once there is data.
    pub currency: String,
    /// `zh` or `en`.
    pub language: String,
    /// Fields that the full form asks for (★, D1): names as in §3.3.
    pub customer_required: Vec<String>,
    /// Days without progress after which an opportunity stagnates.
    pub stagnation_days: i64,
    /// Open opportunities that fill an account manager's time.
    pub opportunity_capacity: i64,
    /// What an opportunity for a customer that exists already meets (D8).
    pub existing_customer: ExistingCustomer,
    /// Signs page tokens.
    pub token_key: [u8; 32],
}

/// What an opportunity for a customer that exists already meets (D8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingCustomer {
    /// It is linked, and whoever records it is told.
    Warn,
    /// It is refused: marketing is for new customers (S01-04).
    Block,
}

/// The shipped set of required fields (D1).
pub const CUSTOMER_REQUIRED: &str = "name,region,manager,level,address,tel";

impl Settings {
    /// All settings; none if the database has not been initialised.
    pub fn load(tx: &Tx<'_>) -> Result<Option<Self>> {
        let Some(instance_id) = get(tx, "instance_id")? else { return Ok(None) };
        let key = get(tx, "token_key")?.unwrap_or_default();
        Ok(Some(Self {
            time_zone: time_zone(tx)?,
            company: get(tx, "company")?.unwrap_or_default(),
            currency: get(tx, "currency")?.unwrap_or_default(),
            language: get(tx, "language")?.unwrap_or_default(),
            customer_required: customer_required(tx)?,
            stagnation_days: number(tx, "opportunity.stagnation_days", 14)?,
            opportunity_capacity: number(tx, "opportunity.capacity", 20)?,
            existing_customer: match get(tx, "opportunity.existing_customer")?.as_deref() {
                Some("block") => ExistingCustomer::Block,
                _ => ExistingCustomer::Warn,
            },
            token_key: *blake3::hash(key.as_bytes()).as_bytes(),
            instance_id,
        }))
    }
}

/// The fields that the full form asks for (D1).
pub fn customer_required(tx: &Tx<'_>) -> Result<Vec<String>> {
    let fields = get(tx, "customer.required")?.unwrap_or_else(|| CUSTOMER_REQUIRED.into());
    Ok(fields.split(',').map(|field| field.trim().to_owned()).collect())
}

/// The zone in which the company's days begin.
///
/// # Errors
/// The database's; `INTERNAL` for a zone that is none.
pub fn time_zone(tx: &Tx<'_>) -> Result<Tz> {
    let zone = get(tx, "time_zone")?.unwrap_or_default();
    zone.parse().map_err(|_| Error::Internal(format!("unknown time zone {zone}")))
}

fn number(tx: &Tx<'_>, name: &str, shipped: i64) -> Result<i64> {
    Ok(get(tx, name)?.and_then(|text| text.trim().parse().ok()).filter(|number| *number > 0).unwrap_or(shipped))
}

/// When the database was last copied by `rolod backup`, in Unix milliseconds.
pub(crate) const BACKUP_AT: &str = "backup_at";

/// One setting, if it was ever set.
pub(crate) fn get(tx: &Tx<'_>, name: &str) -> Result<Option<String>> {
    tx.query_opt("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
}

/// Sets one setting.
pub(crate) fn set(tx: &Tx<'_>, name: &str, value: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO setting (name, value)
         VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )
    .map(drop)
}
