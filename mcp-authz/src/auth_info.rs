//! The verified caller: the only thing that later stages see of a token.

mod builder;
mod kept;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use builder::AuthInfoBuilder;
pub(crate) use kept::{Grants, Kept};

use crate::consented::{Claims, ScopeClaims};
use crate::gate::Answers;
use crate::scope::ScopeSet;
use crate::token::Inbound;
use crate::verdict::VerdictSender;

/// Beyond `exp`, as for requests: the longest leeway that an issuer may have.
const LEEWAY: Duration = Duration::from_secs(60);

/// What has no end of its own, such as a token without one, is asked for again this often.
pub(crate) const MAX_STREAM_AGE: Duration = Duration::from_secs(15 * 60);

/// Who calls, through which client, with which consent.
///
/// Cheap to clone. It never shows or prints the token, and implements neither `Deserialize` nor
/// `JsonSchema`, so it can never become an argument that a client supplies.
///
/// Only a server that is built with [`.token_exchange(..)`](crate::ServerBuilder::token_exchange) keeps the
/// token, inside the `AuthInfo` that a function is called with, for [`exchange`](Self::exchange), and until
/// the last clone of that is dropped.
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
    held: Arc<Held>,
    /// Set for a caller that a tool holds.
    call: Option<Arc<OpenCall>>,
}

/// One pointer for one request: clones then touch nothing that requests on other cores hold as well.
struct Held {
    core: Arc<Core>,
    /// Read out of the core's text when somebody asks.
    claims: OnceLock<Map<String, Value>>,
}

/// The call that a caller is in: where a late refusal goes, and what came with it.
#[derive(Debug)]
pub(crate) struct OpenCall {
    pub(crate) verdict: VerdictSender,
    pub(crate) answers: Arc<Answers>,
    pub(crate) inbound: Inbound,
}

impl Held {
    fn new(core: Arc<Core>, claims: OnceLock<Map<String, Value>>) -> Arc<Self> {
        Arc::new(Self { core, claims })
    }
}

struct Core {
    grant: Arc<Grant>,
    subject: Option<String>,
    expires_at: Option<SystemTime>,
    consent: Arc<ScopeClaims>,
    /// Whether the claims have a `cnf`: asked at every request, so not left to the text.
    confirmed: bool,
    /// The claims as JSON, where they are not there as values.
    text: Box<str>,
}

/// What a caller's token has in common with many others.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Grant {
    issuer: String,
    client_id: Option<String>,
    first_party: bool,
    scopes: ScopeSet,
    audience: Vec<String>,
}

impl AuthInfo {
    /// This caller, in a call that can still be refused.
    pub(crate) fn in_call(mut self, call: Arc<OpenCall>) -> Self {
        self.call = Some(call);
        self
    }

    pub(crate) fn call(&self) -> Option<&Arc<OpenCall>> {
        self.call.as_ref()
    }

    /// Starts an `AuthInfo` for a [verifier](crate::TokenVerifier) of your own; `issuer` names who vouches for
    /// the caller. A caller with neither subject nor client is refused.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, Scope};
    ///
    /// let caller = AuthInfo::builder("https://mcp.example.com/keys")
    ///     .subject("alice")
    ///     .client_id("nightly-report")
    ///     .scopes([Scope::new("mail:read")])
    ///     .build();
    /// assert_eq!(caller.issuer(), "https://mcp.example.com/keys");
    /// assert_eq!((caller.subject(), caller.client_id()), (Some("alice"), Some("nightly-report")));
    /// assert_eq!(caller.expires_at(), None);
    /// ```
    pub fn builder(issuer: impl Into<String>) -> AuthInfoBuilder {
        AuthInfoBuilder::new(issuer.into())
    }

    /// The authorization server that issued the token (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.held.core.grant.issuer
    }

    /// The person (`sub`), unique within [`issuer`](Self::issuer); `None` where a client acts for
    /// itself and its token names no subject.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.held.core.subject.as_deref()
    }

    /// The agent that acts for the person (`client_id`, RFC 9068 §2.2).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.held.core.grant.client_id.as_deref()
    }

    /// Whether this client of this issuer calls. An id alone says little: two issuers can give the same
    /// one to two clients.
    ///
    /// ```
    /// # fn example(auth: mcp_authz::AuthInfo) {
    /// let is_console = auth.is_client("https://tenant.logto.app/oidc", "our-console");
    /// # }
    /// ```
    #[must_use]
    pub fn is_client(&self, issuer: &str, client_id: &str) -> bool {
        self.issuer() == issuer && self.client_id() == Some(client_id)
    }

    /// Whether the client is one of the operator's own, by
    /// [`Issuer::first_party`](crate::Issuer::first_party). Never for a token that names no client.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, tool};
    ///
    /// /// Search the mailbox; agents of others see no drafts.
    /// #[tool(scopes = ["mail:read"])]
    /// fn search(auth: AuthInfo) -> String {
    ///     let with_drafts = auth.is_first_party();
    ///     # with_drafts.to_string()
    /// }
    /// ```
    #[must_use]
    pub fn is_first_party(&self) -> bool {
        self.held.core.grant.first_party && self.client_id().is_some()
    }

    /// What the person consented to, as the token says. Scopes that these [include](crate::Hierarchy) are not
    /// added.
    #[must_use]
    pub fn scopes(&self) -> &ScopeSet {
        &self.held.core.grant.scopes
    }

    /// Whom the token was issued for (`aud`).
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.held.core.grant.audience
    }

    /// When the token ends (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.held.core.expires_at
    }

    /// All claims of the verified token.
    ///
    /// ```
    /// use mcp_authz::AuthInfo;
    ///
    /// fn department(caller: &AuthInfo) -> Option<&str> {
    ///     caller.claims().get("department")?.as_str()
    /// }
    /// ```
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        self.held
            .claims
            .get_or_init(|| serde_json::from_str(&self.held.core.text).unwrap_or_default())
    }

    /// The claims as a type of your own.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, serde::Deserialize};
    ///
    /// #[derive(Deserialize)]
    /// #[serde(crate = "mcp_authz::serde")]
    /// struct Employee {
    ///     department: String,
    /// }
    ///
    /// fn department(caller: &AuthInfo) -> Option<String> {
    ///     Some(caller.claims_as::<Employee>().ok()?.department)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// When the claims do not have the shape of `T`.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(self.claims())
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
            &self.held.core.consent,
        )
    }

    /// What somebody else knows of this person, as far as the scopes stand for it.
    #[cfg(feature = "logto")]
    pub(crate) fn shared_of(&self, known: &Map<String, Value>) -> Map<String, Value> {
        Claims::select(None, self.scopes(), known, &self.held.core.consent).into_map()
    }

    /// How long something that no call waits for may go on for this caller: its client comes back
    /// with a newer token, or not at all.
    pub(crate) fn stays(&self, now: SystemTime) -> Duration {
        self.expires_at().map_or(MAX_STREAM_AGE, |end| {
            let end = end.checked_add(LEEWAY).unwrap_or(end);
            end.duration_since(now).unwrap_or_default()
        })
    }

    /// Whether the token carries `scope`, to the letter: a scope that [includes](crate::Hierarchy) it does
    /// not count here. To refuse without it, write [`require`](Self::require), for which it does.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, tool};
    ///
    /// /// Show a mail; the sender's address is for those who may see it.
    /// #[tool(scopes = ["mail:read"])]
    /// fn show(auth: AuthInfo) -> String {
    ///     match auth.has("contacts:read") {
    ///         true => "Tea at four? From bob@example.com".to_owned(),
    ///         false => "Tea at four?".to_owned(),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.held.core.grant.scopes.contains(scope)
    }

    /// Whether the token says who may present it (`cnf`, RFC 7800 §3).
    pub(crate) fn is_confirmed(&self) -> bool {
        self.held.core.confirmed
    }

    /// The same caller with these claims instead: scopes and identity stay what was verified.
    pub(crate) fn with_claims(&self, claims: Map<String, Value>) -> Self {
        Self {
            held: Held::new(Arc::clone(&self.held.core), OnceLock::from(claims)),
            call: self.call.clone(),
        }
    }
}

/// Shows who calls, not what the claims say.
impl fmt::Debug for AuthInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthInfo")
            .field("issuer", &self.held.core.grant.issuer)
            .field("subject", &self.held.core.subject)
            .field("client_id", &self.held.core.grant.client_id)
            .field("scopes", &self.held.core.grant.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_lives_as_long_as_its_token_and_never_forever() {
        let now = SystemTime::now();
        let caller = AuthInfo::builder("https://as.test").subject("alice");
        assert_eq!(caller.build().stays(now), MAX_STREAM_AGE);
        for (seconds, expected) in [(300, 360), (0, 60)] {
            let caller = AuthInfo::builder("https://as.test")
                .expires_at(now + Duration::from_secs(seconds))
                .build();
            assert_eq!(caller.stays(now), Duration::from_secs(expected));
            let later = now + Duration::from_secs(3600);
            assert_eq!(caller.stays(later), Duration::ZERO);
        }
        // As a verifier of one's own may write "never".
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(i64::MAX as u64);
        let caller = AuthInfo::builder("https://as.test")
            .expires_at(last)
            .build();
        assert!(caller.stays(now) > MAX_STREAM_AGE);
    }
}
