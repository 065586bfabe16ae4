//! Signing in and staying signed in: S01-18, D12, security lessons 9, 15, 17, 18.

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_server::{
    Config,
    authz::policy::{Access, METHODS},
    clock::{DAY, HOUR, SECOND},
};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, reason_of},
    world::{PASSWORD, reason},
};
use tonic::{Status, transport::Endpoint};

async fn sign_in(by: &Session, name: &str, password: &str) -> Result<pb::SignInResponse, Status> {
    let request = pb::SignInRequest { name: name.into(), password: password.into(), client: "test".into() };
    Ok(by.sessions().sign_in(request).await?.into_inner())
}

/// `ok`, or why the session is no longer taken.
async fn who(by: &Session) -> String {
    reason_of(&by.sessions().get_session(pb::GetSessionRequest {}).await)
}

async fn change_password(by: &Session, old: &str, new: &str) -> Result<i32, Status> {
    let request = pb::ChangePasswordRequest { old_password: old.into(), new_password: new.into() };
    Ok(by.sessions().change_password(request).await?.into_inner().ended)
}

async fn set_roles(host: &Session, name: &str, roles: &[&str]) -> Result<pb::HostUser, Status> {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    Ok(host.host().set_roles(pb::SetRolesRequest { name: name.into(), roles }).await?.into_inner())
}

async fn disable(host: &Session, name: &str) -> Result<pb::HostUser, Status> {
    Ok(host.host().disable_user(pb::DisableUserRequest { name: name.into() }).await?.into_inner())
}

/// Lesson 15: nobody learns by asking which accounts there are.
#[tokio::test]
async fn a_wrong_password_an_unknown_name_and_a_disabled_account_answer_alike() -> Result<()> {
    let world = World::new().await?;
    let door = world.nobody().await?;
    disable(&door, "mgr").await?;
    let mut answers = Vec::new();
    for (name, password) in [
        ("boss", "wrong horse"),
        ("boss", ""),
        ("nobody", PASSWORD),
        ("mgr", PASSWORD),
        ("*", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("", ""),
    ] {
        let refusal = sign_in(&door, name, password).await.err().context("signed in")?;
        assert_eq!(reason(&refusal), "BAD_CREDENTIALS", "{name}");
        answers.push((refusal.code(), refusal.message().to_owned(), refusal.details().to_vec()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one of them can be told from the others: {answers:?}");
    for name in ["boss", "BOSS", "ｂｏｓｓ"] {
        let signed = sign_in(&door, name, PASSWORD).await?;
        assert_eq!(signed.token.len(), 64, "256 bits in hex");
        assert_eq!(signed.session.and_then(|session| session.user).map(|user| user.name).as_deref(), Some("boss"));
    }
    Ok(())
}

#[tokio::test]
async fn guessing_is_slowed_down_by_origin_and_never_locks_the_person_out() -> Result<()> {
    let mut world = World::new().await?;
    world.stop().await?;
    let listen = vec!["127.0.0.1:0".parse().map_err(anyhow::Error::msg)?];
    world.start_with(Config { listen, ..Config::default() }).await?;
    let here = world.nobody().await?;
    let address = world.handle()?.addresses().first().copied().context("no address")?;
    let elsewhere = Session::on(Endpoint::from_shared(format!("http://{address}"))?.connect().await?);
    for name in ["boss", "nobody"] {
        for _ in 0..5 {
            let wrong = sign_in(&elsewhere, name, "guess").await;
            assert_eq!(reason_of(&wrong), "BAD_CREDENTIALS", "five slips are free: {name}");
        }
        let slowed = sign_in(&elsewhere, name, PASSWORD).await.err().context("the sixth was let through")?;
        assert_eq!((reason(&slowed), detail(&slowed, "seconds")), ("THROTTLED".into(), "1".into()), "{name}");
    }
    assert!(sign_in(&here, "boss", PASSWORD).await.is_ok(), "the person herself sits elsewhere");
    world.advance(SECOND);
    assert!(sign_in(&elsewhere, "boss", PASSWORD).await.is_ok(), "the wait is over");
    assert_eq!(reason_of(&sign_in(&elsewhere, "boss", "guess").await), "BAD_CREDENTIALS", "and the count begins anew");
    world.stop().await
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours_and_after_fourteen_days() -> Result<()> {
    let mut world = World::new().await?;
    let idle = world.session("mgr").await?;
    world.advance(12 * HOUR - 1);
    assert_eq!(who(&idle).await, "ok");
    world.advance(12 * HOUR - 1);
    assert_eq!(who(&idle).await, "ok", "the call before was a use");
    world.advance(12 * HOUR);
    assert_eq!(who(&idle).await, "UNAUTHENTICATED");
    let busy = world.session("mgr").await?;
    for _ in 0..30 {
        world.advance(11 * HOUR);
        assert_eq!(who(&busy).await, "ok");
    }
    // That it was used is remembered by the database too, to the minute.
    world.stop().await?;
    world.start().await?;
    let token_of = busy.clone();
    let busy = token_of.over(world.channel().await?);
    world.advance(14 * DAY - 30 * 11 * HOUR - 1);
    assert_eq!(who(&busy).await, "ok");
    world.advance(1);
    assert_eq!(who(&busy).await, "UNAUTHENTICATED", "however busy");
    Ok(())
}

#[tokio::test]
async fn signing_out_ends_this_session_and_everywhere_ends_all_of_this_person() -> Result<()> {
    let world = World::new().await?;
    let (one, two, three) = (world.session("mgr").await?, world.session("mgr").await?, world.session("mgr").await?);
    let other = world.session("other").await?;
    for session in [&one, &two, &three, &other] {
        assert_eq!(who(session).await, "ok");
    }
    assert_eq!(one.sessions().sign_out(pb::SignOutRequest {}).await?.into_inner().ended, 1);
    assert_eq!((who(&one).await, who(&two).await), ("UNAUTHENTICATED".into(), "ok".into()));
    assert_eq!(two.sessions().sign_out_everywhere(pb::SignOutEverywhereRequest {}).await?.into_inner().ended, 2);
    assert_eq!((who(&two).await, who(&three).await), ("UNAUTHENTICATED".into(), "UNAUTHENTICATED".into()));
    assert_eq!(who(&other).await, "ok");
    Ok(())
}

/// §3.11: the old one is asked for, the new one must be another.
#[tokio::test]
async fn changing_the_password_ends_the_other_sessions_and_keeps_this_one() -> Result<()> {
    let world = World::new().await?;
    let (mine, forgotten) = (world.session("mgr").await?, world.session("mgr").await?);
    assert_eq!((who(&mine).await, who(&forgotten).await), ("ok".into(), "ok".into()));
    for (old, new, fault) in [
        ("wrong", "a new password", "old_password MALFORMED:password"),
        (PASSWORD, "short", "new_password MALFORMED:password"),
        (PASSWORD, PASSWORD, "new_password MALFORMED:password"),
    ] {
        let refusal = change_password(&mine, old, new).await.err().context("taken")?;
        assert_eq!(faults(&refusal), [fault]);
    }
    assert_eq!(who(&forgotten).await, "ok", "nothing was changed so far");
    assert_eq!(change_password(&mine, PASSWORD, "a new password").await?, 1);
    assert_eq!((who(&mine).await, who(&forgotten).await), ("ok".into(), "UNAUTHENTICATED".into()));
    assert_eq!(reason_of(&sign_in(&mine, "mgr", PASSWORD).await), "BAD_CREDENTIALS");
    assert!(sign_in(&mine, "mgr", "a new password").await.is_ok());
    Ok(())
}

/// Issue 2: until it is changed, every other method answers `PASSWORD_CHANGE_REQUIRED`.
#[tokio::test]
async fn a_one_time_password_opens_nothing_but_its_own_change() -> Result<()> {
    let world = World::new().await?;
    let door = world.nobody().await?;
    let request = pb::AddUserRequest { name: "li".into(), roles: vec!["admin".into()], ..Default::default() };
    let one_time = door.host().add_user(request).await?.into_inner().one_time_password;
    let signed = sign_in(&door, "li", &one_time).await?;
    assert!(signed.session.is_some_and(|session| session.must_change_password));
    let bearer = [("authorization", format!("Bearer {}", signed.token))];
    let mut closed = 0;
    for (path, access) in METHODS {
        let refusal = door.knock(path, &bearer).await?.map(|status| reason(&status));
        if matches!(access, Access::Needs(_) | Access::Session) && !path.contains("SessionService") {
            assert_eq!(refusal.as_deref(), Some("PASSWORD_CHANGE_REQUIRED"), "{path}");
            closed += 1;
        } else {
            assert_ne!(refusal.as_deref(), Some("PASSWORD_CHANGE_REQUIRED"), "{path}");
        }
    }
    assert!(closed > 30, "the table of methods shrank to {closed}");
    let li = door.with_token(&signed.token)?;
    assert_eq!(reason_of(&li.users().list_users(pb::ListUsersRequest::default()).await), "PASSWORD_CHANGE_REQUIRED");
    change_password(&li, &one_time, "my own password").await?;
    assert!(li.users().list_users(pb::ListUsersRequest::default()).await.is_ok());
    assert_eq!(reason_of(&sign_in(&door, "li", &one_time).await), "BAD_CREDENTIALS", "for one use");
    let request = pb::ResetPasswordRequest { name: "li".into(), password: "given by host".into() };
    let reset = door.host().reset_password(request).await?.into_inner();
    assert!(reset.one_time_password.is_empty() && reset.user.is_some_and(|user| !user.must_change_password));
    assert_eq!(who(&li).await, "UNAUTHENTICATED", "a reset ends all sessions");
    Ok(())
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_and_for_good() -> Result<()> {
    let world = World::new().await?;
    let (host, mgr) = (world.nobody().await?, world.session("mgr").await?);
    assert_eq!(who(&mgr).await, "ok");
    assert!(!disable(&host, "mgr").await?.active);
    assert_eq!(who(&mgr).await, "UNAUTHENTICATED");
    host.host().enable_user(pb::EnableUserRequest { name: "mgr".into() }).await?;
    assert_eq!(who(&mgr).await, "UNAUTHENTICATED", "enabled again is not signed in again");
    assert!(sign_in(&host, "mgr", PASSWORD).await.is_ok());
    assert_eq!(reason_of(&disable(&host, "ghost").await), "NOT_FOUND");
    Ok(())
}

#[tokio::test]
async fn a_change_of_roles_takes_effect_with_the_next_call() -> Result<()> {
    let world = World::new().await?;
    let (host, exe) = (world.nobody().await?, world.session("exe").await?);
    assert_eq!(reason_of(&exe.customer("新创", 0).await), "FORBIDDEN");
    set_roles(&host, "exe", &["manager", "executive"]).await?;
    let made = exe.customer("新创", 0).await?;
    assert_eq!(made.manager.map(|manager| manager.id), Some(exe.user_id));
    let session = exe.sessions().get_session(pb::GetSessionRequest {}).await?.into_inner();
    assert!(session.capabilities.contains(&(pb::Capability::CustomerCreate as i32)), "rights add up: {session:?}");
    set_roles(&host, "exe", &["executive"]).await?;
    assert_eq!(reason_of(&exe.customer("再创", 0).await), "FORBIDDEN");
    let unknown = set_roles(&host, "exe", &["emperor"]).await.err().context("taken")?;
    assert_eq!(faults(&unknown), ["roles UNKNOWN_REFERENCE:emperor"]);
    assert_eq!(
        exe.sessions().get_session(pb::GetSessionRequest {}).await?.into_inner().roles.len(),
        1,
        "nothing changed"
    );
    Ok(())
}

/// D12
#[tokio::test]
async fn the_last_active_administrator_can_be_neither_disabled_nor_demoted() -> Result<()> {
    let world = World::new().await?;
    let (host, boss) = (world.nobody().await?, world.session("boss").await?);
    disable(&host, "adm").await?;
    assert_eq!(reason_of(&disable(&host, "boss").await), "IN_USE");
    assert_eq!(reason_of(&set_roles(&host, "boss", &["manager"]).await), "IN_USE");
    assert_eq!(reason_of(&set_roles(&host, "boss", &[]).await), "IN_USE");
    let session = boss.sessions().get_session(pb::GetSessionRequest {}).await?.into_inner();
    let roles: Vec<_> = session.roles.iter().map(|role| role.code.as_str()).collect();
    assert_eq!(roles, ["admin", "supervisor", "manager"], "D12: the first person holds three roles, and keeps them");
    host.host().enable_user(pb::EnableUserRequest { name: "adm".into() }).await?;
    assert_eq!(set_roles(&host, "boss", &["manager"]).await?.roles, ["manager"], "there is another one now");
    Ok(())
}

/// §3.11: a name is never used again, a salesperson's code is one person's; the department's path is made.
#[tokio::test]
async fn an_account_is_made_once_with_a_code_of_its_own() -> Result<()> {
    let world = World::new().await?;
    let host = world.nobody().await?;
    let add = async |name: &str, code: &str| {
        let request = pb::AddUserRequest {
            name: name.into(),
            code: code.into(),
            department: "North/Sales".into(),
            superior: "sup".into(),
            roles: vec!["客户经理".into()],
            password: PASSWORD.into(),
            ..Default::default()
        };
        host.host().add_user(request).await.map(|reply| reply.into_inner().user.unwrap_or_default())
    };
    let made = add("li", "AB1201").await?;
    let told = (made.department.as_str(), made.superior.as_str(), made.roles.as_slice(), made.must_change_password);
    assert_eq!(told, ("North/Sales", "sup", &["manager".to_owned()][..], false), "a password from a file is final");
    for (name, code, field) in [("LI", "", "name"), ("ｌｉ", "", "name"), ("wu", "AB1201", "code")] {
        let taken = add(name, code).await.err().context("taken twice")?;
        assert_eq!((reason(&taken), detail(&taken, "field")), ("DUPLICATE".into(), field.into()), "{name} {code}");
    }
    for code in ["A1201", "ABC201", "AB1200"] {
        assert_eq!(faults(&add("wu", code).await.err().context("taken")?), ["code MALFORMED:code"], "{code}");
    }
    disable(&host, "li").await?;
    assert_eq!(reason_of(&add("li", "").await), "DUPLICATE", "not even after its owner has gone");
    Ok(())
}

/// Lesson 9: a denylist over everything that is answered. Lesson 18: a token is worth nothing at rest.
#[tokio::test]
async fn no_reply_holds_a_hash_and_no_file_a_token() -> Result<()> {
    let world = World::new().await?;
    let door = world.nobody().await?;
    let signed = sign_in(&door, "boss", PASSWORD).await?;
    let boss = door.with_token(&signed.token)?;
    let customer = boss.customer("华盛", 0).await?;
    boss.rename(&customer, "华盛科技").await?;
    let mut said = format!("{:?}", signed.session);
    said += &format!("{:?}", boss.sessions().get_session(pb::GetSessionRequest {}).await?);
    said += &format!("{:?}", boss.users().list_users(pb::ListUsersRequest::default()).await?);
    said += &format!("{:?}", door.host().list_host_users(pb::ListHostUsersRequest::default()).await?);
    let request = pb::AddUserRequest { name: "li".into(), roles: vec!["admin".into()], ..Default::default() };
    said += &format!("{:?}", door.host().add_user(request).await?);
    said += &format!("{:?}", boss.walk(pb::ListCustomersRequest::default()).await?);
    let timeline = pb::ListTimelineRequest { customer_id: customer.id, ..Default::default() };
    said += &format!("{:?}", boss.timeline(timeline).await?);
    said += &format!("{:?}", boss.operations().list_operations(pb::ListOperationsRequest::default()).await?);
    assert!(said.len() > 2_000 && !said.contains("$argon2") && !said.contains(PASSWORD), "{said}");
    for entry in std::fs::read_dir(world.dir.path())? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            for secret in [signed.token.as_bytes(), PASSWORD.as_bytes()] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret), "a secret lies in {}", path.display());
            }
        }
    }
    Ok(())
}

/// Lesson 17: who somebody is comes from the bearer token and from nothing else.
#[tokio::test]
async fn metadata_cannot_say_who_somebody_is() -> Result<()> {
    let world = World::new().await?;
    let (boss, mgr) = (world.session("boss").await?, world.session("mgr").await?);
    let door = world.nobody().await?;
    let claims: Vec<(&'static str, String)> = vec![
        ("x-user-id", boss.user_id.to_string()),
        ("x-forwarded-user", "boss".into()),
        ("x-session-id", "1".into()),
        ("cookie", "session=1".into()),
        ("grpc-internal-caller", "host".into()),
    ];
    let path = "/rolo.v1.UserService/ListUsers";
    let mut tries = vec![claims.clone()];
    for authorization in ["Basic Ym9zczpjb3JyZWN0IGhvcnNlIGJhdHRlcnk=", "Bearer ", "Bearer boss", "bearer", "Bearer 1"]
    {
        tries.push([claims.as_slice(), &[("authorization", authorization.to_owned())]].concat());
    }
    for headers in tries {
        let refusal = door.knock(path, &headers).await?.map(|status| reason(&status));
        assert_eq!(refusal.as_deref(), Some("UNAUTHENTICATED"), "{headers:?}");
    }
    let mut request = tonic::Request::new(pb::GetSessionRequest {});
    request.metadata_mut().insert("x-user-id", boss.user_id.to_string().parse()?);
    let session = mgr.sessions().get_session(request).await?.into_inner();
    assert_eq!(session.user.map(|user| user.id), Some(mgr.user_id));
    Ok(())
}
