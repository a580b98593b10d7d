//! An agent by hand, one step of the protocol at a time: for what no SDK shows, and for tokens that no
//! SDK would present.

use http_client::{Client as Http, RequestBuilder, Url};
use json::Value;
use support::{Person, Result, parameter};

/// Nobody listens there.
const REDIRECT: &str = "http://127.0.0.1:8976/callback";

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The public client `third-party` of every provider here, or another one.
pub(crate) struct Client {
    pub(crate) http: Http,
    id: &'static str,
    metadata: Value,
    /// What it asks tokens for (RFC 8707).
    resource: Option<String>,
}

impl Client {
    /// One that has read the issuer's metadata and asks tokens for this resource.
    pub(crate) async fn of(issuer: &str, resource: &str) -> Result<Self> {
        let http = Http::builder().no_proxy().build()?;
        let metadata = format!("{issuer}/.well-known/openid-configuration");
        Ok(Self {
            metadata: http.get(metadata).send().await?.json().await?,
            http,
            id: "third-party",
            resource: Some(resource.to_owned()),
        })
    }

    /// Is this public client instead.
    pub(crate) fn called(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    /// Asks for another resource, or for none.
    pub(crate) fn resource(mut self, resource: Option<&str>) -> Self {
        self.resource = resource.map(str::to_owned);
        self
    }

    pub(crate) fn endpoint(&self, name: &str) -> &str {
        self.metadata[name].as_str().unwrap_or_default()
    }

    /// Sends the person to the provider; returns the code that they come back with.
    pub(crate) async fn code(
        &self,
        person: &mut Person,
        scope: &str,
        more: &[(&str, &str)],
    ) -> Result<String> {
        let page = self.page(scope, more)?;
        let callback = person.visit(page.as_str()).await?;
        let code = parameter(&callback, "code");
        Ok(code.ok_or_else(|| format!("no code in {callback}"))?)
    }

    /// The page of the provider's that asks for consent.
    pub(crate) fn page(&self, scope: &str, more: &[(&str, &str)]) -> Result<Url> {
        let question = [
            ("response_type", "code"),
            ("client_id", self.id),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("state", "the-state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let question = question.iter().chain(more).copied();
        // Some insist on it for an ID token, others refuse it without one.
        let wants_id_token = scope.split(' ').any(|one| one == "openid");
        let nonce = wants_id_token.then_some(("nonce", "the-nonce"));
        let question = question.chain(nonce).chain(self.indicator());
        let endpoint = self.endpoint("authorization_endpoint");
        Ok(Url::parse_with_params(endpoint, question)?)
    }

    /// Redeems the code; returns the provider's answer.
    pub(crate) async fn redeem(
        &self,
        code: &str,
        prepare: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Value> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", self.id),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let form: Vec<_> = form.into_iter().chain(self.indicator()).collect();
        let request = self.http.post(self.endpoint("token_endpoint"));
        Ok(prepare(request).form(&form).send().await?.json().await?)
    }

    /// All of it: what the provider gives for this scope.
    pub(crate) async fn ask(&self, person: &mut Person, scope: &str) -> Result<Value> {
        let code = self.code(person, scope, &[]).await?;
        self.redeem(&code, |request| request).await
    }

    /// An access token with this scope.
    pub(crate) async fn token(&self, person: &mut Person, scope: &str) -> Result<String> {
        token(&self.ask(person, scope).await?)
    }

    /// What a machine gets for itself.
    pub(crate) async fn machine_token(
        &self,
        (id, secret): (&str, &str),
        scope: &str,
    ) -> Result<String> {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let form: Vec<_> = form.into_iter().chain(self.indicator()).collect();
        let request = self.http.post(self.endpoint("token_endpoint"));
        let request = request.basic_auth(id, Some(secret)).form(&form);
        token(&request.send().await?.json().await?)
    }

    /// Takes a token back (RFC 7009).
    pub(crate) async fn revoke(&self, token: &str) -> Result<()> {
        let form = [("client_id", self.id), ("token", token)];
        let request = self.http.post(self.endpoint("revocation_endpoint"));
        request.form(&form).send().await?.error_for_status()?;
        Ok(())
    }

    fn indicator(&self) -> Option<(&'static str, &str)> {
        Some(("resource", self.resource.as_deref()?))
    }
}

/// The access token of an answer.
pub(crate) fn token(answer: &Value) -> Result<String> {
    let token = answer["access_token"].as_str();
    Ok(token
        .ok_or_else(|| format!("no token in {answer}"))?
        .to_owned())
}
