//! Hashing and verifying passwords: argon2id, 46 MiB, one pass, off the runtime and two at a time.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};

use crate::{
    error::{Error, Result},
    kernel::Kernel,
};

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(46 * 1_024, 1, 1, None).map_err(|e| Error::Internal(format!("argon2: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password, as a PHC string with its own salt.
///
/// # Errors
/// The machine has no randomness or memory.
pub fn hash(password: &str) -> Result<String> {
    hasher()?
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|e| Error::Internal(format!("argon2: {e}")))
}

/// Whether a password fits a hash. Without a hash the work is done all the same, and the answer is no.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    // Any valid hash costs the same as a real one.
    const NOBODY: &str =
        "$argon2id$v=19$m=47104,t=1,p=1$cm9sb3JvbG9yb2xvcm9sbw$5mZ7Ob5Vcd3DgWyJ2kH0s0iZ1zcCqI0uH5m5yFqW0hM";
    let Ok(hasher) = hasher() else { return false };
    // Somebody who came with an import has an account and no password.
    let stored = stored.filter(|hash| !hash.is_empty());
    let fits = PasswordHash::new(stored.unwrap_or(NOBODY))
        .is_ok_and(|hash| hasher.verify_password(password.as_bytes(), &hash).is_ok());
    fits && stored.is_some()
}

/// A password for one use: easy to read out, 80 random bits.
///
/// # Errors
/// The machine has no randomness.
pub fn one_time() -> Result<String> {
    // No letters or digits that look alike.
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
    let letters = bytes.iter().map(|byte| char::from(*LETTERS.get(usize::from(byte % 31)).unwrap_or(&b'a')));
    let mut password = String::new();
    for (place, letter) in letters.take(16).enumerate() {
        if place > 0 && place % 4 == 0 {
            password.push('-');
        }
        password.push(letter);
    }
    Ok(password)
}

impl Kernel {
    /// Hashes a password without holding up the runtime.
    ///
    /// # Errors
    /// As [`hash`].
    pub async fn hash_password(&self, password: String) -> Result<String> {
        let _place = self.hashing().acquire().await.map_err(|_| Error::Unavailable("the server stops".into()))?;
        tokio::task::spawn_blocking(move || hash(&password))
            .await
            .map_err(|e| Error::Internal(format!("hashing: {e}")))?
    }

    /// Verifies a password without holding up the runtime.
    ///
    /// # Errors
    /// The server stops.
    pub async fn verify_password(&self, password: String, stored: Option<String>) -> Result<bool> {
        let _place = self.hashing().acquire().await.map_err(|_| Error::Unavailable("the server stops".into()))?;
        tokio::task::spawn_blocking(move || verify(&password, stored.as_deref()))
            .await
            .map_err(|e| Error::Internal(format!("hashing: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other_and_nobody_fits_nothing() -> Result<()> {
        let stored = hash("correct horse")?;
        assert!(stored.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{stored}");
        assert!(verify("correct horse", Some(&stored)));
        assert!(!verify("correct hors", Some(&stored)));
        assert!(!verify("correct horse", None));
        assert_ne!(hash("correct horse")?, stored, "two people with one password must not share a hash");
        Ok(())
    }

    #[test]
    fn the_stand_in_for_an_unknown_user_is_a_real_hash() {
        assert!(
            PasswordHash::new(
                "$argon2id$v=19$m=47104,t=1,p=1$cm9sb3JvbG9yb2xvcm9sbw$5mZ7Ob5Vcd3DgWyJ2kH0s0iZ1zcCqI0uH5m5yFqW0hM"
            )
            .is_ok()
        );
    }
}
