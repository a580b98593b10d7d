//! An authorization server that is down: nobody is logged out, and nobody gets in.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use json::{Value, json};
use support::{Lab, Reply, ScriptedIssuer, Signer};

use crate::lab_with;

fn token(lab: &Lab, issuer: &ScriptedIssuer, key: &Signer, kid: &str, jti: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid });
    let claims: Value = json!({
        "iss": issuer.identifier(), "aud": lab.url, "sub": "alice", "jti": jti,
        "exp": now.as_secs() + 600, "scope": "mail:send",
    });
    key.token(&header, &claims)
}

#[track_caller]
fn assert_unavailable(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(reply.challenge(), "", "nobody is sent to sign in");
    assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_server_starts_before_its_issuer_and_works_once_that_is_up() {
    let key = Signer::es256();
    let issuer = ScriptedIssuer::start(&[key.jwk("k")]).await;
    issuer.down(true);
    let lab = lab_with(|server| server.issuer(issuer.identifier())).await;
    let good = token(&lab, &issuer, &key, "k", "1");
    for _ in 0..5 {
        assert_unavailable(&lab.call(Some(&good), "send_mail").await);
    }
    assert_eq!(lab.ran.times(), 0);

    issuer.down(false);
    let since = Instant::now();
    while lab.call(Some(&good), "send_mail").await.status != 200 {
        assert!(since.elapsed() < Duration::from_secs(20), "it stays down");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(lab.ran.times(), 1);
    assert_eq!(issuer.asked("/jwks"), 1);
}

#[tokio::test]
async fn what_is_known_serves_through_an_outage_and_nothing_else_does() {
    let key = Signer::es256();
    let issuer = ScriptedIssuer::start(&[key.jwk("k")]).await;
    let lab = lab_with(|server| server.issuer(issuer.identifier())).await;
    let seen = token(&lab, &issuer, &key, "k", "seen");
    assert_eq!(lab.call(Some(&seen), "send_mail").await.text(), "sent");
    issuer.down(true);
    let new = token(&lab, &issuer, &key, "k", "new");
    for good in [seen, new] {
        assert_eq!(lab.call(Some(&good), "send_mail").await.text(), "sent");
    }
    assert_eq!(lab.ran.times(), 3);

    // Its new key, perhaps: nobody can say that it is not.
    let rotated = Signer::es256();
    let unknown = token(&lab, &issuer, &rotated, "k2", "3");
    assert_unavailable(&lab.call(Some(&unknown), "send_mail").await);
    // A signature that the known key did not make stays a bad one.
    let forged = token(&lab, &issuer, &rotated, "k", "4");
    assert_eq!(lab.call(Some(&forged), "send_mail").await.status, 401);
    assert_eq!(lab.ran.times(), 3);
}
