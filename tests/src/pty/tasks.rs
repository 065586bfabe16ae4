//! The key budgets of `tui.md`: each task is played on the screen, and its keys are counted as they are pressed.

use std::time::Duration;

use anyhow::{Result, ensure};
use vt100::Screen;

use super::{
    stage::{Door, Stage, cursor_row},
    table::Table,
};
use crate::terminal::Terminal;

/// Tasks of `tui.md` whose screens are not there yet.
const LATER: [&str; 3] = [
    "triage one request",
    "reprieve a churn warning with a measure",
    "this year's contribution and the orders behind the top customer",
];

/// Counts what is pressed; what is typed in quotes is text.
struct Fingers<'a> {
    rolo: &'a Terminal,
    door: &'a Door,
    pressed: usize,
}

impl Fingers<'_> {
    /// Presses keys and waits until the screen shows these texts.
    fn press(&mut self, keys: &str, shown: &[&str]) -> Result<()> {
        self.pressed += count(keys);
        self.rolo.keys(keys)?;
        self.rolo.wait_for(shown)?;
        self.rolo.settle(self.door.quiet())
    }

    /// Presses keys and waits until the header names the screen that they lead to.
    fn go(&mut self, (keys, name): (&str, &str)) -> Result<()> {
        self.press(keys, &[name])?;
        let named = |screen: &Screen| screen.contents().lines().next().is_some_and(|line| line.contains(name));
        self.rolo.wait_until(name, named)
    }

    /// What was pressed since the last time.
    fn counted(&mut self) -> usize {
        std::mem::take(&mut self.pressed)
    }

    /// Back to the list of all customers; not counted.
    fn home(&mut self) -> Result<()> {
        self.press("g c 2", &["客户 › 全部", "1–"])?;
        self.press("g g", &["1–"])?;
        self.rolo.wait_until("a row under the cursor", |screen| cursor_row(screen).is_some())?;
        self.pressed = 0;
        Ok(())
    }
}

fn count(keys: &str) -> usize {
    let (mut keys, mut rest) = (0, keys.trim());
    while !rest.is_empty() {
        let typed = rest.strip_prefix('\'').and_then(|inner| inner.split_once('\''));
        keys += usize::from(typed.is_none());
        rest = typed.map_or_else(|| rest.split_once(' ').unwrap_or((rest, "")).1, |(_, after)| after).trim_start();
    }
    keys
}

/// Plays every task.
pub fn play(stage: &Stage, table: &mut Table) -> Result<()> {
    let door = stage.door(Duration::ZERO)?;
    let rolo = stage.rolo(&door)?;
    let mut fingers = Fingers { rolo: &rolo, door: &door, pressed: 0 };
    let mut line = |task: &str, keys: usize, most: usize| {
        table.budget(task, format!("{keys} keys"), format!("≤ {most} keys"), keys <= most);
    };
    line("from any screen to any other", screens(&mut fingers)?, 2);
    line("find a customer by two characters and open it", find(&mut fingers, false)?, 3);
    line("the same by the initials of its pinyin", find(&mut fingers, true)?, 3);
    line("log a call with a next-contact date, saved", log(&mut fingers)?, 6);
    line("change one field of a record", change(&mut fingers)?, 4);
    line("export what is on the screen to XLSX", export(&mut fingers)?, 3);
    let assigner = stage.assigning(&door)?;
    let mut others = Fingers { rolo: &assigner, door: &door, pressed: 0 };
    line("assign ten selected opportunities to one manager", assign(&mut others)?, 3);
    assigner.quit()?;
    for task in LATER {
        table.figure(task, "not there yet");
    }
    rolo.quit()
}

/// The most keys from one screen to another, over every pair, each way.
fn screens(fingers: &mut Fingers<'_>) -> Result<usize> {
    let screens = [
        ("g c", "客户 ›"),
        ("g k", "联系人 ›"),
        ("g i", "交往记录 ›"),
        ("g o", "销售机会 ›"),
        ("g p", "产品 ›"),
        ("g b", "阶段看板"),
        ("g f", "月度预测"),
        ("g t", "今日"),
        ("g n", "通知"),
        (": 'dictionar' enter", "数据字典"),
        (": 'users' enter", "用户"),
    ];
    let mut most = 0;
    for (n, from) in screens.iter().enumerate() {
        fingers.go(*from)?;
        fingers.counted();
        for to in &screens[n + 1..] {
            for screen in [to, from] {
                fingers.go(*screen)?;
                most = most.max(fingers.counted());
            }
        }
    }
    Ok(most)
}

/// Opens the customer under the cursor by looking for it.
fn find(fingers: &mut Fingers<'_>, pinyin: bool) -> Result<usize> {
    fingers.home()?;
    let mut han = String::new();
    for _ in 0..40 {
        let row = fingers.rolo.look(|screen| {
            let row = cursor_row(screen).unwrap_or_default();
            screen.rows(0, screen.size().1.get()).nth(row).unwrap_or_default()
        });
        // The name stands behind the number; not everybody has a Chinese one.
        let name = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).nth(1).unwrap_or_default();
        han = name.chars().take(2).filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).collect();
        if han.chars().count() == 2 {
            break;
        }
        fingers.rolo.keys("j")?;
        fingers.rolo.settle(fingers.door.quiet())?;
    }
    ensure!(han.chars().count() == 2, "no Chinese name in the list");
    let initials: String = han.chars().filter_map(initial).collect();
    let text = if pinyin && initials.len() == 2 { &initials } else { &han };
    fingers.press(&format!("/ '{text}'"), &["1–", &han])?;
    fingers.press("enter enter", &["[资料]", &han])?;
    let keys = fingers.counted();
    fingers.press("esc", &["客户 ›"])?;
    fingers.rolo.keys("esc")?;
    fingers.rolo.settle(fingers.door.quiet())?;
    Ok(keys)
}

fn initial(han: char) -> Option<char> {
    rolo_server::text::readings(&han.to_string()).first()?.initials.chars().next()
}

fn log(fingers: &mut Fingers<'_>) -> Result<usize> {
    fingers.home()?;
    fingers.press("i", &["交往记录 ›", "新建", "ctrl-s"])?;
    fingers.press("'电话沟通' tab '报价已确认' tab tab tab '明天'", &["电话沟通", "报价已确认", "明天"])?;
    fingers.press("ctrl-s", &["保存成功"])?;
    Ok(fingers.counted())
}

fn change(fingers: &mut Fingers<'_>) -> Result<usize> {
    fingers.home()?;
    // Not every customer may be changed by everybody.
    for _ in 0..40 {
        if fingers.rolo.text().contains("e 编辑") {
            break;
        }
        fingers.rolo.keys("j")?;
        fingers.rolo.settle(fingers.door.quiet())?;
    }
    fingers.press("e", &["编辑", "ctrl-s"])?;
    fingers.press("/ 'dz' enter", &["编辑"])?;
    fingers.press("'科技路 1 号'", &["科技路 1 号"])?;
    fingers.press("ctrl-s", &["保存成功"])?;
    Ok(fingers.counted())
}

fn export(fingers: &mut Fingers<'_>) -> Result<usize> {
    fingers.home()?;
    fingers.press("x", &[".xlsx"])?;
    fingers.pressed += count("enter");
    fingers.rolo.keys("enter")?;
    // A large company takes longer than one waits for a screen.
    while let Err(error) = fingers.rolo.wait_for(&["行写入"]) {
        ensure!(fingers.rolo.look(|screen| screen.contents().contains("导出中")), error);
    }
    Ok(fingers.counted())
}

/// Assigns the first ten of the list, and takes that back; only what comes after selecting them counts.
fn assign(fingers: &mut Fingers<'_>) -> Result<usize> {
    fingers.press(&["space"; 10].join(" "), &["已选 10"])?;
    fingers.counted();
    fingers.press("a", &["指派给", "进行中"])?;
    fingers.press("1", &["10", "按 y 或回车执行"])?;
    fingers.press("y", &["e 编辑"])?;
    let keys = fingers.counted();
    // The list is on top again when all of it is done.
    let done = |screen: &Screen| screen.contents().contains("e 编辑") && !screen.contents().contains("已选");
    fingers.rolo.wait_until("nothing is selected any more", done)?;
    fingers.press("u", &["已撤销"])?;
    Ok(keys)
}
