//! Tokens seen before: a hash of the token, and the caller that it stood for.

use std::hash::{Hash, Hasher};
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::jwks::KeyId;
use crate::auth_info::{AuthInfo, Grants, Kept};
use crate::clock::Moment;

/// How much all entries of one cache may weigh, in bytes of memory: a hundred thousand usual tokens.
const CAPACITY: u64 = 88 * 1024 * 1024;

/// A usual entry, for the size of the table.
const USUAL: u64 = 880;

/// What the table itself needs for an entry: key, value, place in the queue, slack.
const SLOT: u64 = 160;

/// SHA-256 of a token: the token itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenHash([u8; 32]);

/// The place in a table. SHA-256 has mixed the bytes already, so the first of them are enough; that two
/// tokens are the same is for all of them to say.
impl Hash for TokenHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
    }
}

impl TokenHash {
    pub(crate) fn of(token: impl AsRef<[u8]>) -> Self {
        let hash = digest(&SHA256, token.as_ref());
        let mut own = [0; 32];
        own.copy_from_slice(hash.as_ref());
        Self(own)
    }
}

/// Why an entry may be believed, and for how long.
#[derive(Clone, Copy)]
pub(crate) enum Basis {
    /// This key verified the token: as long as the issuer has it, and until then.
    Key(KeyId, Moment),
    /// The issuer said so: until then.
    Answer(Moment),
}

#[derive(Clone)]
struct Entry {
    caller: Kept,
    basis: Basis,
}

#[derive(Clone)]
struct ByMemory;

impl Weighter<TokenHash, Entry> for ByMemory {
    fn weight(&self, _: &TokenHash, entry: &Entry) -> u64 {
        SLOT + entry.caller.weight()
    }
}

/// Verified tokens of one issuer at one resource, bounded in memory and so in entries.
pub(crate) struct Memory {
    entries: Cache<TokenHash, Entry, ByMemory>,
    grants: Grants,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let usual = (CAPACITY / USUAL) as usize;
        Self {
            entries: Cache::with_weighter(usual, CAPACITY, ByMemory),
            grants: Grants::default(),
        }
    }

    /// The caller, if `stands` says of its entry (basis, `exp`) that the token would verify now.
    ///
    /// What cannot change (signature, issuer, audience) was checked when the entry was made.
    pub(crate) fn get(
        &self,
        token: TokenHash,
        stands: impl FnOnce(Basis, Option<SystemTime>) -> bool,
    ) -> Option<AuthInfo> {
        let Entry { caller, basis } = self.entries.get(&token)?;
        if stands(basis, caller.expires_at()) {
            return Some(caller.caller());
        }
        self.entries.remove(&token);
        None
    }

    /// Remembers a verified token.
    pub(crate) fn insert(&self, token: TokenHash, caller: &AuthInfo, basis: Basis) {
        let caller = self.grants.keep(caller);
        self.entries.insert(token, Entry { caller, basis });
    }

    pub(crate) fn forget(&self, token: TokenHash) {
        self.entries.remove(&token);
    }

    pub(crate) fn forget_subject(&self, issuer: &str, subject: &str) {
        self.entries
            .retain(|_, entry| !entry.caller.is(issuer, subject));
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::{Value, json};

    use super::*;
    use crate::clock::{Clock as _, SystemClock};
    use crate::scope::ScopeSet;

    /// A caller as providers make them, with `more` bytes in a claim of its own.
    fn caller(number: u32, more: usize) -> AuthInfo {
        let subject = format!("auth0|65a1b2c3d4e5f6{number:08}");
        let claims = json!({
            "iss": "https://tenant.example.com/oidc", "aud": "https://mcp.example.com/mcp",
            "sub": subject, "client_id": "smartmail-7f3k2j5h6g", "scope": "openid profile email mail:send",
            "exp": 1_900_000_000 + number, "iat": 1_900_000_000, "jti": format!("{number:032x}"),
            "name": "Alice Example", "email": format!("alice{number}@example.com"), "email_verified": true,
            "picture": "x".repeat(more),
        });
        let Value::Object(claims) = claims else {
            unreachable!()
        };
        AuthInfo::builder("https://tenant.example.com/oidc")
            .subject(subject)
            .client_id("smartmail-7f3k2j5h6g")
            .scopes(ScopeSet::parse("openid profile email mail:send"))
            .audience(["https://mcp.example.com/mcp".to_owned()])
            .expires_at(SystemTime::now())
            .claims(claims)
            .build()
    }

    fn filled(tokens: u32, more: usize) -> Memory {
        let (cache, basis) = (
            Memory::new(),
            Basis::Key(KeyId::of_nothing(), SystemClock.now()),
        );
        for token in 0..tokens {
            cache.insert(
                TokenHash::of(token.to_string()),
                &caller(token, more),
                basis,
            );
        }
        cache
    }

    #[test]
    fn tokens_that_nobody_sends_again_do_not_fill_the_memory() {
        assert_eq!(filled(2_000, 0).len(), 2_000);
        let largest = CAPACITY / (16 * 1024);
        assert!(filled(6_000, 16 * 1024).len() as u64 <= largest);
    }

    #[test]
    fn what_comes_out_is_what_went_in() {
        let (cache, hash) = (Memory::new(), TokenHash::of("t"));
        let before = caller(7, 10);
        cache.insert(hash, &before, Basis::Answer(SystemClock.now()));
        assert!(cache.get(TokenHash::of("T"), |_, _| true).is_none());
        let after = cache.get(hash, |_, _| true).unwrap();
        assert_eq!(format!("{after:?}"), format!("{before:?}"));
        assert_eq!(after.claims(), before.claims());
        assert_eq!(after.expires_at(), before.expires_at());
        assert!(cache.get(hash, |_, _| false).is_none());
        assert!(
            cache.get(hash, |_, _| true).is_none(),
            "what no longer stands is gone"
        );
    }

    #[test]
    fn a_subject_is_forgotten_with_all_its_tokens() {
        let cache = filled(10, 0);
        cache.forget_subject(
            "https://elsewhere.example.com",
            "auth0|65a1b2c3d4e5f600000003",
        );
        assert_eq!(cache.len(), 10);
        cache.forget_subject(
            "https://tenant.example.com/oidc",
            "auth0|65a1b2c3d4e5f600000003",
        );
        assert_eq!(cache.len(), 9);
        cache.forget(TokenHash::of("4"));
        assert_eq!(cache.len(), 8);
    }

    /// In a process of its own, where nothing else takes memory.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_hundred_thousand_tokens_take_less_than_a_hundred_megabytes() {
        let own = std::env::current_exe().unwrap();
        let mut child = Command::new(own);
        child.args([
            "--exact",
            "token::cache::tests::weigh",
            "--ignored",
            "--nocapture",
        ]);
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let found = text.lines().find_map(|line| line.strip_prefix("weighed "));
        let numbers: Vec<u64> = found
            .unwrap()
            .split(' ')
            .map(|one| one.parse().unwrap())
            .collect();
        let [entries, bytes] = numbers[..] else {
            panic!("{text}")
        };
        assert!(entries >= 99_000, "{entries} entries");
        assert!(bytes < 100_000_000, "{bytes} bytes");
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[ignore = "run by the test above"]
    fn weigh() {
        let resident = || {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            4096 * statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap()
        };
        let before = resident();
        let cache = filled(100_000, 30);
        let bytes = resident() - before;
        use std::io::Write as _;
        writeln!(std::io::stdout(), "\nweighed {} {bytes}", cache.len()).unwrap();
    }
}
