//! Several issuers side by side: each vouches for its own tokens (RFC 8725 §3.12).

use json::json;
use support::{Lab, ScriptedIssuer, Signer};

use super::{DESCRIPTION, now};

#[tokio::test]
async fn the_keys_of_one_issuer_are_no_keys_of_another() {
    let (key_a, key_b) = (Signer::es256(), Signer::es256());
    let a = ScriptedIssuer::start(&[key_a.jwk("k")]).await;
    let b = ScriptedIssuer::start(&[key_b.jwk("k")]).await;
    let stranger = ScriptedIssuer::start(&[key_a.jwk("k")]).await;
    let lab = Lab::start(|server| server.issuer(a.identifier()).issuer(b.identifier())).await;
    let call = async |signer: &Signer, iss: &str| {
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" });
        let claims = json!({
            "iss": iss, "aud": lab.url, "sub": "alice", "scope": "admin", "exp": now() + 600,
        });
        let token = signer.token(&header, &claims);
        lab.call(Some(&token), "wipe").await
    };
    for (what, signer, issuer) in [
        ("B's key for A", &key_b, &a),
        ("A's key for B", &key_a, &b),
        ("a stranger", &key_a, &stranger),
    ] {
        let reply = call(signer, issuer.identifier()).await;
        assert_eq!(reply.status, 401, "{what}");
        assert!(reply.body.contains(DESCRIPTION), "{what}: {}", reply.body);
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(stranger.asked("/jwks"), 0, "no token names where to go");
    for (signer, issuer) in [(&key_a, &a), (&key_b, &b)] {
        let reply = call(signer, issuer.identifier()).await;
        assert_eq!(reply.text(), "wiped");
    }
    assert_eq!(lab.ran.times(), 2);
}
