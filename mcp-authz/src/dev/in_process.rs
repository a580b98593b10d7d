//! A provider without an address: `testing` hands it requests, whatever name it goes by.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Collected};
use tower_service::Service as _;
use url::form_urlencoded;

use super::client::Client;
use super::error::Error;
use super::fault::{Endpoint, Fault, Switch};
use super::introspect;
use super::mint::Mint;
use super::provider::{Opaque, Provider, Settings};
#[cfg(feature = "logto")]
use super::records::{self, Records};
use super::routes;
use super::user::User;
use crate::clock::Clock;

/// What the server proves itself with here, whatever it is at its real provider.
const SECRET: &str = "test";

/// Who the server is at its issuer: the client ids with which it asks about tokens and exchanges them.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) introspection: String,
    pub(crate) exchange: String,
}

impl Asking {
    /// Who asks at this endpoint, if somebody has to say who they are there.
    fn at(&self, path: &str) -> Option<&str> {
        match path {
            "/introspect" => Some(&self.introspection),
            "/token" => Some(&self.exchange),
            _ => None,
        }
    }
}

/// A provider that stands for the issuer of this name.
pub(crate) struct InProcess {
    provider: Arc<Provider>,
    asking: Asking,
    #[cfg(feature = "logto")]
    pub(crate) records: Arc<Records>,
    trouble: Switch,
    router: Router,
}

impl InProcess {
    pub(crate) fn new(issuer: &str, asking: Asking, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let client = |id: &String| {
            let client = Client::first_party(id, id).secret(SECRET);
            Arc::new(client.may_exchange_all())
        };
        let settings = Settings {
            users: User::examples(),
            clients: [&asking.introspection, &asking.exchange]
                .map(client)
                .to_vec(),
            scopes: Vec::new(),
            access_token_lifetime: Duration::from_secs(3600),
            opaque: Opaque::default(),
            acr_values: vec!["pwd".to_owned()],
        };
        let provider = Provider::named(issuer.to_owned(), settings)?;
        let provider = Arc::new(provider.by_clock(clock));
        let trouble = Switch::new();
        let router = routes::router(Arc::clone(&provider), &trouble);
        #[cfg(feature = "logto")]
        let records = Arc::new(Records::of(Arc::clone(&provider)));
        #[cfg(feature = "logto")]
        let router = router.merge(records::router(Arc::clone(&records), &trouble));
        Ok(Self {
            router,
            provider,
            asking,
            #[cfg(feature = "logto")]
            records,
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

    /// Ends a token before its time, whoever it was issued to.
    pub(crate) fn revoke(&self, token: &str) {
        introspect::end(&self.provider, token, |_| true);
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
        if let Some(client) = self.asking.at(path) {
            // How the server proves who it is concerns its real provider alone.
            body = asked_by(client, &mut parts, body).await;
        }
        let answer = self.router.clone().call(Request::from_parts(parts, body));
        answer.await.unwrap_or_else(|never| match never {})
    }
}

/// The same question, with what this client proves itself with here.
async fn asked_by(client: &str, parts: &mut Parts, body: Body) -> Body {
    let body = body.collect().await.map(Collected::to_bytes);
    let body = body.unwrap_or_default();
    let form = form_urlencoded::parse(&body);
    let form = form.filter(|(name, _)| !name.starts_with("client_"));
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    // RFC 6749 §2.3.1.
    let id: String = form_urlencoded::byte_serialize(client.as_bytes()).collect();
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{SECRET}")));
    if let Ok(basic) = HeaderValue::try_from(basic) {
        parts.headers.insert(AUTHORIZATION, basic);
    }
    parts.headers.remove(CONTENT_LENGTH);
    Body::from(form)
}
