//! `rolod doctor`: what keeps the data safe, a line each, and what to do about what is wrong.

use std::{collections::HashMap, path::Path};

use anyhow::bail;
use chrono::DateTime;
use rolo_proto::v1::{self as pb, Finding, Health};
use serde_json::{Map, Value as Json};

use super::{door::Door, say};
use crate::clock::Millis;

pub(super) async fn doctor(dir: &Path, json: bool) -> anyhow::Result<()> {
    let mut door = Door::open(dir).await?;
    let seen = door.call(pb::ExamineRequest {}, |mut host, r| async move { host.examine(r).await }).await;
    door.close().await?;
    let findings = seen?.findings;
    let zh = rolo_help::wants_chinese();
    for finding in &findings {
        if json {
            say(&as_json(finding, zh).to_string())?;
            continue;
        }
        let mark = match (finding.health(), zh) {
            (Health::Ok, false) => "ok   ",
            (Health::Ok, true) => "正常 ",
            (Health::Warn, false) => "warn ",
            (Health::Warn, true) => "警告 ",
            (_, false) => "FAIL ",
            (_, true) => "故障 ",
        };
        say(&format!("{mark} {}", what(finding, zh)))?;
        if let Some(help) = help(&finding.problem, zh) {
            say(&format!("      → {help}"))?;
        }
    }
    if findings.iter().any(|finding| finding.health() == Health::Fail) {
        bail!(
            "{}",
            if zh {
                "有故障，请按上面的提示处理"
            } else {
                "something is wrong; see the lines marked FAIL"
            }
        );
    }
    Ok(())
}

fn as_json(finding: &Finding, zh: bool) -> Json {
    let mut line = Map::new();
    line.insert("check".into(), finding.check.as_str().into());
    let health = match finding.health() {
        Health::Ok => "ok",
        Health::Warn => "warn",
        Health::Fail | Health::Unspecified => "fail",
    };
    line.insert("health".into(), health.into());
    line.insert("problem".into(), finding.problem.as_str().into());
    line.insert("text".into(), what(finding, zh).into());
    line.insert("help".into(), help(&finding.problem, zh).unwrap_or_default().into());
    let mut names: Vec<_> = finding.figures.iter().collect();
    names.sort();
    let figures: Map<_, _> = names.into_iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    line.insert("figures".into(), Json::Object(figures));
    Json::Object(line)
}

/// The figures as people read them.
struct Figures<'f>(&'f HashMap<String, String>);

impl Figures<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("-", String::as_str)
    }

    fn number(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or_default()
    }

    fn bytes(&self, name: &str) -> String {
        let bytes = self.number(name);
        match bytes {
            0..10_000 => format!("{bytes} B"),
            10_000..10_000_000 => format!("{} kB", bytes / 1_000),
            10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
            _ => format!("{} GB", bytes / 1_000_000_000),
        }
    }

    fn time(&self, name: &str) -> String {
        let at: Millis = self.number(name);
        DateTime::from_timestamp_millis(at).map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
    }
}

/// What was looked at and how it is.
fn what(finding: &Finding, zh: bool) -> String {
    let f = Figures(&finding.figures);
    let well = finding.health() == Health::Ok;
    let said = |en: String, cn: String| if zh { cn } else { en };
    match finding.check.as_str() {
        "owner" => said(
            format!(
                "owner: {} is served by process {}, Rolo {}",
                f.text("directory"),
                f.text("pid"),
                f.text("version")
            ),
            format!("所有者：{} 由进程 {} 提供服务，Rolo {}", f.text("directory"), f.text("pid"), f.text("version")),
        ),
        "writes" if well => said("writes: possible".into(), "写入：正常".into()),
        "writes" => said("writes: refused at the moment".into(), "写入：暂时被拒绝".into()),
        "integrity" => said(
            format!("database: quick_check says {}", f.text("quick_check")),
            format!("数据库：quick_check 结果 {}", f.text("quick_check")),
        ),
        "format" => said(
            format!("format: {} of {}", f.text("format"), f.text("known")),
            format!("格式版本：{}，本程序为 {}", f.text("format"), f.text("known")),
        ),
        "durability" => said(
            format!("durability: synchronous {}, journal {}", f.text("synchronous"), f.text("journal")),
            format!("持久性：synchronous {}，journal {}", f.text("synchronous"), f.text("journal")),
        ),
        "log" => said(format!("write-ahead log: {}", f.bytes("bytes")), format!("预写日志：{}", f.bytes("bytes"))),
        "space" => said(
            format!("space: {} free, the database takes {}", f.bytes("free"), f.bytes("database")),
            format!("磁盘空间：剩余 {}，数据库占用 {}", f.bytes("free"), f.bytes("database")),
        ),
        "clock" => {
            let now = f.time("now");
            if finding.figures.contains_key("at") {
                let (at, seconds) = (f.time("at"), f.number("by") / 1_000);
                said(
                    format!("clock: {now}; it last stepped at {at}, by {seconds} s"),
                    format!("时钟：{now}；最近一次跳变在 {at}，{seconds} 秒"),
                )
            } else {
                said(format!("clock: {now}, no step was seen"), format!("时钟：{now}，未发现跳变"))
            }
        }
        "audit" => said(
            format!(
                "audit log: {} rows, the last {} verify, head {}",
                f.text("rows"),
                f.text("verified"),
                f.text("head")
            ),
            format!("审计日志：{} 行，最后 {} 行校验通过，链头 {}", f.text("rows"), f.text("verified"), f.text("head")),
        ),
        "search" => said(
            format!("search index: {} of {} customers", f.text("indexed"), f.text("customers")),
            format!("搜索索引：客户 {} 个，已索引 {}", f.text("customers"), f.text("indexed")),
        ),
        "backup" if finding.figures.contains_key("at") => {
            said(format!("backup: last made {}", f.time("at")), format!("备份：最近一次 {}", f.time("at")))
        }
        "backup" => said("backup: none was ever made".into(), "备份：从未备份".into()),
        "files" if well => said("files: for their owner alone".into(), "文件权限：仅所有者可读写".into()),
        "files" => said(
            format!("files: others may read {}", f.text("files")),
            format!("文件权限：其他用户可访问 {}", f.text("files")),
        ),
        "sessions" => said(format!("sessions: {} open", f.text("open")), format!("会话：{} 个有效", f.text("open"))),
        other => other.to_owned(),
    }
}

/// What to do about a problem.
fn help(problem: &str, zh: bool) -> Option<&'static str> {
    let (en, cn) = match problem {
        "" => return None,
        "DISK_FULL" => ("free some space; writing goes on by itself", "请释放磁盘空间，之后会自动恢复写入"),
        "IO" => (
            "check the disk and the system's log; writing goes on by itself once the disk works",
            "请检查磁盘和系统日志，磁盘恢复后会自动恢复写入",
        ),
        "DAMAGED" | "damaged" => (
            "stop the server, keep rolo.db, rolo.db-wal and rolo.db-shm in another place, put the last backup in place of \
             rolo.db, and run `rolod doctor` again",
            "请停止服务器，把 rolo.db、rolo.db-wal、rolo.db-shm 移到别处保存，用最近的备份替换 rolo.db，再运行 `rolod doctor`",
        ),
        "FILE_READ_ONLY" => (
            "check the owner, the permissions and the mount of rolo.db, then restart the server",
            "请检查 rolo.db 的所有者、权限和挂载方式，然后重启服务器",
        ),
        "lock lost" => (
            "the file `lock` was replaced while the server runs: stop it and start it again, and leave the file alone",
            "运行期间 lock 文件被替换：请重启服务器，并不要改动该文件",
        ),
        "other format" => ("stop the server and start it with this version of Rolo", "请用当前版本的 Rolo 重启服务器"),
        "not durable" => (
            "writes may be lost in a power cut: restart the server; if it stays so, ask for help",
            "断电时可能丢失写入：请重启服务器，若仍如此请寻求帮助",
        ),
        "not asked" => (
            "writes are refused, so this could not be asked; see the line on writes",
            "写入被拒绝，无法查询，请看“写入”一行",
        ),
        "long log" => {
            ("restart the server when nobody works, which folds the log back", "请在空闲时重启服务器，日志会并回数据库")
        }
        "no space" => {
            ("free some space at once: the server is about to refuse writes", "请立即释放磁盘空间，否则即将无法写入")
        }
        "little space" => {
            ("free some space: there is no room for a copy of the database", "请释放磁盘空间：已放不下一份数据库副本")
        }
        "stepped" => (
            "check that the machine sets its clock by the network; times written around the step may be wrong",
            "请确认本机通过网络校时；跳变前后记录的时间可能不准",
        ),
        "chain broken" => (
            "run `rolod audit verify` to see where; somebody changed the file past the server",
            "请运行 `rolod audit verify` 查看位置；有人绕过服务器改动了文件",
        ),
        "index differs" => {
            ("searches may miss customers: make a backup and ask for help", "搜索可能漏掉客户：请先备份并寻求帮助")
        }
        "no backup" | "old backup" => {
            ("run `rolod backup FILE`, every day by a timer", "请运行 `rolod backup FILE`，并设为每日定时执行")
        }
        "open to others" => {
            ("chmod 700 the directory and 600 the files in it", "请将目录权限设为 700，其中文件设为 600")
        }
        _ => ("see the server's log", "请查看服务器日志"),
    };
    Some(if zh { cn } else { en })
}
