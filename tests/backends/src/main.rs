//! A server in a program where jsonwebtoken was built with both of its backends, and nobody has
//! chosen one, or another crate has chosen the other.

use std::panic::catch_unwind;
use std::time::{SystemTime, UNIX_EPOCH};

use json::{Value, json};
use jsonwebtoken::crypto::rust_crypto;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use mcp_authz::{Server, State, reqwest, tool};
use support::{Lab, Ran, ScriptedIssuer, Signer, legacy_body};
use tokio::net::TcpListener;

#[tool(scopes = ["admin"])]
fn wipe(ran: State<Ran>) -> String {
    ran.note();
    "wiped".into()
}

/// What any crate does that takes jsonwebtoken as it comes.
fn somebody_elses_token() -> bool {
    let claims = json!({ "exp": now() + 60 });
    let (header, secret) = (Header::new(Algorithm::HS256), b"their secret");
    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret));
    let validation = Validation::new(Algorithm::HS256);
    let key = DecodingKey::from_secret(secret);
    token.is_ok_and(|token| jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok())
}

/// A server that trusts a scripted issuer, and that issuer's keys.
struct Place {
    issuer: ScriptedIssuer,
    signers: [(&'static str, Signer); 4],
    ran: Ran,
    resource: String,
}

impl Place {
    async fn open() -> Self {
        let signers = [
            ("ES256", Signer::es256()),
            ("ES384", Signer::es384()),
            ("EdDSA", Signer::eddsa()),
            ("RS256", Signer::rsa()),
        ];
        let keys: Vec<_> = signers.iter().map(|(alg, key)| key.jwk(alg)).collect();
        let issuer = ScriptedIssuer::start(&keys).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("a bound address");
        let (resource, ran) = (format!("http://{address}/mcp"), Ran::default());
        let server = Server::builder("backends").resource(&resource);
        let server = server.issuer(issuer.identifier()).state(ran.clone());
        let server = server.build().await.expect("the server starts");
        tokio::spawn(server.serve_until(listener, std::future::pending()));
        Self {
            issuer,
            signers,
            ran,
            resource,
        }
    }

    async fn status(&self, token: &str) -> u16 {
        let request = reqwest::Client::new().post(&self.resource);
        let request = request
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(legacy_body("tools/call", json!({ "name": "wipe" })));
        request.send().await.expect("an answer").status().as_u16()
    }

    /// Good tokens of every algorithm run, forged ones do not.
    async fn holds(&self) {
        let strangers = [
            Signer::es256(),
            Signer::es384(),
            Signer::eddsa(),
            Signer::rsa(),
        ];
        for ((alg, signer), stranger) in self.signers.iter().zip(&strangers) {
            let header = json!({ "alg": alg, "typ": "at+jwt", "kid": alg });
            let claims = json!({
                "iss": self.issuer.identifier(), "aud": self.resource, "sub": "alice",
                "exp": now() + 600, "scope": "admin",
            });
            let before = self.ran.times();
            let forged = stranger.token(&header, &claims);
            assert_eq!(self.status(&forged).await, 401, "{alg}");
            assert_eq!(self.ran.times(), before, "{alg}");
            let good = signer.token(&header, &claims);
            assert_eq!(self.status(&good).await, 200, "{alg}");
            assert_eq!(self.ran.times(), before + 1, "{alg}");
        }
    }
}

#[tokio::main]
async fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("nobody chose") => nobody_chose().await,
        Some("another was chosen") => another_was_chosen().await,
        other => panic!("what is to be shown? {other:?}"),
    }
    println!("\nit holds");
}

async fn nobody_chose() {
    Place::open().await.holds().await;
    let theirs = catch_unwind(somebody_elses_token);
    assert!(theirs.is_err(), "this program was not built with both");
    Place::open().await.holds().await;
}

async fn another_was_chosen() {
    let before = Place::open().await;
    before.holds().await;
    let other = rust_crypto::DEFAULT_PROVIDER.install_default();
    assert!(
        other.is_ok(),
        "a server must leave the choice to the program"
    );
    assert!(somebody_elses_token());
    before.holds().await;
    Place::open().await.holds().await;
    // The embedded provider signs with whatever was chosen.
    let lab = Lab::start(|server| server).await;
    let reply = lab.call(Some(&lab.token("admin")), "wipe").await;
    assert_eq!(reply.text(), "wiped");
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock after 1970").as_secs()
}
