//! What a client carries and cannot read: in a handler's cursor it could see how much lies between two
//! pages, and the state of an exchange says whatever a handler wrote.
//!
//! rmcp's codec around it says for whom, for what and until when. It signs, and leaves what it signs
//! to be read.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use zeroize::Zeroizing;

/// Keeps these keys apart from what else is done with the sealing keys.
const LABEL: &[u8] = b"mcp-authz: what a client carries and cannot read";

/// What is encrypted is as long as the next multiple of this, in bytes: the length of an offset would
/// say how far it leads.
const STEP: usize = 64;

/// Ends the text (ISO/IEC 7816-4); zeros follow.
const END: u8 = 0x80;

/// The keys of one server: the first encrypts, all of them decrypt.
#[derive(Clone)]
pub(crate) struct Cipher(Vec<Prk>);

impl Cipher {
    pub(crate) fn new<'a>(keys: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let salt = Salt::new(HKDF_SHA256, LABEL);
        Self(keys.into_iter().map(|key| salt.extract(key)).collect())
    }

    /// `text`, to be read with the same `binding` alone; the nonce comes last.
    pub(super) fn encrypt(&self, text: &str, binding: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let key = key(self.0.first().ok_or(Unspecified)?, binding)?;
        let mut sealed = text.as_bytes().to_vec();
        sealed.push(END);
        sealed.resize(sealed.len().next_multiple_of(STEP), 0);
        let nonce = key.seal_in_place_append_tag(Aad::from(binding), &mut sealed)?;
        sealed.extend_from_slice(nonce.as_ref());
        Ok(sealed)
    }

    pub(super) fn decrypt(&self, sealed: &[u8], binding: &[u8]) -> Option<String> {
        let (sealed, nonce) = sealed.split_last_chunk::<NONCE_LEN>()?;
        let mut keys = self.0.iter();
        let padded = keys.find_map(|prk| open(&key(prk, binding).ok()?, sealed, nonce, binding))?;
        let end = padded.iter().rposition(|byte| *byte != 0)?;
        let (text, end) = padded.get(..=end)?.split_at_checked(end)?;
        (end == [END]).then(|| String::from_utf8(text.to_vec()).ok())?
    }
}

/// The key for one binding, which is as good as one for each owner and purpose: random nonces repeat
/// only after more messages than one of those ever gets.
fn key(prk: &Prk, binding: &[u8]) -> Result<RandomizedNonceKey, Unspecified> {
    let mut key = Zeroizing::new([0; 32]);
    let (info, length) = ([binding], &AES_256_GCM);
    prk.expand(&info, length)?.fill(key.as_mut_slice())?;
    RandomizedNonceKey::new(&AES_256_GCM, key.as_slice())
}

fn open(
    key: &RandomizedNonceKey,
    sealed: &[u8],
    nonce: &[u8; NONCE_LEN],
    binding: &[u8],
) -> Option<Vec<u8>> {
    let mut bytes = sealed.to_vec();
    let opened = key.open_in_place(Nonce::from(nonce), Aad::from(binding), &mut bytes);
    let length = opened.ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(keys: &[u8]) -> Cipher {
        let keys: Vec<[u8; 32]> = keys.iter().map(|key| [*key; 32]).collect();
        Cipher::new(keys.iter().map(<[u8; 32]>::as_slice))
    }

    #[test]
    fn whatever_it_is_comes_back_and_only_where_it_belongs() {
        let own = cipher(&[1]);
        for text in ["", "10", "\0", "x\u{80}\0\0", &"é".repeat(5_000)] {
            let sealed = own.encrypt(text, b"alice").unwrap();
            assert_eq!(own.decrypt(&sealed, b"alice").as_deref(), Some(text));
            assert_eq!(own.decrypt(&sealed, b"bob"), None);
            assert_eq!(cipher(&[2]).decrypt(&sealed, b"alice"), None);
            for place in [0, sealed.len() / 2, sealed.len() - 1] {
                let mut other = sealed.clone();
                other[place] ^= 1;
                assert_eq!(own.decrypt(&other, b"alice"), None);
            }
            for length in 0..sealed.len().min(100) {
                assert_eq!(own.decrypt(&sealed[..length], b"alice"), None);
            }
        }
        assert!(cipher(&[]).encrypt("text", b"alice").is_err());
    }

    #[test]
    fn neither_its_text_nor_its_length_nor_its_equals_can_be_told() {
        let own = cipher(&[1]);
        let sealed = |text: &str| own.encrypt(text, b"alice").unwrap();
        let secret = "a secret of the handler's";
        let shown = sealed(secret);
        let mut windows = shown.windows(5);
        assert!(!windows.any(|window| secret.as_bytes().windows(5).any(|part| part == window)));
        assert_ne!(sealed("10"), sealed("10"));
        assert_eq!(sealed("9").len(), sealed("1000000").len());
    }

    #[test]
    fn an_old_key_still_opens_and_the_first_one_seals() {
        let (old, new, both) = (cipher(&[1]), cipher(&[2]), cipher(&[2, 1]));
        let of_old = old.encrypt("text", b"").unwrap();
        assert_eq!(both.decrypt(&of_old, b"").as_deref(), Some("text"));
        let of_both = both.encrypt("text", b"").unwrap();
        assert_eq!(new.decrypt(&of_both, b"").as_deref(), Some("text"));
        assert_eq!(old.decrypt(&of_both, b""), None);
    }
}
