use crate::token::{Algorithm, Issuer};

impl Issuer {
    /// One tenant of Microsoft Entra ID, and the registration of this server in it: the directory
    /// (tenant) id and the application (client) id, both as on the registration's overview page.
    ///
    /// At Entra ID:
    /// 1. Register an application for this server and set `requestedAccessTokenVersion` to `2` in
    ///    its manifest: version 1 tokens come from another issuer and are refused.
    /// 2. Under *Expose an API*, set the Application ID URI and add the scopes that the tools need.
    ///    Entra ID compares the `resource` that MCP clients send with the scopes, so the URI of this
    ///    server is the best choice where your domain allows it.
    /// 3. Register the agents (there is no dynamic registration) and grant them these scopes.
    ///
    /// The audience of a version 2 token is always the application id. Clients ask for
    /// `api://<application id>/mail.send` and get a token that says `mail.send`, so scopes are read
    /// with that prefix: declare the long form on the tools, and with an Application ID URI of your
    /// own write `.scope_prefix("https://mcp.example.com/mcp/")`.
    ///
    /// Applications that act for themselves have `roles` instead of scopes:
    /// `.add_scope_claim("roles")` where these should count. `sub` differs between applications;
    /// `oid`, in the claims, does not.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::entra_id(
    ///     "11111111-2222-3333-4444-555555555555",
    ///     "66666666-7777-8888-9999-000000000000",
    /// );
    /// ```
    pub fn entra_id(tenant_id: impl AsRef<str>, application_id: impl AsRef<str>) -> Self {
        let (tenant, application) = (tenant_id.as_ref(), application_id.as_ref());
        let mut issuer = Self::new(format!("https://login.microsoftonline.com/{tenant}/v2.0"))
            .audience(application)
            .accept_typ_jwt()
            .algorithms([Algorithm::Rs256])
            // ID tokens have none; their audience can be the same registration.
            .client_id_claim("azp")
            .require_claim("ver", "2.0")
            .require_claim("tid", tenant)
            .scope_prefix(format!("api://{application}/"));
        if !is_guid(tenant) {
            issuer = issuer.mistake(
                "the tenant of Entra ID must be its id (not a domain, `common` or `organizations`): any tenant could sign for those",
            );
        }
        if !is_guid(application) {
            issuer = issuer.mistake("the application of Entra ID must be its (client) id");
        }
        issuer
    }
}

/// Lower-case, since it is compared byte for byte with what tokens say.
fn is_guid(text: &str) -> bool {
    let mut parts = text.split('-');
    [8, 4, 4, 4, 12].into_iter().all(|length| {
        parts.next().is_some_and(|part| {
            let hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            part.len() == length && part.bytes().all(hex)
        })
    }) && parts.next().is_none()
}
