//! Headers that claim an identity, and other places for a token.

use http_types::request::Parts;
use support::{Reply, modern_body, modern_headers};

use crate::lab;

#[tokio::test]
async fn nothing_but_a_verified_token_is_an_identity() {
    let lab = lab(true).await;
    let body = modern_body("tools/call", json::json!({ "name": "wipe" }));
    let call = || {
        lab.post(None)
            .headers(modern_headers("tools/call", Some("wipe")))
            .body(body.clone())
    };
    let token = lab.token("admin");
    let bearer = format!("Bearer {token}");
    for (name, value) in [
        ("x-forwarded-authorization", bearer.as_str()),
        ("proxy-authorization", &bearer),
        (
            "cookie",
            &format!("access_token={token}; Authorization={token}"),
        ),
        ("x-forwarded-user", "alice"),
        ("x-scopes", "admin"),
        ("x-access-token", &token),
        ("mcp-param-scope", "admin"),
    ] {
        let reply = Reply::of(call().header(name, value)).await;
        assert_eq!(reply.status, 401, "{name}");
    }
    let basic = Reply::of(call().basic_auth("alice", Some(&token))).await;
    assert_eq!(basic.status, 401);
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn the_scopes_of_one_request_do_not_outlive_it() {
    let lab = lab(true).await;
    let (admin, user) = (lab.token("admin"), lab.token("profile"));
    for round in 1..=3 {
        assert_eq!(lab.call(Some(&admin), "wipe").await.text(), "wiped");
        assert_eq!(lab.call(Some(&user), "wipe").await.status, 403);
        assert_eq!(lab.call(None, "wipe").await.status, 401);
        assert_eq!(lab.ran.times(), round);
    }
}

#[tokio::test]
async fn a_token_of_another_key_is_not_ours_even_with_every_claim_right() {
    let (ours, theirs) = (lab(true).await, lab(true).await);
    let mint = theirs
        .provider
        .mint("alice")
        .client("smartmail")
        .resource(&ours.url);
    let forged = mint
        .scopes("admin")
        .claim("iss", ours.provider.issuer())
        .sign()
        .unwrap();
    assert_eq!(ours.call(Some(&forged), "wipe").await.status, 401);
    assert_eq!(ours.ran.times(), 0);
}

/// Shows what a handler can see of the request that it came with.
#[mcp_authz::tool(authenticated)]
fn nosy(parts: mcp_authz::rmcp::handler::server::tool::Extension<Parts>) -> String {
    format!("{:?} {:?}", parts.0.uri, parts.0.headers)
}

#[tokio::test]
async fn the_token_is_taken_out_of_the_request() {
    let lab = lab(true).await;
    let token = lab.token("profile");
    let seen = lab.call(Some(&token), "nosy").await.text();
    assert!(seen.contains("mcp-name"), "{seen}");
    assert!(
        !seen.contains("authorization") && !seen.contains(&token),
        "{seen}"
    );
}
