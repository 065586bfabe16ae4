//! Opportunities and products from files: §3.1, §3.2, §3.7, §5.9, §5.10, D7, D8, S01-05, S04-06.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, Kind, OpportunityStatus as Status, RowResult};
use rolo_tests::{
    Session, World,
    ask::{lead, mask},
    files::{Sheet, faults},
    world::request_id,
};

const FIELDS: &[&str] = &[
    "external_id",
    "customer_name",
    "title",
    "status",
    "assignee",
    "stage",
    "lead_source",
    "product",
    "expected_amount",
    "expected_close_at",
    "closed_at",
    "step.plan_date",
    "step.todo",
    "step.result",
];

/// Amounts are kept in ten-thousandths.
const YUAN: i64 = 10_000;

/// Rows of a small company: an open one with a plan, one that waits, a lost one and a won one of people who left.
const ROWS: &[&[&str]] = &[
    &[
        "A1",
        "宁波东方重工",
        "传感器改造",
        "已指派",
        "mgr",
        "报价",
        "展会",
        "",
        "12万",
        "2026年12月1日",
        "",
        "2026-11-10",
        "上门看现场",
        "",
    ],
    &["A1", "宁波东方重工", "传感器改造", "已指派", "mgr", "", "", "", "", "", "", "2026-11-20", "送方案", ""],
    &["A2", "杭州文澜", "", "", "", "", "", "", "0", "", "", "", "", ""],
    &[
        "A3",
        "青岛海运",
        "船台监测",
        "lost",
        "stf",
        "Quotation",
        "",
        "",
        "1.5亿",
        "2026/3/1",
        "2026/2/14",
        "2026-01-10",
        "谈价格",
        "对方嫌贵",
    ],
    &["A4", "Bergström AB", "Line 4", "Won", "Mgr", "", "Referral", "", "¥8,000.5", "", "20260105", "", "", ""],
];

fn sheet() -> Sheet {
    Sheet::new(Kind::Opportunity, FIELDS, ROWS)
}

async fn of(by: &Session, external_id: &str) -> Result<pb::Opportunity> {
    let request = pb::GetOpportunityRequest { external_id: external_id.into(), ..Default::default() };
    Ok(by.opportunities().get_opportunity(request).await?.into_inner())
}

async fn steps(by: &Session, opportunity_id: i64) -> Result<Vec<pb::PlanStep>> {
    let request = pb::ListPlanStepsRequest { opportunity_id, ..Default::default() };
    Ok(by.opportunities().list_plan_steps(request).await?.into_inner().steps)
}

/// The sums that boards and forecasts read are those of the opportunities.
async fn sums_agree(world: &World) -> Result<()> {
    let differ = world.handle()?.kernel().db().read(rolo_server::opportunities::sums::differ).await?;
    assert_eq!(differ, 0, "the sums differ");
    Ok(())
}

const LIVE: &str = "SELECT COUNT(*) FROM opportunity WHERE deleted_at IS NULL";

/// §5.9: state, assignee, choices, dates, amounts and plan come with the row, in either language; what is missing makes it
/// incomplete; a second run creates nothing.
#[tokio::test]
async fn opportunities_come_in_as_they_stand_and_a_second_run_creates_nothing() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    sup.customer("青岛海运", 0).await?;
    let done = sup.import(&sheet()).await?;
    assert_eq!((done.status.created, done.status.skipped, done.status.refused), (4, 1, 0), "{:?}", done.outcomes);
    assert_eq!(done.status.second_created, 3, "steps of one opportunity stand in several rows");

    let open = of(&sup, "A1").await?;
    assert_eq!((open.status(), open.expected_amount), (Status::Assigned, Some(120_000 * YUAN)));
    assert_eq!(open.assignee.as_ref().map(|user| user.name.as_str()), Some("mgr"));
    assert_eq!(open.stage.as_ref().map(|stage| stage.value.as_str()), Some("quotation"));
    assert_eq!(open.lead_source.as_ref().map(|source| source.value.as_str()), Some("exhibition"));
    assert_eq!((open.expected_close_at.as_str(), open.next_step_at.as_str()), ("2026-12-01", "2026-11-10"));
    let plan: Vec<_> = steps(&sup, open.id).await?.into_iter().map(|step| step.todo).collect();
    assert_eq!(plan, ["上门看现场", "送方案"]);
    let waiting = of(&sup, "A2").await?;
    assert_eq!((waiting.status(), waiting.expected_amount), (Status::Unassigned, None), "0 means unknown");
    assert_eq!(waiting.missing, ["title", "description", "success_rate"]);
    let lost = of(&sup, "A3").await?;
    assert_eq!((lost.status(), lost.expected_amount), (Status::Lost, Some(150_000_000 * YUAN)));
    assert_eq!(lost.customer.as_ref().map(|customer| customer.name.as_str()), Some("青岛海运"));
    assert_eq!(lost.closed_at, 1_770_998_400_000, "midnight of 14 February in Shanghai");
    assert_eq!(steps(&sup, lost.id).await?[0].result, "对方嫌贵", "the plan of a closed one comes with it");
    let won = of(&sup, "A4").await?;
    assert_eq!((won.status(), won.expected_amount, won.customer), (Status::Won, Some(80_005 * YUAN / 10), None));
    sums_agree(&world).await?;

    let mgr = world.session("mgr").await?;
    let notices = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner().notices;
    let told: Vec<_> = notices.iter().map(|notice| (notice.topic.as_str(), notice.count)).collect();
    assert_eq!(told, [("assigned", 1)], "who is given something open hears of it");

    let again = sup.import(&sheet()).await?;
    assert_eq!((again.status.created, again.status.skipped, again.status.second_created), (0, 5, 0));
    let again = sup.import(&sheet().updating()).await?;
    assert_eq!((again.status.created, again.status.unchanged, again.status.refused), (0, 5, 0), "{:?}", again.outcomes);
    assert_eq!(world.number("SELECT COUNT(*) FROM plan_step").await?, 3);
    Ok(())
}

/// §5.9, §5.10: without external ids a row is known by customer, title, product and end.
#[tokio::test]
async fn rows_without_an_external_id_are_known_again_and_an_open_one_of_the_name_is_refused() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let rows: &[&[&str]] = &[
        &["宁波东方重工", "一期", "won", "2025-03-01"],
        &["宁波东方重工", "一期", "won", "2026-03-01"],
        &["宁波东方重工", "二期", "", ""],
    ];
    let sheet = Sheet::new(Kind::Opportunity, &["customer_name", "title", "status", "closed_at"], rows);
    assert_eq!(sup.import(&sheet).await?.status.created, 3);
    let again = sup.import(&sheet).await?;
    assert_eq!((again.status.created, again.status.skipped), (0, 3));
    let other = Sheet::new(Kind::Opportunity, &["customer_name", "title"], &[&["宁波东方重工 ", "三期"]]);
    for outcomes in [sup.look_at(&other).await?.outcomes, sup.import(&other).await?.outcomes] {
        assert!(faults(&outcomes, 0)[0].starts_with("customer_name DUPLICATE"), "D8: {outcomes:?}");
    }
    Ok(())
}

/// The issue: unknown users and products are listed before anything is written, all of them.
#[tokio::test]
async fn what_nobody_has_is_listed_by_a_look_and_refused_without_the_wish_to_add_it() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let fields = ["customer_name", "status", "assignee", "product", "stage", "lead_source"];
    let rows: &[&[&str]] = &[
        &["甲公司", "won", "王离职", "旧型号", "样品", "旧展会"],
        &["乙公司", "已指派", "王离职", "新型号", "", ""],
        &["丙公司", "", "", "", "", ""],
    ];
    let sheet = Sheet::new(Kind::Opportunity, &fields, rows);
    let look = sup.look_at(&sheet).await?;
    let told: Vec<_> = look.missing.iter().map(|one| (&*one.r#type, &*one.text, one.rows)).collect();
    assert_eq!(
        told,
        [
            ("user", "王离职", 2),
            ("product", "旧型号", 1),
            ("sales_stage", "样品", 1),
            ("lead_source", "旧展会", 1),
            ("product", "新型号", 1)
        ]
    );
    let before = rolo_tests::world::digest(world.dir.path())?;
    assert_eq!(
        faults(&look.outcomes, 0),
        [
            "assignee UNKNOWN_REFERENCE 王离职",
            "product UNKNOWN_REFERENCE 旧型号",
            "stage UNKNOWN_CHOICE 样品",
            "lead_source UNKNOWN_CHOICE 旧展会"
        ]
    );
    assert_eq!(rolo_tests::world::digest(world.dir.path())?, before);
    let done = sup.import(&sheet).await?;
    assert_eq!((done.status.created, done.status.refused), (1, 2));
    assert_eq!(world.number("SELECT COUNT(*) FROM user WHERE display_name = '王离职'").await?, 0);
    Ok(())
}

/// The issue: `--create-missing` adds products, choices and assignees, these as disabled accounts without password or
/// role; a closed opportunity names such a one, an open one is unassigned and notes the name.
#[tokio::test]
async fn missing_assignees_become_disabled_accounts_and_open_ones_wait_with_the_name_noted() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let fields = ["external_id", "customer_name", "title", "status", "assignee", "product", "stage", "memo"];
    let rows: &[&[&str]] = &[
        &["B1", "甲公司", "一", "won", "Nancy Davolio", "Chai", "样品", ""],
        &["B2", "乙公司", "二", "已指派", "Nancy Davolio", "Chai", "样品", "老客户"],
        &["B3", "丙公司", "三", "已指派", "stf", "", "", ""],
    ];
    let sheet = Sheet::new(Kind::Opportunity, &fields, rows).creating();
    let look = sup.look_at(&sheet).await?;
    assert!(look.outcomes.iter().all(|one| one.result() == RowResult::Created), "{:?}", look.outcomes);
    let done = sup.import(&sheet).await?;
    assert_eq!((done.status.created, done.status.refused), (3, 0), "{:?}", done.outcomes);
    let won = of(&sup, "B1").await?;
    let assignee = won.assignee.context("nobody")?;
    assert_eq!((&*assignee.name, &*assignee.display_name, assignee.active), ("Nancy.Davolio", "Nancy Davolio", false));
    let open = of(&sup, "B2").await?;
    assert_eq!((open.status(), open.assignee), (Status::Unassigned, None));
    assert_eq!(open.memo, "原负责人：Nancy Davolio\n老客户");
    assert_eq!(open.product, won.product);
    let staff = of(&sup, "B3").await?;
    assert_eq!((staff.status(), &*staff.memo), (Status::Unassigned, "原负责人：stf"), "no account manager");
    let account = "SELECT COUNT(*) FROM user u WHERE name = 'Nancy.Davolio' AND active = 0 AND password = ''
                   AND NOT EXISTS (SELECT 1 FROM user_role r WHERE r.user_id = u.id)";
    assert_eq!(world.number(account).await?, 1);

    // Only an administrator makes more of the account, and without a password it opens to nobody.
    let host = world.nobody().await?;
    host.host().enable_user(pb::EnableUserRequest { name: "Nancy.Davolio".into() }).await?;
    for password in ["", "x"] {
        let sign_in = pb::SignInRequest { name: "nancy.davolio".into(), password: password.into(), client: "t".into() };
        assert!(host.sessions().sign_in(sign_in).await.is_err());
    }
    let again = sup.import(&sheet).await?;
    assert_eq!((again.status.created, again.status.skipped), (0, 3));
    assert_eq!(world.number("SELECT COUNT(*) FROM user WHERE display_name = 'Nancy Davolio'").await?, 1);
    sums_agree(&world).await?;
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// §5.2: who may not assign brings in what waits to be assigned, and nothing else; a department ends at its border.
#[tokio::test]
async fn a_manager_without_the_right_to_assign_brings_in_unassigned_ones_alone() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let rows: &[&[&str]] = &[
        &["甲公司", "", "", ""],
        &["乙公司", "已指派", "mgr", ""],
        &["丙公司", "won", "", ""],
        &["丁公司", "", "nobody here", ""],
        &["戊公司", "", "", "未见过"],
    ];
    let sheet = Sheet::new(Kind::Opportunity, &["customer_name", "status", "assignee", "product"], rows).creating();
    for outcomes in [mgr.look_at(&sheet).await?.outcomes, mgr.import(&sheet).await?.outcomes] {
        assert_eq!(outcomes[0].result(), RowResult::Created);
        for row in [1, 2] {
            assert_eq!(faults(&outcomes, row), ["FORBIDDEN opportunity.assign"], "{row}");
        }
        assert_eq!(faults(&outcomes, 3), ["assignee UNKNOWN_REFERENCE nobody here"]);
        assert_eq!(faults(&outcomes, 4), ["product UNKNOWN_REFERENCE 未见过"]);
    }
    let south = Sheet::new(Kind::Opportunity, &["customer_name", "assignee"], &[&["己公司", "other"]]);
    let sup = world.session("sup").await?;
    assert_eq!(sup.import(&south).await?.faults(0), ["FORBIDDEN opportunity.assign"]);
    assert!(world.session("boss").await?.import(&south).await?.faults(0).is_empty());
    assert_eq!(
        world.session("stf").await?.look_at(&south).await.map_err(|e| e.code()).err(),
        Some(tonic::Code::PermissionDenied)
    );
    Ok(())
}

/// §5.9: each faulty row says what is wrong with which field, and stops only itself.
#[tokio::test]
async fn malformed_values_are_refused_by_row_with_field_and_reason() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let fields =
        ["customer_name", "success_rate", "expected_amount", "expected_close_at", "status", "tel", "step.todo"];
    let rows: &[&[&str]] = &[
        &["", "", "", "", "", "", ""],
        &["甲公司", "120", "-5", "03/04/2026", "maybe", "call me", ""],
        &["乙公司", "60%", "abc", "2026-02-30", "", "", ""],
        &["丙公司", "", "", "", "已指派", "", "没有日期"],
        &["丁公司", "55", "3千万", "13/12/2026", "", "010-88660000", ""],
    ];
    let mut sheet = Sheet::new(Kind::Opportunity, &fields, rows);
    let done = sup.import(&sheet).await?;
    assert_eq!((done.status.created, done.status.refused), (1, 4));
    assert_eq!(done.faults(0), ["customer_name REQUIRED"]);
    assert_eq!(
        done.faults(1),
        [
            "success_rate OUT_OF_RANGE 0..100",
            "expected_amount OUT_OF_RANGE 1..100000000000000",
            "expected_close_at MALFORMED date",
            "status UNKNOWN_CHOICE maybe",
            "tel MALFORMED phone"
        ]
    );
    assert_eq!(done.faults(2), ["expected_amount MALFORMED amount", "expected_close_at MALFORMED date"]);
    assert_eq!(done.faults(3), ["step.plan_date REQUIRED"]);
    assert_eq!(world.number(LIVE).await?, 1, "an opportunity does not come without its faulty step");
    sheet.options.date_order = pb::DateOrder::Dmy.into();
    assert!(!sup.look_at(&sheet).await?.outcomes[1].faults.iter().any(|fault| fault.field == "expected_close_at"));
    Ok(())
}

/// §5.9: whoever mends a row learns at once what is missing and what cannot be read, of both records that it holds.
#[tokio::test]
async fn a_row_tells_what_is_missing_beside_what_cannot_be_read() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let fields = ["customer_name", "success_rate", "product", "step.plan_date", "step.todo"];
    let rows: &[&[&str]] = &[
        &["", "120", "", "someday", ""],
        &["", "", "unheard of", "", ""],
        &["甲公司", "", "", "someday", ""],
        &["乙公司", "60", "", "2026-12-01", "上门"],
    ];
    let sheet = Sheet::new(Kind::Opportunity, &fields, rows);
    for (row, told) in [
        &["success_rate OUT_OF_RANGE 0..100", "customer_name REQUIRED", "step.plan_date MALFORMED date"][..],
        &["product UNKNOWN_REFERENCE unheard of", "customer_name REQUIRED"],
        &["step.plan_date MALFORMED date", "step.todo REQUIRED"],
        &[],
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(faults(&sup.look_at(&sheet).await?.outcomes, row), *told, "a look at row {row}");
    }
    let done = sup.import(&sheet).await?;
    assert_eq!((done.status.created, done.status.refused), (1, 3));
    assert_eq!(done.faults(2), ["step.plan_date MALFORMED date", "step.todo REQUIRED"]);

    let contacts = Sheet::new(Kind::Contact, &["customer_no", "name", "email"], &[&["", "", "no address"]]);
    let told = faults(&sup.look_at(&contacts).await?.outcomes, 0);
    assert_eq!(told, ["email MALFORMED email", "customer_no REQUIRED", "name REQUIRED"]);
    Ok(())
}

/// An import changes what is developed; the state is Rolo's own once the record is there.
#[tokio::test]
async fn an_update_changes_fields_and_never_the_state_or_the_assignee() -> Result<()> {
    let world = World::new().await?;
    let (sup, mgr) = (world.session("sup").await?, world.session("mgr").await?);
    sup.import(&sheet()).await?;
    let fields = ["external_id", "customer_name", "status", "assignee", "expected_amount"];
    let rows: &[&[&str]] = &[
        &["A1", "宁波东方重工", "已指派", "mgr", "20万"],
        &["A1", "宁波东方重工", "won", "mgr", "30万"],
        &["A2", "杭州文澜", "已指派", "mgr", "1万"],
        &["A3", "青岛海运", "", "", "1万"],
    ];
    let sheet = Sheet::new(Kind::Opportunity, &fields, rows).updating();
    for outcomes in [sup.look_at(&sheet).await?.outcomes, sup.import(&sheet).await?.outcomes] {
        assert_eq!(outcomes[0].result(), RowResult::Updated);
        assert_eq!(faults(&outcomes, 1), ["status NOT_WRITABLE"]);
        assert_eq!(faults(&outcomes, 2), ["status NOT_WRITABLE", "assignee NOT_WRITABLE"]);
        assert_eq!(faults(&outcomes, 3), ["INVALID_STATE lost_opportunity"]);
    }
    assert_eq!(of(&sup, "A1").await?.expected_amount, Some(200_000 * YUAN));
    let own = Sheet::new(Kind::Opportunity, &fields, &[&["A1", "宁波东方重工", "已指派", "mgr", "21万"]]).updating();
    assert_eq!(mgr.import(&own).await?.status.updated, 1, "the assignee needs no right to assign for that");
    sums_agree(&world).await?;
    Ok(())
}

/// design §3: an import is one operation; what was worked on since is kept, accounts stay disabled.
#[tokio::test]
async fn an_import_of_opportunities_is_taken_back_but_for_what_was_worked_on_since() -> Result<()> {
    let world = World::new().await?;
    let (sup, mgr) = (world.session("sup").await?, world.session("mgr").await?);
    let fields = [FIELDS, &["memo"]].concat();
    let mut rows: Vec<Vec<&str>> = ROWS.iter().map(|row| [row, &[""][..]].concat()).collect();
    rows.push([&["A5", "己公司", "t", "won", "Left Long Ago", "", "", "Chang"][..], &[""; 7]].concat());
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let done = sup.import(&Sheet::new(Kind::Opportunity, &fields, &rows).creating()).await?;
    assert_eq!((done.status.created, done.status.refused), (5, 0), "{:?}", done.outcomes);
    let look = sup.look_at_undo(done.status.operation_id).await?;
    assert_eq!((look.done, look.kept, look.total), (9, 0, 9), "five, three steps and a product");
    let open = of(&sup, "A1").await?;
    mgr.step(open.id, "2026-12-01", "再去一次").await?;
    let undone = sup.undo(done.status.operation_id).await?;
    let kept: Vec<_> = undone.kept_records.iter().map(|one| (one.kind(), &*one.reason, &*one.who)).collect();
    assert_eq!(kept, [(Kind::Opportunity, "IN_USE", "mgr")]);
    assert_eq!(world.number(LIVE).await?, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM product WHERE deleted_at IS NULL").await?, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM user WHERE display_name = 'Left Long Ago' AND active = 0").await?, 1);
    sums_agree(&world).await?;
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Lesson 14: a file drives no terminal, and a flood in a cell is refused, not stored.
#[tokio::test]
async fn hostile_texts_of_a_file_come_in_scrubbed_in_every_new_field() -> Result<()> {
    const EVIL: &str = "a\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}5m\u{202e}\u{200b}\u{0}\u{7f}b";
    const CLEAN: &str = "a]52;c;aGk=[2J5mb";
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let fields =
        ["customer_name", "title", "assignee", "status", "product", "stage", "memo", "step.plan_date", "step.todo"];
    let row = [EVIL, EVIL, EVIL, "won", EVIL, EVIL, EVIL, "2026-12-01", EVIL];
    let long = "很".repeat(10_000);
    let flood = [&*long, &*long, &*long, "won", &*long, &*long, &*long, "2026-12-01", &*long];
    let done = sup.import(&Sheet::new(Kind::Opportunity, &fields, &[&row, &flood]).creating()).await?;
    assert_eq!((done.status.created, done.status.refused), (1, 1), "{:?}", done.outcomes);
    assert!(done.faults(1).iter().all(|fault| fault.contains("TOO_LONG")), "{:?}", done.faults(1));
    let made = sup.opportunity(done.outcomes[0].id).await?;
    let names = (made.assignee.context("nobody")?.name, made.product.context("nothing")?.name);
    assert_eq!((&*made.title, &*made.memo, &*names.0, &*names.1), (CLEAN, CLEAN, CLEAN, CLEAN));
    assert_eq!(made.stage.context("no stage")?.zh, CLEAN);
    assert_eq!(steps(&sup, made.id).await?[0].todo, CLEAN);
    Ok(())
}

/// §3.7: the catalogue comes in the same way.
#[tokio::test]
async fn products_come_in_and_are_known_again_by_name_model_and_batch() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let fields = ["external_id", "name", "model", "unit", "price", "active"];
    let rows: &[&[&str]] = &[
        &["1", "Chai", "", "10 boxes", "18.0000", ""],
        &["", "压力传感器", "P-100", "只", "1,280元", "在售"],
        &["", "压力传感器", "P-90", "只", "", "停售"],
        &["9", "", "", "", "-1", ""],
    ];
    let sheet = Sheet::new(Kind::Product, &fields, rows);
    let done = sup.import(&sheet).await?;
    assert_eq!((done.status.created, done.status.refused), (3, 1), "{:?}", done.outcomes);
    assert_eq!(sup.import(&sheet).await?.status.skipped, 3);
    let dearer = Sheet::new(Kind::Product, &["name", "model", "price"], &[&["压力传感器", "P-100", "1300"]]).updating();
    assert_eq!(sup.import(&dearer).await?.status.updated, 1);
    let listed = sup.products().list_products(pb::ListProductsRequest::default()).await?.into_inner().products;
    let prices: Vec<_> = listed.iter().map(|one| (&*one.name, &*one.model, one.price, one.active)).collect();
    assert_eq!(
        prices,
        [
            ("Chai", "", Some(18 * YUAN), true),
            ("压力传感器", "P-100", Some(1_300 * YUAN), true),
            ("压力传感器", "P-90", None, false)
        ]
    );
    assert_eq!(world.session("mgr").await?.import(&sheet).await?.status.created, 0);
    let other = Sheet::new(Kind::Product, &["name"], &[&["Chang"]]);
    assert_eq!(world.session("mgr").await?.import(&other).await?.faults(0), ["FORBIDDEN product.manage"]);
    assert_eq!(sup.undo(done.status.operation_id).await?.kept, 1, "the one whose price changed since stays");
    Ok(())
}

/// O1, O4: what came in from a file is worked on like any other.
#[tokio::test]
async fn an_imported_opportunity_is_assigned_planned_and_won_like_any_other() -> Result<()> {
    let world = World::new().await?;
    let (sup, mgr) = (world.session("sup").await?, world.session("mgr").await?);
    sup.import(&sheet()).await?;
    let waiting = sup.assign(&of(&sup, "A2").await?, mgr.user_id).await?;
    let request = pb::UpdateOpportunityRequest {
        id: waiting.id,
        opportunity: Some(pb::OpportunityInput { linkman: "李明".into(), ..lead("x") }),
        update_mask: mask(&["linkman", "success_rate"]),
        revision: waiting.revision,
        request_id: request_id(),
        ..Default::default()
    };
    let waiting = mgr.opportunities().update_opportunity(request).await?.into_inner();
    let won = mgr.win(&waiting, 0).await?;
    assert_eq!(won.customer.context("no customer")?.name, "杭州文澜");
    sums_agree(&world).await?;
    Ok(())
}
