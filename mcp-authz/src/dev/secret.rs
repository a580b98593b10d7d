//! Random secrets: never printed, compared in constant time.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A code, token, session id or client secret.
#[derive(Clone)]
pub(super) struct Secret(String);

impl Secret {
    /// 256 random bits.
    pub(super) fn random() -> Result<Self, Unspecified> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this secret. The digests are compared, so that not even the length
    /// shows in the time that it takes.
    pub(super) fn is(&self, candidate: &str) -> bool {
        let own = digest(&SHA256, self.0.as_bytes());
        let other = digest(&SHA256, candidate.as_bytes());
        verify_slices_are_equal(own.as_ref(), other.as_ref()).is_ok()
    }

    /// The key under which the store finds what belongs to this secret.
    pub(super) fn fingerprint(&self) -> String {
        fingerprint(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// BASE64URL(SHA-256(text)): the key of a stored secret (which makes the look-up independent of how
/// much of a guess is right), and the `S256` method of RFC 7636 §4.2.
pub(super) fn fingerprint(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// `at_hash` of OpenID Connect Core §3.1.3.6: the left half of the hash.
pub(super) fn left_half_hash(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    let half = hash.as_ref().split_at(hash.as_ref().len() / 2).0;
    URL_SAFE_NO_PAD.encode(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s256_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            fingerprint(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_secret_equals_itself_and_is_never_printed() {
        let secret = Secret::random().unwrap();
        assert!(secret.is(secret.expose()));
        assert!(!secret.is("") && !secret.is(&secret.expose()[1..]));
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(secret.expose().len(), 43);
    }
}
