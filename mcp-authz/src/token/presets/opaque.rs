use crate::token::Issuer;

impl Issuer {
    /// Google, whose access tokens are opaque and meant for Google's own APIs.
    ///
    /// The preset names the issuer and what Google's scopes stand for. Which of Google's endpoints
    /// judges a token has to be chosen besides, and no answer of it names this server as the
    /// audience: a [`TokenVerifier`](crate::TokenVerifier) of your own that asks
    /// `https://oauth2.googleapis.com/tokeninfo` must compare `aud` there with your client ids. What
    /// Google signs (ID tokens) is never an access token, and is refused.
    ///
    /// At Google:
    /// 1. Configure the consent screen with the scopes `openid`, `userinfo.email`,
    ///    `userinfo.profile`.
    /// 2. Create an OAuth client id for each agent (there is no dynamic registration).
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::google();
    /// ```
    pub fn google() -> Self {
        let mut issuer = Self::new("https://accounts.google.com")
            .claims_for_scope(
                "https://www.googleapis.com/auth/userinfo.email",
                ["email", "email_verified"],
            )
            .claims_for_scope(
                "https://www.googleapis.com/auth/userinfo.profile",
                ["name", "given_name", "family_name", "picture", "locale"],
            );
        issuer.opaque_only = true;
        issuer
    }

    /// GitHub, whose access tokens are opaque and meant for GitHub's own API.
    ///
    /// The preset names the issuer and what GitHub's scopes stand for. How a token is judged has to
    /// be chosen besides: GitHub has neither introspection nor OpenID Connect for people. A
    /// [`TokenVerifier`](crate::TokenVerifier) of your own can ask
    /// `POST https://api.github.com/applications/{client_id}/token` with the client's secret, which
    /// says whether the token was issued to this very client, for whom, and with which scopes.
    ///
    /// At GitHub:
    /// 1. Register an OAuth app for the agents (there is no dynamic registration).
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::github();
    /// ```
    pub fn github() -> Self {
        let mut issuer = Self::new("https://github.com/login/oauth")
            .claims_for_scope("read:user", ["login", "name", "avatar_url", "html_url"])
            .claims_for_scope("user:email", ["email"]);
        issuer.opaque_only = true;
        issuer
    }
}
