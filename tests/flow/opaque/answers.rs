//! What the issuer says of a token, and who gets in.

use std::time::Duration;

use json::json;
use mcp_authz::dev::Client;
use mcp_authz::{Algorithm, ClientAuth, Issuer, danger};
use support::{ClientKey, Relay};

use super::{
    INTROSPECT, active, asking, asking_with, assert_refused, beside, by, provider, revoke, tools,
};

#[tokio::test]
async fn a_good_token_runs_however_the_server_proves_who_it_is() {
    let key = ClientKey::generate();
    let with_key = Client::first_party("with-key", "The server").public_key(key.jwk());
    for auth in [
        ClientAuth::secret_basic("mcp-server", "s3cret"),
        ClientAuth::secret_post("mcp-server", "s3cret"),
        ClientAuth::private_key_jwt("with-key", Algorithm::Es256, key.pem()),
    ] {
        let shown = format!("{auth:?}");
        let provider = provider().client(with_key.clone());
        let issuer = |relay: &Relay, issuer: Issuer| issuer.introspection(by(relay, auth));
        let (lab, relay) = beside(provider, issuer, tools).await;
        let token = lab.opaque_token("profile email");
        let reply = lab.call(Some(&token), "hello").await;
        assert_eq!(reply.text(), "hello alice", "{shown}: {}", reply.body);
        let claims = lab.call(Some(&token), "whoami").await.message();
        assert_eq!(
            claims["result"]["structuredContent"]["sub"], "alice",
            "{shown}"
        );
        assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (1, 2));
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_here_runs_nothing() {
    let (lab, relay) = asking().await;
    let good = || lab.mint("alice", "smartmail", "profile email");
    let at = |resource: &str| {
        let mint = lab.provider.mint("alice").client("smartmail");
        mint.scopes("profile email").resource(resource).opaque()
    };
    let nowhere = lab.provider.mint("alice").client("smartmail");
    let revoked = good().opaque().unwrap();
    revoke(&lab, &revoked).await;
    let bad = [
        ("invented", "a".repeat(43)),
        ("over", good().lifetime(Duration::ZERO).opaque().unwrap()),
        ("revoked", revoked),
        ("another audience", at("https://other.example.com").unwrap()),
        ("the issuer's", at(lab.provider.issuer()).unwrap()),
        ("longer", at(&format!("{}/", lab.url)).unwrap()),
        (
            "no audience",
            nowhere.scopes("profile email").opaque().unwrap(),
        ),
        ("exp", good().claim("exp", 1).opaque().unwrap()),
        (
            "nbf",
            good().claim("nbf", 9_999_999_999_u64).opaque().unwrap(),
        ),
        (
            "iss",
            good()
                .claim("iss", "https://as.example.com")
                .opaque()
                .unwrap(),
        ),
        ("aud", good().claim("aud", json!([])).opaque().unwrap()),
        ("sub", good().claim("sub", 7).opaque().unwrap()),
        (
            "refresh",
            good()
                .claim("token_type", "refresh_token")
                .opaque()
                .unwrap(),
        ),
        (
            "bound",
            good().claim("cnf", json!({"jkt": "x"})).opaque().unwrap(),
        ),
    ];
    let mut bodies = Vec::new();
    for (number, (what, token)) in bad.iter().enumerate() {
        let reply = lab.call(Some(token), "hello").await;
        assert_refused(&reply, what);
        assert_eq!(relay.asked(INTROSPECT), number + 1, "{what}");
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the answer says why: {bodies:?}");
    assert_eq!(lab.ran.times(), 0);
    let token = good().opaque().unwrap();
    assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn whatever_is_not_the_json_true_is_not_active() {
    let (lab, relay) = asking().await;
    let mut answer = active(&lab);
    relay.says(INTROSPECT, &answer);
    assert_eq!(lab.call(Some("good"), "hello").await.status, 200);
    for (number, active) in [
        json!(false),
        json!("true"),
        json!(1),
        json!(null),
        json!([true]),
    ]
    .into_iter()
    .enumerate()
    {
        answer["active"] = active.clone();
        relay.says(INTROSPECT, &answer);
        let reply = lab.call(Some(&format!("bad-{number}")), "hello").await;
        assert_refused(&reply, &active.to_string());
    }
    relay.says(INTROSPECT, &json!({}));
    assert_refused(&lab.call(Some("nothing"), "hello").await, "{}");
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn without_an_audience_listed_clients_alone_get_in() {
    let listed = danger::without_audience(["smartmail", "mailer"]);
    let (lab, _relay) = asking_with(|how| how, |issuer| issuer.opaque_tokens(listed)).await;
    let nowhere = |client: &str| {
        let mint = lab.provider.mint("alice").client(client);
        mint.scopes("profile email")
    };
    for client in ["smartmail", "mailer"] {
        let token = nowhere(client).opaque().unwrap();
        assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    }
    for client in ["other", "Smartmail", "smartmail "] {
        let token = nowhere(client).opaque().unwrap();
        assert_refused(&lab.call(Some(&token), "hello").await, client);
    }
    let elsewhere = nowhere("smartmail").resource("https://other.example.com");
    let elsewhere = elsewhere.opaque().unwrap();
    assert_refused(&lab.call(Some(&elsewhere), "hello").await, "a wrong one");
    // Nobody said so of JWTs.
    let signed = nowhere("smartmail").claim("aud", json!(null)).sign();
    assert_refused(&lab.call(Some(&signed.unwrap()), "hello").await, "a JWT");
    assert_eq!(lab.ran.times(), 2);
    let other = lab.opaque_token_of("bob", "other", "");
    assert_eq!(
        lab.call(Some(&other), "hello").await.text(),
        "hello bob",
        "the right audience is enough"
    );
}

#[tokio::test]
async fn a_missing_scope_is_a_challenge_and_a_wider_token_the_answer() {
    let (lab, relay) = asking().await;
    let narrow = lab.opaque_token("profile email");
    let reply = lab.call(Some(&narrow), "send_mail").await;
    assert_eq!(reply.status, 403);
    let challenge = reply.challenge();
    let expected = r#"Bearer error="insufficient_scope", scope="mail:send", resource_metadata="#;
    assert!(challenge.starts_with(expected), "{challenge}");
    assert_eq!(lab.ran.times(), 0);
    let wide = lab.opaque_token("profile email mail:send");
    assert_eq!(lab.call(Some(&wide), "send_mail").await.text(), "sent");
    assert_eq!(lab.call(Some(&narrow), "send_mail").await.status, 403);
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (2, 1));
    for odd in [json!(["mail:send"]), json!(7), json!({"mail:send": true})] {
        let token = lab.mint("alice", "smartmail", "").claim("scope", odd);
        let token = token.opaque().unwrap();
        let reply = lab.call(Some(&token), "send_mail").await;
        assert_eq!(reply.status, 403, "{}", reply.body);
    }
    assert_eq!(lab.ran.times(), 1);
}
