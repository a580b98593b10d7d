//! Trouble at the issuer says nothing about a token: 503, and nobody is logged out.

use std::time::{Duration, Instant};

use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::{Algorithm, ClientAuth, Issuer};
use support::{ClientKey, Lab, Relay};

use super::{INTROSPECT, active, asking, assert_unavailable, auth, beside, by, provider, tools};

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_logs_nobody_out() {
    let key = ClientKey::generate();
    for auth in [
        ClientAuth::secret_basic("mcp-server", "wrong"),
        ClientAuth::secret_post("mcp-server", "wrong"),
        ClientAuth::secret_basic("nobody", "s3cret"),
        ClientAuth::private_key_jwt("mcp-server", Algorithm::Es256, key.pem()),
    ] {
        let shown = format!("{auth:?}");
        let issuer = |relay: &Relay, issuer: Issuer| issuer.introspection(by(relay, auth));
        let (lab, relay) = beside(provider(), issuer, tools).await;
        for token in [&lab.opaque_token("profile email"), "invented"] {
            let reply = lab.call(Some(token), "hello").await;
            assert_unavailable(&reply, &shown);
            assert_unavailable(&lab.call(Some(token), "hello").await, &shown);
        }
        assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (4, 0));
        let signed = lab.token("profile email");
        assert_eq!(lab.call(Some(&signed), "hello").await.status, 200);
    }
}

#[tokio::test]
async fn an_endpoint_in_trouble_is_a_503_and_is_forgotten() {
    let (lab, relay) = asking().await;
    let token = lab.opaque_token("profile email");
    let page = |kind: &str| vec![("content-type", kind.to_owned())];
    let plain = || page("application/json");
    let good = active(&lab).to_string();
    let huge = format!("{{\"active\":true,\"x\":\"{}\"}}", "x".repeat(5 << 20));
    let elsewhere = vec![("location", relay.url("/elsewhere"))];
    for (what, status, headers, body) in [
        ("not found", 404, plain(), "{}"),
        ("forbidden", 403, plain(), r#"{"error":"access_denied"}"#),
        ("broken", 500, plain(), r#"{"active":false}"#),
        ("a proxy", 502, page("text/html"), "<html>"),
        ("down", 503, plain(), "{}"),
        ("a sign-in page", 200, page("text/html"), "<html>"),
        ("good, but HTML", 200, page("text/html"), &good),
        ("no JSON", 200, plain(), "active"),
        ("doubled", 200, plain(), r#"{"active":false,"active":true}"#),
        ("huge", 200, plain(), &huge),
        ("a redirect", 302, elsewhere, ""),
    ] {
        relay.answers(INTROSPECT, status, headers, body);
        assert_unavailable(&lab.call(Some(&token), "hello").await, what);
    }
    assert_eq!((relay.asked("/elsewhere"), lab.ran.times()), (0, 0));
    let later = vec![("retry-after", "17".to_owned())];
    relay.answers(INTROSPECT, 429, later, "");
    let reply = lab.call(Some(&token), "hello").await;
    assert_unavailable(&reply, "too many");
    assert_eq!(reply.header("retry-after"), "17");
    relay.forwards();
    assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn callers_who_are_known_do_not_notice() {
    let (lab, relay) = asking().await;
    let (known, new) = (lab.opaque_token("profile"), lab.opaque_token("profile"));
    assert_eq!(lab.call(Some(&known), "hello").await.status, 200);
    relay.answers(INTROSPECT, 500, Vec::new(), "");
    assert_eq!(lab.call(Some(&known), "hello").await.status, 200);
    assert_unavailable(&lab.call(Some(&new), "hello").await, "new");
    assert_eq!(lab.ran.times(), 2);
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_waited_for_five_seconds() {
    let (lab, _relay) = asking().await;
    let token = lab.opaque_token("profile");
    lab.provider.fail([Endpoint::Introspection], Fault::Silent);
    let before = Instant::now();
    assert_unavailable(&lab.call(Some(&token), "hello").await, "silent");
    assert!(before.elapsed() < Duration::from_secs(8));
    lab.provider.recover();
    assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_a_503() {
    let nobody = "http://127.0.0.1:1";
    let away = |_: &Relay, issuer: Issuer| {
        let how = mcp_authz::Introspection::new(auth());
        issuer.introspection(how.endpoint(format!("{nobody}/introspect")))
    };
    let (lab, _relay) = beside(provider(), away, tools).await;
    let token = lab.opaque_token("profile");
    assert_unavailable(&lab.call(Some(&token), "hello").await, "endpoint");
    assert_eq!(lab.ran.times(), 0);
    // Nor is the metadata that would say where to ask.
    let provider = provider().start().await.unwrap();
    let issuer = Issuer::new(nobody).introspection(auth());
    let lab = Lab::beside(provider, issuer, tools).await;
    assert_unavailable(&lab.call(Some("opaque"), "hello").await, "metadata");
    assert_eq!(lab.ran.times(), 0);
}
