//! Nonces of the server (RFC 9449 §9).

use mcp_authz::Dpop;
use support::Reply;

use crate::{Bound, call, challenges};

#[tokio::test]
async fn the_first_proof_is_refused_with_the_nonce_for_the_next() {
    let it = Bound::to(Dpop::required().nonce()).await;
    let asked = it.present(&it.proof().sign()).await;
    assert_eq!(asked.status, 401);
    let challenge = asked.challenge();
    assert!(
        challenge.contains(r#"error="use_dpop_nonce""#),
        "{challenge}"
    );
    assert_eq!(asked.header("cache-control"), "no-store");
    let nonce = asked.header("dpop-nonce");
    let made_up = it.proof().claim("nonce", "made-up").sign();
    assert_eq!(it.present(&made_up).await.status, 401);
    assert_eq!(it.lab.ran.times(), 0);

    let proof = it.proof().claim("nonce", nonce);
    let reply = it.present(&proof.clone().sign()).await;
    assert_eq!(reply.text(), "alice's mail");
    assert_eq!(reply.header("dpop-nonce"), "", "it is the newest");
    let again = it.present(&proof.sign()).await;
    assert!(
        again.challenge().contains("invalid_dpop_proof"),
        "{}",
        again.challenge()
    );
    assert_eq!(it.lab.ran.times(), 1);
}

#[tokio::test]
async fn every_401_and_no_other_answer_hands_out_a_nonce() {
    let it = Bound::to(Dpop::optional().nonce()).await;
    for token in [None, Some("bad")] {
        let reply = it.lab.call(token, "read_mail").await;
        assert_eq!(reply.status, 401);
        assert_ne!(reply.header("dpop-nonce"), "");
    }
    let unbound = it.lab.token("");
    let reply = it.lab.call(Some(&unbound), "read_mail").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("dpop-nonce")),
        (403, "")
    );
    let without = Bound::to(Dpop::required()).await;
    let reply = without.lab.call(None, "read_mail").await;
    assert_eq!(reply.header("dpop-nonce"), "");
}

#[tokio::test]
async fn a_page_can_read_the_nonce() {
    let it = Bound::to(Dpop::required().nonce()).await;
    let dpop = format!("DPoP {}", it.token);
    let request = call(&it.lab, "read_mail", &dpop, &[&it.proof().sign()]);
    let reply = Reply::of(request.header("origin", "http://localhost:6274")).await;
    let exposed = reply.header("access-control-expose-headers");
    assert!(exposed.contains("dpop-nonce"), "{exposed}");
    assert_eq!(challenges(&reply).len(), 1);
}

#[tokio::test]
async fn replicas_that_share_sealing_keys_share_nonces() {
    let keys = || [("k", vec![7; 32])];
    let dpop = Dpop::required().nonce();
    let mut it = Bound::with(|server| server.dpop(dpop.clone()).sealing_keys(keys())).await;
    let asked = it.lab.call(None, "read_mail").await;
    let public = it.lab.url.clone();
    it.lab.url = it
        .lab
        .replica(|server| server.dpop(dpop).sealing_keys(keys()))
        .await;
    let proof = it.key.proof("POST", &public).token(&it.token);
    let proof = proof.claim("nonce", asked.header("dpop-nonce")).sign();
    assert_eq!(it.present(&proof).await.text(), "alice's mail");
}
