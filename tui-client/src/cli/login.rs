//! `rolo login`: signs in and keeps the session for the commands that follow.

use std::{fs, path::PathBuf};

use clap::Args;
use rolo_proto::v1;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::{Global, ask, out::Out, trust};
use crate::{
    data::{Connection, Failure},
    resource::parse::person,
    strings::Lang,
};

/// Arguments of `rolo login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// A file whose first line is the password (ROLO_PASSWORD_FILE)
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A file whose first line is the new password, if a one-time password must be changed
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

/// The first line of a file.
fn password_of(path: &std::path::Path) -> Result<SecretString, Failure> {
    let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| Failure::file(path, &error))?;
    Ok(text.lines().next().unwrap_or("").into())
}

pub async fn run(global: &Global, args: &LoginArgs, out: &mut Out) -> Result<(), Failure> {
    let from_environment = || std::env::var_os("ROLO_PASSWORD_FILE").filter(|v| !v.is_empty()).map(PathBuf::from);
    let file = args.password_file.clone().or_else(from_environment);
    if (file.is_none() || global.user.is_none()) && !ask::possible() {
        return Err(Failure::usage(
            "Without a terminal, type: rolo login --user NAME --password-file FILE",
            "没有终端时请输入：rolo login --user 用户名 --password-file 文件",
        ));
    }
    let password = file.as_deref().map(password_of).transpose()?;
    let connection = trust::open(global, out.lang).await?;
    let outcome = sign_in(&connection, global, password, args, out).await;
    connection.close().await;
    let session = outcome?;
    let user = session.user.unwrap_or_default();
    let (name, company) = (person(&user), &connection.instance.company);
    out.note(&format!("Signed in as {name} at {company}"), &format!("已登录：{name}（{company}）"));
    Ok(())
}

async fn sign_in(
    connection: &Connection,
    global: &Global,
    password: Option<SecretString>,
    args: &LoginArgs,
    out: &mut Out,
) -> Result<v1::Session, Failure> {
    let session = match (password, &global.user) {
        (Some(password), Some(user)) => {
            let session = connection.sign_in(user, &password).await?;
            if !session.must_change_password {
                return Ok(session);
            }
            let new = match &args.new_password_file {
                Some(file) => password_of(file)?,
                None if ask::possible() => new_password(out.lang)?,
                None => {
                    out.note(
                        "The one-time password must be changed: add --new-password-file FILE",
                        "一次性密码必须修改：请加 --new-password-file 文件",
                    );
                    return Ok(session);
                }
            };
            change_password(connection, &password, &new).await?;
            session
        }
        (Some(password), None) => {
            let name = ask::line(word(out.lang, "User: ", "用户名："))?;
            connection.sign_in(&name, &password).await?
        }
        (None, user) => interactively(connection, user.as_deref(), out).await?,
    };
    Ok(session)
}

const fn word(lang: Lang, en: &'static str, zh: &'static str) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

fn new_password(lang: Lang) -> Result<SecretString, Failure> {
    let new = ask::password(word(lang, "New password: ", "新密码："))?;
    let again = ask::password(word(lang, "Again: ", "再次输入："))?;
    if new.expose_secret() == again.expose_secret() {
        Ok(new)
    } else {
        Err(Failure::usage("The two passwords differ", "两次输入的密码不一致"))
    }
}

async fn change_password(connection: &Connection, old: &SecretString, new: &SecretString) -> Result<(), Failure> {
    let request = v1::ChangePasswordRequest {
        old_password: old.expose_secret().to_owned(),
        new_password: new.expose_secret().to_owned(),
    };
    let _: v1::ChangePasswordResponse =
        connection.client.call_once(request, |c, r| async move { c.sessions().change_password(r).await }).await?;
    Ok(())
}

/// Asks for what is missing and signs in.
pub async fn interactively(connection: &Connection, user: Option<&str>, out: &mut Out) -> Result<v1::Session, Failure> {
    let lang = out.lang;
    let company = connection.instance.company.clone();
    out.note(&format!("Sign in to {company}"), &format!("登录 {company}"));
    let name = match user {
        Some(user) => user.to_owned(),
        None => {
            let last = connection.state.last_user(&connection.scope);
            let offer = last.as_ref().map(|l| format!(" [{l}]")).unwrap_or_default();
            let typed = ask::line(&match lang {
                Lang::En => format!("User{offer}: "),
                Lang::Zh => format!("用户名{offer}："),
            })?;
            if typed.is_empty() { last.unwrap_or_default() } else { typed }
        }
    };
    let password = ask::password(word(lang, "Password: ", "密码："))?;
    let session = connection.sign_in(&name, &password).await?;
    if session.must_change_password {
        out.note("The one-time password must be changed now.", "请立即修改一次性密码。");
        change_password(connection, &password, &new_password(lang)?).await?;
        return connection.client.session().await;
    }
    Ok(session)
}
