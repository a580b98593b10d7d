//! The embedded provider, over HTTP, as a client and a person use it.

use crate::browser::{Browser, Landing, Page};
use http_client::{Client as Http, RequestBuilder, StatusCode, Url};
use json::{Value, json};
use mcp_authz::dev::{AuthorizationServer, Builder, Client, Error, User};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:4711/callback";
const RESOURCE: &str = "http://127.0.0.1:3001/mcp";

mod assertions;
mod browser;
mod ceilings;
mod clients;
mod consent;
mod exchange;
mod faults;
mod grants;
mod opaque;
mod prompts;
mod step_up;
mod tokens;
mod web;

type Form<'a> = Vec<(&'a str, &'a str)>;

struct Lab {
    provider: AuthorizationServer,
    http: Http,
    browser: Browser,
}

fn builder() -> Builder {
    let loopback = "http://127.0.0.1/callback";
    AuthorizationServer::builder()
        .user(
            User::new("alice")
                .claim("name", "Alice")
                .claim("email", "alice@example.com"),
        )
        .user(User::new("bob").claim("name", "Bob"))
        .client(Client::third_party("agent", "SmartMail AI").redirect_uri(loopback))
        .client(
            Client::third_party("web", "Web Agent")
                .redirect_uri(loopback)
                .secret("s3cret"),
        )
        .client(Client::first_party("own", "My App").redirect_uri(loopback))
        .scope("mail:read", "Read your mail")
}

impl Lab {
    async fn start() -> Self {
        Self::with(builder()).await
    }

    async fn with(builder: Builder) -> Self {
        Self {
            provider: builder.start().await.unwrap(),
            http: Http::builder().no_proxy().build().unwrap(),
            browser: Browser::new(),
        }
    }

    fn url(&self, path: &str) -> Url {
        format!("{}{path}", self.provider.issuer()).parse().unwrap()
    }

    /// An authorization request; `changes` replace parameters, and an empty value drops one.
    fn request(&self, client: &str, scope: &str, changes: &[(&str, &str)]) -> Url {
        let mut params: Form = vec![
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("state", "xyz"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", RESOURCE),
        ];
        for (name, value) in changes {
            params.retain(|(own, _)| own != name);
            if !value.is_empty() {
                params.push((name, value));
            }
        }
        Url::parse_with_params(self.url("/authorize").as_str(), params).unwrap()
    }

    /// Lets Alice sign in and allow, and gives the code.
    async fn code(&mut self, client: &str, scope: &str) -> String {
        let url = self.request(client, scope, &[]);
        let callback = self.browser.play(url, "alice", "allow").await;
        answer(&callback, "code")
    }

    async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        answered(self.http.post(self.url("/token")).form(form)).await
    }

    async fn redeem(
        &self,
        client: &str,
        code: &str,
        changes: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let mut form: Form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("code", code),
        ];
        for (name, value) in changes {
            form.retain(|(own, _)| own != name);
            form.push((name, value));
        }
        self.token(&form).await
    }

    /// The whole flow, to the token response.
    async fn tokens(&mut self, client: &str, scope: &str) -> Value {
        let code = self.code(client, scope).await;
        let (status, tokens) = self.redeem(client, &code, &[]).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    async fn refresh(&self, token: &str, scope: Option<&str>) -> (StatusCode, Value) {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("client_id", "agent"),
            ("refresh_token", token),
        ];
        form.extend(scope.map(|scope| ("scope", scope)));
        self.token(&form).await
    }

    async fn introspect(&self, token: &str) -> Value {
        let form = [
            ("token", token),
            ("client_id", "web"),
            ("client_secret", "s3cret"),
        ];
        let (status, answer) = answered(self.http.post(self.url("/introspect")).form(&form)).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn userinfo(&self, token: &str) -> (StatusCode, Value) {
        answered(self.http.get(self.url("/userinfo")).bearer_auth(token)).await
    }

    async fn consent_page(&mut self, url: Url) -> Page {
        match self.browser.open(url).await.page() {
            page if page.asks_for("username") => self
                .browser
                .submit(&page, &[("username", "alice")])
                .await
                .page(),
            page => page,
        }
    }
}

async fn answered(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

#[track_caller]
fn answer(callback: &Url, name: &str) -> String {
    let value = callback.query_pairs().find(|(own, _)| own == name);
    value
        .unwrap_or_else(|| panic!("no {name} in {callback}"))
        .1
        .into_owned()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}
