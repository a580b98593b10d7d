//! Proofs of possession (RFC 9449 §4.3), one defect at a time, with real keys and a clock.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use url::Url;

use super::support::{Fixture, Object, RESOURCE, Row, Signer, b64, object, set};
use crate::World;
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::clock::TestClock;
use crate::fetch::HttpFetch;
use crate::token::dpop::{Dpop, DpopVerifier, Fault, Proven, Thumbprint};
use crate::token::{Algorithm, Reject};

/// A server that takes proofs, and a client with a key of its own.
struct Bound {
    it: Fixture,
    dpop: DpopVerifier,
    key: Signer,
    token: String,
}

impl Bound {
    async fn with(settings: Dpop) -> Self {
        let (it, key) = (Fixture::new().await, Signer::es256());
        let token = bound(&it, &public(&key));
        let world = World {
            clock: Arc::<TestClock>::clone(&it.clock),
            fetch: Arc::new(HttpFetch::new()),
        };
        let resource = Url::parse(RESOURCE).unwrap();
        let keys = [b"for the nonces".as_slice()];
        let dpop = DpopVerifier::new(settings, &resource, keys.into_iter(), world);
        Self {
            it,
            dpop,
            key,
            token,
        }
    }

    async fn new() -> Self {
        Self::with(Dpop::required()).await
    }

    fn header(&self) -> Object {
        object(json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": public(&self.key)}))
    }

    fn claims(&self) -> Object {
        let hash = b64(digest(&SHA256, self.token.as_bytes()));
        object(json!({
            "htm": "POST", "htu": RESOURCE, "iat": self.it.seconds(0), "ath": hash, "jti": unique(),
        }))
    }

    fn signed(&self, header: &Object, claims: &Object) -> String {
        let (header, claims) = (json!(header).to_string(), json!(claims).to_string());
        self.key.token_of(&header, &claims)
    }

    fn proof(&self) -> String {
        self.signed(&self.header(), &self.claims())
    }

    async fn present(&self, proof: &str) -> Result<Proven, Fault> {
        self.present_with(&self.token, Some(proof)).await
    }

    async fn present_with(&self, token: &str, proof: Option<&str>) -> Result<Proven, Fault> {
        let token = BearerToken::new(token);
        let verified = self.it.verifiers.judge(&token).await.unwrap();
        let proof = proof.map(|proof| HeaderValue::from_str(proof).unwrap());
        self.dpop
            .check(verified, &token, &Method::POST, proof.as_ref())
    }

    async fn refuses(&self, what: &str, proof: &str, reason: &str) {
        match self.present(proof).await {
            Err(Fault::Proof(Reject(why))) => assert!(why.starts_with(reason), "{what}: {why}"),
            other => panic!("{what}: not a bad proof but {other:?}"),
        }
    }
}

fn unique() -> String {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).unwrap();
    b64(random)
}

/// As a proof names a key: its type and its parts, and nothing else.
fn public(key: &Signer) -> Value {
    let mut jwk = key.jwk("k");
    jwk.as_object_mut().unwrap().remove("kid");
    jwk
}

fn bound(it: &Fixture, jwk: &Value) -> String {
    let mut claims = it.claims();
    claims.insert("cnf".into(), json!({"jkt": jkt(jwk)}));
    it.signed(&it.header(), &claims)
}

/// RFC 7638 §3, in other words than the code's.
fn jkt(jwk: &Value) -> String {
    let text = |name: &str| jwk[name].to_string();
    let canonical = match jwk["kty"].as_str().unwrap() {
        "EC" => format!(
            r#"{{"crv":{},"kty":"EC","x":{},"y":{}}}"#,
            text("crv"),
            text("x"),
            text("y")
        ),
        "OKP" => format!(r#"{{"crv":{},"kty":"OKP","x":{}}}"#, text("crv"), text("x")),
        _ => format!(r#"{{"e":{},"kty":"RSA","n":{}}}"#, text("e"), text("n")),
    };
    b64(digest(&SHA256, canonical.as_bytes()))
}

fn subject(proven: Result<Proven, Fault>) -> Option<String> {
    proven
        .ok()
        .and_then(|proven| AuthInfo::subject(&proven.caller).map(str::to_owned))
}

#[tokio::test]
async fn a_good_proof_makes_its_sender_the_caller_also_for_a_token_seen_before() {
    let it = Bound::new().await;
    for _ in 0..3 {
        assert_eq!(
            subject(it.present(&it.proof()).await).as_deref(),
            Some("alice")
        );
    }
    assert!(
        it.it.cached(&it.token).is_some(),
        "by now it was remembered"
    );
    let without = it.present_with(&it.token, None).await;
    assert!(matches!(without, Err(Fault::Proof(_))), "{without:?}");
}

#[tokio::test]
async fn keys_of_every_kind() {
    let mut it = Bound::new().await;
    for (key, algorithm) in [
        (Signer::es384(), "ES384"),
        (Signer::ed25519(), "EdDSA"),
        (Signer::ed25519(), "Ed25519"),
        (Signer::rsa(), "RS256"),
        (Signer::rsa(), "PS256"),
    ] {
        it.token = bound(&it.it, &public(&key));
        it.key = key;
        let mut header = it.header();
        header.insert("alg".into(), json!(algorithm));
        let proof = it.signed(&header, &it.claims());
        assert_eq!(
            subject(it.present(&proof).await).as_deref(),
            Some("alice"),
            "{algorithm}"
        );
    }
}

#[tokio::test]
async fn headers() {
    let it = Bound::new().await;
    let mut private = public(&it.key);
    private["d"] = json!("AAAA");
    let oct = json!({"kty": "oct", "k": "AAAA"});
    let mut off_curve = public(&it.key);
    off_curve["x"] = json!(b64([7; 32]));
    let mut for_encryption = public(&it.key);
    for_encryption["use"] = json!("enc");
    let certificate = Some(json!(["MII"]));
    let rows: Vec<Row> = vec![
        ("typ", None, "proof typ"),
        ("typ", Some(json!("JWT")), "proof typ"),
        ("typ", Some(json!("at+jwt")), "proof typ"),
        ("typ", Some(json!("DPoP+jwt")), "proof typ"),
        ("typ", Some(json!(1)), "proof typ"),
        ("alg", None, "alg: missing"),
        ("alg", Some(json!("none")), "alg: missing"),
        ("alg", Some(json!("HS256")), "alg: missing"),
        ("alg", Some(json!("es256")), "alg: missing"),
        ("alg", Some(json!("ES384")), "proof jwk"),
        ("alg", Some(json!("RS256")), "proof jwk"),
        ("jwk", None, "proof jwk: missing"),
        ("jwk", Some(json!("x")), "proof jwk: missing"),
        ("jwk", Some(json!([public(&it.key)])), "proof jwk: missing"),
        ("jwk", Some(json!({})), "proof jwk"),
        ("jwk", Some(private), "proof jwk"),
        ("jwk", Some(oct), "proof jwk"),
        ("jwk", Some(off_curve), "proof jwk"),
        ("jwk", Some(for_encryption), "proof jwk"),
        ("jku", Some(json!("https://evil.example")), "proof header"),
        ("x5u", Some(json!("https://evil.example")), "proof header"),
        ("x5c", certificate, "proof header"),
        ("crit", Some(json!(["b64"])), "header:"),
        ("b64", Some(json!(false)), "header:"),
        ("zip", Some(json!("DEF")), "header:"),
    ];
    for (name, value, reason) in rows {
        let mut header = it.header();
        set(&mut header, name, &value);
        let proof = it.signed(&header, &it.claims());
        it.refuses(&format!("{name}: {value:?}"), &proof, reason)
            .await;
    }
}

#[tokio::test]
async fn claims() {
    let it = Bound::new().await;
    let other_hash = b64(digest(&SHA256, b"another token"));
    let padded = format!("{}=", it.claims()["ath"].as_str().unwrap());
    let now = it.it.seconds(0);
    let rows: Vec<Row> = vec![
        ("htm", None, "proof htm"),
        ("htm", Some(json!("GET")), "proof htm"),
        ("htm", Some(json!("post")), "proof htm"),
        ("htm", Some(json!(["POST"])), "proof htm"),
        ("htu", None, "proof htu"),
        ("htu", Some(json!("")), "proof htu"),
        (
            "htu",
            Some(json!("https://mcp.example.com/other")),
            "proof htu",
        ),
        (
            "htu",
            Some(json!("https://mcp.example.com/mcp/")),
            "proof htu",
        ),
        (
            "htu",
            Some(json!("http://mcp.example.com/mcp")),
            "proof htu",
        ),
        ("htu", Some(json!("http://127.0.0.1:3001/mcp")), "proof htu"),
        ("htu", Some(json!("https://evil.example/mcp")), "proof htu"),
        ("htu", Some(json!([RESOURCE])), "proof htu"),
        ("ath", None, "proof ath"),
        ("ath", Some(json!("")), "proof ath"),
        ("ath", Some(json!(other_hash)), "proof ath"),
        ("ath", Some(json!(padded)), "proof ath"),
        ("iat", None, "proof iat: missing"),
        ("iat", Some(json!(now.to_string())), "proof iat"),
        ("iat", Some(json!(-1)), "proof iat"),
        ("iat", Some(json!(now - 301)), "proof iat: not within"),
        ("iat", Some(json!(now + 301)), "proof iat: not within"),
        ("iat", Some(json!(now * 1000)), "proof iat"),
        ("exp", Some(json!(now - 301)), "proof exp"),
        ("nbf", Some(json!(now + 302)), "proof exp"),
        ("jti", None, "proof jti"),
        ("jti", Some(json!("")), "proof jti"),
        ("jti", Some(json!(7)), "proof jti"),
        ("jti", Some(json!("x".repeat(257))), "proof jti"),
        ("jti", Some(json!("a\nb")), "proof jti"),
        ("nonce", Some(json!(1)), "proof nonce"),
    ];
    for (name, value, reason) in rows {
        let mut claims = it.claims();
        set(&mut claims, name, &value);
        let proof = it.signed(&it.header(), &claims);
        it.refuses(&format!("{name}: {value:?}"), &proof, reason)
            .await;
    }
    for (name, value) in [
        ("iat", json!(now - 300)),
        ("iat", json!(now + 300)),
        ("htu", json!(format!("{RESOURCE}?x=1#y"))),
        ("htu", json!("HTTPS://MCP.example.com:443/mcp")),
        ("nonce", json!("of another server")),
        ("more", json!({"a": [1]})),
    ] {
        let mut claims = it.claims();
        set(&mut claims, name, &Some(value.clone()));
        let outcome = it.present(&it.signed(&it.header(), &claims)).await;
        assert!(outcome.is_ok(), "{name} {value}: {outcome:?}");
    }
}

#[tokio::test]
async fn forms() {
    let it = Bound::new().await;
    let good = it.proof();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = (
        json!(it.header()).to_string(),
        json!(it.claims()).to_string(),
    );
    let twice = claims.replacen('{', r#"{"htm":"GET","#, 1);
    let other = Signer::es256().token_of(&header, &claims);
    let mut long = it.claims();
    long.insert("padding".into(), json!("x".repeat(8 * 1024)));
    let json_form = json!({"payload": "x", "signature": signature}).to_string();
    for (what, proof, reason) in [
        ("empty", "", "token: not a signed JWT"),
        ("no JWT", "this-is-not-a-jwt", "token: not a signed JWT"),
        ("unsigned", &format!("{signed}."), "signature: empty"),
        ("another key", &other, "proof signature"),
        (
            "two of them",
            &format!("{good}, {good}"),
            "token: not a signed JWT",
        ),
        ("padding", &format!("{good}="), "token: a part"),
        ("a member twice", &it.key.token_of(&header, &twice), "JSON:"),
        ("too long", &it.signed(&it.header(), &long), "proof: longer"),
        ("JSON serialization", &json_form, "token: not a signed JWT"),
    ] {
        it.refuses(what, proof, reason).await;
    }
    let mut changed = signature.to_owned();
    changed.replace_range(..4, "AAAA");
    it.refuses(
        "tampered",
        &format!("{signed}.{changed}"),
        "proof signature",
    )
    .await;
    assert!(it.present(&good).await.is_ok(), "and it was good all along");
}

#[tokio::test]
async fn the_key_is_the_tokens_own() {
    let mut it = Bound::new().await;
    let foreign = bound(&it.it, &public(&Signer::es256()));
    let unbound = it.it.token();
    for (what, token) in [("another key", foreign), ("no key", unbound)] {
        it.token = token;
        let outcome = it.present(&it.proof()).await;
        assert!(
            matches!(outcome, Err(Fault::Token(_))),
            "{what}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_cannot_be_proven() {
    let it = Bound::new().await;
    let jkt = jkt(&public(&it.key));
    for cnf in [
        json!({"x5t#S256": jkt}),
        json!({"jkt": jkt, "x5t#S256": jkt}),
    ] {
        let mut claims = it.it.claims();
        claims.insert("cnf".into(), cnf);
        let token = BearerToken::new(it.it.signed(&it.it.header(), &claims));
        assert!(it.it.verifiers.judge(&token).await.is_err());
    }
}

#[tokio::test]
async fn a_proof_is_good_once_as_long_as_its_date_is_good() {
    let it = Bound::new().await;
    let mut claims = it.claims();
    claims.insert("iat".into(), json!(it.it.seconds(300)));
    let proof = it.signed(&it.header(), &claims);
    assert!(it.present(&proof).await.is_ok());
    it.refuses("at once", &proof, "proof jti: seen before")
        .await;
    it.it.advance(600);
    it.refuses("in the last second", &proof, "proof jti: seen before")
        .await;
    it.it.advance(1);
    it.refuses("after it", &proof, "proof iat").await;
}

#[tokio::test]
async fn a_refused_proof_is_not_used_up() {
    let it = Bound::new().await;
    let mut claims = it.claims();
    claims.insert("htm".into(), json!("GET"));
    let bad = it.signed(&it.header(), &claims);
    it.refuses("for another method", &bad, "proof htm").await;
    claims.insert("htm".into(), json!("POST"));
    assert!(it.present(&it.signed(&it.header(), &claims)).await.is_ok());
}

#[tokio::test]
async fn a_full_memory_is_an_outage_and_not_an_open_door() {
    let it = Bound::with(Dpop::required().remembered_proofs(16)).await;
    assert!(it.present(&it.proof()).await.is_ok());
    let outcome = it.present(&it.proof()).await;
    assert!(matches!(outcome, Err(Fault::NoRoom { .. })), "{outcome:?}");
}

#[tokio::test]
async fn only_the_named_algorithms() {
    let it = Bound::with(Dpop::required().algorithms([Algorithm::EdDsa])).await;
    it.refuses("ES256", &it.proof(), "proof alg").await;
}

#[tokio::test]
async fn with_nonces_a_proof_is_made_for_this_hour_and_this_server() {
    let it = Bound::with(Dpop::required().nonce()).await;
    let with = |nonce: &HeaderValue| {
        let mut claims = it.claims();
        claims.insert("nonce".into(), json!(nonce.to_str().unwrap()));
        it.signed(&it.header(), &claims)
    };
    assert_eq!(it.present(&it.proof()).await.unwrap_err(), Fault::Nonce);
    let wrong = HeaderValue::from_static("definitely-not-the-server-nonce");
    assert_eq!(it.present(&with(&wrong)).await.unwrap_err(), Fault::Nonce);

    let first = it.dpop.nonce().unwrap();
    let told = it.present(&with(&first)).await.unwrap().nonce;
    assert_eq!(told, None, "it is the newest");
    it.it.advance(300);
    let told = it.present(&with(&first)).await.unwrap().nonce;
    assert_eq!(told, it.dpop.nonce(), "a newer one is handed out in time");
    it.it.advance(300);
    assert_eq!(it.present(&with(&first)).await.unwrap_err(), Fault::Nonce);
    assert!(it.present(&with(&told.unwrap())).await.is_ok());
}

#[test]
fn the_thumbprint_in_other_words_is_the_same() {
    for key in [
        Signer::es256(),
        Signer::es384(),
        Signer::ed25519(),
        Signer::rsa(),
    ] {
        let jwk = public(&key);
        let expected = Thumbprint::parse(&jkt(&jwk));
        assert_eq!(Thumbprint::of(jwk.as_object().unwrap()), expected);
        assert!(expected.is_some());
    }
}
