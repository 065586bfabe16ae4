//! Numbers as people write them: `1,234.50`, full-width digits, `12万`, `1.5亿`, `1亿2000万`. For files and forms alike.
//! Exact: never through a binary fraction. Money signs, percentages and `1.2E+10` are refused rather than guessed.

use rust_decimal::Decimal;

use crate::strings::Lang;

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Not understood.
    NotANumber,
    /// Commas that do not part thousands: perhaps a decimal comma.
    Commas,
    /// `1.38E+10`: a spreadsheet has dropped digits.
    Scientific,
    /// A whole number is wanted.
    NotWhole,
    /// Too large.
    OutOfRange,
}

impl NumberError {
    /// What to tell the person.
    pub fn message(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::NotANumber, Lang::En) => "not a number",
            (Self::NotANumber, Lang::Zh) => "不是数字",
            (Self::Commas, Lang::En) => "the commas do not part thousands; the decimal sign is a point",
            (Self::Commas, Lang::Zh) => "逗号不是千位分隔符;小数点请用“.”",
            (Self::Scientific, Lang::En) => {
                "a spreadsheet has dropped digits (E+): format the column as text or number"
            }
            (Self::Scientific, Lang::Zh) => "电子表格丢失了位数(E+):请把该列设为文本或数值格式",
            (Self::NotWhole, Lang::En) => "a whole number is needed",
            (Self::NotWhole, Lang::Zh) => "需要整数",
            (Self::OutOfRange, Lang::En) => "the number is too large",
            (Self::OutOfRange, Lang::Zh) => "数字太大",
        }
    }
}

/// Full-width digits, letters and signs as their ASCII twins, the ideographic space as a space, other characters as they
/// are.
pub fn fold_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3000}' | '\u{a0}' => ' ',
            '−' => '-',
            other => other,
        })
        .collect()
}

/// A whole number.
pub fn parse_integer(text: &str) -> Result<i64, NumberError> {
    let number = parse_decimal(text)?;
    if !number.fract().is_zero() {
        return Err(NumberError::NotWhole);
    }
    i64::try_from(number.trunc()).map_err(|_| NumberError::OutOfRange)
}

/// A decimal number.
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    let folded = fold_width(text);
    let text = folded.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = Decimal::ZERO;
    let mut last_unit: Option<i64> = None;
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Err(NumberError::NotANumber);
    }
    // 1亿2000万 is a sum of parts with ever smaller units; a plain number is one part without a unit.
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !matches!(c, '0'..='9' | ',' | '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let (unit, after) = take_unit(after)?;
        let part = plain(number)?.checked_mul(Decimal::from(unit)).ok_or(NumberError::OutOfRange)?;
        // 3万5 means 35,000 to some and 30,005 to others: a rest without a unit has all its digits (1万5000).
        if let Some(last) = last_unit
            && (part >= Decimal::from(last) || (unit == 1 && 10_i64.checked_pow(digits as u32) != Some(last)))
        {
            return Err(NumberError::NotANumber);
        }
        total = total.checked_add(part).ok_or(NumberError::OutOfRange)?;
        last_unit = Some(unit);
        rest = after;
    }
    Ok(if negative { -total } else { total }.normalize())
}

/// The units at the start of a text, multiplied (千万), and what follows.
fn take_unit(mut text: &str) -> Result<(i64, &str), NumberError> {
    let mut unit = 1_i64;
    let start = text.trim_start();
    if start.starts_with(['e', 'E']) {
        return Err(NumberError::Scientific);
    }
    if start.starts_with(['百', '千', '万', '萬', '亿', '億']) {
        text = start;
    }
    while let Some(c) = text.chars().next() {
        let factor = match c {
            '百' => 100,
            '千' => 1_000,
            '万' | '萬' => 10_000,
            '亿' | '億' => 100_000_000,
            '0'..='9' if unit > 1 => break,
            _ => return Err(NumberError::NotANumber),
        };
        unit = unit.checked_mul(factor).ok_or(NumberError::OutOfRange)?;
        text = text.get(c.len_utf8()..).unwrap_or_default();
    }
    Ok((unit, text))
}

/// Digits, commas between thousands, one point.
fn plain(text: &str) -> Result<Decimal, NumberError> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.is_some_and(|fraction| fraction.contains(',')) {
        return Err(NumberError::Commas);
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || !is_digits(group) || !(1..=3).contains(&first.len()) {
            return Err(NumberError::Commas);
        }
        digits.push_str(group);
    }
    // `.5` and `5.` are numbers, `.` is none.
    let fraction = fraction.unwrap_or_default();
    let sound = |text: &str| text.is_empty() || is_digits(text);
    if (digits.is_empty() && fraction.is_empty()) || !sound(&digits) || !sound(fraction) {
        return Err(NumberError::NotANumber);
    }
    if digits.trim_start_matches('0').len() > 28 {
        return Err(NumberError::OutOfRange);
    }
    let digits = if digits.is_empty() { "0" } else { &digits };
    let number = if fraction.is_empty() { digits.to_owned() } else { format!("{digits}.{fraction}") };
    number.parse().map_err(|_| NumberError::OutOfRange)
}
