//! A company in a temporary directory, served by this process.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use hyper_util::rt::TokioIo;
use rolo_proto::v1::{
    self as pb, bulk_service_client::BulkServiceClient, contact_service_client::ContactServiceClient,
    customer_service_client::CustomerServiceClient, dictionary_service_client::DictionaryServiceClient,
    host_service_client::HostServiceClient, import_service_client::ImportServiceClient,
    interaction_service_client::InteractionServiceClient, notice_service_client::NoticeServiceClient,
    operation_service_client::OperationServiceClient, opportunity_service_client::OpportunityServiceClient,
    product_service_client::ProductServiceClient, session_service_client::SessionServiceClient,
    user_service_client::UserServiceClient, view_service_client::ViewServiceClient,
    watch_service_client::WatchServiceClient,
};
use rolo_server::{
    Config, Handle, InitOptions, Place,
    clock::{Clock, Millis},
    db::Lane,
    sessions,
    users::store::{self, NewUser},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tonic::{
    Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

/// When the tests' time begins: Monday 2 November 2026, 09:00 in Shanghai.
pub const START: Millis = 1_793_581_200_000;
/// The first person's password.
pub const PASSWORD: &str = "correct horse battery";

/// The people of the company: account, roles, department.
pub const PEOPLE: &[(&str, &[&str], &str)] = &[
    ("adm", &["admin"], ""),
    ("sup", &["supervisor"], "North"),
    ("mgr", &["manager"], "North"),
    ("exe", &["executive"], ""),
    ("stf", &["service"], "North"),
    ("other", &["manager"], "South"),
];

/// A company with its first person (`boss`: administrator, supervisor, manager) and [`PEOPLE`].
pub struct World {
    /// Where its data lie.
    pub dir: TempDir,
    time: Arc<AtomicI64>,
    handle: Option<Handle>,
}

/// The made database that every world starts from: hashing a password takes a while, once is enough.
static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

impl World {
    /// A new company, served.
    ///
    /// # Errors
    /// The machine fails.
    pub async fn new() -> Result<Self> {
        let template = TEMPLATE.get_or_try_init(make_template).await?;
        let dir = tempfile::tempdir()?;
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(dir.path().join("rolo.db"))?;
        file.write_all(template)?;
        let mut world = Self { dir, time: Arc::new(AtomicI64::new(START)), handle: None };
        world.start().await?;
        Ok(world)
    }

    /// Starts the server, which must not run.
    ///
    /// # Errors
    /// Somebody else owns the directory.
    pub async fn start(&mut self) -> Result<()> {
        self.start_with(Config::default()).await
    }

    /// As [`World::start`], with other settings; the clock is the world's in any case.
    ///
    /// # Errors
    /// Somebody else owns the directory, or its database cannot be opened.
    pub async fn start_with(&mut self, config: Config) -> Result<()> {
        let config = Config { clock: self.clock(), ..config };
        match Place::open(self.dir.path(), config).await.map_err(anyhow::Error::from)? {
            Place::Owner(handle) => self.handle = Some(handle),
            Place::Other { .. } => anyhow::bail!("somebody else owns the directory"),
        }
        Ok(())
    }

    /// Stops the server in good order.
    ///
    /// # Errors
    /// It ended badly.
    pub async fn stop(&mut self) -> Result<()> {
        match self.handle.take() {
            Some(handle) => Ok(handle.shutdown().await?),
            None => Ok(()),
        }
    }

    /// The clock that [`World::advance`] moves.
    pub fn clock(&self) -> Clock {
        let time = Arc::clone(&self.time);
        Clock::from_fn(move || time.load(Ordering::SeqCst))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Millis) {
        self.time.fetch_add(by, Ordering::SeqCst);
    }

    /// The running server.
    ///
    /// # Errors
    /// It does not run.
    pub fn handle(&self) -> Result<&Handle> {
        self.handle.as_ref().context("the server does not run")
    }

    /// A channel to the server, with nobody signed in.
    ///
    /// # Errors
    /// The server does not run.
    pub async fn channel(&self) -> Result<Channel> {
        let mut stream = Some(self.handle()?.connect().await?);
        let connect = tower_fn(move || stream.take().map(TokioIo::new).ok_or_else(|| io::Error::other("used up")));
        Ok(Endpoint::from_static("http://rolo.invalid").connect_with_connector(connect).await?)
    }

    /// Somebody's session, opened without a password.
    ///
    /// # Errors
    /// There is nobody of that name.
    pub async fn session(&self, account: &str) -> Result<Session> {
        let token = format!(
            "{account}-{}",
            blake3::hash(format!("{account}{}", TOKENS.fetch_add(1, Ordering::SeqCst)).as_bytes())
        );
        let hash = sha256(&token);
        let name = account.to_owned();
        let id = self
            .handle()?
            .kernel()
            .db()
            .write(Lane::People, move |write| {
                let account = sessions::store::account(write.tx, &name)?.ok_or(rolo_server::error::Error::NotFound)?;
                sessions::store::open(write.tx, account.id, &hash, "test", write.now)?;
                Ok(account.id)
            })
            .await?;
        Ok(Session { channel: self.channel().await?, bearer: Bearer::new(&token)?, user_id: id })
    }

    /// A caller without any session.
    ///
    /// # Errors
    /// The server does not run.
    pub async fn nobody(&self) -> Result<Session> {
        Ok(Session::on(self.channel().await?))
    }
}

static TOKENS: AtomicI64 = AtomicI64::new(1);

fn sha256(token: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(token.as_bytes()).into()
}

fn tower_fn(
    mut connect: impl FnMut() -> io::Result<TokioIo<tokio::io::DuplexStream>> + Send + 'static,
) -> impl tower::Service<
    http::Uri,
    Response = TokioIo<tokio::io::DuplexStream>,
    Error = io::Error,
    Future = std::future::Ready<io::Result<TokioIo<tokio::io::DuplexStream>>>,
> + Send {
    tower::service_fn(move |_: http::Uri| std::future::ready(connect()))
}

async fn make_template() -> Result<Vec<u8>> {
    let dir = tempfile::tempdir()?;
    let options = InitOptions {
        company: "华盛贸易".into(),
        admin: "boss".into(),
        display_name: "王芳".into(),
        password: Some(PASSWORD.to_owned().into()),
        clock: Clock::from_fn(|| START),
        ..InitOptions::default()
    };
    rolo_server::init(dir.path(), options).await?;
    let config = Config { clock: Clock::from_fn(|| START), ..Config::default() };
    let Place::Owner(handle) = Place::open(dir.path(), config).await? else { anyhow::bail!("not the owner") };
    let people = PEOPLE.iter().map(|(name, roles, department)| ((*name).to_owned(), *roles, *department));
    hire(&handle, people.collect()).await?;
    handle.shutdown().await?;
    Ok(fs::read(dir.path().join("rolo.db"))?)
}

/// New people, each with an account, roles and a department ("": the root) and the first person's password: hashing one
/// of their own for each would take long.
///
/// # Errors
/// There is somebody of that account already, or no such role.
pub async fn hire(handle: &Handle, people: Vec<(String, &'static [&'static str], &'static str)>) -> Result<()> {
    let hire = move |write: &mut rolo_server::db::Write<'_>| {
        let hash: String = write.tx.query_one("SELECT password FROM user WHERE name = 'boss'", [], |row| row.get(0))?;
        for (name, roles, department) in people {
            let user = NewUser {
                name,
                password: hash.clone(),
                department_id: store::department(write.tx, department)?,
                ..NewUser::default()
            };
            let id = store::create(write.tx, &user, write.now)?;
            store::set_roles(write.tx, id, &roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>())?;
        }
        Ok(())
    };
    Ok(handle.kernel().db().write(Lane::People, hire).await?)
}

/// Puts a token into each call.
#[derive(Debug, Clone)]
pub struct Bearer(Option<MetadataValue<tonic::metadata::Ascii>>);

impl Bearer {
    /// A token as the header wants it.
    ///
    /// # Errors
    /// It holds characters that no header may.
    pub fn new(token: &str) -> Result<Self> {
        Ok(Self(Some(format!("Bearer {token}").parse()?)))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: tonic::Request<()>) -> Result<tonic::Request<()>, Status> {
        if let Some(bearer) = &self.0 {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        Ok(request)
    }
}

type Signed = InterceptedService<Channel, Bearer>;

/// Somebody who calls.
#[derive(Debug, Clone)]
pub struct Session {
    pub(crate) channel: Channel,
    pub(crate) bearer: Bearer,
    /// Who; 0 for nobody.
    pub user_id: i64,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident: $client:ident),* $(,)?) => {
        impl Session {
            $($(#[$doc])* pub fn $name(&self) -> $client<Signed> {
                $client::with_interceptor(self.channel.clone(), self.bearer.clone()).max_decoding_message_size(16 << 20)
            })*
        }
    };
}

clients! {
    /// SessionService
    sessions: SessionServiceClient,
    /// UserService
    users: UserServiceClient,
    /// DictionaryService
    dictionary: DictionaryServiceClient,
    /// CustomerService
    customers: CustomerServiceClient,
    /// ContactService
    contacts: ContactServiceClient,
    /// InteractionService
    interactions: InteractionServiceClient,
    /// OperationService
    operations: OperationServiceClient,
    /// ImportService
    imports: ImportServiceClient,
    /// HostService
    host: HostServiceClient,
    /// OpportunityService
    opportunities: OpportunityServiceClient,
    /// ProductService
    products: ProductServiceClient,
    /// WatchService
    watch: WatchServiceClient,
    /// NoticeService
    notices: NoticeServiceClient,
    /// ViewService
    views: ViewServiceClient,
    /// BulkService
    bulk: BulkServiceClient,
}

impl Session {
    /// A caller without any session, over a channel of their own.
    pub fn on(channel: Channel) -> Self {
        Self { channel, bearer: Bearer(None), user_id: 0 }
    }

    /// What stands in the header `authorization`; blank for nobody.
    pub fn authorization(&self) -> &str {
        self.bearer.0.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The channel, for others.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The same caller over another channel.
    #[must_use]
    pub fn over(&self, channel: Channel) -> Self {
        Self { channel, ..self.clone() }
    }

    /// The same caller with another token.
    ///
    /// # Errors
    /// The token holds characters that no header may.
    pub fn with_token(&self, token: &str) -> Result<Self> {
        Ok(Self { bearer: Bearer::new(token)?, ..self.clone() })
    }

    /// A new customer of this name and manager (0: nobody named).
    ///
    /// # Errors
    /// The server refuses.
    pub async fn customer(&self, name: &str, manager_id: i64) -> Result<pb::Customer, Status> {
        let customer = pb::CustomerInput {
            name: name.into(),
            manager_id: Some(manager_id).filter(|id| *id > 0),
            ..pb::CustomerInput::default()
        };
        self.create(customer).await
    }

    /// A new customer.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create(&self, customer: pb::CustomerInput) -> Result<pb::Customer, Status> {
        let request = pb::CreateCustomerRequest {
            customer: Some(customer),
            request_id: request_id(),
            ..pb::CreateCustomerRequest::default()
        };
        Ok(self.customers().create_customer(request).await?.into_inner().customer.unwrap_or_default())
    }

    /// A new contact with a mobile number.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn contact(&self, customer_id: i64, name: &str, mobile: &str) -> Result<pb::Contact, Status> {
        let contact =
            pb::ContactInput { customer_id, name: name.into(), mobile: mobile.into(), ..pb::ContactInput::default() };
        let request = pb::CreateContactRequest {
            contact: Some(contact),
            request_id: request_id(),
            ..pb::CreateContactRequest::default()
        };
        Ok(self.contacts().create_contact(request).await?.into_inner())
    }

    /// A new interaction; with a next contact if `next` is not 0.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn interaction(&self, customer_id: i64, title: &str, next: Millis) -> Result<pb::Interaction, Status> {
        let interaction = pb::InteractionInput {
            customer_id,
            title: title.into(),
            next_contact_at: Some(next).filter(|next| *next > 0),
            ..pb::InteractionInput::default()
        };
        let request = pb::CreateInteractionRequest {
            interaction: Some(interaction),
            request_id: request_id(),
            ..pb::CreateInteractionRequest::default()
        };
        Ok(self.interactions().create_interaction(request).await?.into_inner())
    }
}

/// A request id that nobody used before, an earlier run on the same directory included.
pub fn request_id() -> String {
    static RUN: LazyLock<u128> =
        LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos()));
    format!("test-{:x}-{}", *RUN, TOKENS.fetch_add(1, Ordering::SeqCst))
}

/// The reason in a refusal.
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    status.get_error_details().error_info().map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone())
}

/// A digest of everything in a database that people work with: what a refused call must not change.
///
/// # Errors
/// The file cannot be read.
#[expect(clippy::disallowed_methods, reason = "a look from outside, at what is on disk")]
pub fn digest(dir: &Path) -> Result<blake3::Hash> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let conn = rusqlite::Connection::open_with_flags(dir.join("rolo.db"), flags)?;
    let mut hasher = blake3::Hasher::new();
    for sql in [
        "SELECT * FROM customer ORDER BY id",
        "SELECT * FROM contact ORDER BY id",
        "SELECT * FROM interaction ORDER BY id",
        "SELECT * FROM dictionary_item ORDER BY id",
        "SELECT * FROM user ORDER BY id",
        "SELECT * FROM user_role ORDER BY user_id, role_id",
        "SELECT * FROM role_permission ORDER BY role_id, permission",
        "SELECT * FROM setting WHERE name <> 'backup_at' ORDER BY name",
        "SELECT * FROM import ORDER BY id",
        "SELECT * FROM opportunity ORDER BY id",
        "SELECT * FROM opportunity_stage_sum ORDER BY status, owner_id, stage_id",
        "SELECT * FROM opportunity_month_sum ORDER BY status, month, owner_id",
        "SELECT * FROM plan_step ORDER BY id",
        "SELECT * FROM product ORDER BY id",
        "SELECT * FROM saved_view ORDER BY id",
        "SELECT * FROM notice ORDER BY id",
        "SELECT * FROM follow ORDER BY kind, record_id, user_id",
    ] {
        let mut statement = conn.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                let value: rusqlite::types::Value = row.get(column)?;
                hasher.update(format!("{value:?}|").as_bytes());
            }
        }
    }
    Ok(hasher.finalize())
}
