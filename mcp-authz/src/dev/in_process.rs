//! A provider without an address: `testing` hands it requests, whatever name it goes by.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Collected};
use tower_service::Service as _;

use super::client::Client;
use super::error::Error;
use super::fault::{Endpoint, Fault, Switch};
use super::mint::Mint;
use super::provider::{Opaque, Provider, Settings};
use super::routes;
use super::user::User;

/// Who asks about opaque tokens and exchanges tokens, whoever the server is at its real provider: `test`, with `test` for a
/// secret.
const ASKING: &str = "Basic dGVzdDp0ZXN0";

/// A provider that stands for the issuer of this name.
pub(crate) struct InProcess {
    provider: Arc<Provider>,
    trouble: Switch,
    router: Router,
}

impl InProcess {
    pub(crate) fn new(issuer: &str) -> Result<Self, Error> {
        let client = Client::first_party("test", "Test").secret("test");
        let client = client.may_exchange_all();
        let settings = Settings {
            users: User::examples(),
            clients: vec![Arc::new(client)],
            scopes: Vec::new(),
            access_token_lifetime: Duration::from_secs(3600),
            opaque: Opaque::default(),
            acr_values: vec!["pwd".to_owned()],
        };
        let provider = Arc::new(Provider::named(issuer.to_owned(), settings)?);
        let trouble = Switch::new();
        Ok(Self {
            router: routes::router(Arc::clone(&provider), &trouble),
            provider,
            trouble,
        })
    }

    pub(crate) fn mint(&self, subject: &str) -> Mint<'_> {
        Mint::new(&self.provider, subject.to_owned())
    }

    pub(crate) fn rotate_keys(&self) -> Result<(), Error> {
        self.provider.keys.rotate()
    }

    pub(crate) fn forget_old_keys(&self) {
        self.provider.keys.forget_old();
    }

    pub(crate) fn fail(&self, endpoints: impl IntoIterator<Item = Endpoint>, fault: Fault) {
        self.trouble.fail(endpoints, fault);
    }

    pub(crate) fn recover(&self) {
        self.trouble.recover();
    }

    /// Answers a request for the endpoint at `path`.
    pub(crate) async fn answer(&self, path: &str, request: Request<Body>) -> Response<Body> {
        let (mut parts, mut body) = request.into_parts();
        parts.uri = path.parse().unwrap_or_default();
        let here = HeaderValue::from_static("127.0.0.1");
        parts.headers.insert(HOST, here);
        if matches!(path, "/introspect" | "/token") {
            // How the server proves who it is concerns its real provider alone.
            body = asked_by_the_test(&mut parts, body).await;
        }
        let answer = self.router.clone().call(Request::from_parts(parts, body));
        answer.await.unwrap_or_else(|never| match never {})
    }
}

/// The same question, of a client that this provider knows.
async fn asked_by_the_test(parts: &mut Parts, body: Body) -> Body {
    let body = body.collect().await.map(Collected::to_bytes);
    let body = body.unwrap_or_default();
    let form = url::form_urlencoded::parse(&body);
    let form = form.filter(|(name, _)| !name.starts_with("client_"));
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let asking = HeaderValue::from_static(ASKING);
    parts.headers.insert(AUTHORIZATION, asking);
    parts.headers.remove(CONTENT_LENGTH);
    Body::from(form)
}
