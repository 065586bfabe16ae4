//! Phone numbers as digits, so that one number written in two ways is one (D2).

use super::fold::narrow;

/// The digits of one number: without country code of China, blanks, dashes and extension, half width.
///
/// An area code after the country code gets its 0 back (+86 10 8866 → 0108866), for so it is written at home. Other
/// country codes stay.
pub fn phone_key(number: &str) -> String {
    let narrow = narrow(number).to_lowercase();
    let end = ["转", "轉", "分机", "分機", "ext", "x", "#"].iter().filter_map(|mark| narrow.find(mark)).min();
    let (number, abroad) = match narrow.get(..end.unwrap_or(narrow.len())) {
        Some(number) => (number, number.trim_start().trim_start_matches('(').starts_with('+')),
        None => return String::new(),
    };
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = match digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86").filter(|_| abroad)) {
        Some(national) => national,
        // 86138… without a plus: eleven digits of a mobile number behind it leave no other meaning.
        None => match digits.strip_prefix("86").filter(|rest| is_mobile(rest)) {
            Some(mobile) => return mobile.to_owned(),
            None => return digits,
        },
    };
    let area_code = matches!(national.len(), 9..=11)
        && !is_mobile(national)
        && !["0", "400", "800"].iter().any(|start| national.starts_with(start));
    if area_code { ["0", national].concat() } else { national.to_owned() }
}

/// The keys of all numbers in one field, in order, each once; separated by `/ , ; 、 | ` or lines, in either width.
pub fn phones(field: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for part in field.split(['/', ',', ';', '、', '，', '；', '／', '|', '｜', '\n']) {
        let key = phone_key(part);
        if !key.is_empty() && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11
        && bytes.first() == Some(&b'1')
        && bytes.get(1).is_some_and(|second| (b'3'..=b'9').contains(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D2
    #[test]
    fn one_number_written_in_many_ways_has_one_key() {
        for written in [
            "+86 138-1234-5678",
            "0086 13812345678",
            "138 1234 5678",
            "１３８１２３４５６７８",
            "8613812345678",
            "(+86)138 1234 5678",
        ] {
            assert_eq!(phone_key(written), "13812345678", "{written}");
        }
        for written in [
            "010-88661234",
            "+86 10 8866 1234",
            "(010) 8866 1234 转 801",
            "010 88661234 ext. 5",
            "01088661234#9",
            "+86 (0)10 88661234",
        ] {
            assert_eq!(phone_key(written), "01088661234", "{written}");
        }
        assert_eq!(phone_key("+86 400-123-4567"), "4001234567");
        assert_eq!(phone_key("+44 20 7946 0000"), "442079460000");
        assert_eq!(phone_key("86-12345"), "8612345");
        assert_eq!(phone_key("无"), "");
    }

    /// D2
    #[test]
    fn a_field_with_several_numbers_gives_each_of_them_once() {
        assert_eq!(
            phones("010-88661234/13812345678，138 1234 5678；无、0755-1"),
            ["01088661234", "13812345678", "07551"]
        );
        assert_eq!(phones(""), Vec::<String>::new());
    }
}
