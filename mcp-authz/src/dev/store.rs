//! Everything that the provider remembers: in memory, bounded, gone when it stops.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::error::Unspecified;
use serde_json::{Map, Value};

use super::client::Client;
use super::consents::Consent;
use super::expiring::Expiring;
use super::grant::Grant;
use super::interaction::Transaction;
use super::prompt::SignedIn;
use super::secret::{Secret, fingerprint};

const HOUR: u64 = 3600;
pub(super) const DAY: u64 = 24 * HOUR;
/// A code is redeemed at once or never (RFC 6749 §4.1.2 allows ten minutes).
pub(super) const CODE_LIFETIME: u64 = 60;
/// How long a person may think about a page.
const TRANSACTION_LIFETIME: u64 = 600;
const SESSION_LIFETIME: u64 = 8 * HOUR;
/// From the last use.
const FAMILY_LIFETIME: u64 = 14 * DAY;
/// How long a metadata document is trusted before it is fetched again.
const DOCUMENT_LIFETIME: u64 = 60;
/// A registration lives as long as the provider; the bound is what counts.
const REGISTRATION_LIFETIME: u64 = 365 * DAY;

#[derive(Default)]
pub(super) struct Store(Mutex<Tables>);

pub(super) struct Tables {
    /// By the fingerprint of the cookie.
    sessions: Expiring<Session>,
    transactions: Expiring<Transaction>,
    /// By user, client and resource.
    pub(super) consents: Expiring<Consent>,
    registered: Expiring<Arc<Client>>,
    documents: Expiring<Arc<Client>>,
    /// By the fingerprint, like the refresh tokens.
    pub(super) codes: Expiring<Code>,
    pub(super) refresh_tokens: Expiring<RefreshToken>,
    /// What opaque access tokens stand for.
    opaque_tokens: Expiring<Map<String, Value>>,
    /// What came from one code, so that it can be revoked together.
    pub(super) families: Expiring<Family>,
    /// By client and id (`jti`): an assertion is good once.
    assertions: Expiring<()>,
    /// Ids (`jti`) of access tokens that ended early.
    pub(super) revoked: Expiring<()>,
    /// By the id of an access token, those that were issued in exchange for it: id and end.
    pub(super) exchanged: Expiring<Vec<(String, u64)>>,
}

/// What is known of a browser.
pub(super) struct Session {
    /// `None` until somebody signs in.
    pub(super) who: Option<SignedIn>,
    /// In the forms of pages that wait for no answer, and nowhere else.
    pub(super) csrf: Secret,
    /// What was just taken back, to be said on the next page.
    pub(super) withdrawn: Option<Consent>,
}

pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    /// A spent code is remembered longer than it lives, so that its reuse is noticed.
    pub(super) valid_until: u64,
    /// Set when the code was redeemed.
    pub(super) family: Option<String>,
}

pub(super) struct RefreshToken {
    pub(super) family: String,
    pub(super) spent: bool,
}

pub(super) struct Family {
    pub(super) grant: Grant,
    /// The access tokens that live: id and end.
    pub(super) access_tokens: Vec<(String, u64)>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            sessions: Expiring::with_capacity(1_000),
            transactions: Expiring::with_capacity(1_000),
            consents: Expiring::with_capacity(10_000),
            registered: Expiring::with_capacity(1_000),
            documents: Expiring::with_capacity(100),
            codes: Expiring::with_capacity(10_000),
            refresh_tokens: Expiring::with_capacity(50_000),
            opaque_tokens: Expiring::with_capacity(50_000),
            families: Expiring::with_capacity(10_000),
            assertions: Expiring::with_capacity(10_000),
            revoked: Expiring::with_capacity(50_000),
            exchanged: Expiring::with_capacity(50_000),
        }
    }
}

impl Session {
    pub(super) fn of(who: Option<SignedIn>) -> Result<Self, Unspecified> {
        Ok(Self {
            who,
            csrf: Secret::random()?,
            withdrawn: None,
        })
    }
}

impl Store {
    pub(super) fn lock(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    pub(super) fn signed_in(&self, session: &str, now: u64) -> Option<SignedIn> {
        self.sessions.get(session, now)?.who.clone()
    }

    pub(super) fn session(&mut self, session: &str, now: u64) -> Option<&mut Session> {
        self.sessions.get_mut(session, now)
    }

    /// The person of a session never changes: signing in makes a new one, so that neither a planted
    /// cookie nor a page for somebody else survives it.
    pub(super) fn open_session(&mut self, id: &Secret, session: Session, now: u64) {
        self.sessions
            .insert(id.fingerprint(), session, now, SESSION_LIFETIME);
    }

    pub(super) fn end_session(&mut self, session: &str, now: u64) {
        self.sessions.remove(session, now);
    }

    pub(super) fn keep_transaction(&mut self, id: &str, transaction: Transaction, now: u64) {
        self.transactions
            .insert(id.to_owned(), transaction, now, TRANSACTION_LIFETIME);
    }

    pub(super) fn transaction(&self, id: &str, now: u64) -> Option<&Transaction> {
        self.transactions.get(id, now)
    }

    pub(super) fn take_transaction(&mut self, id: &str, now: u64) -> Option<Transaction> {
        self.transactions.remove(id, now)
    }

    pub(super) fn registered(&self, id: &str, now: u64) -> Option<Arc<Client>> {
        self.registered.get(id, now).cloned()
    }

    pub(super) fn register(&mut self, client: Client, now: u64) {
        let id = client.id.clone();
        self.registered
            .insert(id, Arc::new(client), now, REGISTRATION_LIFETIME);
    }

    pub(super) fn document(&self, url: &str, now: u64) -> Option<Arc<Client>> {
        self.documents.get(url, now).cloned()
    }

    pub(super) fn keep_document(&mut self, client: Arc<Client>, now: u64) {
        let url = client.id.clone();
        self.documents.insert(url, client, now, DOCUMENT_LIFETIME);
    }

    pub(super) fn keep_code(&mut self, code: &Secret, content: Code, now: u64) {
        self.codes.insert(code.fingerprint(), content, now, DAY);
    }

    pub(super) fn keep_family(&mut self, id: &str, family: Family, now: u64) {
        self.families
            .insert(id.to_owned(), family, now, FAMILY_LIFETIME);
    }

    pub(super) fn keep_opaque_token(
        &mut self,
        token: &Secret,
        claims: Map<String, Value>,
        now: u64,
        lifetime: u64,
    ) {
        self.opaque_tokens
            .insert(token.fingerprint(), claims, now, lifetime);
    }

    /// What an opaque access token stands for, unless it has ended.
    pub(super) fn opaque_token(&self, token: &str, now: u64) -> Option<&Map<String, Value>> {
        self.opaque_tokens.get(&fingerprint(token), now)
    }

    /// Whether this assertion of a client is new; from now on it is not.
    pub(super) fn use_assertion(&mut self, client: &str, id: &str, now: u64, ends: u64) -> bool {
        let key = serde_json::json!([client, id]).to_string();
        let is_new = self.assertions.get(&key, now).is_none();
        self.assertions
            .insert(key, (), now, ends.saturating_sub(now));
        is_new
    }

    pub(super) fn keep_refresh_token(&mut self, token: &Secret, family: &str, now: u64) {
        let content = RefreshToken {
            family: family.to_owned(),
            spent: false,
        };
        self.refresh_tokens
            .insert(token.fingerprint(), content, now, FAMILY_LIFETIME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_of_a_token_is_no_token() {
        let (token, mut tables) = (Secret::random().unwrap(), Tables::default());
        tables.keep_opaque_token(&token, Map::new(), 0, 10);
        assert!(tables.opaque_token(token.expose(), 9).is_some());
        assert!(tables.opaque_token(&token.fingerprint(), 9).is_none());
        assert!(tables.opaque_token(token.expose(), 10).is_none());
    }
}
