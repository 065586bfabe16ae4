//! Watching, presence, notices, following, saved views: working on the same records at the same time.

use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt;
use rolo_proto::v1::{self as pb, Doing, Kind};
use rolo_server::db::Lane;
use rolo_tests::{
    Session, World,
    ask::{lead, reason_of},
    world::{reason, request_id},
};
use tonic::{Status, Streaming};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

struct Watching {
    stream: Streaming<pb::WatchResponse>,
}

impl Watching {
    async fn new(by: &Session, after: i64) -> Result<Self, Status> {
        let request = pb::WatchRequest { after, ..Default::default() };
        Ok(Self { stream: by.watch().watch(request).await?.into_inner() })
    }

    async fn next(&mut self) -> Result<Result<pb::WatchResponse, Status>> {
        tokio::time::timeout(PATIENCE, self.stream.next()).await?.context("the stream ended")
    }

    /// The next so many events.
    async fn events(&mut self, count: usize) -> Result<Vec<pb::WatchEvent>> {
        let mut events = Vec::new();
        while events.len() < count {
            events.extend(self.next().await??.events);
        }
        Ok(events)
    }

    async fn presence(&mut self) -> Result<pb::Presence> {
        loop {
            if let Some(presence) = self.next().await??.presences.pop() {
                return Ok(presence);
            }
        }
    }

    async fn end(&mut self) -> Result<Status> {
        loop {
            if let Err(status) = self.next().await? {
                return Ok(status);
            }
        }
    }
}

async fn sequence(by: &Session) -> Result<i64> {
    Ok(by.watch().get_sequence(pb::GetSequenceRequest {}).await?.into_inner().sequence)
}

/// Design §5: everything in scope, in order, once; resumed from a sequence without gap or repeat, over a restart too.
#[tokio::test]
async fn a_watcher_hears_every_change_in_sight_once_and_resumes_where_it_was() -> Result<()> {
    let mut world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let start = sequence(&mgr).await?;
    let mut watching = Watching::new(&mgr, start).await?;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(mgr.customer(&format!("公司{number}"), 0).await?.id);
    }
    let events = watching.events(20).await?;
    assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), ids);
    assert!(events.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert!(events.iter().all(|event| event.kind() == Kind::Customer && !event.gone));
    let middle = events[9].sequence;
    world.stop().await?;
    assert_eq!(watching.end().await?.code(), tonic::Code::Unavailable);
    world.start().await?;
    let mgr = world.session("mgr").await?;
    let again = Watching::new(&mgr, middle).await?.events(10).await?;
    assert_eq!(
        again.iter().map(|event| event.sequence).collect::<Vec<_>>(),
        events[10..].iter().map(|e| e.sequence).collect::<Vec<_>>()
    );
    Ok(())
}

/// Design §5: out of scope is never heard of; out of scope afterwards, and deleted, is gone.
#[tokio::test]
async fn what_leaves_a_persons_sight_is_gone_and_what_was_never_in_it_is_not_heard_of() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, boss, other) = (
        world.session("mgr").await?,
        world.session("sup").await?,
        world.session("boss").await?,
        world.session("other").await?,
    );
    let (start, mine) = (sequence(&mgr).await?, mgr.record(lead("甲公司")).await?);
    let hidden = boss.record(lead("乙公司")).await?;
    let assigned = boss.assign(&sup.opportunity(mine.id).await?, other.user_id).await?;
    let last = mgr.record(lead("丙公司")).await?;
    let of = |events: Vec<pb::WatchEvent>| -> Vec<(i64, bool)> {
        events.into_iter().filter(|e| e.kind() == Kind::Opportunity).map(|e| (e.id, e.gone)).collect()
    };
    let heard = of(Watching::new(&mgr, start).await?.events(3).await?);
    assert_eq!(heard, [(mine.id, false), (mine.id, true), (last.id, false)], "never of {}", hidden.id);
    let mut elsewhere = Watching::new(&other, start).await?;
    let events = elsewhere.events(2).await?;
    assert_eq!(events.iter().map(|e| (e.kind(), e.id)).next(), Some((Kind::Opportunity, assigned.id)));
    assert_eq!(events[1].kind(), Kind::Notice, "the new assignee hears of the notice too");
    Ok(())
}

/// Design §5: rights that change end the stream with RESYNC, a session that ends ends it, an unknown place answers so.
#[tokio::test]
async fn a_stream_ends_with_its_session_and_when_rights_change() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let ahead = Watching::new(&mgr, sequence(&mgr).await? + 1_000).await.err().context("taken")?;
    assert_eq!(reason(&ahead), "RESYNC");
    let mut watching = Watching::new(&mgr, 0).await?;
    watching.next().await??;
    let db = world.handle()?.kernel().db().clone();
    let narrow = "UPDATE role_permission SET scope = 1 WHERE permission = 'customer.read'";
    db.write(Lane::People, move |write| write.tx.execute(narrow, []).map(drop)).await?;
    world.handle()?.kernel().sessions().invalidate();
    assert_eq!(reason(&watching.end().await?), "RESYNC");
    let mut watching = Watching::new(&mgr, 0).await?;
    watching.next().await??;
    mgr.sessions().sign_out(pb::SignOutRequest {}).await?;
    assert_eq!(reason(&watching.end().await?), "UNAUTHENTICATED");
    Ok(())
}

/// tui 5: who views and who edits is seen by others at once, and over with the watcher's connection.
#[tokio::test]
async fn presence_is_seen_by_others_until_the_person_leaves() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let mut watching = Watching::new(&sup, 0).await?;
    watching.next().await??;
    let say =
        |doing: Doing| pb::SetPresenceRequest { kind: Kind::Customer.into(), id: customer.id, doing: doing.into() };
    let there = Watching::new(&mgr, 0).await?;
    mgr.watch().set_presence(say(Doing::Viewing)).await?;
    let seen = watching.presence().await?;
    assert_eq!(
        (seen.id, seen.doing(), seen.user.map(|user| user.name)),
        (customer.id, Doing::Viewing, Some("mgr".into()))
    );
    mgr.watch().set_presence(say(Doing::Editing)).await?;
    assert_eq!(watching.presence().await?.doing(), Doing::Editing);
    let others = sup.watch().set_presence(say(Doing::Viewing)).await?.into_inner().others;
    assert_eq!(others.len(), 1);
    drop(there);
    assert_eq!(watching.presence().await?.doing(), Doing::Unspecified, "gone with the connection");
    let unknown = pb::SetPresenceRequest { id: 99, ..say(Doing::Viewing) };
    assert_eq!(reason_of(&mgr.watch().set_presence(unknown).await), "NOT_FOUND");
    Ok(())
}

/// Follow: changes by others reach the person, their own do not; marked as read, and counted.
#[tokio::test]
async fn a_followed_record_tells_of_changes_by_others_and_notices_are_marked_read() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let follow = |follow| pb::SetFollowRequest { kind: Kind::Customer.into(), id: customer.id, follow };
    for _ in 0..2 {
        let told = mgr.notices().set_follow(follow(true)).await?.into_inner();
        assert_eq!((told.follows, told.followers), (true, 1), "saying it again changes nothing");
    }
    let renamed = mgr.rename(&customer, "华盛科技").await?;
    assert_eq!(mgr.notices().count_unread(pb::CountUnreadRequest {}).await?.into_inner().unread, 0, "one's own");
    sup.rename(&renamed, "华盛集团").await?;
    let told = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner();
    assert_eq!(told.notices.iter().map(|n| n.topic.as_str()).collect::<Vec<_>>(), ["changed"]);
    let (id, foreign) = (told.notices[0].id, world.session("other").await?);
    let mark = |unread| pb::MarkReadRequest { ids: vec![id], unread, ..Default::default() };
    foreign.notices().mark_read(mark(false)).await?;
    assert_eq!(
        mgr.notices().count_unread(pb::CountUnreadRequest {}).await?.into_inner().unread,
        1,
        "not another's to mark"
    );
    assert_eq!(mgr.notices().mark_read(mark(false)).await?.into_inner().unread, 0);
    assert_eq!(mgr.notices().mark_read(mark(true)).await?.into_inner().unread, 1);
    mgr.notices().set_follow(follow(false)).await?;
    let asked = pb::GetFollowRequest { kind: Kind::Customer.into(), id: customer.id };
    assert!(!mgr.notices().get_follow(asked).await?.into_inner().follows);
    Ok(())
}

/// Saved views: one's own, shared with one's department and those below; changed by their owner alone.
#[tokio::test]
async fn a_saved_view_is_ones_own_or_the_departments_and_only_its_owner_changes_it() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, other) = (world.session("mgr").await?, world.session("sup").await?, world.session("other").await?);
    let make = |name: &str, shared| pb::CreateViewRequest {
        view: Some(pb::SavedViewInput {
            kind: Kind::Opportunity.into(),
            name: name.into(),
            filter: "阶段:报价".into(),
            shared,
            ..Default::default()
        }),
        request_id: request_id(),
    };
    let view = sup.views().create_view(make("报价中", true)).await?.into_inner();
    sup.views().create_view(make("我的", false)).await?;
    assert_eq!(reason_of(&sup.views().create_view(make("报价中", false)).await), "DUPLICATE");
    let names = async |by: &Session| -> Result<Vec<String>> {
        let views = by.views().list_views(pb::ListViewsRequest { kind: Kind::Opportunity.into() }).await?.into_inner();
        Ok(views.views.into_iter().map(|view| view.name).collect())
    };
    assert_eq!(names(&sup).await?, ["报价中", "我的"]);
    assert_eq!(names(&mgr).await?, ["报价中"], "of the same department");
    assert!(names(&other).await?.is_empty());
    let delete = |by: &Session| {
        let request = pb::DeleteViewRequest { id: view.id, revision: view.revision, request_id: request_id() };
        let mut views = by.views();
        async move { views.delete_view(request).await }
    };
    assert_eq!(reason_of(&delete(&mgr).await), "NOT_FOUND");
    let gone = delete(&sup).await?.into_inner();
    sup.undo(gone.operation_id).await?;
    assert_eq!(names(&sup).await?, ["报价中", "我的"]);
    Ok(())
}

/// Whoever is shown a view hears of it, and whoever was until now; nobody else does.
#[tokio::test]
async fn a_view_is_told_to_whom_it_is_shown_and_no_longer_shown() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, other) = (world.session("mgr").await?, world.session("sup").await?, world.session("other").await?);
    let start = sequence(&mgr).await?;
    let view = |shared| pb::SavedViewInput {
        kind: Kind::Opportunity.into(),
        name: "报价中".into(),
        shared,
        ..Default::default()
    };
    let make = pb::CreateViewRequest { view: Some(view(false)), request_id: request_id() };
    let mut made = sup.views().create_view(make).await?.into_inner();
    for shared in [true, false] {
        let mut change = pb::UpdateViewRequest {
            id: made.id,
            view: Some(view(shared)),
            revision: made.revision,
            request_id: request_id(),
            ..Default::default()
        };
        change.update_mask.get_or_insert_default().paths.push("shared".into());
        made = sup.views().update_view(change).await?.into_inner();
    }
    sup.undo(made.operation_id).await?;
    let heard = async |by: &Session| -> Result<Vec<(i64, bool)>> {
        // What one makes oneself is heard of last, by who hears nothing of views, too.
        let last = by.customer(&format!("公司{}", by.user_id), 0).await?.id;
        let mut watching = Watching::new(by, start).await?;
        let mut heard = Vec::new();
        loop {
            for event in watching.events(1).await? {
                match event.kind() {
                    Kind::SavedView => {
                        assert_eq!((event.id, event.parent_id), (made.id, Kind::Opportunity as i64));
                        heard.push((event.revision, event.gone));
                    }
                    Kind::Customer if event.id == last => return Ok(heard),
                    _ => {}
                }
            }
        }
    };
    assert_eq!(heard(&sup).await?, [1, 2, 3, 4].map(|revision| (revision, false)));
    assert_eq!(heard(&mgr).await?, [(2, false), (3, true), (4, false)], "of the same department");
    assert!(heard(&other).await?.is_empty());
    Ok(())
}

/// What happens to presence, notices and undo when the server restarts: presence is in memory and said again; notices,
/// what was read of them, what is followed and what can be taken back are on disk.
#[tokio::test]
async fn after_a_restart_presence_is_said_again_and_notices_and_undo_are_as_they_were() -> Result<()> {
    let mut world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let made = mgr.record(lead("甲公司")).await?;
    let other = mgr.record(lead("乙公司")).await?;
    let follow = |id, follow| pb::SetFollowRequest { kind: Kind::Opportunity.into(), id, follow };
    mgr.notices().set_follow(follow(other.id, true)).await?;
    let say =
        |doing: Doing| pb::SetPresenceRequest { kind: Kind::Opportunity.into(), id: made.id, doing: doing.into() };
    mgr.watch().set_presence(say(Doing::Editing)).await?;
    assert_eq!(sup.watch().set_presence(say(Doing::Viewing)).await?.into_inner().others.len(), 1);
    let assigned = sup.assign(&made, mgr.user_id).await?;
    let told = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner();
    assert_eq!((told.notices.len(), told.unread), (1, 1));

    world.stop().await?;
    world.start().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let others = sup.watch().set_presence(say(Doing::Viewing)).await?.into_inner().others;
    assert!(others.is_empty(), "nobody is said to be where they may not be any more");
    mgr.watch().set_presence(say(Doing::Editing)).await?;
    assert_eq!(sup.watch().set_presence(say(Doing::Viewing)).await?.into_inner().others.len(), 1, "said again");
    assert_eq!(mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner(), told);
    let asked = pb::GetFollowRequest { kind: Kind::Opportunity.into(), id: other.id };
    assert!(mgr.notices().get_follow(asked).await?.into_inner().follows);

    let mut watching = Watching::new(&mgr, sequence(&mgr).await?).await?;
    let undone = sup.undo(0).await?;
    assert_eq!((undone.operation_id, undone.done), (assigned.operation_id, 1), "the newest of mine, as before");
    let events = watching.events(2).await?;
    assert!(events.iter().any(|event| event.kind() == Kind::Notice), "the notice is withdrawn before their eyes");
    let told = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner();
    assert_eq!((told.unread, told.notices[0].withdrawn_at > 0), (0, true));
    Ok(())
}

/// Design §5: who watches from where the session stood misses nothing that was loaded later.
#[tokio::test]
async fn a_session_says_where_the_changes_stand() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    mgr.customer("甲公司", 0).await?;
    let session = mgr.sessions().get_session(pb::GetSessionRequest {}).await?.into_inner();
    assert_eq!(session.sequence, sequence(&mgr).await?);
    let later = mgr.customer("乙公司", 0).await?;
    let events = Watching::new(&mgr, session.sequence).await?.events(1).await?;
    assert_eq!(events.iter().map(|e| e.id).collect::<Vec<_>>(), [later.id]);
    Ok(())
}
