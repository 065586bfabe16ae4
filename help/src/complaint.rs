//! What clap complains of, in Chinese.

use std::error::Error as _;

use clap::{
    builder::{StyledStr, Styles},
    error::{ContextKind, Error, ErrorFormatter, ErrorKind},
};

/// Complaints in Chinese; in place of clap's own formatter.
pub struct Chinese;

impl ErrorFormatter for Chinese {
    fn format_error(error: &Error<Self>) -> StyledStr {
        let styles = Styles::styled();
        let (red, valid) = (styles.get_error(), styles.get_valid());
        let of = |kind| error.get(kind).map(ToString::to_string).filter(|text| !text.is_empty());
        let mut text = format!("{red}错误：{red:#}{}", what(error));
        if let Some(values) = of(ContextKind::ValidValue).or_else(|| of(ContextKind::ValidSubcommand)) {
            text.push_str(&format!("\n  可选：{valid}{values}{valid:#}"));
        }
        let alike = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
        if let Some(alike) = alike.into_iter().find_map(of) {
            text.push_str(&format!("\n\n  是否想输入：{valid}{alike}{valid:#}"));
        }
        if let Some(clap::error::ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
            text.push_str(&format!("\n\n{}", usage.ansi().to_string().replacen("Usage:", "用法：", 1)));
        }
        text.push_str("\n\n详见 --help。\n");
        text.into()
    }
}

fn what(error: &Error<Chinese>) -> String {
    let of = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (arg, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::UnknownArgument => format!("没有参数“{arg}”"),
        ErrorKind::InvalidSubcommand => format!("没有命令“{}”", of(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => "缺少命令".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("缺少参数：{}", arg.replace(", ", "、")),
        ErrorKind::InvalidValue if value.is_empty() => format!("“{arg}”缺少取值"),
        ErrorKind::InvalidValue => format!("“{arg}”没有取值“{value}”"),
        // What the value's own reader says of it, which is English.
        ErrorKind::ValueValidation => match error.source() {
            Some(why) => format!("“{arg}”的取值“{value}”无效：{why}"),
            None => format!("“{arg}”的取值“{value}”无效"),
        },
        ErrorKind::ArgumentConflict => match of(ContextKind::PriorArg) {
            prior if prior == arg => format!("“{arg}”只能出现一次"),
            prior => format!("“{arg}”不能与“{prior}”同时使用"),
        },
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("“{arg}”的取值个数不对")
        }
        ErrorKind::NoEquals => format!("“{arg}”与取值之间应有 ="),
        ErrorKind::InvalidUtf8 => "参数不是有效的 UTF-8 文本".to_owned(),
        other => other.as_str().unwrap_or("命令有误").to_owned(),
    }
}
