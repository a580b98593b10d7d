//! A token has one judge: it never falls through to another.

use json::json;
use mcp_authz::{
    AuthInfo, BearerToken, Error, Issuer, Server, ServerBuilder, TokenVerifier, VerifyError, danger,
};
use support::Relay;

use super::{INTROSPECT, active, asking, assert_refused, auth, beside, by, provider, tools};
use crate::hello;

const KEYS: &str = "/jwks";

#[tokio::test]
async fn a_jwt_is_not_asked_about_and_an_opaque_token_is_not_taken_for_one() {
    let issuer = |relay: &Relay, issuer: Issuer| {
        let issuer = issuer.introspection(by(relay, auth()));
        issuer.jwks_uri(relay.url(KEYS))
    };
    let (lab, relay) = beside(provider(), issuer, tools).await;
    // Whoever falls through finds an open door.
    relay.says(INTROSPECT, &active(&lab));
    let keys = relay.asked(KEYS);
    for opaque in ["opaque", "v4.public.x", "a.b.c"] {
        assert_eq!(lab.call(Some(opaque), "hello").await.status, 200);
    }
    assert_eq!((relay.asked(KEYS), relay.asked(INTROSPECT)), (keys, 3));
    let good = lab.token("profile email");
    let mint = || lab.mint("alice", "smartmail", "profile email");
    let [header, claims, _] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    let elsewhere = "https://other.example.com";
    for (what, token) in [
        ("over", mint().claim("exp", 1).sign().unwrap()),
        ("aud", mint().resource(elsewhere).sign().unwrap()),
        ("iss", mint().claim("iss", elsewhere).sign().unwrap()),
        ("no iss", mint().claim("iss", json!(null)).sign().unwrap()),
        ("forged", format!("{header}.{claims}.{}", "A".repeat(86))),
        ("unsigned", format!("{header}.{claims}.")),
        ("two parts", format!("{header}.{claims}")),
        ("four parts", format!("{good}.x")),
        ("padded", format!("{good}=")),
        ("a header alone", format!("{header}.x")),
    ] {
        assert_refused(&lab.call(Some(&token), "hello").await, what);
    }
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (3, 3));
    assert_eq!(lab.call(Some(&good), "hello").await.status, 200);
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (3, 4));
}

#[tokio::test]
async fn a_server_that_takes_no_opaque_tokens_asks_nobody() {
    let issuer = |relay: &Relay, issuer: Issuer| issuer.jwks_uri(relay.url(KEYS));
    let (lab, relay) = beside(provider(), issuer, tools).await;
    let keys = relay.asked(KEYS);
    let token = lab.opaque_token("profile email");
    assert_refused(&lab.call(Some(&token), "hello").await, "opaque");
    assert_eq!((relay.asked(KEYS), lab.ran.times()), (keys, 0));
}

#[tokio::test]
async fn a_token_is_shown_to_the_one_issuer_that_takes_such_tokens() {
    let (other, shown) = asking().await;
    let issuer = |relay: &Relay, issuer: Issuer| issuer.introspection(by(relay, auth()));
    let signed = Issuer::new(other.provider.issuer());
    let both = |server: ServerBuilder| tools(server).issuer(signed);
    let (lab, relay) = beside(provider(), issuer, both).await;
    let foreign = other.provider.mint("alice").resource(&lab.url);
    let foreign = foreign.scopes("profile").opaque().unwrap();
    assert_refused(&lab.call(Some(&foreign), "hello").await, "foreign");
    let own = lab.opaque_token("profile");
    assert_eq!(lab.call(Some(&own), "hello").await.status, 200);
    assert_eq!((relay.asked(INTROSPECT), shown.asked(INTROSPECT)), (2, 0));
    assert_eq!(lab.ran.times(), 1);
}

struct Keys;

impl TokenVerifier for Keys {
    async fn verify(&self, _: &BearerToken) -> Result<AuthInfo, VerifyError> {
        Err(VerifyError::rejected("unknown"))
    }
}

#[tokio::test]
async fn a_server_with_two_judges_for_opaque_tokens_does_not_start() {
    let server = || {
        let server = Server::builder("two").resource("https://mcp.example.com/mcp");
        server.tools([hello::tool()])
    };
    let asked = || Issuer::new("https://one.example.com").introspection(auth());
    let alone = Issuer::new("https://two.example.com").opaque_tokens(danger::userinfo_alone());
    for (server, says) in [
        (server().issuer(asked()).issuer(alone), "shown each other's"),
        (
            server().issuer(asked()).verifier(Keys),
            "would be shown those of `.verifier(..)`",
        ),
    ] {
        match server.build().await {
            Err(Error::Config(wrong)) => assert!(wrong.to_string().contains(says), "{wrong}"),
            other => panic!("it started: {other:?}"),
        }
    }
}
