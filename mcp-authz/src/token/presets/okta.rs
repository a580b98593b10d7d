use url::Url;

use crate::token::{Algorithm, Issuer};

impl Issuer {
    /// A custom authorization server of Okta: `https://example.okta.com/oauth2/default`.
    ///
    /// At Okta:
    /// 1. Under Security → API, add an authorization server (or take `default`) and set its
    ///    *Audience* to this server's URI: each has one audience for all of its tokens.
    /// 2. Add the scopes that the tools need, with user consent required.
    /// 3. Add an access policy that lets the agents have them, and register the agents.
    ///
    /// The org authorization server (`https://example.okta.com` alone) signs access tokens for Okta
    /// itself with a key that it does not publish: it is refused when the server is built.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::okta("https://example.okta.com/oauth2/default");
    /// ```
    pub fn okta(identifier: impl Into<String>) -> Self {
        let issuer = Self::new(identifier)
            .accept_typ_jwt()
            .algorithms([Algorithm::Rs256])
            // ID tokens have none.
            .client_id_claim("cid");
        let path = Url::parse(&issuer.identifier).map(|url| url.path().to_owned());
        if path.is_ok_and(|path| path.starts_with("/oauth2/")) {
            issuer
        } else {
            issuer.mistake(
                "Okta's org authorization server has no access tokens for others: write the custom one, \"https://…/oauth2/default\"",
            )
        }
    }
}
