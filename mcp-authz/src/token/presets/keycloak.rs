use crate::token::Issuer;

impl Issuer {
    /// A realm of Keycloak: `https://sso.example.com/realms/acme`, as its metadata writes it.
    ///
    /// At Keycloak:
    /// 1. Create the scopes that the tools need as client scopes, with "Include in token scope" and
    ///    "Display on consent screen" on.
    /// 2. Add an *Audience* mapper with this server's URI as "Included Custom Audience" to one that
    ///    every agent has: without it, tokens have no audience or `account`, and are refused.
    /// 3. Let agents in: by client registration (policies decide who may) or by hand, with PKCE
    ///    S256 and "Consent required" on.
    ///
    /// Realm and client roles are what a person may do, not what they agreed to; where they are to
    /// count as scopes, say so: `.add_scope_claim("realm_access.roles")`.
    ///
    /// Keycloak's access tokens say `typ: JWT` in their header and `typ: Bearer` in their claims;
    /// other kinds (ID, refresh, logout tokens) say otherwise and are refused.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::keycloak("https://sso.example.com/realms/acme");
    /// ```
    pub fn keycloak(realm: impl Into<String>) -> Self {
        Self::new(realm)
            .accept_typ_jwt()
            .require_claim("typ", "Bearer")
            .client_id_claim("azp")
    }
}
