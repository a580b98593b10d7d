//! The handle on what a server remembers of tokens.

use std::sync::Arc;

use super::cache::TokenHash;
use super::issuer_verifier::IssuerVerifier;

/// What a server remembers of the tokens that it has seen: a handle for revocation events.
///
/// An answer of introspection or userinfo is believed for a minute or so, and a token works that
/// long after it was revoked. Whoever hears of it earlier (a webhook of the provider, a security event
/// stream) says so here, and the next request asks again. What is being asked at that moment still
/// goes to those who wait for it, and is not remembered.
///
/// What was [exchanged](crate::TokenExchange::reuse) for a token is forgotten with it.
///
/// A JWT is only verified again: as long as it is signed and not over, its issuer cannot take it
/// back (RFC 9068 §5).
///
/// ```no_run
/// # async fn example() -> Result<(), mcp_authz::Error> {
/// # let builder = mcp_authz::Server::builder("s");
/// let server = builder.build().await?;
/// let cache = server.token_cache(); // cheap to clone, for the handler of the webhook
/// cache.evict_subject("https://tenant.logto.app/oidc", "user-1"); // a person
/// # let token = "";
/// cache.evict(token); // or one token
/// # Ok(()) }
/// ```
///
/// Tokens are known by their SHA-256 alone. At most 88 MiB is kept for each issuer and kind of token,
/// some hundred thousand tokens; then the least used ones go.
#[derive(Clone)]
pub struct TokenCache(Arc<[IssuerVerifier]>);

impl TokenCache {
    pub(crate) fn new(issuers: Arc<[IssuerVerifier]>) -> Self {
        Self(issuers)
    }

    /// Forgets one token.
    pub fn evict(&self, token: &str) {
        let hash = TokenHash::of(token);
        self.0.iter().for_each(|issuer| issuer.forget(hash));
    }

    /// Forgets all tokens of one person at one issuer, both as the tokens name them.
    pub fn evict_subject(&self, issuer: &str, subject: &str) {
        let of = self.0.iter().filter(|one| one.issuer() == issuer);
        of.for_each(|issuer| issuer.forget_subject(subject));
    }
}

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}
