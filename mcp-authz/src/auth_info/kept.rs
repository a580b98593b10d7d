//! Callers in the little room that a cache has.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use super::{AuthInfo, Core, Grant, Held};
use crate::scope::Scope;

/// What an allocation costs beyond its bytes, on average: its header and its rounding up.
const ALLOCATION: usize = 16;

/// A caller whose claims are text: a tree of values takes five times the room.
#[derive(Clone)]
pub(crate) struct Kept {
    core: Arc<Core>,
    weight: u64,
}

/// What callers have in common, held once: a client's tokens differ in little but the person.
#[derive(Default)]
pub(crate) struct Grants(Mutex<HashSet<Arc<Grant>>>);

impl Grants {
    /// How many are shared, each no heavier than [`MAX_WEIGHT`](Self::MAX_WEIGHT).
    const MAX: usize = 1024;
    const MAX_WEIGHT: u64 = 2048;

    /// The caller for a cache.
    pub(crate) fn keep(&self, caller: &AuthInfo) -> Kept {
        let (grant, own) = self.share(&caller.held.core.grant);
        let core = Core {
            grant,
            subject: caller.held.core.subject.clone(),
            expires_at: caller.held.core.expires_at,
            consent: Arc::clone(&caller.held.core.consent),
            confirmed: caller.held.core.confirmed,
            text: serde_json::to_string(caller.claims())
                .unwrap_or_default()
                .into(),
        };
        let weight = own
            + (size_of::<Core>() + ALLOCATION) as u64
            + core.subject.as_deref().map_or(0, weigh)
            + weigh(&core.text);
        Kept {
            core: Arc::new(core),
            weight,
        }
    }

    /// An equal grant that others hold as well, and what holding it costs anew.
    fn share(&self, grant: &Arc<Grant>) -> (Arc<Grant>, u64) {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shared.get(grant) {
            return (Arc::clone(known), 0);
        }
        let (grant, weight) = (Arc::new((**grant).clone()), grant.weight());
        if shared.len() < Self::MAX && weight <= Self::MAX_WEIGHT {
            shared.insert(Arc::clone(&grant));
        }
        (grant, weight)
    }
}

impl Grant {
    fn weight(&self) -> u64 {
        let listed = |text: &str| weigh(text) + size_of::<String>() as u64;
        size_of::<Self>() as u64
            + weigh(&self.issuer)
            + self.client_id.as_deref().map_or(0, weigh)
            + self
                .scopes
                .iter()
                .map(Scope::as_str)
                .map(listed)
                .sum::<u64>()
            + self.audience.iter().map(|one| listed(one)).sum::<u64>()
    }
}

fn weigh(text: &str) -> u64 {
    (text.len() + ALLOCATION) as u64
}

impl Kept {
    /// The caller for one request.
    pub(crate) fn caller(self) -> AuthInfo {
        AuthInfo {
            held: Held::new(self.core, OnceLock::new()),
            call: None,
        }
    }

    /// When the token ends.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        self.core.expires_at
    }

    /// Whether this is `subject` by `issuer`.
    pub(crate) fn is(&self, issuer: &str, subject: &str) -> bool {
        self.core.grant.issuer == issuer && self.core.subject.as_deref() == Some(subject)
    }

    /// How much memory this takes, in bytes: what was allocated, and what the allocator adds.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }
}
