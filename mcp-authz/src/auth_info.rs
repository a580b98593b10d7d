//! The verified caller: the only thing that later stages see of a token.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::consented::{Claims, ScopeClaims};
use crate::scope::{Scope, ScopeSet, Terms};
use crate::verdict::VerdictSender;

/// Who calls, through which client, with which consent.
///
/// Cheap to clone. It never holds or prints the token, and implements neither `Deserialize` nor
/// `JsonSchema`, so it can never become an argument that a client supplies.
///
/// ```
/// use mcp_authz::{AuthInfo, tool};
///
/// /// Greet the caller.
/// #[tool(authenticated)]
/// fn hello(auth: AuthInfo) -> String {
///     format!("hello, {}", auth.subject().unwrap_or("nobody"))
/// }
/// ```
#[derive(Clone)]
pub struct AuthInfo {
    inner: Arc<Inner>,
    /// Set for a caller that a tool holds.
    call: Option<OpenCall>,
}

/// The call that a caller is in: where a late refusal goes.
#[derive(Clone)]
pub(crate) struct OpenCall {
    pub(crate) verdict: VerdictSender,
    pub(crate) terms: Arc<Terms>,
}

struct Inner {
    issuer: String,
    subject: Option<String>,
    client_id: Option<String>,
    scopes: ScopeSet,
    audience: Vec<String>,
    expires_at: Option<SystemTime>,
    claims: Map<String, Value>,
    consent: Arc<ScopeClaims>,
}

impl AuthInfo {
    /// This caller, in a call that can still be refused.
    pub(crate) fn in_call(mut self, call: OpenCall) -> Self {
        self.call = Some(call);
        self
    }

    pub(crate) fn call(&self) -> Option<&OpenCall> {
        self.call.as_ref()
    }

    /// Starts an `AuthInfo` for a custom verifier; `issuer` names who vouches for the caller.
    pub fn builder(issuer: impl Into<String>) -> AuthInfoBuilder {
        AuthInfoBuilder(Inner {
            issuer: issuer.into(),
            subject: None,
            client_id: None,
            scopes: ScopeSet::new(),
            audience: Vec::new(),
            expires_at: None,
            claims: Map::new(),
            consent: Arc::default(),
        })
    }

    /// The authorization server that issued the token (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// The person (`sub`), unique within [`issuer`](Self::issuer); `None` where a client acts for
    /// itself and its token names no subject.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.inner.subject.as_deref()
    }

    /// The agent that acts for the person (`client_id`, RFC 9068 §2.2).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.inner.client_id.as_deref()
    }

    /// What the person consented to.
    #[must_use]
    pub fn scopes(&self) -> &ScopeSet {
        &self.inner.scopes
    }

    /// Whom the token was issued for (`aud`).
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.inner.audience
    }

    /// When the token ends (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.inner.expires_at
    }

    /// All claims of the verified token.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.inner.claims
    }

    /// The claims as a type of your own.
    ///
    /// # Errors
    ///
    /// When the claims do not have the shape of `T`.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.inner.claims)
    }

    /// What the person agreed to share: `sub`, and the claims that the granted OpenID scopes
    /// (`profile`, `email`, `address`, `phone`, and what
    /// [`Issuer::claims_for_scope`](crate::Issuer::claims_for_scope) adds) stand for. Nothing else
    /// leaves the token.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, Scope};
    ///
    /// let claims = serde_json::json!({ "email": "alice@example.com", "name": "Alice" });
    /// let auth = AuthInfo::builder("https://as.example.com")
    ///     .subject("alice")
    ///     .scopes([Scope::new("email")])
    ///     .claims(claims.as_object().cloned().unwrap_or_default())
    ///     .build();
    /// let shared = auth.consented_claims();
    /// assert_eq!(shared.get("email").unwrap(), "alice@example.com");
    /// assert_eq!(shared.get("name"), None);
    /// ```
    #[must_use]
    pub fn consented_claims(&self) -> Claims {
        Claims::select(
            self.subject(),
            self.scopes(),
            self.claims(),
            &self.inner.consent,
        )
    }

    /// Whether the token carries `scope`.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.inner.scopes.contains(scope)
    }
}

/// Shows who calls, not what the claims say.
impl fmt::Debug for AuthInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthInfo")
            .field("issuer", &self.inner.issuer)
            .field("subject", &self.inner.subject)
            .field("client_id", &self.inner.client_id)
            .field("scopes", &self.inner.scopes)
            .finish_non_exhaustive()
    }
}

/// Makes an [`AuthInfo`]; see [`AuthInfo::builder`].
#[must_use]
pub struct AuthInfoBuilder(Inner);

impl AuthInfoBuilder {
    /// Sets `sub`.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Sets `client_id`.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.0.client_id = Some(client_id.into());
        self
    }

    /// Sets the granted scopes.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.0.scopes = scopes.into_iter().collect();
        self
    }

    /// Sets `aud`.
    pub fn audience(mut self, audience: impl IntoIterator<Item = String>) -> Self {
        self.0.audience = audience.into_iter().collect();
        self
    }

    /// Sets the end of the caller's authority.
    pub fn expires_at(mut self, expires_at: SystemTime) -> Self {
        self.0.expires_at = Some(expires_at);
        self
    }

    /// Sets the claims.
    pub fn claims(mut self, claims: Map<String, Value>) -> Self {
        self.0.claims = claims;
        self
    }

    /// Says that `scope` stands for these claims too; see
    /// [`Issuer::claims_for_scope`](crate::Issuer::claims_for_scope).
    pub fn claims_for_scope<C: Into<String>>(
        mut self,
        scope: impl Into<String>,
        claims: impl IntoIterator<Item = C>,
    ) -> Self {
        Arc::make_mut(&mut self.0.consent).add(scope.into(), claims);
        self
    }

    pub(crate) fn consent(mut self, consent: Arc<ScopeClaims>) -> Self {
        self.0.consent = consent;
        self
    }

    /// The finished caller.
    #[must_use]
    pub fn build(self) -> AuthInfo {
        AuthInfo {
            inner: Arc::new(self.0),
            call: None,
        }
    }
}

impl fmt::Debug for AuthInfoBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthInfoBuilder")
            .field("issuer", &self.0.issuer)
            .finish_non_exhaustive()
    }
}
