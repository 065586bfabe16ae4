//! How a client comes to know a server: its address, the fingerprint of its certificate, and the one line that carries
//! both from the server's administrator to a person, the join code:
//!
//! ```text
//! crm.example.com:7656/<32 bytes of fingerprint, 5 bytes of checksum: 60 letters and digits>
//! ```
//!
//! The letters are Crockford's base 32: either case, `o` for 0, `i` and `l` for 1. The checksum covers the address too,
//! so a mistyped code is told instead of leading elsewhere.

use std::{fmt, net::IpAddr, str::FromStr};

use sha2::{Digest, Sha256};

/// The port where nothing else is said (`ROLO` on a telephone's keys).
pub const PORT: u16 = 7656;

/// Where a server listens: a host's name or IP address, and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// The name or IP address, in small letters, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn new(host: &str, port: Option<&str>) -> Option<Self> {
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port > 0)?,
            None => PORT,
        };
        let host = host.to_ascii_lowercase();
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        let name = (1..=253).contains(&host.len()) && host.bytes().all(named);
        (name || host.parse::<IpAddr>().is_ok()).then_some(Self { host, port })
    }
}

impl FromStr for Address {
    type Err = Malformed;

    /// `HOST`, `HOST:PORT`, `[IPV6]:PORT` or `IPV6`.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let parts = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(Malformed::Address)?)),
            None => match text.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        Self::new(parts.0, parts.1).ok_or(Malformed::Address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// The SHA-256 of a certificate in its binary form (DER); shown as `SHA256` and eight groups of eight hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of this certificate.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SHA256")?;
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if i % 4 == 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for Fingerprint {
    type Err = Malformed;

    /// As it is shown, with or without its groups.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let digits = text.strip_prefix("SHA256").unwrap_or(text).chars().filter(|c| !c.is_whitespace());
        let digits = digits.map(nibble).collect::<Option<Vec<_>>>().ok_or(Malformed::Fingerprint)?;
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(Malformed::Fingerprint);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |value, digit| value << 4 | digit);
        }
        Ok(Self(bytes))
    }
}

fn nibble(digit: char) -> Option<u8> {
    digit.to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// An address and the fingerprint of the certificate that is shown there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCode {
    /// Where the server listens.
    pub address: Address,
    /// Its certificate's.
    pub fingerprint: Fingerprint,
}

/// Why a text is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Not `HOST:PORT`.
    Address,
    /// Not 64 hex digits.
    Fingerprint,
    /// Not a join code at all.
    Code,
    /// A join code with something mistyped.
    Checksum,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "not an address: it takes HOST or HOST:PORT",
            Self::Fingerprint => "not a fingerprint: it takes 64 hex digits",
            Self::Code => "not a join code: it looks like HOST:PORT/ and 60 letters and digits",
            Self::Checksum => "the join code has a typing error",
        })
    }
}

impl std::error::Error for Malformed {}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters behind the slash: 37 bytes of five bits each, the last one filled up with zeros.
const LETTERS: usize = 60;

impl JoinCode {
    /// The first five bytes of a digest of everything.
    fn checksum(&self) -> [u8; 5] {
        let digest = Sha256::new().chain_update("rolo join 1\n").chain_update(self.plain_address());
        let digest: [u8; 32] = digest.chain_update(self.fingerprint.0).finalize().into();
        [digest[0], digest[1], digest[2], digest[3], digest[4]]
    }

    /// Without the brackets of IPv6, which a shell takes for a pattern: the port is behind the last colon.
    fn plain_address(&self) -> String {
        format!("{}:{}", self.address.host, self.address.port)
    }
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.plain_address())?;
        let (mut bits, mut held) = (0_u32, 0);
        let bytes = self.fingerprint.0.into_iter().chain(self.checksum());
        // A last zero byte fills up the last letter.
        for byte in bytes.chain([0]) {
            bits = (bits << 8 | u32::from(byte)) & 0xfff;
            held += 8;
            while held >= 5 {
                held -= 5;
                write!(f, "{}", char::from(ALPHABET[(bits >> held & 31) as usize]))?;
            }
        }
        Ok(())
    }
}

impl FromStr for JoinCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (address, letters) = text.trim().rsplit_once('/').ok_or(Malformed::Code)?;
        let (host, port) = address.rsplit_once(':').ok_or(Malformed::Code)?;
        let address = Address::new(host, Some(port)).ok_or(Malformed::Code)?;
        let mut bytes = Vec::with_capacity(38);
        let (mut bits, mut held) = (0_u32, 0);
        let mut count = 0;
        for letter in letters.chars() {
            bits = (bits << 5 | value(letter).ok_or(Malformed::Checksum)?) & 0xfff;
            held += 5;
            count += 1;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held & 255) as u8);
            }
        }
        let (Some(fingerprint), Some(checksum)) = (bytes.first_chunk::<32>(), bytes.get(32..)) else {
            return Err(Malformed::Code);
        };
        let code = Self { address, fingerprint: Fingerprint(*fingerprint) };
        let filled_up = bits & ((1 << held) - 1) == 0;
        match count == LETTERS && filled_up && checksum == code.checksum() {
            true => Ok(code),
            false => Err(Malformed::Checksum),
        }
    }
}

/// The value of a letter; those that are mistaken for one another count as the same.
fn value(letter: char) -> Option<u32> {
    let letter = match letter.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    ALPHABET.iter().position(|known| char::from(*known) == letter).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codes() -> impl Strategy<Value = JoinCode> {
        let hosts = prop_oneof![
            "[a-z][a-z0-9-]{0,20}(\\.[a-z]{2,5}){0,2}",
            Just("2001:db8::7".to_owned()),
            Just("192.0.2.1".to_owned())
        ];
        (hosts, 1_u16.., any::<[u8; 32]>()).prop_map(|(host, port, bytes)| JoinCode {
            address: Address { host, port },
            fingerprint: Fingerprint(bytes),
        })
    }

    proptest! {
        #[test]
        fn a_join_code_says_what_it_was_made_of(code in codes()) {
            let text = code.to_string();
            prop_assert_eq!(&text.parse::<JoinCode>(), &Ok(code.clone()));
            prop_assert_eq!(&text.to_uppercase().parse::<JoinCode>(), &Ok(code.clone()));
            prop_assert!(!text.contains(['[', ']', ' ', '*', '?']), "a shell takes it as it is: {}", text);
            prop_assert_eq!(code.address.to_string().parse::<Address>(), Ok(code.address.clone()));
            prop_assert_eq!(code.fingerprint.to_string().parse::<Fingerprint>(), Ok(code.fingerprint));
        }

        /// A character that is wrong, missing, doubled or changed places with its neighbour, anywhere.
        #[test]
        fn every_single_typo_is_told(code in codes(), at: prop::sample::Index, typed in "[ -~]", how in 0..4) {
            let text = code.to_string();
            let mut letters: Vec<char> = text.chars().collect();
            let at = at.index(letters.len());
            let typed = typed.chars().next().unwrap_or('x');
            match how {
                0 => letters[at] = typed,
                1 => drop(letters.remove(at)),
                2 => letters.insert(at, typed),
                _ => letters.swap(at, (at + 1) % text.len()),
            }
            let wrong: String = letters.iter().collect();
            let read = wrong.parse::<JoinCode>();
            // What counts as the same letter is no typo.
            prop_assert!(read.is_err() || read == Ok(code), "{} was taken for {}", wrong, text);
        }
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        for (typed, meant) in [
            ("crm.example.com", "crm.example.com:7656"),
            ("CRM.example.com:7000", "crm.example.com:7000"),
            ("192.0.2.1:7000", "192.0.2.1:7000"),
            ("[2001:db8::7]:7000", "[2001:db8::7]:7000"),
            ("2001:db8::7", "[2001:db8::7]:7656"),
        ] {
            assert_eq!(read(typed).as_deref(), Ok(meant), "{typed}");
        }
        for wrong in ["", ":7000", "a:", "a:0", "a:70000", "a b", "[::1", "[::1]7000", "华盛:7000", "a/b"] {
            assert_eq!(read(wrong), Err(Malformed::Address), "{wrong}");
        }
    }
}
