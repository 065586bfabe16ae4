//! Looks at the screens: `tui_play run` opens them on a seeded company, `tui_play shot 80x24 zh "j j enter"` prints what
//! is seen after these keys, with its colours, for `termshot`.

use std::{io::Write as _, sync::Arc};

use anyhow::{Context, Result};
use futures::future::BoxFuture;
use ratatui::{
    buffer::{Buffer, CellWidth},
    style::{Color, Modifier},
};
use rolo_proto::v1 as pb;
use rolo_tests::{World, world::PASSWORD};
use rolo_tui::{
    app::{
        self, Connection, FirstPerson, Keeper, Options, SecretString,
        harness::{Harness, Settings},
    },
    data::{Client, Failure, client::{Connector, Wire}},
    strings::Lang,
};


struct Nothing(bool);

impl Keeper for Nothing {
    fn is_new(&self) -> bool {
        self.0
    }
    fn initialise<'a>(&'a self, _: &'a FirstPerson) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
    fn keep_token(&self, _: &str, _: Option<&SecretString>) {}
}

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let lang = if args.iter().any(|a| a == "zh") { Lang::Zh } else { Lang::En };
    let user = args.iter().find_map(|a| a.strip_prefix("user=")).unwrap_or("boss").to_owned();
    let world: &'static World = Box::leak(Box::new(World::new().await?));
    let connector: Connector = Arc::new(move || {
        Box::pin(async move {
            let stream = world.handle().map_err(std::io::Error::other)?.connect().await.map_err(std::io::Error::other)?;
            Ok(Box::new(stream) as Box<dyn Wire>)
        })
    });
    let client = Client::new(connector);
    if !args.iter().any(|a| a == "empty") {
        client.sign_in("boss", &PASSWORD.to_owned().into()).await.map_err(|f| anyhow::anyhow!("{f}"))?;
        seed(world, &client).await?;
        world.advance(3 * 86_400_000 - 3_600_000);
        client.sign_in("boss", &PASSWORD.to_owned().into()).await.map_err(|f| anyhow::anyhow!("{f}"))?;
    }
    if args.iter().any(|a| a == "signed-out") {
        client.set_token(None);
    } else if user != "boss" || args.iter().any(|a| a == "empty") {
        client.sign_in(&user, &PASSWORD.to_owned().into()).await.map_err(|f| anyhow::anyhow!("{f}"))?;
    }
    let keeper = Arc::new(Nothing(args.iter().any(|a| a == "new")));
    let connection = Connection { client, keeper };
    if args.get(1).is_some_and(|a| a == "run") {
        return app::run(connection, Options { lang: Some(lang), place: "demo".into(), ..Options::default() }).await;
    }
    let size = args.get(2).and_then(|s| s.split_once('x')).context("a size")?;
    let size = (size.0.parse()?, size.1.parse()?);
    let keys = args.iter().find_map(|a| a.strip_prefix("keys=")).unwrap_or("").to_owned();
    let has = |flag: &str| args.iter().any(|a| a == flag);
    let settings = Settings {
        size,
        lang,
        measure: rolo_tui::text::Measure { wide: has("wide"), ascii: has("ascii") },
        theme: if has("mono") { rolo_tui::theme::ThemeName::Mono } else { rolo_tui::theme::ThemeName::Default },
        ..Settings::default()
    };
    let mut rolo = Harness::start(connection, settings)?;
    rolo.until_idle().await?;
    rolo.press(&keys).await?;
    let mut out = std::io::stdout().lock();
    if args.iter().any(|a| a == "text") {
        out.write_all(rolo.snapshot().as_bytes())?;
    } else {
        out.write_all(ansi(rolo.buffer(), rolo.cursor()).as_bytes())?;
    }
    Ok(())
}

fn ansi(buffer: &Buffer, cursor: Option<(u16, u16)>) -> String {
    let code = |c: Color, base: u8| -> Option<u8> {
        let list = [Color::Black, Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan, Color::Gray, Color::DarkGray, Color::LightRed, Color::LightGreen, Color::LightYellow, Color::LightBlue, Color::LightMagenta, Color::LightCyan, Color::White];
        let at = u8::try_from(list.iter().position(|l| *l == c)?).ok()?;
        Some(if at < 8 { base + at } else { base + 60 + at - 8 })
    };
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            out.push_str("\x1b[0");
            for (flag, n) in [(Modifier::BOLD, 1), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)] {
                if cell.modifier.contains(flag) != (n == 7 && cursor == Some((x, y))) {
                    out.push_str(&format!(";{n}"));
                }
            }
            for n in [code(cell.fg, 30), code(cell.bg, 40)].into_iter().flatten() {
                out.push_str(&format!(";{n}"));
            }
            out.push('m');
            out.push_str(cell.symbol());
            x += cell.cell_width().max(1);
        }
        out.push_str("\x1b[0m\n");
    }
    out
}

async fn seed(world: &World, client: &Client) -> Result<()> {
    let fail = |f: Failure| anyhow::anyhow!("{f}");
    let choices = |kind: &'static str| {
        let client = client.clone();
        async move {
            let request = pb::ListItemsRequest { r#type: kind.into(), active_only: true, page_size: 50, ..Default::default() };
            let reply: pb::ListItemsResponse = client.call(request, |c, r| async move { c.dictionary().list_items(r).await }).await.map_err(fail)?;
            Ok::<_, anyhow::Error>(reply.items.into_iter().map(|i| i.id).collect::<Vec<_>>())
        }
    };
    let (regions, levels, channels) = (choices("region").await?, choices("customer_level").await?, choices("channel").await?);
    let users: pb::ListUsersResponse = client.call(pb::ListUsersRequest::default(), |c, r| async move { c.users().list_users(r).await }).await.map_err(fail)?;
    let managers: Vec<i64> = users.users.iter().filter_map(|u| u.user.as_ref()).map(|u| u.id).collect();
    let names = ["北京华盛科技有限公司", "天津启明科技", "石家庄远航信息科技集团股份有限公司", "太原中科技术", "包头稀土科技", "Ernst Handel", "Mère Paillarde", "杭州文澜出版", "宁波东方重工", "青岛海运物流", "上海“申江”百货", "QUICK-Stop", "广州南方电器", "深圳市创新软件", "Save-a-lot Markets", "成都天府食品"];
    for i in 0..60_usize {
        let name = if i < names.len() { names[i].to_owned() } else { format!("{}{}分公司", &names[i % 5], i) };
        let pick = |list: &[i64], n: usize| list.get(n % list.len().max(1)).copied();
        let input = pb::CustomerInput {
            name,
            region_id: pick(&regions, i),
            level_id: pick(&levels, i / 2),
            manager_id: if i % 7 == 3 { None } else if i % 2 == 0 { managers.first().copied() } else { pick(&managers, i) },
            satisfaction: (i % 3 > 0).then_some((i % 5 + 1) as i32),
            credit: (i % 4 > 0).then_some((i % 5 + 1) as i32),
            tel: format!("010-8866{i:04}"),
            address: if i % 3 == 0 { String::new() } else { format!("科技路 {i} 号") },
            website: "www.example.cn".into(),
            capital: Some(500 * (i as i64 + 1)),
            ..Default::default()
        };
        let request = pb::CreateCustomerRequest {
            customer: Some(input),
            first_contact: Some(pb::ContactInput { name: ["张律", "陈晓", "Maria Anders", "李娜"][i % 4].into(), position: "采购经理".into(), mobile: format!("1380000{i:04}"), ..Default::default() }),
            request_id: format!("{:032x}", 1000 + i),
            ..Default::default()
        };
        let made: pb::CreateCustomerResponse = client.call(request, |c, r| async move { c.customers().create_customer(r).await }).await.map_err(fail)?;
        if i % 4 == 0 || i < 6 {
            let customer = made.customer.context("a customer")?;
            let now = world.clock().now();
            let interaction = pb::InteractionInput {
                customer_id: customer.id,
                at: now - 3_600_000 * (i as i64 + 1) * 5,
                contact_id: made.first_contact.map(|c| c.id),
                channel_id: pick(&channels, i),
                place: "公司".into(),
                title: ["报价已确认，等合同", "演示新版本", "Asked for a new quotation", "投诉送货延误"][i % 4].into(),
                detail: "客户对方案基本满意，下周安排第二次演示。\n需要准备合同。".into(),
                next_contact_at: Some(now + 86_400_000 * (i as i64 % 9) + 7_200_000),
                ..Default::default()
            };
            let request = pb::CreateInteractionRequest { interaction: Some(interaction), full_form: false, request_id: format!("{:032x}", 5000 + i) };
            let _: pb::Interaction = client.call(request, |c, r| async move { c.interactions().create_interaction(r).await }).await.map_err(fail)?;
        }
    }
    Ok(())
}
