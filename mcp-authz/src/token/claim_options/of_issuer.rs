//! How the author says it of an issuer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::ScopeSource;
use crate::danger::WithoutAudience;
use crate::token::Issuer;
use crate::token::claim_path::ClaimPath;

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
    /// Default: whatever the issuer says. Of several calls, the shortest lifetime counts.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::Issuer;
    ///
    /// let issuer = Issuer::new("https://as.example.com").max_token_lifetime(Duration::from_secs(600));
    /// ```
    pub fn max_token_lifetime(mut self, lifetime: Duration) -> Self {
        let lifetimes = self.claims.max_lifetime.into_iter().chain([lifetime]);
        self.claims.max_lifetime = lifetimes.min();
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
