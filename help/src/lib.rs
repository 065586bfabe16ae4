//! The help and the complaints of a command line in 简体中文 (`tui.md` rule 12), for clap knows English only. What a command
//! and an argument say comes from a table beside the program's arguments; what clap itself says is here.

use std::{collections::BTreeSet, process::ExitCode};

use clap::{Arg, Command, CommandFactory, Parser, builder::Styles};
use unicode_width::UnicodeWidthStr as _;

mod complaint;

pub use complaint::Chinese;

/// A key and its text. The key of a command is the words that are typed after the program (`import list`, empty for the
/// program itself), that of an argument is the command's with `.` and the argument's id (`import list.limit`), that of a
/// possible value has `.` and the value besides. An argument's key without a command (`.json`) is for all commands that
/// have none of their own. Clap breaks lines at blanks only: a long text has its line breaks in it.
pub type Text = (&'static str, &'static str);

/// Columns of a usual terminal.
const COLUMNS: usize = 80;

/// Whether the environment wants Chinese: `ROLO_LANG`, else `LC_ALL`, `LC_MESSAGES`, `LANG`.
pub fn wants_chinese() -> bool {
    of_environment(|name| std::env::var(name).ok())
}

fn of_environment(get: impl Fn(&str) -> Option<String>) -> bool {
    let said = ["ROLO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(get).find(|said| !said.is_empty());
    said.is_some_and(|said| said.to_lowercase().starts_with("zh"))
}

/// The program's arguments; with a table, help and complaints are Chinese.
///
/// # Errors
/// The exit code, when there is nothing more to do: help and version are on stdout (0), a complaint on stderr (2).
pub fn parse<P: Parser>(chinese: Option<&[Text]>) -> Result<P, ExitCode> {
    let matches = command::<P>(chinese).try_get_matches();
    matches.and_then(|matches| P::from_arg_matches(&matches)).map_err(|error| {
        let code = u8::try_from(error.exit_code()).unwrap_or(2);
        // A closed pipe is nobody's error.
        let _ = match chinese {
            Some(_) => error.apply::<Chinese>().print(),
            None => error.print(),
        };
        ExitCode::from(code)
    })
}

/// The program's command; with a table, in Chinese.
pub fn command<P: CommandFactory>(chinese: Option<&[Text]>) -> Command {
    match chinese {
        Some(texts) => in_chinese(P::command(), texts),
        None => P::command(),
    }
}

/// The command with Chinese texts; what the table lacks stays English.
pub fn in_chinese(mut command: Command, texts: &[Text]) -> Command {
    // What clap adds (--help, --version, the command `help`) is there only now.
    command.build();
    translated(command, "", texts)
}

fn translated(command: Command, path: &str, texts: &[Text]) -> Command {
    let (template, is_help) = (template(&command), command.get_name() == "help");
    let about = if is_help { Some("显示本帮助或某个命令的帮助") } else { of_command(path, texts) };
    let command = command.help_template(template).mut_args(|arg| explained(arg, path, texts)).mut_subcommands(|one| {
        let path = below(path, one.get_name());
        translated(one, &path, texts)
    });
    match about {
        Some(about) => command.about(about),
        None => command,
    }
}

/// The path of a command; those below `help` are the commands themselves once more.
fn below(path: &str, name: &str) -> String {
    match (path, name) {
        (path, "help") => path.to_owned(),
        ("", name) => name.to_owned(),
        (path, name) => format!("{path} {name}"),
    }
}

fn of_command(path: &str, texts: &[Text]) -> Option<&'static str> {
    texts.iter().find(|(key, _)| *key == path).map(|(_, text)| *text)
}

/// Where the table has the text of an argument or value: its command's own, else that for all.
fn nth(path: &str, what: &str, texts: &[Text]) -> Option<usize> {
    let own = [path, what].concat();
    texts.iter().position(|(key, _)| *key == own).or_else(|| texts.iter().position(|(key, _)| *key == what))
}

fn of_argument(path: &str, what: &str, texts: &[Text]) -> Option<&'static str> {
    nth(path, what, texts).map(|nth| texts[nth].1)
}

/// An argument with its text, and behind it what clap would say in English: where else it is taken from, what it is
/// when nothing is said, and what it may be.
fn explained(arg: Arg, path: &str, texts: &[Text]) -> Arg {
    let id = format!(".{}", arg.get_id());
    match arg.get_id().as_str() {
        "help" if arg.get_long_help().is_some() => {
            return arg.help("显示帮助（--help 更详细）").long_help("显示帮助（-h 更简短）");
        }
        "help" => return arg.help("显示帮助"),
        "version" => return arg.help("显示版本"),
        _ => {}
    }
    let Some(text) = of_argument(path, &id, texts) else { return arg };
    let mut notes = Vec::new();
    if let Some(variable) = arg.get_env() {
        notes.push(format!("[环境变量：{}]", variable.to_string_lossy()));
    }
    let takes_value = arg.get_action().takes_values();
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes_value && !default.concat().is_empty() {
        notes.push(format!("[默认：{}]", default.join(" ")));
    }
    let values = if takes_value { arg.get_possible_values() } else { Vec::new() };
    let explained: Vec<_> = values
        .iter()
        .filter_map(|value| {
            let name = value.get_name();
            Some(format!("\n- {name}：{}", of_argument(path, &format!("{id}.{name}"), texts)?))
        })
        .collect();
    let arg = arg.hide_env(true).hide_default_value(true).hide_possible_values(true);
    let arg = if explained.is_empty() {
        arg
    } else {
        let notes = if notes.is_empty() { String::new() } else { format!("\n\n{}", notes.join(" ")) };
        arg.long_help(format!("{text}\n\n可选值：{}{notes}", explained.concat()))
    };
    if !values.is_empty() {
        let names: Vec<_> = values.iter().map(|value| value.get_name()).collect();
        notes.push(format!("[可选值：{}]", names.join(", ")));
    }
    notes.insert(0, text.to_owned());
    arg.help(notes.join(" "))
}

/// Clap's own layout, with Chinese headings.
fn template(command: &Command) -> String {
    let styles = Styles::styled();
    let (usage, header) = (styles.get_usage(), styles.get_header());
    let mut template = format!("{{about-with-newline}}\n{usage}用法：{usage:#} {{usage}}");
    let parts = [
        (command.has_subcommands(), "命令", "subcommands"),
        (command.get_positionals().next().is_some(), "参数", "positionals"),
        (command.get_arguments().any(|arg| !arg.is_positional()), "选项", "options"),
    ];
    for (_, heading, tag) in parts.into_iter().filter(|(any, _, _)| *any) {
        template.push_str(&format!("\n\n{header}{heading}：{header:#}\n{{{tag}}}"));
    }
    template
}

/// What is wrong with a table, for a program's test: commands, arguments and values without a text, texts that match
/// nothing, and one text for arguments that say different things in English.
pub fn gaps(command: &Command, texts: &[Text]) -> Vec<String> {
    let mut said: Vec<BTreeSet<String>> = vec![BTreeSet::new(); texts.len()];
    let mut gaps = Vec::new();
    visit(command, "", texts, &mut said, &mut gaps);
    for ((key, _), english) in texts.iter().zip(&said) {
        match english.len() {
            0 => gaps.push(format!("{key}: matches nothing")),
            1 => {}
            _ => gaps.push(format!("{key}: one text for {english:?}")),
        }
    }
    gaps
}

/// The lines of the Chinese help, short and long, that are wider than a usual terminal; for a program's test.
pub fn too_wide(command: Command, texts: &[Text]) -> Vec<String> {
    let mut wide = Vec::new();
    measure(in_chinese(command.term_width(COLUMNS), texts), &mut wide);
    wide
}

fn measure(mut command: Command, wide: &mut Vec<String>) {
    for help in [command.render_help(), command.render_long_help()] {
        wide.extend(help.to_string().lines().filter(|line| line.width() > COLUMNS).map(str::to_owned));
    }
    command.get_subcommands().for_each(|one| measure(one.clone(), wide));
}

fn visit(command: &Command, path: &str, texts: &[Text], said: &mut [BTreeSet<String>], gaps: &mut Vec<String>) {
    let mut found = |nth: Option<usize>, key: String, english: String| match nth {
        Some(nth) => drop(said[nth].insert(english)),
        None => gaps.push(format!("{key}: no text for {english:?}")),
    };
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    found(texts.iter().position(|(key, _)| *key == path), path.to_owned(), about);
    for arg in command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
        let id = format!(".{}", arg.get_id());
        let english = arg.get_help().map(ToString::to_string).unwrap_or_default();
        found(nth(path, &id, texts), [path, &id].concat(), english);
        for value in arg.get_possible_values() {
            let Some(english) = value.get_help().map(ToString::to_string) else { continue };
            let what = format!("{id}.{}", value.get_name());
            found(nth(path, &what, texts), [path, &what].concat(), english);
        }
    }
    for one in command.get_subcommands() {
        visit(one, &below(path, one.get_name()), texts, said, gaps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_something_says_the_language() {
        let wants = |set: &[(&str, &str)]| {
            of_environment(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(wants(&[("LANG", "zh_CN.UTF-8")]));
        assert!(wants(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_TW"), ("LANG", "C")]));
        assert!(wants(&[("ROLO_LANG", "ZH"), ("LC_ALL", "en_US")]));
        assert!(!wants(&[("LC_ALL", "C.UTF-8"), ("LANG", "zh_CN.UTF-8")]));
        assert!(!wants(&[]));
    }

    #[test]
    fn a_table_with_gaps_and_leftovers_is_told_so() {
        let arg = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help);
        let one = |name: &'static str, help: &'static str| Command::new(name).about(name).arg(arg("json", help));
        let command = Command::new("p").about("P").subcommands([one("a", "as JSON"), one("b", "a line each")]);
        let gaps = |texts: &[Text]| gaps(&command, texts);
        let rest = [("", "程序"), ("a", "甲"), ("b", "乙")];
        assert_eq!(gaps(&[&rest[..], &[("a.json", "一"), ("b.json", "二")]].concat()), [""; 0]);
        let told = gaps(&[&rest[..], &[(".json", "一")]].concat());
        assert!(told.len() == 1 && told[0].starts_with(".json: one text for"), "{told:?}");
        let told = gaps(&[&rest[..2], &[("a.json", "一"), ("c", "丙")]].concat());
        assert_eq!(told, [r#"b: no text for "b""#, r#"b.json: no text for "a line each""#, "c: matches nothing"]);
    }
}
