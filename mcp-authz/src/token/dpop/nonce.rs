//! Nonces that need no memory: the time, sealed.

use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;

use super::super::jose;

/// A new nonce is given out this often; the one before is good as well.
const STEP: Duration = Duration::from_secs(300);

const NUMBER: usize = size_of::<u64>();

/// Half of the code is more than can be guessed in ten minutes.
const CODE: usize = 16;

/// Makes and recognises the nonces of one resource (RFC 9449 §9).
pub(super) struct Nonces {
    /// The first one makes, all of them recognise. Never empty.
    keys: Vec<hmac::Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Current,
    /// Good, but soon no longer.
    Old,
}

impl Nonces {
    /// `None` without keys. Each key is used for this resource's nonces and nothing else.
    pub(super) fn new<'a>(keys: impl Iterator<Item = &'a [u8]>, resource: &str) -> Option<Self> {
        let label = format!("mcp-authz DPoP nonce for {resource}");
        let derive = |key: &[u8]| {
            let own = hmac::sign(&hmac::Key::new(HMAC_SHA256, key), label.as_bytes());
            hmac::Key::new(HMAC_SHA256, own.as_ref())
        };
        let keys: Vec<_> = keys.map(derive).collect();
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// The nonce to use from now on.
    pub(super) fn current(&self, now: SystemTime) -> Option<HeaderValue> {
        let nonce = write(self.keys.first()?, step(now));
        HeaderValue::try_from(nonce).ok()
    }

    /// Whether `nonce` is ours, and still good. A replica's clock may be a little ahead.
    pub(super) fn recognise(&self, nonce: &str, now: SystemTime) -> Option<Age> {
        let bytes = jose::decode(nonce).ok()?;
        let (number, code) = bytes.split_first_chunk::<NUMBER>()?;
        let (step, now) = (u64::from_be_bytes(*number), step(now));
        let known = |key| verify_slices_are_equal(&seal(key, step), code).is_ok();
        if step.abs_diff(now) > 1 || !self.keys.iter().any(known) {
            return None;
        }
        Some(if step < now { Age::Old } else { Age::Current })
    }
}

fn step(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs() / STEP.as_secs()
}

fn seal(key: &hmac::Key, step: u64) -> Vec<u8> {
    let code = hmac::sign(key, &step.to_be_bytes());
    code.as_ref().iter().copied().take(CODE).collect()
}

fn write(key: &hmac::Key, step: u64) -> String {
    URL_SAFE_NO_PAD.encode([step.to_be_bytes().as_slice(), &seal(key, step)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces(keys: &[&str], resource: &str) -> Nonces {
        Nonces::new(keys.iter().map(|key| key.as_bytes()), resource).unwrap()
    }

    #[test]
    fn a_nonce_is_good_for_two_steps_and_at_one_resource() {
        let start = SystemTime::UNIX_EPOCH + STEP * 1000;
        let ours = nonces(&["key"], "https://h/mcp");
        let header = ours.current(start).unwrap();
        let nonce = header.to_str().unwrap();
        let after = |nonces: &Nonces, seconds| {
            nonces.recognise(nonce, start + Duration::from_secs(seconds))
        };
        assert_eq!(after(&ours, 0), Some(Age::Current));
        assert_eq!(after(&ours, 299), Some(Age::Current));
        assert_eq!(after(&ours, 300), Some(Age::Old));
        assert_eq!(after(&ours, 599), Some(Age::Old));
        assert_eq!(after(&ours, 600), None);
        let ahead = ours.recognise(nonce, start - Duration::from_secs(1));
        assert_eq!(ahead, Some(Age::Current));
        let far_ahead = ours.recognise(nonce, start - Duration::from_secs(301));
        assert_eq!(far_ahead, None);
        assert_eq!(after(&nonces(&["key"], "https://h/other"), 0), None);
        assert_eq!(after(&nonces(&["other"], "https://h/mcp"), 0), None);
        let rotated = nonces(&["new", "key"], "https://h/mcp");
        assert_eq!(after(&rotated, 0), Some(Age::Current));
        for wrong in [
            "",
            "x",
            "AAAA",
            &nonce[1..],
            &format!("{nonce}AAAA"),
            &nonce[..11],
        ] {
            assert_eq!(ours.recognise(wrong, start), None, "{wrong}");
        }
    }
}
