//! Whose a token is: one key's, or anyone's who holds it.

use json::{Value, json};
use mcp_authz::Dpop;
use support::{ClientKey, Reply};

use crate::{Bound, bound_token, call, challenges, refused};

#[tokio::test]
async fn a_token_that_is_not_bound_to_this_key_is_refused_and_nothing_runs() {
    let it = Bound::to(Dpop::optional()).await;
    let mint = |cnf: Value| {
        let mint = it.lab.provider.mint("alice").client("smartmail");
        let mint = mint.resource(&it.lab.url).scopes("mail:read");
        mint.claim("cnf", cnf).sign().unwrap()
    };
    let jkt = it.key.thumbprint();
    let elsewhere = it.lab.provider.mint("alice").client("smartmail");
    let elsewhere = elsewhere
        .resource("https://not-this-server.test/mcp")
        .scopes("mail:read")
        .claim("cnf", json!({ "jkt": jkt }));
    for (what, token) in [
        ("bound to no key", it.lab.token("mail:read")),
        (
            "another's",
            bound_token(&it.lab, &ClientKey::generate(), "mail:read"),
        ),
        ("a certificate's", mint(json!({ "x5t#S256": jkt }))),
        (
            "a certificate's, too",
            mint(json!({ "jkt": jkt, "x5t#S256": jkt })),
        ),
        ("not a thumbprint", mint(json!({ "jkt": "x" }))),
        ("bound to nothing", mint(json!({}))),
        ("for another server", elsewhere.sign().unwrap()),
        ("no token", "opaque".to_owned()),
    ] {
        let proof = it.key.proof("POST", &it.lab.url).token(&token).sign();
        let reply = Reply::of(it.call(&token, &[&proof])).await;
        refused(&reply, what, "invalid_token");
    }
    assert_eq!(it.lab.ran.times(), 0);
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token_whatever_the_server_understands() {
    for it in [
        Bound::with(|server| server).await,
        Bound::to(Dpop::optional()).await,
        Bound::to(Dpop::required()).await,
    ] {
        let bearer = format!("Bearer {}", it.token);
        let proof = it.proof().sign();
        for proofs in [vec![], vec![proof.as_str()]] {
            let reply = Reply::of(call(&it.lab, "read_mail", &bearer, &proofs)).await;
            assert_eq!(reply.status, 401);
            for challenge in challenges(&reply) {
                assert!(
                    challenge.contains(r#"error="invalid_token""#),
                    "{challenge}"
                );
            }
        }
        assert_eq!(it.lab.ran.times(), 0);
    }
}

#[tokio::test]
async fn a_server_that_was_not_asked_does_not_know_the_scheme() {
    let it = Bound::with(|server| server).await;
    let reply = it.present(&it.proof().sign()).await;
    assert_eq!(reply.status, 401);
    assert!(
        reply.challenge().starts_with("Bearer "),
        "{}",
        reply.challenge()
    );
    assert!(
        !reply.challenge().contains("error"),
        "{}",
        reply.challenge()
    );
    assert_eq!(it.lab.ran.times(), 0);
}
