//! Every method, whoever calls it, with bytes that nobody meant (lessons 1, 4, 5, 6, 12).

use anyhow::{Context, Result};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner},
};
use rolo_proto::v1 as pb;
use rolo_server::Config;
use rolo_tests::{
    Session, World,
    ask::lead,
    wire::{Contract, Source},
    world::{START, digest, reason, request_id},
};
use tonic::{Code, Status, transport::Endpoint};

/// Random bytes and random messages that each caller sends to each method.
const CASES: usize = 3;

/// Values that a test can repeat: the same ones every time.
struct Chance(TestRunner);

impl Chance {
    fn new() -> Self {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        Self(TestRunner::new_with_rng(Cases::default(), rng))
    }

    fn take<S: Strategy>(&mut self, strategy: S) -> Result<S::Value> {
        Ok(strategy.new_tree(&mut self.0).map_err(|why| anyhow::anyhow!("{why}"))?.current())
    }
}

impl Source for Chance {
    fn below(&mut self, most: usize) -> usize {
        self.take(0..most).unwrap_or_default()
    }

    fn number(&mut self) -> i64 {
        let ends = prop::sample::select(vec![0, 1, 2, -1, i64::MIN, i64::MAX, START, i64::from(i32::MAX) + 1]);
        self.take(prop_oneof![3 => ends, 1 => any::<i64>(), 1 => 0..40_i64]).unwrap_or_default()
    }

    fn text(&mut self) -> String {
        let plain = prop::sample::select(vec!["", "name", "北京", "region", "13800000000", "address", "9999999999"]);
        self.take(prop_oneof![2 => plain.prop_map(str::to_owned), 1 => "\\PC{0,20}", 1 => any::<String>()])
            .unwrap_or_default()
    }
}

/// A world that listens on TCP, and a caller without a session there: over TCP nobody has the host's authority.
async fn over_tcp() -> Result<(World, Session)> {
    let mut world = World::new().await?;
    world.stop().await?;
    let listen = vec!["127.0.0.1:0".parse().map_err(anyhow::Error::msg)?];
    world.start_with(Config { listen, ..Config::default() }).await?;
    let address = world.handle()?.addresses().first().copied().context("no address")?;
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    Ok((world, Session::on(channel)))
}

/// A refusal that says why: no defect, no broken connection.
fn proper(what: &str, status: &Status) {
    let defect = matches!(
        status.code(),
        Code::Internal | Code::Unknown | Code::Cancelled | Code::DataLoss | Code::Unimplemented
    );
    assert!(!defect && reason(status) != format!("{:?}", status.code()), "{what}: {status:?}");
}

/// Random bytes and random messages of the right shape: refused with a reason or obeyed, and what is refused changes
/// nothing.
#[tokio::test(flavor = "multi_thread")]
async fn no_bytes_to_any_method_are_a_defect_and_what_is_refused_changes_nothing() -> Result<()> {
    let (world, nobody) = over_tcp().await?;
    let (contract, mut chance) = (Contract::new()?, Chance::new());
    assert!(contract.methods.len() > 40, "the contract shrank to {}", contract.methods.len());
    let boss = world.session("boss").await?;
    let customer = boss.customer("华盛", 0).await?;
    boss.contact(customer.id, "陈总", "13800000000").await?;
    let mut refused = 0;
    for method in &contract.methods {
        for account in ["", "exe", "stf", "mgr", "adm", "boss"] {
            let by = match account {
                "" => nobody.clone(),
                // A session each: one of the methods ends it.
                account => world.session(account).await?.over(nobody.channel()),
            };
            let mut before = digest(world.dir.path())?;
            for case in 0..2 * CASES {
                let message = match case % 2 {
                    0 => chance.take(prop::collection::vec(any::<u8>(), 0..200))?,
                    _ => contract.any(&method.request, &mut chance)?,
                };
                let what = format!("{account:?} {} {}", method.path, show(&message));
                match by.raw(&method.path, message).await {
                    Ok(_) => before = digest(world.dir.path())?,
                    Err(status) => {
                        proper(&what, &status);
                        assert_eq!(digest(world.dir.path())?, before, "{what}: refused and done: {status:?}");
                        refused += 1;
                    }
                }
            }
        }
        // Guesses must not slow the next ones down.
        world.advance(3_600_001);
    }
    assert!(refused > contract.methods.len() * CASES, "only {refused} were refused");
    assert_eq!(world.audit().await?.1, 0, "the log is whole");
    // Much time has passed.
    let boss = world.session("boss").await?;
    assert!(boss.search("华盛").await?.contains(&"华盛".to_owned()));
    Ok(())
}

fn show(message: &[u8]) -> String {
    message.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lessons 2 and 6: an id of what one may not see answers like one of nothing, in whichever field it stands.
#[tokio::test(flavor = "multi_thread")]
async fn no_id_in_any_field_opens_or_changes_what_is_out_of_reach() -> Result<()> {
    const SECRET: &str = "机密";
    let (world, nobody) = over_tcp().await?;
    let (other, boss) = (world.session("other").await?, world.session("boss").await?);
    let mut foreign = vec![-1, i64::MIN, i64::MAX, 1 << 53];
    for n in 0..3 {
        let customer = other.customer(&format!("{SECRET}公司{n}"), 0).await?;
        let contact = other.contact(customer.id, &format!("{SECRET}人{n}"), &format!("1390000000{n}")).await?;
        let talk = other.interaction(customer.id, &format!("{SECRET}谈话{n}"), START + 1).await?;
        let lead = other.record(lead(&format!("{SECRET}机会{n}"))).await?;
        let lead = boss.assign(&lead, other.user_id).await?;
        let step = other.step(lead.id, "2026-11-05", &format!("{SECRET}步骤{n}")).await?;
        let view = pb::SavedViewInput {
            kind: pb::Kind::Opportunity.into(),
            name: format!("{SECRET}视图{n}"),
            ..Default::default()
        };
        let make = pb::CreateViewRequest { view: Some(view), request_id: request_id() };
        let view = other.views().create_view(make).await?.into_inner();
        foreign.extend([customer.id, contact.id, talk.id, lead.id, step.id, view.id]);
    }
    foreign.sort_unstable();
    foreign.dedup();
    let mgr = crate::security::narrowed(&world).await?.over(nobody.channel());
    let contract = Contract::new()?;
    let mut places = 0;
    for method in contract.methods.iter().filter(|method| !method.path.contains("SessionService")) {
        for place in contract.ids(&method.request)? {
            places += 1;
            let at = place.iter().map(|field| field.name()).collect::<Vec<_>>().join(".");
            for id in &foreign {
                let message = contract.with_id(&method.request, &place, *id, &request_id())?;
                let what = format!("{} {at} = {id}", method.path);
                let before = digest(world.dir.path())?;
                match mgr.raw(&method.path, message).await {
                    Ok(reply) => {
                        let leaked = reply.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
                        assert!(!leaked, "{what}: shows what is out of reach");
                    }
                    Err(status) => {
                        proper(&what, &status);
                        let told = format!("{status:?}");
                        assert!(!told.contains(SECRET), "{what}: {told}");
                        assert_eq!(digest(world.dir.path())?, before, "{what}: refused and done: {status:?}");
                    }
                }
            }
        }
    }
    assert!(places > 40, "only {places} places for ids");
    let secrets =
        "SELECT (SELECT COUNT(*) FROM customer WHERE name LIKE '机密%' AND deleted_at IS NULL AND revision = 1)
                        + (SELECT COUNT(*) FROM contact WHERE name LIKE '机密%' AND deleted_at IS NULL AND revision = 1)
                        + (SELECT COUNT(*) FROM interaction WHERE title LIKE '机密%' AND deleted_at IS NULL)
                        + (SELECT COUNT(*) FROM opportunity
                           WHERE customer_name LIKE '机密%' AND deleted_at IS NULL AND revision = 2)
                        + (SELECT COUNT(*) FROM plan_step
                           WHERE todo LIKE '机密%' AND deleted_at IS NULL AND revision = 1)
                        + (SELECT COUNT(*) FROM saved_view
                           WHERE name LIKE '机密%' AND deleted_at IS NULL AND revision = 1)
                        + (SELECT COUNT(*) FROM notice WHERE read_at IS NULL)";
    assert_eq!(world.number(secrets).await?, 21, "everything of others is as it was");
    Ok(())
}
