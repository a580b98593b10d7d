//! Which sessions are held, by whom, and how many may be.

use std::collections::HashMap;

use rmcp::transport::streamable_http_server::session::SessionId;

use super::owner::Owner;

/// How many sessions are held, for older revisions of the protocol.
///
/// An `initialize` costs its sender nothing and the server about 50 KB for as long as the session lasts
/// (measured; `docs/benchmarks.md` of the repository), so both numbers are capped.
///
/// ```
/// use mcp_authz::{Server, SessionLimits};
///
/// let builder = Server::builder("mail").sessions(SessionLimits::new().per_principal(4).total(500));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SessionLimits {
    per_principal: usize,
    total: usize,
}

impl SessionLimits {
    /// 16 for each principal, 1,024 in all.
    pub const fn new() -> Self {
        Self {
            per_principal: 16,
            total: 1024,
        }
    }

    /// Sessions that one (issuer, subject, client) may hold; one more is answered with 429.
    pub const fn per_principal(mut self, sessions: usize) -> Self {
        self.per_principal = sessions;
        self
    }

    /// Sessions held in all; one more is answered with 429, whoever opens it.
    pub const fn total(mut self, sessions: usize) -> Self {
        self.total = sessions;
        self
    }
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Default)]
pub(super) struct Held {
    owners: HashMap<SessionId, Owner>,
    counts: HashMap<Owner, usize>,
}

impl Held {
    pub(super) fn take(&mut self, id: &SessionId, owner: Owner, limits: &SessionLimits) -> bool {
        let count = self.counts.get(&owner).copied().unwrap_or(0);
        if count >= limits.per_principal || self.owners.len() >= limits.total {
            return false;
        }
        self.counts.insert(owner.clone(), count + 1);
        self.owners.insert(id.clone(), owner);
        true
    }

    pub(super) fn free(&mut self, id: &SessionId) {
        let Some(owner) = self.owners.remove(id) else {
            return;
        };
        match self.counts.get_mut(&owner) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.counts.remove(&owner);
            }
        }
    }

    /// Whose a session is.
    pub(super) fn owner(&self, id: &SessionId) -> Option<Owner> {
        self.owners.get(id).cloned()
    }
}
