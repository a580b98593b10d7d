use super::host;
use crate::token::Issuer;

impl Issuer {
    /// An Auth0 tenant by its domain, `tenant.eu.auth0.com` or your own.
    ///
    /// At Auth0:
    /// 1. Create an API whose identifier is this server's URI, with the permissions that the tools
    ///    need, RS256, and the RFC 9068 token profile (the Auth0 profile is understood as well).
    /// 2. Switch on the resource parameter compatibility profile, so that the `resource` of MCP
    ///    clients counts as `audience`: without an audience Auth0 issues opaque tokens.
    /// 3. Let agents in as third-party applications: dynamic registration, or by hand.
    ///
    /// Scopes are read from `scope`: what the person agreed to. With role-based access control on,
    /// `permissions` lists all that the person may do; `.scope_claim("permissions")` takes that
    /// instead, and with it the consent screen decides nothing.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::auth0("tenant.eu.auth0.com");
    /// ```
    pub fn auth0(domain: impl AsRef<str>) -> Self {
        // The slash belongs to the identifier.
        let mut issuer = Self::new(format!("https://{}/", host(domain.as_ref()))).accept_typ_jwt();
        // One for each of its two token profiles.
        issuer.claims.client_id = vec!["azp".to_owned(), "client_id".to_owned()];
        issuer
    }
}
