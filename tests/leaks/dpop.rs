//! Bound tokens and their proofs.

use json::json;
use mcp_authz::Dpop;
use support::{ClientKey, Reply, modern_body, modern_headers};

use crate::lab;
use crate::secrets::Secrets;

pub async fn run(secrets: &mut Secrets) {
    let lab = lab(|server| server.dpop(Dpop::optional().nonce())).await;
    let key = ClientKey::generate();
    let mint = lab.provider.mint("alice").client("smartmail");
    let mint = mint.resource(&lab.url).scopes("mail:read");
    let token = mint.claim("cnf", json!({ "jkt": key.thumbprint() })).sign();
    let token = token.expect("a token");
    let mut present = async |what: &str, scheme: &str, proof: String| {
        let request = lab
            .post(None)
            .headers(modern_headers("tools/call", Some("read_mail")))
            .header("authorization", format!("{scheme} {token}"))
            .header("dpop", &proof)
            .body(modern_body("tools/call", json!({ "name": "read_mail" })));
        secrets.add(what, proof);
        Reply::of(request).await
    };
    let proof = || key.proof("POST", &lab.url).token(&token);
    let asked = present("a proof without nonce", "DPoP", proof().sign()).await;
    let nonce = asked.header("dpop-nonce").to_owned();
    let good = proof().claim("nonce", nonce.as_str()).sign();
    let reply = present("a good proof", "DPoP", good.clone()).await;
    assert_eq!(reply.text(), "alice's mail");
    for (what, scheme, proof) in [
        ("a proof again", "DPoP", good.clone()),
        ("a proof beside a bearer token", "Bearer", good),
        ("an old proof", "DPoP", proof().made(-400).sign()),
        (
            "a proof for elsewhere",
            "DPoP",
            proof().claim("htu", "https://elsewhere.test").sign(),
        ),
        (
            "an unsigned proof",
            "DPoP",
            proof().header("alg", "none").sign(),
        ),
        (
            "an odd proof",
            "DPoP",
            proof().claim("jti", json!([1])).sign(),
        ),
    ] {
        assert_eq!(present(what, scheme, proof).await.status, 401, "{what}");
    }
    assert_eq!(lab.ran.times(), 1);
    secrets.add("a bound token", token);
    secrets.add("a nonce", nonce);
}
