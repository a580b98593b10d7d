//! What a proof must be, on every request.

use json::{Value, json};
use mcp_authz::{Dpop, SessionLimits};
use support::{Reply, legacy_body};

use crate::{Bound, call, refused};

#[tokio::test]
async fn each_request_with_a_proof_of_its_own_runs() {
    for dpop in [Dpop::optional(), Dpop::required()] {
        let it = Bound::to(dpop).await;
        for _ in 0..3 {
            assert_eq!(it.present(&it.proof().sign()).await.text(), "alice's mail");
        }
        assert_eq!(it.lab.ran.times(), 3);
    }
}

#[tokio::test]
async fn a_proof_that_is_not_for_this_request_is_refused_and_nothing_runs() {
    let it = Bound::to(Dpop::optional()).await;
    // The token is in the cache, where it must not do without a proof.
    let first = it.proof().sign();
    assert_eq!(it.present(&first).await.status, 200);
    let mut private = it.key.jwk();
    private["d"] = json!("AAAA");
    let good = it.proof().sign();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let local = it.lab.url.replace("127.0.0.1", "localhost");
    let rows: Vec<(&str, Vec<String>)> = vec![
        ("none", vec![]),
        ("an empty one", vec![String::new()]),
        ("two", vec![it.proof().sign(), it.proof().sign()]),
        ("the same twice", vec![good.clone(), good.clone()]),
        ("two in one", vec![format!("{good}, {}", it.proof().sign())]),
        ("no JWT", vec!["this-is-not-a-jwt".into()]),
        (
            "oversized",
            vec![it.proof().claim("x", "y".repeat(9000)).sign()],
        ),
        ("unsigned", vec![format!("{signed}.")]),
        (
            "tampered",
            vec![format!("{signed}.AAAA{}", &signature[4..])],
        ),
        ("seen before", vec![first]),
        (
            "htm in lower case",
            vec![it.proof().claim("htm", "post").sign()],
        ),
        (
            "another method",
            vec![it.proof().claim("htm", "GET").sign()],
        ),
        (
            "another name of the host",
            vec![it.proof().claim("htu", local).sign()],
        ),
        (
            "another host",
            vec![it.proof().claim("htu", "https://evil.test/mcp").sign()],
        ),
        (
            "another path",
            vec![it.proof().claim("htu", format!("{}2", it.lab.url)).sign()],
        ),
        ("too old", vec![it.proof().made(-301).sign()]),
        ("from the future", vec![it.proof().made(310).sign()]),
        (
            "a symmetric alg",
            vec![it.proof().header("alg", "HS256").sign()],
        ),
        ("alg none", vec![it.proof().header("alg", "none").sign()]),
        (
            "a private jwk",
            vec![it.proof().header("jwk", private).sign()],
        ),
        (
            "a symmetric jwk",
            vec![
                it.proof()
                    .header("jwk", json!({"kty": "oct", "k": "AA"}))
                    .sign(),
            ],
        ),
        ("another typ", vec![it.proof().header("typ", "jwt").sign()]),
        (
            "another ath",
            vec![it.proof().token("another token").sign()],
        ),
        ("no ath", vec![it.proof().without("ath").sign()]),
        ("no jti", vec![it.proof().without("jti").sign()]),
        ("no htm", vec![it.proof().without("htm").sign()]),
        ("no htu", vec![it.proof().without("htu").sign()]),
        ("no iat", vec![it.proof().without("iat").sign()]),
        ("no jwk", vec![it.proof().without("jwk").sign()]),
        ("no typ", vec![it.proof().without("typ").sign()]),
    ];
    let mut bodies = Vec::new();
    for (what, proofs) in rows {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        let reply = Reply::of(it.call(&it.token, &proofs)).await;
        refused(&reply, what, "invalid_dpop_proof");
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the answer says why: {bodies:?}");
    assert_eq!(it.lab.ran.times(), 1, "only the first of all");
    assert_eq!(
        it.present(&good).await.status,
        200,
        "and it was good all along"
    );
}

#[tokio::test]
async fn behind_a_proxy_the_public_address_counts() {
    let public = "https://mcp.example.com/mcp";
    let it = Bound::with(|server| {
        let server = server.dpop(Dpop::required()).resource(public);
        server.allowed_hosts(["127.0.0.1"])
    })
    .await;
    let mint = it.lab.provider.mint("alice").client("smartmail");
    let mint = mint.resource(public).scopes("mail:read");
    let mint = mint.claim("cnf", json!({ "jkt": it.key.thumbprint() }));
    let token = mint.sign().unwrap();
    for (address, status) in [(it.lab.url.as_str(), 401), (public, 200)] {
        let proof = it.key.proof("POST", address).token(&token).sign();
        let reply = Reply::of(it.call(&token, &[&proof])).await;
        assert_eq!(reply.status, status, "{address}");
    }
    assert_eq!(it.lab.ran.times(), 1);
}

#[tokio::test]
async fn within_a_session_every_request_is_proven() {
    let it = Bound::with(|server| {
        let server = server.dpop(Dpop::required());
        server.sessions(SessionLimits::default())
    })
    .await;
    let send = async |session: &str, proof: Option<String>, method: &str, params: Value| {
        let request = it
            .lab
            .post(None)
            .header("authorization", format!("DPoP {}", it.token))
            .header("mcp-protocol-version", "2025-11-25");
        let request = match session {
            "" => request,
            id => request.header("mcp-session-id", id),
        };
        let request = match proof {
            None => request,
            Some(proof) => request.header("dpop", proof),
        };
        Reply::of(request.body(legacy_body(method, params))).await
    };
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let opened = send("", Some(it.proof().sign()), "initialize", hello).await;
    assert_eq!(opened.status, 200);
    let session = opened.header("mcp-session-id");
    assert!(!session.is_empty());
    let params = json!({ "name": "read_mail", "arguments": {} });
    let without = send(session, None, "tools/call", params.clone()).await;
    assert_eq!(without.status, 401);
    assert_eq!(it.lab.ran.times(), 0);
    let with = send(session, Some(it.proof().sign()), "tools/call", params).await;
    assert_eq!(with.text(), "alice's mail");
}

#[tokio::test]
async fn no_handler_sees_a_token_or_a_proof() {
    let it = Bound::to(Dpop::required()).await;
    let proof = it.proof().sign();
    let dpop = format!("DPoP {}", it.token);
    let seen = Reply::of(call(&it.lab, "headers", &dpop, &[&proof]))
        .await
        .text();
    assert!(seen.contains("mcp-protocol-version"), "{seen}");
    for secret in [&it.token, &proof] {
        assert!(!seen.contains(secret.as_str()), "{seen}");
    }
}
