//! What is random, and how it is compared.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::refusal::Refusal;

/// 256 random bits, as they travel.
pub(super) fn random() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Refusal::unavailable())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret that somebody else has.
pub(super) fn fingerprint(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()))
}

/// Whether two texts are equal. The digests are compared, so that not even the length shows in the
/// time that it takes.
pub(super) fn same(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|text| digest(&SHA256, text.as_bytes()));
    verify_slices_are_equal(one.as_ref(), other.as_ref()).is_ok()
}

/// What only somebody with `key` can write under `text`.
pub(super) fn seal(key: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_random_is_long_and_equals_itself_alone() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!((one.len(), other.len()), (43, 43));
        assert!(same(&one, &one.clone()));
        for wrong in [&other, "", &one[1..], &format!("{one} ")] {
            assert!(!same(&one, wrong));
        }
        assert_ne!(seal(&one, "a"), seal(&one, "b"));
        assert_ne!(seal(&one, "a"), seal(&other, "a"));
        assert_ne!(fingerprint(&one), one);
    }
}
