//! Trouble on request, and its end.

use std::time::{Duration, Instant};

use mcp_authz::dev::{Endpoint, Fault};
use tokio::time::timeout;

use super::*;

const PATHS: [(Endpoint, &str); 5] = [
    (Endpoint::Discovery, "/.well-known/openid-configuration"),
    (Endpoint::Jwks, "/jwks"),
    (Endpoint::Introspection, "/introspect"),
    (Endpoint::Userinfo, "/userinfo"),
    (Endpoint::Token, "/token"),
];

/// Asks as somebody does who is answered.
async fn ask(lab: &Lab, endpoint: Endpoint) -> StatusCode {
    let token = lab.provider.mint("alice").scopes("openid").sign().unwrap();
    let (_, path) = PATHS.iter().find(|(own, _)| *own == endpoint).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("token", token.as_str()),
        ("client_id", "web"),
        ("client_secret", "s3cret"),
    ];
    let request = match endpoint {
        Endpoint::Introspection | Endpoint::Token => lab.http.post(lab.url(path)).form(&form),
        _ => lab.http.get(lab.url(path)).bearer_auth(&token),
    };
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn an_endpoint_fails_alone_and_recovers() {
    let lab = Lab::start().await;
    for (broken, _) in PATHS {
        lab.provider.fail([broken], Fault::Error);
        for endpoint in Endpoint::ALL {
            let expected = if endpoint == broken { 500 } else { 200 };
            assert_eq!(
                ask(&lab, endpoint).await,
                expected,
                "{broken:?} {endpoint:?}"
            );
        }
        lab.provider.recover();
        assert_eq!(ask(&lab, broken).await, 200);
    }
}

#[tokio::test]
async fn discovery_fails_wherever_it_is() {
    let lab = Lab::with(builder().path("/oidc")).await;
    lab.provider.fail([Endpoint::Discovery], Fault::Error);
    let root: Url = lab.provider.issuer().parse().unwrap();
    for location in [
        "/.well-known/oauth-authorization-server/oidc",
        "/.well-known/openid-configuration/oidc",
        "/oidc/.well-known/oauth-authorization-server",
        "/oidc/.well-known/openid-configuration",
    ] {
        let url = root.join(location).unwrap();
        assert_eq!(answered(lab.http.get(url)).await.0, 500, "{location}");
    }
}

#[tokio::test]
async fn what_is_slow_answers_in_the_end() {
    let lab = Lab::start().await;
    let delay = Duration::from_millis(300);
    lab.provider.fail([Endpoint::Jwks], Fault::Slow(delay));
    let before = Instant::now();
    assert_eq!(ask(&lab, Endpoint::Jwks).await, 200);
    assert!(before.elapsed() >= delay);
}

#[tokio::test]
async fn who_waits_is_answered_when_the_trouble_ends() {
    let lab = Lab::start().await;
    let hour = Fault::Slow(Duration::from_secs(3600));
    for fault in [Fault::Silent, hour] {
        lab.provider.fail(Endpoint::ALL, fault);
        for endpoint in Endpoint::ALL {
            let mut asked = Box::pin(ask(&lab, endpoint));
            let early = timeout(Duration::from_millis(100), &mut asked).await;
            assert!(early.is_err(), "{fault:?} {endpoint:?}: {early:?}");
            lab.provider.recover();
            assert_eq!(asked.await, 200);
            lab.provider.fail(Endpoint::ALL, fault);
        }
    }
}

#[tokio::test]
async fn the_rest_goes_on_and_a_silence_does_not_keep_it_from_stopping() {
    let mut lab = Lab::start().await;
    let all = Endpoint::ALL.into_iter();
    let others = all.filter(|endpoint| *endpoint != Endpoint::Token);
    lab.provider.fail(others, Fault::Silent);
    let tokens = lab.tokens("agent", "openid").await;
    assert_eq!(
        lab.refresh(text(&tokens, "refresh_token"), None).await.0,
        200
    );
    let (http, url) = (lab.http.clone(), lab.url("/jwks"));
    let waiting = tokio::spawn(async move { http.get(url).send().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    drop(lab);
    let ended = timeout(Duration::from_secs(5), waiting).await;
    assert!(ended.is_ok(), "it is kept waiting");
}
