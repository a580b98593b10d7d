use crate::token::Issuer;

impl Issuer {
    /// Google, whose access tokens are opaque and meant for Google's own APIs.
    ///
    /// The preset names the issuer and what Google's scopes stand for. What Google signs (ID tokens) is
    /// never an access token, and is refused. Who judges its tokens has to be chosen besides:
    ///
    /// - **Not** [`introspection`](Issuer::introspection): Google has none (RFC 7662).
    /// - Not [`userinfo`](Issuer::userinfo) either: it adds to tokens that were verified already.
    /// - **tokeninfo**, with a verifier of your own, is the better of two: it names the client that a
    ///   token was issued to, its scopes and its end. Nothing names *this server*, so list your
    ///   clients: that is the check that stands in for an audience.
    /// - **[Userinfo alone](crate::danger::userinfo_alone)** needs no code. It knows neither client nor
    ///   scopes, so that every application to which a person ever gave a Google token can call this
    ///   server in that person's name; read what it costs first.
    ///
    /// At Google:
    /// 1. Configure the consent screen with the scopes `openid`, `userinfo.email`,
    ///    `userinfo.profile`.
    /// 2. Create an OAuth client id for each agent (there is no dynamic registration).
    ///
    /// With tokeninfo:
    ///
    /// ```no_run
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// use mcp_authz::{
    ///     AuthInfo, BearerToken, Issuer, ScopeSet, Server, TokenVerifier, VerifyError, reqwest,
    /// };
    ///
    /// struct GoogleTokens {
    ///     http: reqwest::Client,
    ///     clients: Vec<String>,
    /// }
    ///
    /// /// As Google writes it: numbers are text, and `sub` is there for tokens with `openid`.
    /// #[derive(serde::Deserialize)]
    /// struct TokenInfo {
    ///     aud: String,
    ///     sub: Option<String>,
    ///     scope: String,
    ///     exp: String,
    /// }
    ///
    /// impl TokenVerifier for GoogleTokens {
    ///     async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
    ///         let down = || VerifyError::unavailable("google: tokeninfo", Duration::from_secs(5));
    ///         let url = "https://oauth2.googleapis.com/tokeninfo";
    ///         let asked = self.http.post(url).bearer_auth(token.expose()).send().await;
    ///         let answer = asked.map_err(|_| down())?;
    ///         match answer.status().as_u16() {
    ///             200 => {}
    ///             400 => return Err(VerifyError::rejected("google: unknown, over or revoked")),
    ///             _ => return Err(down()),
    ///         }
    ///         let body = answer.bytes().await.map_err(|_| down())?;
    ///         let info: TokenInfo = serde_json::from_slice(&body).map_err(|_| down())?;
    ///         if !self.clients.contains(&info.aud) {
    ///             return Err(VerifyError::rejected("google: issued to a client that is not ours"));
    ///         }
    ///         let subject = info.sub.ok_or(VerifyError::rejected("google: without `openid`"))?;
    ///         let ends: u32 = info.exp.parse().map_err(|_| down())?;
    ///         Ok(AuthInfo::builder("https://accounts.google.com")
    ///             .subject(subject)
    ///             .client_id(info.aud)
    ///             .scopes(ScopeSet::parse(&info.scope))
    ///             .expires_at(UNIX_EPOCH + Duration::from_secs(ends.into()))
    ///             .build())
    ///     }
    /// }
    ///
    /// # fn example() -> Result<(), reqwest::Error> {
    /// let http = reqwest::Client::builder().timeout(Duration::from_secs(5));
    /// let tokens = GoogleTokens {
    ///     http: http.redirect(reqwest::redirect::Policy::none()).build()?,
    ///     clients: vec!["1234-abcd.apps.googleusercontent.com".into()],
    /// };
    /// let server = Server::builder("mail").issuer(Issuer::google()).verifier(tokens);
    /// # Ok(()) }
    /// ```
    ///
    /// A verifier is asked at every request: remember good answers for a minute, by a hash of the
    /// token, where that is too often. It says itself which claims a scope stands for
    /// ([`AuthInfoBuilder::claims_for_scope`](crate::AuthInfoBuilder::claims_for_scope)).
    ///
    /// With userinfo alone, which Google's metadata names, claims stand for scopes: Google shows an
    /// address only where `email` was granted, and a name only where `profile` was.
    ///
    /// ```
    /// use mcp_authz::{Issuer, danger};
    ///
    /// let issuer = Issuer::google().opaque_tokens(
    ///     danger::userinfo_alone()
    ///         .scope_for_claim("email", "https://www.googleapis.com/auth/userinfo.email")
    ///         .scope_for_claim("name", "https://www.googleapis.com/auth/userinfo.profile"),
    /// );
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
    /// The preset names the issuer and what GitHub's scopes stand for. GitHub has neither
    /// introspection (RFC 7662) nor OpenID Connect for people, so who judges its tokens has to be
    /// chosen besides:
    ///
    /// - **Not** [`introspection`](Issuer::introspection), and not [`userinfo`](Issuer::userinfo).
    /// - **Checking a token**, with a verifier of your own, is the better of two: with the secret of an
    ///   OAuth app GitHub says whether a token was issued to this very app, for whom, and with which
    ///   scopes. Nothing names *this server*: that the app is yours stands in for an audience.
    /// - **[Userinfo alone](crate::danger::userinfo_alone)** needs no code, with
    ///   `https://api.github.com/user` as its endpoint and `id` as the person (there is no `sub`, and a
    ///   `login` can change hands). Every token of GitHub's then opens this server, also one that a
    ///   person made by hand for something else; read what it costs first.
    ///
    /// At GitHub:
    /// 1. Register an OAuth app for the agents (there is no dynamic registration).
    ///
    /// Checking a token:
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use mcp_authz::{
    ///     AuthInfo, BearerToken, Issuer, Scope, Server, TokenVerifier, VerifyError, reqwest,
    /// };
    ///
    /// struct GitHubTokens {
    ///     http: reqwest::Client,
    ///     client_id: String,
    ///     secret: String,
    /// }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Checked {
    ///     scopes: Option<Vec<String>>,
    ///     user: User,
    /// }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct User {
    ///     id: u64,
    /// }
    ///
    /// impl TokenVerifier for GitHubTokens {
    ///     async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
    ///         let down = || VerifyError::unavailable("github: check", Duration::from_secs(5));
    ///         let url = format!("https://api.github.com/applications/{}/token", self.client_id);
    ///         let question = serde_json::json!({ "access_token": token.expose() });
    ///         let asked = self.http.post(url).basic_auth(&self.client_id, Some(&self.secret));
    ///         let asked = asked.header("accept", "application/vnd.github+json");
    ///         let answer = asked.body(question.to_string()).send().await.map_err(|_| down())?;
    ///         match answer.status().as_u16() {
    ///             200 => {}
    ///             404 => return Err(VerifyError::rejected("github: no token of our app")),
    ///             _ => return Err(down()),
    ///         }
    ///         let body = answer.bytes().await.map_err(|_| down())?;
    ///         let checked: Checked = serde_json::from_slice(&body).map_err(|_| down())?;
    ///         let scopes = checked.scopes.into_iter().flatten();
    ///         Ok(AuthInfo::builder("https://github.com/login/oauth")
    ///             .subject(checked.user.id.to_string())
    ///             .client_id(&self.client_id)
    ///             .scopes(scopes.filter_map(|scope| scope.parse::<Scope>().ok()))
    ///             .build())
    ///     }
    /// }
    ///
    /// # fn example(secret: String) -> Result<(), reqwest::Error> {
    /// let http = reqwest::Client::builder().timeout(Duration::from_secs(5));
    /// let tokens = GitHubTokens {
    ///     // GitHub answers nobody without a name.
    ///     http: http.user_agent("my-server").redirect(reqwest::redirect::Policy::none()).build()?,
    ///     client_id: "Iv1.0123456789abcdef".into(),
    ///     secret,
    /// };
    /// let server = Server::builder("issues").issuer(Issuer::github()).verifier(tokens);
    /// # Ok(()) }
    /// ```
    ///
    /// A verifier is asked at every request: remember good answers for a minute, by a hash of the
    /// token, where that is too often. It says itself which claims a scope stands for
    /// ([`AuthInfoBuilder::claims_for_scope`](crate::AuthInfoBuilder::claims_for_scope)).
    ///
    /// With userinfo alone nothing says what was consented to. GitHub writes a token's scopes into the
    /// header `X-OAuth-Scopes` of the answer, which is not read, and shows `login` to every token; so
    /// a scope that is mapped from a claim is one that everybody has. It does for tools that are
    /// `authenticated`.
    ///
    /// ```
    /// use mcp_authz::{Issuer, danger};
    ///
    /// let issuer = Issuer::github().opaque_tokens(
    ///     danger::userinfo_alone()
    ///         .endpoint("https://api.github.com/user")
    ///         .subject_claim("id"),
    /// );
    /// ```
    pub fn github() -> Self {
        let mut issuer = Self::new("https://github.com/login/oauth")
            .claims_for_scope("read:user", ["login", "name", "avatar_url", "html_url"])
            .claims_for_scope("user:email", ["email"]);
        issuer.opaque_only = true;
        issuer
    }
}
