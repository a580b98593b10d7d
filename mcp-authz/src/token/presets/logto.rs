use crate::token::Issuer;
use crate::token::discovery::Order;

impl Issuer {
    /// Logto, in the cloud or self-hosted: `endpoint` is `https://tenant.logto.app`, with or without
    /// `/oidc`.
    ///
    /// At Logto (or by the command `cargo run --example logto_setup` of the repository, which shows what
    /// your server lacks there and makes it; `logto::Provisioning`, behind the feature `logto`, is what
    /// it calls):
    /// 1. Create an API resource whose indicator is this server's URI, with the scopes that the
    ///    tools need as permissions. For identity on consent, name permissions `profile` and
    ///    `email`, and let the token customizer add the claims of the granted scopes.
    /// 2. Give users a role that holds these permissions: a user gets no others.
    /// 3. Register agents as third-party applications, and list the permissions in their consent
    ///    settings (or switch on client ID metadata documents, where your version has them). Where a
    ///    permission is called like one of Logto's user scopes (`profile`, `email`, …), list that
    ///    user scope as well.
    ///
    /// Which applications are third-party is set at Logto, and said in no token: where a tool asks for it
    /// ([`first_party`](crate::first_party())), list your own with [`first_party`](Issuer::first_party).
    ///
    /// **Who the person is.** A token that an agent asked for with `resource` is a JWT. It names its person by
    /// an id, and Logto's userinfo refuses it; so identity comes from the claims that the token customizer
    /// puts in, or from the tenant's user records (`identity_from`, behind the feature `logto`).
    ///
    /// A token that was asked for without `resource` is opaque and names no audience: it is refused here,
    /// unless you ask about it as an app of the tenant that has a secret, and list the agents that stand
    /// in for the audience (see [`danger::without_audience`](crate::danger::without_audience) for what
    /// that costs). Its claims are then those of Logto's userinfo, where the agent asked for `openid`;
    /// nothing else needs to be said ([`userinfo`](Issuer::userinfo) sets how long they are believed).
    ///
    /// ```
    /// # use mcp_authz::{ClientAuth, Issuer, danger};
    /// # let secret = "s3cret";
    /// let jwts = Issuer::logto("https://tenant.logto.app");
    /// let both = Issuer::logto("https://tenant.logto.app")
    ///     .introspection(ClientAuth::secret_basic("vd2kxvwp5lkmpyrhcgwlt", secret))
    ///     .opaque_tokens(danger::without_audience(["smartmail-client-id"]));
    /// ```
    pub fn logto(endpoint: impl AsRef<str>) -> Self {
        let endpoint = endpoint.as_ref().trim_end_matches('/');
        let endpoint = endpoint.strip_suffix("/oidc").unwrap_or(endpoint);
        let mut issuer = Self::new(format!("{endpoint}/oidc"))
            .claims_for_scope("profile", ["username", "created_at"])
            .claims_for_scope("custom_data", ["custom_data"])
            .claims_for_scope("identities", ["identities", "sso_identities"])
            .claims_for_scope("roles", ["roles"])
            .claims_for_scope(
                "urn:logto:scope:organizations",
                ["organizations", "organization_data"],
            )
            .claims_for_scope("urn:logto:scope:organization_roles", ["organization_roles"]);
        issuer.order = Order::OpenIdFirst;
        // oidc-provider, which is in Logto: 401 for a JWT, 403 for a token without `openid`.
        issuer.remote.strict_userinfo = true;
        issuer
    }
}
