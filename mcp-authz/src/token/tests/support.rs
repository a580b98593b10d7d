//! Keys that sign, an issuer that can fail, and a server that verifies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use crate::World;
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::clock::{Clock as _, TestClock};
use crate::fetch::HttpFetch;
use crate::token::{DynVerifier, Issuer, Verified, Verifiers, VerifyError};

pub(super) const RESOURCE: &str = "https://mcp.example.com/mcp";

pub(super) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key of an issuer.
pub(super) enum Signer {
    Es256(EcdsaKeyPair),
    Es384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(&'static RsaKeyPair),
}

impl Signer {
    pub(super) fn es256() -> Self {
        let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        Self::Es256(EcdsaKeyPair::generate(algorithm).unwrap())
    }

    pub(super) fn es384() -> Self {
        let algorithm = &signature::ECDSA_P384_SHA384_FIXED_SIGNING;
        Self::Es384(EcdsaKeyPair::generate(algorithm).unwrap())
    }

    pub(super) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    /// Generated once: RSA keys take their time.
    pub(super) fn rsa() -> Self {
        static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
        Self::Rsa(KEY.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    /// The public half, without `alg`.
    pub(super) fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Es256(pair) => ec(kid, "P-256", pair.public_key().as_ref()),
            Self::Es384(pair) => ec(kid, "P-384", pair.public_key().as_ref()),
            Self::Ed25519(pair) => {
                let x = b64(pair.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x})
            }
            Self::Rsa(pair) => {
                let key = pair.public_key();
                let n = b64(key.modulus().big_endian_without_leading_zero());
                let e = b64(key.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": kid, "n": n, "e": e})
            }
        }
    }

    pub(super) fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let rng = SystemRandom::new();
        match self {
            Self::Es256(pair) | Self::Es384(pair) => {
                pair.sign(&rng, message).unwrap().as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let padding: &'static dyn signature::RsaEncoding = match algorithm {
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &rng, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// Signs texts as they are, so that a test can write JSON that no serializer would.
    pub(super) fn token_of(&self, header: &str, claims: &str) -> String {
        let algorithm = serde_json::from_str::<Value>(header)
            .ok()
            .and_then(|header| Some(header.get("alg")?.as_str()?.to_owned()));
        let signed = format!("{}.{}", b64(header), b64(claims));
        let signature = self.sign(&algorithm.unwrap_or_default(), signed.as_bytes());
        format!("{signed}.{}", b64(signature))
    }
}

fn ec(kid: &str, curve: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at(point.len() / 2);
    json!({"kty": "EC", "crv": curve, "kid": kid, "x": b64(x), "y": b64(y)})
}

pub(super) type Object = Map<String, Value>;

pub(super) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

/// An authorization server on a loopback port that says what a test tells it to.
pub(super) struct FakeIssuer {
    pub(super) identifier: String,
    origin: String,
    site: Arc<Site>,
}

struct Site {
    pages: Mutex<HashMap<String, Page>>,
    hits: Mutex<Vec<String>>,
    /// What was sent to the endpoints, in order.
    seen: Mutex<Vec<Seen>>,
    down: Mutex<bool>,
    held: watch::Sender<Option<&'static str>>,
}

#[derive(Clone)]
struct Page {
    status: StatusCode,
    body: String,
    headers: Vec<(HeaderName, String)>,
}

/// A request as it came.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl FakeIssuer {
    /// An empty site; its identifier is its origin and `path`.
    pub(super) async fn empty(path: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let site = Arc::new(Site {
            pages: Mutex::default(),
            hits: Mutex::default(),
            seen: Mutex::default(),
            down: Mutex::default(),
            held: watch::Sender::new(None),
        });
        let served = Arc::clone(&site);
        let app = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let site = Arc::clone(&served);
            async move { site.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            identifier: format!("{origin}{path}"),
            origin,
            site,
        }
    }

    /// A site with metadata and these keys.
    pub(super) async fn with_keys(keys: &[Value]) -> Self {
        let issuer = Self::empty("").await;
        issuer.metadata("/.well-known/oauth-authorization-server");
        issuer.keys(keys);
        issuer
    }

    pub(super) fn metadata(&self, path: &str) {
        let document = json!({
            "issuer": self.identifier, "jwks_uri": self.at("/jwks"),
            "introspection_endpoint": self.at("/introspect"), "userinfo_endpoint": self.at("/userinfo"),
        });
        self.page(path, 200, &document.to_string());
    }

    pub(super) fn keys(&self, keys: &[Value]) {
        self.page("/jwks", 200, &json!({"keys": keys}).to_string());
    }

    pub(super) fn page(&self, path: &str, status: u16, body: &str) {
        self.put(path, status, body, Vec::new());
    }

    /// A page with a media type.
    pub(super) fn typed(&self, path: &str, status: u16, kind: &str, body: &str) {
        self.put(path, status, body, vec![(CONTENT_TYPE, kind.to_owned())]);
    }

    pub(super) fn redirect(&self, path: &str, to: &str) {
        self.put(path, 302, "", vec![(LOCATION, self.at(to))]);
    }

    pub(super) fn put(
        &self,
        path: &str,
        status: u16,
        body: &str,
        headers: Vec<(HeaderName, String)>,
    ) {
        let status = StatusCode::from_u16(status).unwrap();
        let body = body.to_owned();
        let page = Page {
            status,
            body,
            headers,
        };
        self.site
            .pages
            .lock()
            .unwrap()
            .insert(path.to_owned(), page);
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Every request is answered with 500 from now on, or no longer.
    pub(super) fn down(&self, down: bool) {
        *self.site.down.lock().unwrap() = down;
    }

    /// Requests wait until `open(true)`.
    pub(super) fn open(&self, open: bool) {
        self.site.held.send_replace((!open).then_some(""));
    }

    /// Requests there wait until `open(true)`.
    pub(super) fn hold(&self, path: &'static str) {
        self.site.held.send_replace(Some(path));
    }

    pub(super) fn hits(&self) -> Vec<String> {
        self.site.hits.lock().unwrap().clone()
    }

    /// The last request to `path`.
    pub(super) fn last(&self, path: &str) -> Seen {
        let seen = self.site.seen.lock().unwrap();
        let last = seen.iter().rev().find(|seen| seen.path == path);
        last.cloned().unwrap()
    }

    pub(super) fn hits_of(&self, path: &str) -> usize {
        self.hits().iter().filter(|hit| *hit == path).count()
    }
}

impl Site {
    async fn answer(&self, request: axum::extract::Request) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        self.hits.lock().unwrap().push(path.clone());
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        self.seen.lock().unwrap().push(Seen {
            method: parts.method.to_string(),
            path: path.clone(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        let is_free = |held: &Option<&str>| held.is_none_or(|held| !path.starts_with(held));
        let _ = self.held.subscribe().wait_for(is_free).await;
        if *self.down.lock().unwrap() {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let Some(page) = self.pages.lock().unwrap().get(&path).cloned() else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut response = (page.status, page.body).into_response();
        for (name, value) in page.headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }
}

/// A verifying server, its clock, and one issuer whose first key is `k1` on ES256.
pub(super) struct Fixture {
    pub(super) issuer: FakeIssuer,
    pub(super) signer: Signer,
    pub(super) clock: Arc<TestClock>,
    pub(super) verifiers: Verifiers,
}

impl Fixture {
    pub(super) async fn new() -> Self {
        Self::with(|issuer| issuer).await
    }

    pub(super) async fn with(options: impl FnOnce(Issuer) -> Issuer) -> Self {
        let signer = Signer::es256();
        let issuer = FakeIssuer::with_keys(&[signer.jwk("k1")]).await;
        let clock = Arc::new(TestClock::new());
        let configured = options(Issuer::new(&issuer.identifier));
        let verifiers = verifiers(vec![configured], &clock);
        Self {
            issuer,
            signer,
            clock,
            verifiers,
        }
    }

    pub(super) fn header(&self) -> Object {
        object(json!({"alg": "ES256", "typ": "at+jwt", "kid": "k1"}))
    }

    pub(super) fn claims(&self) -> Object {
        claims(&self.issuer.identifier, &self.clock)
    }

    /// A good token.
    pub(super) fn token(&self) -> String {
        self.signed(&self.header(), &self.claims())
    }

    pub(super) fn signed(&self, header: &Object, claims: &Object) -> String {
        let (header, claims) = (json!(header).to_string(), json!(claims).to_string());
        self.signer.token_of(&header, &claims)
    }

    pub(super) async fn verify(&self, token: &str) -> Result<AuthInfo, VerifyError> {
        self.verifiers.verify(&BearerToken::new(token)).await
    }

    pub(super) fn cached(&self, token: &str) -> Option<AuthInfo> {
        let known = self.verifiers.cached(&BearerToken::new(token))?;
        Some(known.caller())
    }

    pub(super) fn seconds(&self, offset: i64) -> i64 {
        seconds(self.clock.wall()) + offset
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(super) fn verifiers(issuers: Vec<Issuer>, clock: &Arc<TestClock>) -> Verifiers {
    verifiers_with(issuers, None, clock)
}

pub(super) fn verifiers_with(
    issuers: Vec<Issuer>,
    custom: Option<Arc<dyn DynVerifier>>,
    clock: &Arc<TestClock>,
) -> Verifiers {
    let fetch = Arc::new(HttpFetch::new());
    let world = World {
        clock: Arc::<TestClock>::clone(clock),
        fetch,
    };
    Verifiers::new(issuers, custom, RESOURCE, world)
        .map_err(|problems| problems.join("; "))
        .unwrap()
}

pub(super) fn claims(issuer: &str, clock: &TestClock) -> Object {
    let now = seconds(clock.wall());
    object(json!({
        "iss": issuer, "aud": RESOURCE, "sub": "alice", "client_id": "smartmail",
        "exp": now + 7200, "iat": now - 60, "jti": "1", "scope": "profile email",
    }))
}

pub(super) fn seconds(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64
}

/// The class of a refusal; fails the test on anything but a refusal.
impl Verifiers {
    /// The caller behind `token`, or why there is none.
    pub(super) async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        let caller = self.identify(token).await;
        caller
            .map(Verified::caller)
            .map_err(|unverified| unverified.error)
    }
}

#[track_caller]
pub(super) fn refusal(what: &str, outcome: Result<AuthInfo, VerifyError>) -> String {
    match outcome {
        Err(VerifyError::Rejected(reason)) => reason.into_owned(),
        other => panic!("{what}: not rejected but {other:?}"),
    }
}

#[track_caller]
pub(super) fn assert_unavailable(outcome: Result<AuthInfo, VerifyError>) {
    match outcome {
        Err(VerifyError::Unavailable { retry_after, .. }) => {
            assert!(retry_after >= Duration::from_secs(1));
        }
        other => panic!("not unavailable but {other:?}"),
    }
}

/// A member, its value (`None` removes it), and how the refusal begins.
pub(super) type Row = (&'static str, Option<Value>, &'static str);

pub(super) fn set(object: &mut Object, name: &str, value: &Option<Value>) {
    match value {
        Some(value) => drop(object.insert(name.to_owned(), value.clone())),
        None => drop(object.remove(name)),
    }
}
