//! Page sizes and page tokens.
//!
//! A token is where the last page ended, tagged with a keyed BLAKE3 over that and over who asked for what: it is worth
//! nothing to another person, with another filter, or in another order.

use prost::Message;

use crate::{
    authz::Actor,
    error::{Error, Result},
    settings::Settings,
};

/// Rows of a page when the caller does not say.
const DEFAULT: usize = 50;
/// The most rows of a page, and of a page of an export.
const MOST: usize = 200;
const MOST_EXPORT: usize = 1_000;

/// The rows that a page shall have.
pub fn size(asked: i32, export: bool) -> usize {
    let most = if export { MOST_EXPORT } else { MOST };
    match usize::try_from(asked) {
        Ok(0) | Err(_) => DEFAULT,
        Ok(size) => size.min(most),
    }
}

/// What a list's tokens are bound to: the person, the method, and everything of the request but its page.
#[derive(Debug, Clone)]
pub struct Binding {
    key: [u8; 32],
    bound: [u8; 32],
}

impl Binding {
    /// The binding of a request, from which the caller has cleared page size and token.
    pub fn new(settings: &Settings, actor: &Actor, method: &str, request: &impl Message) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&actor.user_id.to_le_bytes());
        hasher.update(method.as_bytes());
        hasher.update(&[0]);
        hasher.update(&request.encode_to_vec());
        Self { key: settings.token_key, bound: *hasher.finalize().as_bytes() }
    }

    /// The token for a position; empty for none.
    pub fn seal(&self, position: Option<&[u8]>) -> String {
        position.map_or_else(String::new, |position| {
            let mut token = hex(&self.tag(position));
            token.push_str(&hex(position));
            token
        })
    }

    /// The position in a token; none for the first page.
    ///
    /// # Errors
    /// `BAD_PAGE_TOKEN`.
    pub fn open(&self, token: &str) -> Result<Option<Vec<u8>>> {
        if token.is_empty() {
            return Ok(None);
        }
        let (tag, position) = token.split_at_checked(32).ok_or(Error::BadPageToken)?;
        let position = unhex(position).ok_or(Error::BadPageToken)?;
        // Not a secret in the sense of a password, but a comparison in constant time costs nothing.
        if subtle::ConstantTimeEq::ct_eq(hex(&self.tag(&position)).as_bytes(), tag.as_bytes()).into() {
            Ok(Some(position))
        } else {
            Err(Error::BadPageToken)
        }
    }

    fn tag(&self, position: &[u8]) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&self.bound);
        hasher.update(position);
        let mut tag = [0; 16];
        hasher.finalize_xof().fill(&mut tag);
        tag
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(*DIGITS.get(usize::from(nibble)).unwrap_or(&b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Back from [`hex`].
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
