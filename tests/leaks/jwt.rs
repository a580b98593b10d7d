//! Signed tokens, good and bad, in every place of a request.

use http_client::{Client, Method, RequestBuilder};
use json::{Value, json};
use mcp_authz::Issuer;
use support::{
    Lab, Reply, ScriptedIssuer, Signer, base64url, hash, legacy_body, modern_body, modern_headers,
};

use crate::secrets::Secrets;
use crate::{lab, now};

pub async fn run(secrets: &mut Secrets) {
    let key = Signer::es256();
    let issuer = ScriptedIssuer::start(&[key.jwk("k")]).await;
    for json in [true, false] {
        let lab = lab(|server| {
            let relaxed = Issuer::new(issuer.identifier()).accept_typ_jwt();
            server.issuer(relaxed).json_replies(json)
        })
        .await;
        for (what, token) in tokens(&lab, &key, issuer.identifier()) {
            secrets.add(what, token.as_str());
            present(&lab, &token).await;
        }
        assert!(lab.ran.times() > 0, "the good ones ran");
    }
    outage(secrets, &key).await;
}

fn tokens(lab: &Lab, key: &Signer, iss: &str) -> Vec<(&'static str, String)> {
    let header = |kid: &str| json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid });
    let claims = |name: &str, value: Value| {
        let mut claims = json!({
            "iss": iss, "aud": lab.url, "sub": "alice", "client_id": "smartmail",
            "exp": now() + 600, "iat": now(), "jti": hash(name), "scope": "mail:read",
        });
        claims[name] = value;
        claims
    };
    let sign = |name: &str, value: Value| key.token(&header("k"), &claims(name, value));
    let plain = claims("jti", json!(hash("unsigned")));
    let unsigned = format!(
        "{}.{}.",
        base64url(r#"{"alg":"none"}"#),
        base64url(plain.to_string())
    );
    let minted = lab.provider.mint("bob").client("c").resource(&lab.url);
    vec![
        ("a good token", sign("jti", json!(hash("good")))),
        ("the provider's token", lab.token("mail:read")),
        ("a token without scope", lab.token("profile")),
        ("a minted token", minted.sign().expect("a token")),
        ("an expired token", sign("exp", json!(now() - 100))),
        (
            "another audience",
            sign("aud", json!("https://elsewhere.test")),
        ),
        (
            "another issuer",
            sign("iss", json!("https://elsewhere.test")),
        ),
        ("an odd audience", sign("aud", json!([7]))),
        ("a bound token", sign("cnf", json!({ "jkt": hash("key") }))),
        ("an ID token", sign("nonce", json!(hash("nonce")))),
        ("a token with odd scopes", sign("scope", json!({ "a": 1 }))),
        (
            "a forged token",
            Signer::es256().token(&header("k"), &plain),
        ),
        (
            "an unknown key",
            key.token(&header("a-key-id-that-nobody-has-ever-published"), &plain),
        ),
        (
            "an odd key id",
            key.token(&header("line\nbreaks-in-a-key-id-that-is-odd"), &plain),
        ),
        ("an unsigned token", unsigned),
        (
            "a doubled member",
            key.token_of(
                &header("k").to_string(),
                &format!("{{\"iss\":1,{}", &plain.to_string()[1..]),
            ),
        ),
        (
            "half a token",
            sign("jti", json!(hash("half")))[40..].to_owned(),
        ),
        ("an opaque token", hash("opaque")),
        ("a long token", hash("long").repeat(500)),
    ]
}

/// In all the places where somebody might put it.
async fn present(lab: &Lab, token: &str) {
    let post = || lab.post(None);
    let legacy = legacy_body("tools/call", json!({ "name": "read_mail" }));
    for request in [
        call(&lab.http, lab).bearer_auth(token),
        post().bearer_auth(token).body(legacy.clone()),
        post().bearer_auth(token).body("{"),
        lab.request(Method::GET, Some(token)),
        post()
            .bearer_auth(token)
            .bearer_auth(token)
            .body(legacy.clone()),
        post().header("authorization", format!("Bearer {token} x")),
        post().header("authorization", format!("DPoP {token}")),
        post().header("authorization", token),
        post().basic_auth("alice", Some(token)),
        post().header("cookie", format!("access_token={token}")),
        post().header("proxy-authorization", format!("Bearer {token}")),
        post()
            .query(&[("access_token", token)])
            .body(legacy.clone()),
        post().query(&[("access_token", token)]).bearer_auth(token),
    ] {
        let reply = Reply::of(request).await;
        assert!(!reply.body.contains(token) && !reply.challenge().contains(token));
    }
    let multiplexed = Client::builder().http2_prior_knowledge().no_proxy();
    let multiplexed = multiplexed.build().expect("a client");
    // One that is too long for HTTP/2 gets no answer.
    let _ = call(&multiplexed, lab).bearer_auth(token).send().await;
}

fn call(client: &Client, lab: &Lab) -> RequestBuilder {
    let body = modern_body("tools/call", json!({ "name": "read_mail" }));
    client
        .post(&lab.url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .headers(modern_headers("tools/call", Some("read_mail")))
        .body(body)
}

/// An issuer that cannot be asked.
async fn outage(secrets: &mut Secrets, key: &Signer) {
    let nobody = "http://127.0.0.1:1";
    let lab = lab(|server| server.issuer(nobody)).await;
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" });
    let claims =
        json!({ "iss": nobody, "aud": lab.url, "sub": "alice", "exp": now() + 600, "jti": "o" });
    let token = key.token(&header, &claims);
    let reply = lab.call(Some(&token), "read_mail").await;
    assert_eq!(reply.status, 503);
    secrets.add("a token in an outage", token);
}
