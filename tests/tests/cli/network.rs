//! Over the network, by the real programs: a certificate, a join code, a server that has a name. Issue 3, "over the
//! network".

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::{Context, Result};
use serde_json::Value as Json;

use crate::company::{BOSS, Company, Done, finish, free_address, objects};

/// A machine of somebody's own: its own settings and sessions, nothing of the server's.
struct Desk(Company);

impl Desk {
    fn new() -> Result<Self> {
        Ok(Self(Company::nothing()?))
    }

    fn rolo(&self, args: &[&str]) -> Result<Done> {
        let mut command = self.0.rolo_command(args);
        command.env_remove("ROLO_DATA");
        finish(command, None)
    }

    fn login(&self, more: &[&str]) -> Result<Done> {
        let password = self.0.password_file();
        let mut args = vec!["login", "--user", BOSS, "--password-file", &password];
        args.extend(more);
        self.rolo(&args)
    }
}

/// The last word of the line that has this.
fn told(text: &str, about: &str) -> Result<String> {
    let line = text.lines().find(|line| line.contains(about)).with_context(|| text.to_owned())?;
    Ok(line.split(' ').next_back().unwrap_or_default().to_owned())
}

fn mode(path: &Path) -> Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

#[test]
fn a_join_code_is_all_that_somebody_elsewhere_needs() -> Result<()> {
    let (server, desk) = (Company::nothing()?, Desk::new()?);
    let address = free_address()?;
    let password = server.password_file();
    let init =
        ["init", "--admin", BOSS, "--password-file", &password, "--company", "华盛", "--tls", "--host", &address];
    let made = server.rolod(&init)?.ok()?;
    let code = told(&made, "rolo join")?;
    assert_eq!(code, told(&server.rolod(&["tls", "show"])?.ok()?, "rolo join")?);
    let tls = server.data.join("tls");
    assert_eq!((mode(&tls)?, mode(&tls.join("key.pem"))?), (0o700, 0o600));
    let again = server.rolod(&["tls", "init"])?.with(1)?;
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);

    let served = server.serve(&["--listen", &address])?;
    let stranger = desk.rolo(&["--server", &address, "list", "customers"])?.with(7)?;
    assert!(stranger.stderr.contains("rolo join CODE"), "without a terminal nothing is believed: {}", stranger.stderr);
    assert!(stranger.stderr.contains(&told(&made, "Fingerprint")?), "{}", stranger.stderr);
    let mistyped = format!("{}x", &code[..code.len() - 1]);
    let mistyped = if mistyped == code { format!("{}y", &code[..code.len() - 1]) } else { mistyped };
    let refused = desk.rolo(&["join", &mistyped])?.with(2)?;
    assert!(refused.stderr.contains("typing error"), "{}", refused.stderr);

    let joined = desk.rolo(&["join", &code, "--name", "office"])?.with(0)?;
    assert!(joined.stderr.contains("华盛") && joined.stderr.contains("login --server office"), "{}", joined.stderr);
    desk.login(&[])?.ok()?;
    desk.rolo(&["create", "customer", "name=甲公司"])?.ok()?;
    for server in [vec![], vec!["--server", "office"], vec!["--server", &address]] {
        let listed = desk.rolo(&[&["list", "customers", "--format", "ids"], server.as_slice()].concat())?.ok()?;
        assert_eq!(listed, "1\n", "{server:?}");
    }
    let listed = objects(&desk.rolo(&["servers", "--json"])?.ok()?)?;
    assert_eq!(listed.first().map(|server| &server["address"]), Some(&Json::from(address.as_str())));
    assert_eq!(listed.first().map(|server| &server["default"]), Some(&Json::from(true)));
    assert_eq!(served.terminate()?, 0);
    let away = desk.rolo(&["list", "customers"])?.with(7)?;
    assert!(away.stderr.contains("nobody listens there"), "{}", away.stderr);
    Ok(())
}

/// Who gets the name wrong is told so, and who has no default what there is.
#[test]
fn a_server_that_is_not_known_is_named_and_so_are_those_that_are() -> Result<()> {
    let desk = Desk::new()?;
    for verb in ["default", "forget"] {
        let refused = desk.rolo(&["servers", verb, "nowhere"])?.with(2)?;
        assert!(refused.stderr.contains("There is no server nowhere here"), "{}", refused.stderr);
    }
    let config = desk.0.path("home").join(".config/rolo/config.toml");
    fs::create_dir_all(config.parent().context("no directory")?)?;
    fs::write(&config, "[servers.acme]\naddress = \"localhost:7656\"\n")?;
    let refused = desk.rolo(&["whoami"])?.with(2)?;
    assert!(refused.stderr.contains("--server NAME: acme"), "{}", refused.stderr);
    fs::write(&config, "[servers.acme]\naddress = \"localhost:7656\"\nca = \"x\n")?;
    let refused = desk.rolo(&["servers"])?.with(2)?;
    assert!(refused.stderr.contains("config.toml: line 3: "), "{}", refused.stderr);
    Ok(())
}

#[test]
fn a_changed_certificate_stops_everything_until_the_server_is_forgotten() -> Result<()> {
    let (server, desk) = (Company::new()?, Desk::new()?);
    let address = free_address()?;
    let code = told(&server.rolod(&["tls", "init", "--host", &address])?.ok()?, "rolo join")?;
    let served = server.serve(&["--listen", &address])?;
    desk.rolo(&["join", &code])?.ok()?;
    desk.login(&["--server", "127.0.0.1"])?.ok()?;
    assert_eq!(served.terminate()?, 0);
    fs::rename(server.data.join("tls"), server.data.join("tls.old"))?;
    let other = told(&server.rolod(&["tls", "init", "--host", &address])?.ok()?, "rolo join")?;
    let served = server.serve(&["--listen", &address])?;
    let stopped = desk.rolo(&["list", "customers"])?.with(7)?;
    assert!(stopped.stderr.contains("is not the one that was pinned"), "{}", stopped.stderr);
    desk.rolo(&["join", &other])?.with(7)?;
    desk.rolo(&["servers", "forget", &address])?.ok()?;
    desk.rolo(&["join", &other])?.ok()?;
    desk.rolo(&["list", "customers"])?.with(5)?;
    desk.login(&[])?.ok()?;
    desk.rolo(&["list", "customers"])?.ok()?;
    assert_eq!(served.terminate()?, 0);
    Ok(())
}
