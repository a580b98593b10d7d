//! Tokens seen before: a hash of the token, and the caller that it stood for.

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::claims::ClaimRules;
use super::jwks::{KeyId, KeySet};
use crate::auth_info::AuthInfo;

/// How much all entries of one issuer may weigh, in bytes of estimated memory.
///
/// One number bounds entries and bytes alike: some 15,000 usual tokens.
const CAPACITY: u64 = 64 * 1024 * 1024;

/// What an entry weighs before its claims.
const ENTRY: u64 = 1024;

/// SHA-256 of a token: the token itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        let hash = digest(&SHA256, token.as_bytes());
        let mut own = [0; 32];
        own.copy_from_slice(hash.as_ref());
        Self(own)
    }
}

#[derive(Clone)]
struct Entry {
    caller: AuthInfo,
    key: KeyId,
    weight: u64,
}

#[derive(Clone)]
struct ByMemory;

impl Weighter<TokenHash, Entry> for ByMemory {
    fn weight(&self, _: &TokenHash, entry: &Entry) -> u64 {
        entry.weight
    }
}

/// Verified tokens of one issuer at one resource.
pub(crate) struct TokenCache(Cache<TokenHash, Entry, ByMemory>);

impl TokenCache {
    pub(crate) fn new() -> Self {
        let usual = ENTRY + memory_of(800);
        Self(Cache::with_weighter(
            (CAPACITY / usual) as usize,
            CAPACITY,
            ByMemory,
        ))
    }

    /// The caller, if its token would verify now: the key still stands and the time is not over.
    ///
    /// What cannot change (signature, issuer, audience) was checked when the entry was made.
    pub(crate) fn get(
        &self,
        token: TokenHash,
        keys: &KeySet,
        rules: &ClaimRules,
        now: SystemTime,
    ) -> Option<AuthInfo> {
        let entry = self.0.get(&token)?;
        let over = entry
            .caller
            .expires_at()
            .is_none_or(|exp| rules.is_over(exp, now));
        if over || !keys.contains(entry.key) {
            self.0.remove(&token);
            return None;
        }
        Some(entry.caller)
    }

    /// Remembers a verified token of `length` bytes.
    pub(crate) fn insert(&self, token: TokenHash, length: usize, caller: AuthInfo, key: KeyId) {
        let weight = ENTRY + memory_of(length);
        self.0.insert(
            token,
            Entry {
                caller,
                key,
                weight,
            },
        );
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Claims as a tree of small allocations take some four times the room that they take in a token.
fn memory_of(length: usize) -> u64 {
    4 * length as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(tokens: u32, length: usize) -> usize {
        let (cache, key) = (TokenCache::new(), KeyId::of_nothing());
        let caller = AuthInfo::builder("https://as.example.com").build();
        for token in 0..tokens {
            let hash = TokenHash::of(&token.to_string());
            cache.insert(hash, length, caller.clone(), key);
        }
        cache.len()
    }

    #[test]
    fn tokens_that_nobody_sends_again_do_not_fill_the_memory() {
        assert_eq!(filled(2_000, 800), 2_000);
        let usual = (CAPACITY / (ENTRY + memory_of(800))) as usize;
        assert!(filled(50_000, 800) <= usual);
        let largest = (CAPACITY / (ENTRY + memory_of(16 * 1024))) as usize;
        assert!(filled(10_000, 16 * 1024) <= largest);
    }
}
