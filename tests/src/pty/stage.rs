//! The company, its server, and doors to it that answer late.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use rolo_server::demo;
use secrecy::ExposeSecret as _;
use tokio::runtime::Runtime;
use vt100::Screen;

use super::Place;
use crate::{
    company::{Company, PASSWORD, Served},
    proxy::{Mode, Proxy},
    terminal::{self, Manner, Terminal},
};

/// The size that budgets are measured at.
pub const SIZE: (u16, u16) = (120, 40);

/// The company and its server, who works there, and who assigns.
pub struct Stage {
    runtime: Runtime,
    company: Company,
    served: Served,
    user: String,
    assigner: String,
    password: PathBuf,
}

/// A way to the server, on which its answers take so long.
pub struct Door {
    proxy: Proxy,
    /// How long.
    pub delay: Duration,
}

impl Stage {
    /// Seeds the company if need be, and serves it.
    pub fn new(place: &Place) -> Result<Self> {
        let runtime = Runtime::new()?;
        let (company, user, assigner, password) = match place {
            Place::Demo { customers } => {
                let company = Company::nothing()?;
                let options = demo::Options { customers: *customers, ..demo::Options::default() };
                let made = runtime.block_on(demo::fill(&company.data, options))?;
                let account = |role| made.account(role).map(str::to_owned).with_context(|| format!("no {role}"));
                let (user, assigner) = (account("manager")?, account("supervisor")?);
                let password = company.write("password", made.password.expose_secret())?;
                (company, user, assigner, password.into())
            }
            Place::Directory { dir, user, password } => {
                let company = Company::at(dir.canonicalize().with_context(|| dir.display().to_string())?)?;
                let password = match password {
                    Some(file) => file.canonicalize().with_context(|| file.display().to_string())?,
                    None => company.write("password", PASSWORD)?.into(),
                };
                (company, user.clone(), user.clone(), password)
            }
        };
        let served = company.serve(&["--listen", "127.0.0.1:0"])?;
        Ok(Self { runtime, company, served, user, assigner, password })
    }

    /// A way to the server, with somebody signed in.
    pub fn door(&self, delay: Duration) -> Result<Door> {
        let proxy = self.runtime.block_on(Proxy::to(self.served.address.parse()?))?;
        proxy.set(Mode::Delay(delay));
        let (address, password) = (format!("plain:{}", proxy.address()), self.password.to_string_lossy().into_owned());
        for user in [&self.assigner, &self.user] {
            self.company.ok(&["--server", &address, "login", "--user", user, "--password-file", &password])?;
        }
        Ok(Door { proxy, delay })
    }

    /// Starts `rolo` at a door and does nothing more.
    pub fn start(&self, door: &Door, manner: Manner) -> Result<Terminal> {
        self.start_as(&self.user, door, manner)
    }

    fn start_as(&self, user: &str, door: &Door, manner: Manner) -> Result<Terminal> {
        let address = format!("plain:{}", door.proxy.address());
        let chinese = [("LANG", "zh_CN.UTF-8")];
        Terminal::start(terminal::rolo(&self.company, &["--server", &address, "--user", user], &chinese)?, SIZE, manner)
    }

    /// `rolo` at a door, with the list of unassigned opportunities before somebody who may assign them.
    pub fn assigning(&self, door: &Door) -> Result<Terminal> {
        let rolo = self.start_as(&self.assigner, door, Manner::Answers)?;
        rolo.wait_for(&["● 在线"])?;
        rolo.keys("g o 1")?;
        rolo.wait_for(&["销售机会 › 未指派", "1–"])?;
        rolo.wait_until("a row under the cursor", |screen| cursor_row(screen).is_some())?;
        rolo.settle(door.quiet())?;
        Ok(rolo)
    }

    /// `rolo` at a door, with the list of all customers before it.
    pub fn rolo(&self, door: &Door) -> Result<Terminal> {
        let rolo = self.start(door, Manner::Answers)?;
        rolo.wait_for(&["● 在线"])?;
        rolo.keys("g c 2")?;
        rolo.wait_for(&["客户 › 全部", "1–"])?;
        rolo.wait_until("a row under the cursor", |screen| cursor_row(screen).is_some())?;
        rolo.settle(door.quiet())?;
        Ok(rolo)
    }
}

impl Door {
    /// When nothing was written for so long, everything that was asked for has come.
    pub fn quiet(&self) -> Duration {
        Duration::from_millis(300) + self.delay * 3
    }
}

/// The line in which the cursor of a list stands.
pub fn cursor_row(screen: &Screen) -> Option<usize> {
    screen.rows(0, 1).position(|row| row.starts_with('▌'))
}
