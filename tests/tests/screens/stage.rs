//! A company with a few customers, and the screens of one of its people.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use futures::future::BoxFuture;
use rolo_proto::v1 as pb;
use rolo_tests::{World, world::PASSWORD};
use rolo_tui::{
    app::{
        Connection, FirstPerson, Keeper, SecretString,
        harness::{Harness, Settings},
    },
    data::{
        Client, Failure, State,
        client::{Connector, Wire},
    },
    strings::Lang,
};

/// A place that is set up and keeps no tokens; drafts in this directory, if there is one.
struct Settled(Option<PathBuf>);

impl Keeper for Settled {
    fn is_new(&self) -> bool {
        false
    }

    fn initialise<'a>(&'a self, _: &'a FirstPerson) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }

    fn drafts(&self, instance: &str, person: i64) -> Result<Option<PathBuf>, Failure> {
        self.0.clone().map(|dir| State::at(dir)?.drafts(instance, person)).transpose()
    }

    fn keep_token(&self, _: &str, _: Option<&SecretString>) {}
}

/// The company and the way to it.
pub struct Stage {
    /// The company.
    pub world: Arc<World>,
    /// Calls as the first person.
    pub boss: Client,
}

/// Somebody's password.
pub fn password() -> SecretString {
    PASSWORD.to_owned().into()
}

impl Stage {
    /// A company without customers.
    pub async fn empty() -> Result<Self> {
        let world = Arc::new(World::new().await?);
        let boss = client(&world);
        signed_in(&boss, "boss").await?;
        Ok(Self { world, boss })
    }

    /// A company with some customers of both languages.
    pub async fn new() -> Result<Self> {
        let stage = Self::empty().await?;
        stage.fill().await?;
        Ok(stage)
    }

    /// The screens of somebody who is signed in, 100 columns less than two panes unless asked otherwise.
    pub async fn screens(&self, account: &str, size: (u16, u16), lang: Lang) -> Result<Harness> {
        self.started(account, size, lang, None).await
    }

    /// The screens of somebody on a machine that keeps drafts, at 80×24 in English. Dropping them ends the program.
    pub async fn keeping(&self, account: &str) -> Result<Harness> {
        self.started(account, (80, 24), Lang::En, Some(self.state())).await
    }

    /// Where [`Stage::keeping`] keeps drafts.
    pub fn state(&self) -> PathBuf {
        self.world.dir.path().join("state")
    }

    async fn started(&self, account: &str, size: (u16, u16), lang: Lang, state: Option<PathBuf>) -> Result<Harness> {
        let client = client(&self.world);
        signed_in(&client, account).await?;
        let connection = Connection { client, keeper: Arc::new(Settled(state)) };
        let now = self.world.clock().now();
        let mut rolo = Harness::start(connection, Settings { size, lang, now, ..Settings::default() })?;
        rolo.until_idle().await?;
        Ok(rolo)
    }

    /// The screens of the first person at 80×24 in English.
    pub async fn boss(&self) -> Result<Harness> {
        self.screens("boss", (80, 24), Lang::En).await
    }

    /// The id of a user.
    pub async fn user(&self, account: &str) -> Result<i64> {
        let request = pb::ListUsersRequest { search: account.into(), ..Default::default() };
        let reply: pb::ListUsersResponse =
            call(self.boss.call(request, |c, r| async move { c.users().list_users(r).await })).await?;
        let found = reply.users.into_iter().filter_map(|u| u.user).find(|u| u.name == account);
        Ok(found.context("no such user")?.id)
    }

    /// The ids of a dictionary.
    pub async fn choices(&self, dictionary: &str) -> Result<Vec<i64>> {
        let request = pb::ListItemsRequest { r#type: dictionary.into(), page_size: 50, ..Default::default() };
        let reply: pb::ListItemsResponse =
            call(self.boss.call(request, |c, r| async move { c.dictionary().list_items(r).await })).await?;
        Ok(reply.items.into_iter().map(|i| i.id).collect())
    }

    /// A customer by a part of its name.
    pub async fn customer(&self, search: &str) -> Result<pb::Customer> {
        let filter =
            pb::CustomerFilter { search: search.into(), view: pb::CustomerView::All as i32, ..Default::default() };
        let request = pb::ListCustomersRequest { filter: Some(filter), ..Default::default() };
        let reply: pb::ListCustomersResponse =
            call(self.boss.call(request, |c, r| async move { c.customers().list_customers(r).await })).await?;
        reply.customers.into_iter().next().context("no such customer")
    }

    /// Somebody else changes a field meanwhile.
    pub async fn change(&self, id: i64, mask: &str, input: pb::CustomerInput) -> Result<()> {
        let request = pb::UpdateCustomerRequest {
            id,
            customer: Some(input),
            update_mask: Some(pb_mask(mask)),
            request_id: rolo_tests::world::request_id(),
            ..Default::default()
        };
        let _: pb::Customer =
            call(self.boss.call(request, |c, r| async move { c.customers().update_customer(r).await })).await?;
        Ok(())
    }

    async fn fill(&self) -> Result<()> {
        let (regions, levels) = (self.choices("region").await?, self.choices("customer_level").await?);
        let channels = self.choices("channel").await?;
        let (boss, mgr) = (self.user("boss").await?, self.user("mgr").await?);
        let now = self.world.clock().now();
        for (i, name) in NAMES.iter().enumerate() {
            let input = pb::CustomerInput {
                name: (*name).into(),
                region_id: regions.get(i % regions.len()).copied(),
                level_id: levels.get(i % levels.len()).copied(),
                manager_id: if i == 7 { None } else { Some(if i % 3 == 2 { mgr } else { boss }) },
                credit: (i % 2 == 0).then_some((i % 5 + 1) as i32),
                tel: format!("010-8866 {i:04}"),
                address: if i == 4 { String::new() } else { format!("科技路 {i} 号") },
                ..Default::default()
            };
            let contact = pb::ContactInput {
                name: ["张律", "陈晓", "Maria Anders"][i % 3].into(),
                position: "采购经理".into(),
                mobile: format!("1380000{i:04}"),
                ..Default::default()
            };
            let request = pb::CreateCustomerRequest {
                customer: Some(input),
                first_contact: Some(contact),
                request_id: format!("{:032x}", 1_000 + i),
                ..Default::default()
            };
            let made: pb::CreateCustomerResponse =
                call(self.boss.call(request, |c, r| async move { c.customers().create_customer(r).await })).await?;
            if i < 4 {
                let interaction = pb::InteractionInput {
                    customer_id: made.customer.map_or(0, |c| c.id),
                    at: now - 3_600_000 * (i as i64 * 20 + 2),
                    contact_id: made.first_contact.map(|c| c.id),
                    channel_id: channels.first().copied(),
                    title: ["报价已确认，等合同", "演示新版本", "Asked for a new quotation", "投诉送货延误"][i].into(),
                    detail: "客户对方案基本满意，下周安排第二次演示。".into(),
                    next_contact_at: Some(now + 86_400_000 * i as i64 + 7_200_000),
                    ..Default::default()
                };
                let request = pb::CreateInteractionRequest {
                    interaction: Some(interaction),
                    full_form: false,
                    request_id: format!("{:032x}", 5_000 + i),
                };
                let _: pb::Interaction =
                    call(self.boss.call(request, |c, r| async move { c.interactions().create_interaction(r).await }))
                        .await?;
            }
        }
        Ok(())
    }
}

/// Sorted by pinyin they are: 包头, 北京, Ernst, 杭州, Mère, 石家庄, 太原, 天津.
pub const NAMES: [&str; 8] = [
    "北京华盛科技有限公司",
    "天津启明科技",
    "石家庄远航信息科技集团股份有限公司",
    "太原中科技术",
    "包头稀土科技",
    "Ernst Handel",
    "Mère Paillarde",
    "杭州文澜出版",
];

fn pb_mask(path: &str) -> prost_types::FieldMask {
    prost_types::FieldMask { paths: vec![path.to_owned()] }
}

/// A client of the company with nobody signed in.
pub fn client(world: &Arc<World>) -> Client {
    let world = Arc::clone(world);
    let connector: Connector = Arc::new(move || {
        let world = Arc::clone(&world);
        Box::pin(async move {
            let handle = world.handle().map_err(std::io::Error::other)?;
            let stream = handle.connect().await.map_err(std::io::Error::other)?;
            Ok(Box::new(stream) as Box<dyn Wire>)
        })
    });
    Client::new(connector)
}

/// Signs somebody in.
pub async fn signed_in(client: &Client, account: &str) -> Result<()> {
    call(client.sign_in(account, &password())).await.map(|_| ())
}

/// A call that must succeed.
pub async fn call<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T> {
    call.await.map_err(|failure| anyhow::anyhow!("{failure}"))
}

/// Fails with the whole screen when a text is not on it.
pub fn shows(rolo: &Harness, text: &str) -> Result<()> {
    anyhow::ensure!(rolo.text().contains(text), "{text:?} should be on the screen:\n{}", rolo.text());
    Ok(())
}

/// Fails with the whole screen when a text is on it.
pub fn hides(rolo: &Harness, text: &str) -> Result<()> {
    anyhow::ensure!(!rolo.text().contains(text), "{text:?} should not be on the screen:\n{}", rolo.text());
    Ok(())
}

/// The line under the cursor of a list.
pub fn row(rolo: &Harness) -> String {
    rolo.text().lines().find(|l| l.contains('▌')).unwrap_or_default().to_owned()
}
