//! What is special about each provider, and nothing of it anywhere else: every preset is an
//! [`Issuer`] with options that an author could have written, and the steps at the provider.

mod auth0;
mod cognito;
mod entra_id;
mod keycloak;
mod logto;
mod okta;
mod opaque;

use super::Issuer;

impl Issuer {
    /// An authorization server that follows the standards: metadata (RFC 8414 or OpenID Connect
    /// Discovery), access tokens that are JWTs of RFC 9068 with this server as their audience.
    ///
    /// The same as [`Issuer::new`], by the name that says what is expected.
    ///
    /// At the provider:
    /// 1. Register this server's URI as a resource (an "API", RFC 8707), with its scopes.
    /// 2. Let access tokens for it be JWTs with `typ: at+jwt`, signed with an asymmetric key.
    /// 3. Let agents in: by client ID metadata documents, by registration, or by hand.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::generic("https://as.example.com");
    /// ```
    pub fn generic(identifier: impl Into<String>) -> Self {
        Self::new(identifier)
    }

    fn mistake(mut self, what: impl Into<String>) -> Self {
        self.mistakes.push(what.into());
        self
    }
}

/// `tenant.example.com`, or the same with `https://` before or slashes behind it.
fn host(text: &str) -> &str {
    let text = text.strip_prefix("https://").unwrap_or(text);
    text.trim_end_matches('/')
}
