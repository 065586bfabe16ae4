//! Numbers and amounts as people write them, read alike wherever they are typed and in the cells of a file: `1,234.50`,
//! full-width digits and signs, `12万`, `1.5亿`, `¥8,000元`. Exact, never through a binary fraction. What could mean
//! something else is refused rather than guessed: `1,5`, `0,123`, `1 000`, `1.5e3`.

use rust_decimal::Decimal;

/// Amounts are in ten-thousandths of the unit of the currency.
const PARTS: i64 = 10_000;
const WAN: i64 = 10_000;
/// How the yuan is written.
const YUAN: &[&str] = &["¥", "￥", "元", "圆"];
/// What multiplies, the longer before what it ends with.
const UNITS: [(&str, i64); 7] = [
    ("百万", 100 * WAN),
    ("千万", 1_000 * WAN),
    ("万", WAN),
    ("萬", WAN),
    ("亿", WAN * WAN),
    ("億", WAN * WAN),
    ("千", 1_000),
];

/// A company's currency, by its ISO 4217 code. Amounts may carry its code or sign, before or behind. Those of another are
/// refused: taken for the company's own it would be a wrong amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The yuan (人民币).
    pub const CNY: Self = Self(*b"CNY");

    /// Of a code; the yuan for what is none.
    pub fn of(code: &str) -> Self {
        code.as_bytes().try_into().map_or(Self::CNY, Self)
    }

    fn signs(self) -> &'static [&'static str] {
        match &self.0 {
            b"CNY" => YUAN,
            b"USD" => &["US$", "$", "美元"],
            b"EUR" => &["€", "欧元"],
            b"GBP" => &["£", "￡", "英镑"],
            b"JPY" => &["¥", "￥", "円", "日元"],
            b"HKD" => &["HK$", "$", "港元"],
            b"TWD" => &["NT$", "$", "新台币"],
            b"SGD" => &["S$", "$", "新元"],
            b"KRW" => &["₩", "￦", "韩元"],
            b"INR" => &["₹"],
            _ => &[],
        }
    }

    /// An amount without code and sign.
    fn strip(self, given: &str) -> &str {
        let code = str::from_utf8(&self.0).unwrap_or_default();
        let mut names = std::iter::once(code).chain(self.signs().iter().copied());
        // "¥8,000元" has both.
        let plain = names.clone().find_map(|name| given.strip_prefix(name)).unwrap_or(given);
        names.find_map(|name| plain.strip_suffix(name)).unwrap_or(plain).trim()
    }
}

/// A whole number. In a field that is kept in tens of thousands of the currency (万元), a number that names a unit or the
/// currency counts single ones: 12万 is 12 there, 1.5亿 15,000 and 8000000元 800.
pub fn whole(text: &str, in_wan: bool, currency: Currency) -> Option<i64> {
    let (number, counts_ones) = read(text, currency)?;
    let number = if in_wan && counts_ones { number.checked_div(Decimal::from(WAN))? } else { number };
    to_whole(number)
}

/// An amount of money in ten-thousandths, with at most four decimals.
pub fn amount(text: &str, currency: Currency) -> Option<i64> {
    to_whole(read(text, currency)?.0.checked_mul(Decimal::from(PARTS))?)
}

/// A number with or without decimals.
pub fn decimal(text: &str) -> Option<Decimal> {
    read(text, Currency::CNY).map(|(number, _)| number)
}

/// The number as an integer, if it is one.
pub fn to_whole(number: Decimal) -> Option<i64> {
    number.is_integer().then(|| i64::try_from(number).ok()).flatten()
}

/// The number, and whether it names a unit or a currency.
fn read(text: &str, currency: Currency) -> Option<(Decimal, bool)> {
    let folded: String = text.chars().map(narrow).collect();
    let given = folded.trim();
    let plain = currency.strip(given);
    let (digits, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((plain.strip_suffix(name)?.trim_end(), *unit))).unwrap_or((plain, 1));
    let number = Decimal::from_str_exact(&ungrouped(digits)?).ok()?.checked_mul(Decimal::from(unit))?;
    Some((number, plain.len() != given.len() || unit > 1))
}

/// Full-width forms as ASCII, and the Chinese full stop, which keyboards type in place of the point.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '。' => '.',
        '−' => '-',
        c => c,
    }
}

/// A sign, digits and a point, without the commas between thousands; none if commas stand elsewhere.
fn ungrouped(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3);
    let digits = whole.replace(',', "");
    let known = are_digits(&digits) && are_digits(fraction) && !(digits.is_empty() && fraction.is_empty());
    let sign = if text.starts_with('-') { "-" } else { "" };
    (known && (grouped || !whole.contains(','))).then(|| format!("{sign}0{digits}.{fraction}0"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(text: &str) -> Option<i64> {
        super::amount(text, Currency::CNY)
    }

    /// tui.md 10
    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, expected) in [
            ("12", 120_000),
            ("１２．５", 125_000),
            ("12。5", 125_000),
            ("1,000,000.50", 10_000_005_000),
            ("１，０００，０００．５０", 10_000_005_000),
            ("1000000.5", 10_000_005_000),
            ("¥1,234,567.89", 12_345_678_900),
            ("￥ 1，234", 12_340_000),
            ("CNY 1,234", 12_340_000),
            ("12万", 1_200_000_000),
            ("12 万元", 1_200_000_000),
            ("1.5亿元", 1_500_000_000_000),
            ("3百万", 30_000_000_000),
            ("1.2千万元", 120_000_000_000),
            ("5千", 50_000_000),
            ("3000元", 30_000_000),
            (" 7 ", 70_000),
            ("-5", -50_000),
            ("−5", -50_000),
            ("+5", 50_000),
            (".5", 5_000),
            ("5.", 50_000),
            ("007", 70_000),
            ("0", 0),
            ("0.0001", 1),
            ("1.50000", 15_000),
        ] {
            assert_eq!(amount(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_or_could_be_another_is_refused() {
        for text in [
            "",
            " ",
            ".",
            "-",
            "¥",
            "万",
            "元",
            "abc",
            "about 5",
            "$18.00",
            "€5",
            "1,2,3",
            "1,5",
            "12,34",
            "1,2345",
            "1234,567",
            ",5",
            "1,,000",
            "1,",
            "0,123",
            "1.5,000",
            "1.234,5",
            "1.2.3",
            "1.5e3",
            "1.5E+10",
            "1e5",
            "1 000",
            "1_000",
            "1、234",
            "--1",
            "+-1",
            "12kg",
            "12k",
            "12M",
            "12%",
            "0x10",
            "NaN",
            "inf",
            "1万2",
            "1万亿5",
            "五万",
            "1.00001",
            "1.0000000000000000000000000000000001",
            "99999999999999亿",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(amount(text), None, "{text}");
        }
    }

    /// What is shown can be typed: `$ 5` and `5 EUR`.
    #[test]
    fn an_amount_may_carry_the_sign_or_code_of_the_companys_currency_and_of_no_other() {
        for (code, taken, refused) in [
            ("USD", &["$5", "$ 5", "US$5", "＄5", "USD 5", "5 USD", "5美元"][..], &["¥5", "5元", "€5", "CNY 5"][..]),
            ("EUR", &["€5", "5 €", "5 EUR", "EUR5"], &["$5", "£5", "¥5"]),
            ("JPY", &["¥5", "￥5", "5円", "5 JPY"], &["5元", "$5"]),
            ("CHF", &["5 CHF", "CHF 5", "5"], &["$5", "Fr. 5"]),
            ("CNY", &["¥5", "5元", "¥5元", "CNY 5", "5 CNY"], &["$5", "€5", "$", "CNY", "¥¥5"]),
        ] {
            for text in taken {
                assert_eq!(super::amount(text, Currency::of(code)), Some(50_000), "{text} in {code}");
            }
            for text in refused {
                assert_eq!(super::amount(text, Currency::of(code)), None, "{text} in {code}");
            }
        }
        assert_eq!(super::amount("$ 12万", Currency::of("USD")), Some(1_200_000_000));
    }

    #[test]
    fn whole_numbers_have_no_decimals_and_in_wan_a_unit_counts_yuan() {
        for (text, in_wan, expected) in [
            ("1,234,567", false, Some(1_234_567)),
            ("１，２３４", false, Some(1_234)),
            ("3.0", false, Some(3)),
            ("12万", false, Some(120_000)),
            ("1.5亿", false, Some(150_000_000)),
            ("¥8,000元", false, Some(8_000)),
            ("500", true, Some(500)),
            ("12万", true, Some(12)),
            ("1.5亿", true, Some(15_000)),
            ("500万元", true, Some(500)),
            ("8,000,000元", true, Some(800)),
            ("800元", true, None),
            ("1.5", false, None),
            ("9223372036854775808", false, None),
        ] {
            assert_eq!(whole(text, in_wan, Currency::CNY), expected, "{text}");
        }
        assert_eq!(whole("$8,000,000", true, Currency::of("USD")), Some(800));
        assert_eq!(whole("8,000,000元", true, Currency::of("USD")), None, "of another currency");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in any::<String>(), number in "[-+0-9０-９,，.。 ¥元万亿千e]{0,24}") {
            let _ = (amount(&text), whole(&text, true, Currency::CNY), amount(&number), whole(&number, true, Currency::CNY));
        }

        #[test]
        fn an_amount_is_read_as_it_is_shown(parts in -1_000_000_000_000_000_i64..1_000_000_000_000_000) {
            let plain = Decimal::new(parts, 4).to_string();
            prop_assert_eq!(amount(&plain), Some(parts));
        }
    }
}
