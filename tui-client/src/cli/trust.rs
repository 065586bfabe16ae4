//! First contact with a server over the network: a person compares its certificate's fingerprint and says yes; where
//! nobody can be asked, nothing is believed.

use std::io::Write as _;

use rolo_proto::join::Fingerprint;

use super::{Global, ask};
use crate::{
    data::{Connection, Failure, Place, Reason, State, connect},
    strings::Lang,
};

/// Opens the place that a command works on.
pub async fn open(global: &Global, lang: Lang) -> Result<Connection, Failure> {
    let (place, state) = (global.place()?, State::open()?);
    match Connection::open(&place, state.clone()).await {
        Err(failure) => {
            consent(&place, &state, failure, lang)?;
            Connection::open(&place, state).await
        }
        opened => opened,
    }
}

/// Before the screens: whoever has no pin is looked at once. One that is not there is the screens' business.
pub async fn greet(place: &Place, state: &State, lang: Lang) -> Result<(), Failure> {
    let Place::Server(server) = place else { return Ok(()) };
    if state.pin(&server.address)?.is_some() {
        return Ok(());
    }
    let (client, _) = connect::client(place, state)?;
    match client.with_attempts(1).instance().await {
        Err(failure) if failure.reason == Reason::Untrusted => consent(place, state, failure, lang),
        _ => Ok(()),
    }
}

/// Asks whether an unknown certificate is the server's, and pins it. Any other failure stays what it is.
fn consent(place: &Place, state: &State, failure: Failure, lang: Lang) -> Result<(), Failure> {
    let first = failure.reason == Reason::Untrusted && failure.detail("pinned").is_empty();
    let (Place::Server(server), Ok(shown), true) =
        (place, failure.detail("fingerprint").parse::<Fingerprint>(), first && ask::possible())
    else {
        return Err(failure);
    };
    let address = &server.address;
    let (told, question) = match lang {
        Lang::En => (
            format!(
                "{address} is not known here yet, and no public CA vouches for it.\nIts certificate's fingerprint:\n\n  \
                 {shown}\n\nCompare it with what its administrator gave you (on the server: rolod tls show).\nIf it \
                 differs, somebody else may be listening: your password would be theirs."
            ),
            "Type yes in full, or paste the fingerprint you were given, to go on [no]: ",
        ),
        Lang::Zh => (
            format!(
                "尚未信任 {address}，其证书也没有公共 CA 签名。证书指纹：\n\n  {shown}\n\n请与管理员提供的指纹核对（在服务器上运行 \
                 rolod tls show）。\n如不一致，可能有人冒充该服务器，您的密码会被窃取。"
            ),
            "确认继续请输入“是”或 yes，也可粘贴收到的指纹 [否]：",
        ),
    };
    // Where this cannot be written, the question cannot either, and its failure is told.
    let _ = writeln!(std::io::stderr(), "{told}\n");
    let typed = ask::line(question)?;
    let compared = typed.parse::<Fingerprint>();
    if matches!(typed.to_lowercase().as_str(), "yes" | "是") || compared == Ok(shown) {
        return state.keep_pin(address, shown);
    }
    Err(match compared {
        Ok(_) => Failure::local(
            Reason::Untrusted,
            "Stopped: the two fingerprints differ. Do not sign in there; tell the administrator",
            "已停止：两个指纹不一致。请勿登录，并告知管理员",
        ),
        Err(_) => Failure::local(Reason::Cancelled, "Stopped; nothing was sent", "已取消，未发送任何数据"),
    })
}
