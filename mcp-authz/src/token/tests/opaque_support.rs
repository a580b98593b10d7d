//! An issuer that is asked about tokens, and a server that asks it.

use serde_json::{Value, json};

use super::support::{Fixture, Object, RESOURCE, object, set};
use crate::token::{ClientAuth, Introspection, Issuer, Userinfo};

pub(super) const INTROSPECT: &str = "/introspect";
pub(super) const USERINFO: &str = "/userinfo";
pub(super) const TOKEN: &str = "opaque-token";

/// The client that this server is at its issuer.
pub(super) fn auth() -> ClientAuth {
    ClientAuth::secret_basic("mcp-server", "s3cret")
}

/// A server that introspects; the issuer says that [`TOKEN`] is good.
pub(super) async fn introspecting() -> Fixture {
    introspecting_with(|introspection| introspection, |issuer| issuer).await
}

pub(super) async fn introspecting_with(
    how: impl FnOnce(Introspection) -> Introspection,
    options: impl FnOnce(Issuer) -> Issuer,
) -> Fixture {
    let introspection = how(Introspection::new(auth()));
    let it = Fixture::with(|issuer| options(issuer.introspection(introspection))).await;
    it.says(&it.active());
    it
}

/// A server that adds userinfo to its tokens; the issuer knows Alice's address.
pub(super) async fn enriching(userinfo: Userinfo) -> Fixture {
    let it = Fixture::with(|issuer| issuer.userinfo(userinfo)).await;
    it.knows(&json!({"sub": "alice", "email": "alice@example.com"}));
    it
}

impl Fixture {
    /// A good answer of introspection.
    pub(super) fn active(&self) -> Object {
        object(json!({
            "active": true, "iss": self.issuer.identifier, "aud": RESOURCE, "sub": "alice",
            "client_id": "smartmail", "scope": "profile email", "token_type": "Bearer",
            "exp": self.seconds(7200), "iat": self.seconds(-60),
        }))
    }

    /// The same, with one member changed.
    pub(super) fn active_with(&self, name: &str, value: &Option<Value>) -> Object {
        let mut answer = self.active();
        set(&mut answer, name, value);
        answer
    }

    /// What introspection answers from now on.
    pub(super) fn says(&self, answer: &Object) {
        let body = json!(answer).to_string();
        self.issuer
            .typed(INTROSPECT, 200, "application/json", &body);
    }

    /// What userinfo answers from now on.
    pub(super) fn knows(&self, answer: &Value) {
        let body = answer.to_string();
        self.issuer
            .typed(USERINFO, 200, "application/json;charset=utf-8", &body);
    }

    pub(super) fn asked(&self, path: &str) -> usize {
        self.issuer.hits_of(path)
    }

    /// Something that the issuer signed, with this `typ`.
    pub(super) fn signed_as(&self, typ: Option<&str>, claims: &Value) -> String {
        let mut header = self.header();
        set(&mut header, "typ", &typ.map(Value::from));
        self.signed(&header, &object(claims.clone()))
    }
}

/// Trouble of an endpoint: (status, media type, body). It says nothing about a token.
pub(super) const TROUBLE: [(u16, &str, &str); 16] = [
    (400, "application/json", r#"{"error":"invalid_request"}"#),
    (403, "application/json", r#"{"error":"access_denied"}"#),
    (404, "text/html", "<html>"),
    (408, "application/json", "{}"),
    (418, "application/json", r#"{"active":true}"#),
    (429, "application/json", "{}"),
    (500, "application/json", r#"{"active":false}"#),
    (502, "text/html", "<html>"),
    (503, "application/json", "{}"),
    (204, "application/json", ""),
    (206, "application/json", r#"{"active":true}"#),
    (200, "text/html; charset=utf-8", "<html>Sign in</html>"),
    (200, "text/html", r#"{"active":true,"sub":"alice"}"#),
    (200, "application/json", "<html>"),
    (
        200,
        "application/json",
        r#"{"active":false,"active":true,"sub":"alice"}"#,
    ),
    (200, "application/json", "[true]"),
];
