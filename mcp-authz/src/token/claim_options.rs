//! Where one issuer's tokens say what: scopes, client, and what else must be there.

#[cfg(feature = "testing")]
mod written;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::claim_path::ClaimPath;
use super::claims::identifier;
use super::{Issuer, Reject};
use crate::consented::ScopeClaims;
use crate::danger::WithoutAudience;
use crate::scope::{Scope, ScopeSet};

/// How to read the claims of one issuer's access tokens.
#[derive(Clone, Debug)]
pub(crate) struct ClaimOptions {
    /// Read together: more than one only where the author asked for it.
    scopes: Vec<ScopeSource>,
    scope_prefix: String,
    /// The first that is there; empty is `client_id`, which may be absent.
    pub(super) client_id: Vec<String>,
    required: Vec<(ClaimPath, Value)>,
    max_lifetime: Option<Duration>,
    consent: Arc<ScopeClaims>,
    without_audience: Option<WithoutAudience>,
    /// The operator's own, where the author says which those are.
    first_party: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ScopeSource {
    /// `scope` (RFC 9068 §2.2.3), else `scp`.
    Standard,
    Claim(ClaimPath),
}

impl Default for ClaimOptions {
    fn default() -> Self {
        Self {
            scopes: vec![ScopeSource::Standard],
            scope_prefix: String::new(),
            client_id: Vec::new(),
            required: Vec::new(),
            max_lifetime: None,
            consent: Arc::default(),
            without_audience: None,
            first_party: None,
        }
    }
}

/// Where the tokens say what.
impl Issuer {
    /// Reads the granted scopes from this claim instead of `scope` or `scp`.
    ///
    /// A string is split at spaces, an array of strings is taken as it is, anything else grants
    /// nothing. Dots lead into objects (`realm_access.roles`), unless a claim has the whole text as
    /// its name (`https://example.com/scopes`); a text that begins with `/` is a JSON Pointer
    /// (RFC 6901), for members whose names have dots themselves.
    ///
    /// Mind what the claim says: a role or permission that the person *has* is not what the person
    /// *consented* to give this client.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let auth0 = Issuer::new("https://tenant.auth0.com/").scope_claim("permissions");
    /// let nested = Issuer::new("https://as.example.com").scope_claim("/resource_access/mcp.example.com/roles");
    /// ```
    pub fn scope_claim(mut self, claim: impl Into<String>) -> Self {
        self.claims.scopes = vec![ScopeSource::Claim(ClaimPath::new(claim.into()))];
        self
    }

    /// Reads scopes from this claim **as well**; the caller then has the scopes of both.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// // `scp` for people, `roles` for applications that act for themselves.
    /// let both = Issuer::new("https://as.example.com").add_scope_claim("roles");
    /// ```
    pub fn add_scope_claim(mut self, claim: impl Into<String>) -> Self {
        let source = ScopeSource::Claim(ClaimPath::new(claim.into()));
        self.claims.scopes.push(source);
        self
    }

    /// Puts `prefix` before every scope that a token of this issuer carries.
    ///
    /// For providers whose clients ask for `api://app/mail.send` and get a token that says
    /// `mail.send`: tools declare the long form, so that the challenge names what a client can ask
    /// for.
    ///
    /// ```
    /// use mcp_authz::Issuer;
    ///
    /// // A token that says `mail.send` has the scope `api://mail/mail.send`.
    /// let issuer = Issuer::new("https://as.example.com").scope_prefix("api://mail/");
    /// ```
    pub fn scope_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.claims.scope_prefix = prefix.into();
        self
    }

    /// Reads the client from this claim instead of `client_id` (RFC 9068 §2.2), and refuses tokens
    /// that do not have it.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let okta = Issuer::new("https://example.okta.com/oauth2/default").client_id_claim("cid");
    /// ```
    pub fn client_id_claim(mut self, claim: impl Into<String>) -> Self {
        self.claims.client_id = vec![claim.into()];
        self
    }

    /// Refuses tokens in which this claim is not exactly `value`. Each call adds one.
    ///
    /// Where a provider tells its tokens apart by a claim, or serves several tenants. The name may
    /// be a path, as for [`scope_claim`](Self::scope_claim).
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let ours = Issuer::new("https://as.example.com").require_claim("tenant", "acme");
    /// ```
    pub fn require_claim(mut self, claim: impl Into<String>, value: impl Into<Value>) -> Self {
        let required = (ClaimPath::new(claim.into()), value.into());
        self.claims.required.push(required);
        self
    }

    /// Refuses tokens that live longer than this, from `iat` to `exp`; `iat` is then required.
    ///
    /// A JWT cannot be taken back (RFC 9068 §5): its lifetime is how long a stolen one works.
    /// Default: whatever the issuer says.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::Issuer;
    ///
    /// let issuer = Issuer::new("https://as.example.com").max_token_lifetime(Duration::from_secs(600));
    /// ```
    pub fn max_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.claims.max_lifetime = Some(lifetime);
        self
    }

    /// Says that `scope` stands for these claims too, for
    /// [`AuthInfo::consented_claims`](crate::AuthInfo::consented_claims).
    ///
    /// The standard scopes (OpenID Connect Core 1.0 §5.4) are known; providers have more.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::new("https://as.example.com").claims_for_scope("groups", ["groups"]);
    /// ```
    pub fn claims_for_scope<C: Into<String>>(
        mut self,
        scope: impl Into<String>,
        claims: impl IntoIterator<Item = C>,
    ) -> Self {
        Arc::make_mut(&mut self.claims.consent).add(scope.into(), claims);
        self
    }

    /// Accepts JWTs that have **no** `aud` when they were issued to one of the listed clients; see
    /// [`danger::without_audience`](crate::danger::without_audience) for what that costs.
    ///
    /// A token that has an `aud` must name this server, as always.
    pub fn jwt_without_audience(mut self, instead: WithoutAudience) -> Self {
        self.claims.without_audience = Some(instead);
        self
    }

    /// Says which clients of this issuer are the operator's own, for the policy
    /// [`first_party`](crate::first_party()) and [`AuthInfo::is_first_party`](crate::AuthInfo::is_first_party).
    /// Each call adds some.
    ///
    /// No token says it: a provider that knows the difference (Logto's third-party applications, consent
    /// that is skipped) keeps it to itself. The ids are compared byte for byte with the client that a
    /// verified token of **this issuer** names, so the same id at another issuer is somebody else; a token
    /// that names no client belongs to nobody's own.
    ///
    /// A server that [exchanges](crate::AuthInfo::exchange) its callers' tokens is the client of the new
    /// ones: name it here only if whoever reaches it may count as the operator's own.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::logto("https://tenant.logto.app").first_party(["our-webmail", "our-console"]);
    /// ```
    pub fn first_party<C: Into<String>>(mut self, clients: impl IntoIterator<Item = C>) -> Self {
        let own = self.claims.first_party.get_or_insert_default();
        own.extend(clients.into_iter().map(Into::into));
        self
    }
}

impl ClaimOptions {
    /// What is wrong with the options, in sentences that say what to write instead.
    pub(super) fn problems(&self) -> Vec<&'static str> {
        let mut problems = Vec::new();
        let mut refuse = |wrong, what| {
            if wrong {
                problems.push(what);
            }
        };
        refuse(
            self.scopes.iter().any(
                |source| matches!(source, ScopeSource::Claim(claim) if !claim.is_well_formed()),
            ),
            "a scope claim has no name, or a path with an empty part: write it like \"realm_access.roles\"",
        );
        refuse(
            self.required
                .iter()
                .any(|(claim, _)| !claim.is_well_formed()),
            "a required claim has no name, or a path with an empty part",
        );
        refuse(
            self.client_id.iter().any(String::is_empty),
            "the client id claim has no name: name it, or leave `.client_id_claim(..)` out",
        );
        refuse(
            !self.scope_prefix.is_empty() && self.scope_prefix.parse::<Scope>().is_err(),
            "the scope prefix has characters that no scope may have (RFC 6749 section 3.3)",
        );
        refuse(
            self.max_lifetime == Some(Duration::ZERO),
            "no token lives for 0 s: write a longer `.max_token_lifetime(..)`",
        );
        refuse(
            self.without_audience
                .as_ref()
                .is_some_and(WithoutAudience::is_empty),
            "without an audience somebody must stand in for it: name clients in `danger::without_audience([..])`",
        );
        let own = self.first_party.as_ref();
        refuse(
            own.is_some_and(|own| own.is_empty() || own.iter().any(String::is_empty)),
            "its first-party clients have no name: write their ids in `.first_party([..])`, or leave it out (is an environment variable empty?)",
        );
        problems
    }

    /// What the person consented to. An odd shape grants nothing.
    pub(super) fn scopes(&self, claims: &Map<String, Value>) -> ScopeSet {
        let read = match &self.scopes[..] {
            [only] => only.read(claims),
            several => several
                .iter()
                .flat_map(|source| source.read(claims))
                .collect(),
        };
        if self.scope_prefix.is_empty() {
            return read;
        }
        read.iter()
            .filter_map(|scope| format!("{}{scope}", self.scope_prefix).parse().ok())
            .collect()
    }

    /// The client, by the first claim that is there.
    pub(super) fn client_id(&self, claims: &Map<String, Value>) -> Result<Option<String>, Reject> {
        const ODD: Reject = Reject("client_id: not a plain non-empty string");
        if self.client_id.is_empty() {
            return identifier(claims, "client_id", ODD);
        }
        let present = self
            .client_id
            .iter()
            .find(|name| claims.contains_key(*name))
            .ok_or(Reject("client_id: the issuer's claim for it is missing"))?;
        identifier(claims, present, ODD)
    }

    /// What the author wants to see in every token of this issuer.
    pub(super) fn check_required(&self, claims: &Map<String, Value>) -> Result<(), Reject> {
        let holds = |(claim, value): &(ClaimPath, Value)| claim.find(claims) == Some(value);
        if self.required.iter().all(holds) {
            Ok(())
        } else {
            Err(Reject(
                "claims: one that this issuer's tokens must have is missing, or another",
            ))
        }
    }

    /// Whether a token may live that long, from `iat` to `exp`.
    pub(super) fn check_lifetime(&self, life: Option<Duration>) -> Result<(), Reject> {
        match (self.max_lifetime, life) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(Reject("iat: missing, where a longest lifetime is set")),
            (Some(max), Some(life)) if life > max => {
                Err(Reject("exp: the token lives longer than allowed"))
            }
            (Some(_), Some(_)) => Ok(()),
        }
    }

    /// Who may stand in for the audience of a JWT that has none.
    pub(super) fn without_audience(&self) -> Option<&WithoutAudience> {
        self.without_audience.as_ref()
    }

    /// Whether this client is the operator's own.
    pub(super) fn is_first_party(&self, client: &str) -> bool {
        let mut own = self.first_party.iter().flatten();
        own.any(|listed| listed == client)
    }

    /// Whether the author says which clients are the operator's own.
    pub(crate) fn knows_first_party(&self) -> bool {
        self.first_party.is_some()
    }

    pub(super) fn consent(&self) -> Arc<ScopeClaims> {
        Arc::clone(&self.consent)
    }
}

impl ScopeSource {
    fn read(&self, claims: &Map<String, Value>) -> ScopeSet {
        // `scope` is a string by every standard; `scp` is whatever a provider made of it.
        let (claim, array_allowed) = match self {
            Self::Claim(claim) => (claim.find(claims), true),
            Self::Standard => match claims.get("scope") {
                Some(scope) => (Some(scope), false),
                None => (claims.get("scp"), true),
            },
        };
        match claim {
            Some(Value::String(list)) => ScopeSet::parse(list),
            Some(Value::Array(list)) if array_allowed => all_scopes(list),
            _ => ScopeSet::new(),
        }
    }
}

/// All of them strings, or nothing; a string that is no scope is none.
fn all_scopes(list: &[Value]) -> ScopeSet {
    if !list.iter().all(Value::is_string) {
        return ScopeSet::new();
    }
    list.iter()
        .filter_map(|one| one.as_str()?.parse::<Scope>().ok())
        .collect()
}
