//! What a client is told: how to come in, and what was wrong.

use json::Value;
use mcp_authz::{Algorithm, Dpop, Error, Issuer, Server, Userinfo};
use support::Reply;

use crate::{Bound, bound_token, call, challenges, read_mail};

const BOTH: [Algorithm; 2] = [Algorithm::Es256, Algorithm::EdDsa];

#[tokio::test]
async fn where_dpop_is_optional_bearer_is_said_first() {
    let it = Bound::to(Dpop::optional().algorithms(BOTH)).await;
    let metadata = format!(
        r#"resource_metadata="{}/.well-known/oauth-protected-resource/mcp""#,
        it.lab.origin
    );
    let reply = it.lab.call(None, "read_mail").await;
    assert_eq!(reply.status, 401);
    let expected = [
        format!(r#"Bearer scope="mail:read", {metadata}"#),
        format!(r#"DPoP algs="ES256 EdDSA", scope="mail:read", {metadata}"#),
    ];
    assert_eq!(challenges(&reply), expected);

    let bad = it.lab.call(Some("bad"), "read_mail").await;
    let [bearer, dpop] = challenges(&bad)[..] else {
        panic!("{:?}", challenges(&bad));
    };
    assert!(
        bearer.starts_with(r#"Bearer error="invalid_token", "#),
        "{bearer}"
    );
    assert!(dpop.starts_with(r#"DPoP algs="ES256 EdDSA", "#), "{dpop}");

    let unbound = it.lab.token("mail:read");
    assert_eq!(it.lab.call(Some(&unbound), "read_mail").await.status, 200);
}

#[tokio::test]
async fn where_dpop_is_required_there_is_no_other_way_in() {
    let it = Bound::to(Dpop::required().algorithms(BOTH)).await;
    let unbound = it.lab.token("mail:read");
    for token in [None, Some(unbound.as_str())] {
        let reply = it.lab.call(token, "read_mail").await;
        assert_eq!(reply.status, 401);
        let [challenge] = challenges(&reply)[..] else {
            panic!("{:?}", challenges(&reply));
        };
        assert!(
            challenge.starts_with(r#"DPoP algs="ES256 EdDSA", "#),
            "{challenge}"
        );
        assert_eq!(
            challenge.contains(r#"error="invalid_token""#),
            token.is_some()
        );
    }
    assert_eq!(it.lab.ran.times(), 0);
}

#[tokio::test]
async fn a_missing_scope_is_asked_for_in_the_scheme_that_was_used() {
    let it = Bound::to(Dpop::optional()).await;
    let narrow = bound_token(&it.lab, &it.key, "profile");
    let proof = it.key.proof("POST", &it.lab.url).token(&narrow).sign();
    let dpop = Reply::of(it.call(&narrow, &[&proof])).await;
    let bearer = it
        .lab
        .call(Some(&it.lab.token("profile")), "read_mail")
        .await;
    for (reply, scheme) in [(dpop, "DPoP "), (bearer, "Bearer ")] {
        assert_eq!(reply.status, 403);
        let [challenge] = challenges(&reply)[..] else {
            panic!("{:?}", challenges(&reply));
        };
        assert!(challenge.starts_with(scheme), "{challenge}");
        let needed = r#"error="insufficient_scope", scope="mail:read""#;
        assert!(challenge.contains(needed), "{challenge}");
    }
    assert_eq!(it.lab.ran.times(), 0);
}

#[tokio::test]
async fn two_tokens_are_no_better_with_a_proof() {
    let it = Bound::to(Dpop::optional()).await;
    let proof = it.proof().sign();
    let dpop = format!("DPoP {}", it.token);
    let doubled = call(&it.lab, "read_mail", &dpop, &[&proof]).header("authorization", &dpop);
    let mixed = call(&it.lab, "read_mail", &dpop, &[&proof]).header(
        "authorization",
        format!("Bearer {}", it.lab.token("mail:read")),
    );
    let query = call(&it.lab, "read_mail", &dpop, &[&proof]).query(&[("access_token", "x")]);
    let odd = call(&it.lab, "read_mail", "DPoP a b", &[&proof]);
    for request in [doubled, mixed, query, odd] {
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 400);
        assert_eq!(challenges(&reply).len(), 1);
    }
    assert_eq!(it.lab.ran.times(), 0);
}

#[tokio::test]
async fn the_metadata_says_what_a_client_must_be_able_to_do() {
    for (dpop, required) in [(Dpop::optional(), false), (Dpop::required(), true)] {
        let it = Bound::to(dpop.algorithms(BOTH)).await;
        let url = format!("{}/.well-known/oauth-protected-resource/mcp", it.lab.origin);
        let document: Value = json::from_str(&Reply::of(it.lab.http.get(url)).await.body).unwrap();
        let algorithms = &document["dpop_signing_alg_values_supported"];
        assert_eq!(*algorithms, json::json!(["ES256", "EdDSA"]));
        assert_eq!(document["dpop_bound_access_tokens_required"], required);
    }
}

#[tokio::test]
async fn settings_that_could_let_nobody_in_are_told_at_start() {
    let server = Server::builder("wrong")
        .resource("https://mcp.example.com/mcp")
        .issuer(Issuer::new("https://as.example.com").userinfo(Userinfo::new()))
        .tools([read_mail::tool()])
        .state(support::Ran::default())
        .dpop(Dpop::required().algorithms([]).remembered_proofs(0));
    let Err(Error::Config(error)) = server.build().await else {
        panic!("it started");
    };
    let [algorithms, memory, userinfo] = error.problems() else {
        panic!("{error}");
    };
    assert!(algorithms.contains(".algorithms("), "{algorithms}");
    assert!(memory.contains(".remembered_proofs("), "{memory}");
    assert!(userinfo.contains(".optional()"), "{userinfo}");
}
