//! Bad access tokens, each minted with real keys and presented to a whole server: one answer for all
//! of them, and nothing runs. Why each is refused is pinned beside the verifier.

mod claims;
mod forms;
mod headers;
mod issuers;
mod keys;
mod scopes;
mod signatures;

use std::time::{SystemTime, UNIX_EPOCH};

use json::{Value, json};
use mcp_authz::Issuer;
use support::{Lab, Reply, ScriptedIssuer, Signer, base64url};

/// A server that trusts a scripted issuer, and the issuer's keys.
struct Desk {
    lab: Lab,
    issuer: ScriptedIssuer,
    keys: Keys,
}

/// The private keys of the issuer.
struct Keys {
    es256: Signer,
    es384: Signer,
    eddsa: Signer,
    rsa: Signer,
}

impl Keys {
    /// Each by its name, and the RSA key by another one for every algorithm that it can do.
    fn all(&self) -> Vec<Value> {
        vec![
            self.es256.jwk("es256"),
            self.es384.jwk("es384"),
            self.eddsa.jwk("eddsa"),
            set(self.rsa.jwk("rs256"), "alg", "RS256"),
            self.rsa.jwk("rsa"),
        ]
    }
}

impl Desk {
    async fn open() -> Self {
        Self::start(|issuer| issuer, Keys::all).await
    }

    async fn with(options: impl FnOnce(Issuer) -> Issuer) -> Self {
        Self::start(options, Keys::all).await
    }

    async fn publishing(published: impl FnOnce(&Keys) -> Vec<Value>) -> Self {
        Self::start(|issuer| issuer, published).await
    }

    async fn start(
        options: impl FnOnce(Issuer) -> Issuer,
        published: impl FnOnce(&Keys) -> Vec<Value>,
    ) -> Self {
        let keys = Keys {
            es256: Signer::es256(),
            es384: Signer::es384(),
            eddsa: Signer::eddsa(),
            rsa: Signer::rsa(),
        };
        let issuer = ScriptedIssuer::start(&published(&keys)).await;
        let trusted = options(Issuer::new(issuer.identifier()));
        let lab = Lab::start(|server| server.issuer(trusted).initial_scopes(["profile"])).await;
        Self { lab, issuer, keys }
    }

    fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": "es256" })
    }

    /// What a token says that may call `wipe`.
    fn claims(&self) -> Value {
        let iss = self.issuer.identifier();
        json!({
            "iss": iss, "aud": self.lab.url, "sub": "alice", "client_id": "smartmail",
            "exp": now() + 600, "iat": now(), "jti": "1", "scope": "admin",
        })
    }

    /// A good token but for one member of its header.
    fn header_with(&self, name: &str, value: impl Into<Value>) -> String {
        let header = set(self.header(), name, value);
        self.keys.es256.token(&header, &self.claims())
    }

    /// A good token but for one claim.
    fn claims_with(&self, name: &str, value: impl Into<Value>) -> String {
        let claims = set(self.claims(), name, value);
        self.keys.es256.token(&self.header(), &claims)
    }

    /// What is signed of a good token, for signatures of another kind.
    fn signed_part(&self, alg: &str, kid: &str) -> String {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": kid });
        let claims = self.claims();
        format!(
            "{}.{}",
            base64url(header.to_string()),
            base64url(claims.to_string())
        )
    }

    fn good(&self) -> String {
        self.keys.es256.token(&self.header(), &self.claims())
    }

    async fn call(&self, token: &str) -> Reply {
        self.lab.call(Some(token), "wipe").await
    }

    /// The one answer to a bad token, and no handler ran.
    async fn refuse(&self, what: &str, token: &str) {
        let ran = self.lab.ran.times();
        let reply = self.call(token).await;
        assert_eq!(self.lab.ran.times(), ran, "{what}: it ran");
        assert_eq!(reply.status, 401, "{what}");
        let metadata = format!(
            "{}/.well-known/oauth-protected-resource/mcp",
            self.lab.origin
        );
        let challenge = format!(
            r#"Bearer error="invalid_token", scope="profile", resource_metadata="{metadata}", error_description="{DESCRIPTION}""#
        );
        assert_eq!(reply.challenge(), challenge, "{what}");
        let body = format!(r#"{{"error":"invalid_token","error_description":"{DESCRIPTION}"}}"#);
        assert_eq!(reply.body, body, "{what}");
        let mut headers: Vec<_> = reply.headers.keys().map(|name| name.as_str()).collect();
        headers.sort_unstable();
        assert_eq!(headers, HEADERS, "{what}");
    }

    /// A good token runs: without this a refusal would prove nothing.
    async fn accept(&self, what: &str, token: &str) {
        let ran = self.lab.ran.times();
        let reply = self.call(token).await;
        assert_eq!(reply.text(), "wiped", "{what}: {reply:?}");
        assert_eq!(self.lab.ran.times(), ran + 1, "{what}");
    }
}

const DESCRIPTION: &str = "The access token is not valid here or has expired.";

/// All that a refusal carries.
const HEADERS: [&str; 5] = [
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "www-authenticate",
];

/// `object` with another value for one member; the tests' `null` stands for JSON's.
fn set(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("an object").remove(name);
    object
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock after 1970").as_secs()
}

#[tokio::test]
async fn a_good_token_of_every_algorithm_runs() {
    let desk = Desk::open().await;
    for (signer, kid, alg) in [
        (&desk.keys.es256, "es256", "ES256"),
        (&desk.keys.es384, "es384", "ES384"),
        (&desk.keys.eddsa, "eddsa", "EdDSA"),
        (&desk.keys.eddsa, "eddsa", "Ed25519"),
        (&desk.keys.rsa, "rs256", "RS256"),
        (&desk.keys.rsa, "rsa", "RS256"),
        (&desk.keys.rsa, "rsa", "RS512"),
        (&desk.keys.rsa, "rsa", "PS256"),
    ] {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": kid });
        let token = signer.token(&header, &desk.claims());
        desk.accept(&format!("{kid} {alg}"), &token).await;
    }
    assert_eq!(desk.issuer.asked("/jwks"), 1, "the keys are kept");
}
