//! Opaque tokens, and how the server proves to their issuer who asks.

use base64url::Engine as _;
use base64url::engine::general_purpose::STANDARD;
use json::{Value, json};
use mcp_authz::{Algorithm, ClientAuth, Introspection, Issuer, Userinfo, danger};
use support::{Lab, ScriptedIssuer, Signer, hash};

use crate::lab;
use crate::secrets::Secrets;

pub async fn run(secrets: &mut Secrets) {
    let (basic, post) = (hash("basic secret"), hash("post secret"));
    let pair = STANDARD.encode(format!("mcp-server:{basic}"));
    let (pem, body) = private_key();
    for (what, auth) in [
        (
            "basic",
            ClientAuth::secret_basic("mcp-server", basic.as_str()),
        ),
        ("post", ClientAuth::secret_post("mcp-server", post.as_str())),
        (
            "key",
            ClientAuth::private_key_jwt("mcp-server", Algorithm::Es256, pem.as_str()),
        ),
    ] {
        let issuer = ScriptedIssuer::start(&[Signer::es256().jwk("k")]).await;
        let introspection = Introspection::new(auth);
        let trusted = Issuer::new(issuer.identifier()).introspection(introspection);
        // Where userinfo fails, the log says so and the call goes on.
        let trusted = trusted.userinfo(Userinfo::new().optional());
        let lab = lab(|server| server.issuer(trusted)).await;
        answers(secrets, &lab, &issuer, "/introspect").await;
        let asked = issuer.received("/introspect");
        let travelled = match what {
            "basic" => asked
                .iter()
                .any(|asked| asked.authorization.contains(&pair)),
            "post" => asked.iter().any(|asked| asked.body.contains(&post)),
            _ => assertions(secrets, asked.iter().map(|asked| asked.body.as_str())) > 0,
        };
        assert!(travelled, "{what}: the secret was not used");
    }
    secrets.add("the secret in a header", basic);
    secrets.add("the secret in a header, encoded", pair);
    secrets.add("the secret in a form", post);
    secrets.add("the private key", body);

    let issuer = ScriptedIssuer::start(&[]).await;
    let alone = danger::userinfo_alone().scope_for_claim("email", "mail:read");
    let trusted = Issuer::new(issuer.identifier()).opaque_tokens(alone);
    let lab = lab(|server| server.issuer(trusted)).await;
    answers(secrets, &lab, &issuer, "/userinfo").await;
    let asked = issuer.received("/userinfo");
    assert!(
        asked
            .iter()
            .all(|asked| asked.authorization.starts_with("Bearer "))
    );
}

/// One token for each thing that an endpoint may say, also when it says the token.
async fn answers(secrets: &mut Secrets, lab: &Lab, issuer: &ScriptedIssuer, path: &str) {
    let good = json!({
        "active": true, "sub": "alice", "client_id": "smartmail", "aud": lab.url,
        "scope": "mail:read", "email": "alice@example.com",
    });
    let mut accepted = 0;
    for (name, status, page) in [
        ("good", 200, good),
        ("inactive", 200, json!({ "active": false })),
        ("echo", 200, json!("TOKEN")),
        (
            "echo in a member",
            200,
            json!({ "active": "TOKEN", "scope": "TOKEN", "error": "TOKEN" }),
        ),
        (
            "echo in an error",
            400,
            json!({ "error": "TOKEN", "error_description": "TOKEN" }),
        ),
        ("unauthorized", 401, json!({ "error": "TOKEN" })),
        ("broken", 500, json!({ "error": "TOKEN" })),
        ("an array", 200, json!(["TOKEN"])),
    ] {
        let token = hash(&format!("{path} {name} {}", issuer.identifier()));
        let page: Value = json::from_str(&page.to_string().replace("TOKEN", &token)).expect("JSON");
        issuer.page(path, status, &page);
        let reply = lab.call(Some(&token), "read_mail").await;
        accepted += usize::from(reply.status == 200);
        let asked = issuer.received(path);
        assert!(
            asked
                .iter()
                .any(|asked| asked.body.contains(&token) || asked.authorization.contains(&token))
        );
        secrets.add(format!("an opaque token, {path} {name}"), token);
    }
    assert_eq!(accepted, 1, "{path}");
}

/// The assertions that were sent, each of which is good for a minute.
fn assertions<'a>(secrets: &mut Secrets, bodies: impl Iterator<Item = &'a str>) -> usize {
    let mut count = 0;
    for body in bodies {
        let assertion = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("client_assertion="));
        secrets.add("an assertion", assertion.expect("an assertion"));
        count += 1;
    }
    count
}

/// PEM, and what is secret of it.
fn private_key() -> (String, String) {
    let random = crypto::rand::SystemRandom::new();
    let key = crypto::signature::EcdsaKeyPair::generate_pkcs8(
        &crypto::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &random,
    );
    let body = STANDARD.encode(key.expect("a key"));
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    (pem, body)
}
