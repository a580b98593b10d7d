//! Callers that a verifier makes, ours or one of an author's own.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{AuthInfo, Core, Grant, Held};
use crate::consented::ScopeClaims;
use crate::scope::{Scope, ScopeSet};

/// Makes an [`AuthInfo`]; see [`AuthInfo::builder`].
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use mcp_authz::{AuthInfo, Scope};
///
/// let caller = AuthInfo::builder("https://mcp.example.com/keys")
///     .subject("alice")
///     .client_id("nightly-report")
///     .scopes([Scope::new("mail:read")])
///     .expires_at(SystemTime::now() + Duration::from_secs(300))
///     .build();
/// assert!(caller.has("mail:read") && !caller.has("mail:send"));
/// ```
#[must_use]
pub struct AuthInfoBuilder {
    grant: Grant,
    subject: Option<String>,
    expires_at: Option<SystemTime>,
    consent: Arc<ScopeClaims>,
    claims: Map<String, Value>,
}

impl AuthInfoBuilder {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            grant: Grant {
                issuer,
                client_id: None,
                first_party: false,
                scopes: ScopeSet::new(),
                audience: Vec::new(),
            },
            subject: None,
            expires_at: None,
            consent: Arc::default(),
            claims: Map::new(),
        }
    }

    /// Sets `sub`.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Sets `client_id`.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.grant.client_id = Some(client_id.into());
        self
    }

    /// Says that the client is one of the operator's own; see
    /// [`AuthInfo::is_first_party`].
    pub fn first_party(mut self) -> Self {
        self.grant.first_party = true;
        self
    }

    /// Sets the granted scopes.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.grant.scopes = scopes.into_iter().collect();
        self
    }

    /// Sets the granted scopes, which are a set already.
    pub(crate) fn granted(mut self, scopes: ScopeSet) -> Self {
        self.grant.scopes = scopes;
        self
    }

    /// Sets `aud`.
    pub fn audience<A: Into<String>>(mut self, audience: impl IntoIterator<Item = A>) -> Self {
        self.grant.audience = audience.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `exp`, when the caller's authority ends: one that lies behind is refused, and streams end with it.
    /// Without it, a stream lasts 15 minutes.
    pub fn expires_at(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// Sets the claims.
    pub fn claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims = claims;
        self
    }

    /// Says that `scope` stands for these claims too; see
    /// [`Issuer::claims_for_scope`](crate::Issuer::claims_for_scope).
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, Scope};
    ///
    /// let claims = serde_json::json!({ "login": "alice", "email": "alice@example.com" });
    /// let caller = AuthInfo::builder("https://github.com/login/oauth")
    ///     .scopes([Scope::new("read:user")])
    ///     .claims(claims.as_object().cloned().unwrap_or_default())
    ///     .claims_for_scope("read:user", ["login"])
    ///     .build();
    /// assert_eq!(caller.consented_claims().get("login").unwrap(), "alice");
    /// assert_eq!(caller.consented_claims().get("email"), None);
    /// ```
    pub fn claims_for_scope<C: Into<String>>(
        mut self,
        scope: impl Into<String>,
        claims: impl IntoIterator<Item = C>,
    ) -> Self {
        Arc::make_mut(&mut self.consent).add(scope.into(), claims);
        self
    }

    pub(crate) fn consent(mut self, consent: Arc<ScopeClaims>) -> Self {
        self.consent = consent;
        self
    }

    /// The finished caller.
    #[must_use]
    pub fn build(self) -> AuthInfo {
        let core = Core {
            grant: Arc::new(self.grant),
            subject: self.subject,
            expires_at: self.expires_at,
            consent: self.consent,
            confirmed: self.claims.contains_key("cnf"),
            text: Box::default(),
        };
        AuthInfo {
            held: Held::new(Arc::new(core), OnceLock::from(self.claims)),
            call: None,
        }
    }
}

impl fmt::Debug for AuthInfoBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthInfoBuilder")
            .field("issuer", &self.grant.issuer)
            .finish_non_exhaustive()
    }
}
