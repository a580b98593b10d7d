//! The records of a tenant's users: the secret that opens the tenant, and what is kept of people.

use json::json;
use mcp_authz::Issuer;
use mcp_authz::logto::{Management, UserRecords};
use support::{ScriptedIssuer, Signer, hash};

use crate::secrets::Secrets;
use crate::{lab, now};

const RECORD: &str = "/api/users/alice";

pub async fn run(secrets: &mut Secrets) {
    let key = Signer::es256();
    let issuer = ScriptedIssuer::start(&[key.jwk("k")]).await;
    let (secret, machine, phone) = (hash("app secret"), hash("machine token"), hash("phone"));
    let token_page = json!({ "access_token": machine, "token_type": "Bearer", "expires_in": 3600 });
    issuer.page("/oidc/token", 200, &token_page);
    let management = Management::builder(issuer.identifier())
        .app("operator", secret.as_str())
        .http_client(|client| client.connection_verbose(true))
        .build()
        .expect("the configuration is right");
    let records = UserRecords::new(management).of_issuer(issuer.identifier());
    let trusted = Issuer::new(issuer.identifier()).identity_from(records);
    let lab = lab(|server| server.issuer(trusted)).await;
    let good = json!({ "id": "alice", "isSuspended": false, "primaryPhone": phone });
    let pages = [
        (200, good),
        (
            200,
            json!({ "id": "alice", "isSuspended": true, "primaryPhone": phone }),
        ),
        (200, json!({ "id": phone })),
        (200, json!([machine, phone])),
        (
            404,
            json!({ "code": "entity.not_exists_with_id", "message": phone }),
        ),
        (403, json!({ "code": machine, "message": machine })),
        (500, json!({ "error": machine, "error_description": phone })),
    ];
    let mut accepted = 0;
    for (number, (status, page)) in pages.iter().enumerate() {
        issuer.page(RECORD, *status, page);
        let jti = hash(&format!("{RECORD} {number}"));
        let claims = json!({
            "iss": issuer.identifier(), "aud": lab.url, "sub": "alice", "client_id": "smartmail",
            "exp": now() + 600, "iat": now(), "jti": jti, "scope": "mail:read phone",
        });
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" });
        let token = key.token(&header, &claims);
        let reply = lab.call(Some(&token), "read_mail").await;
        accepted += usize::from(reply.status == 200);
        secrets.add(
            format!("a token whose person is looked up, {number}"),
            token,
        );
    }
    assert_eq!(accepted, 1);
    let asked = issuer.received(RECORD);
    assert_eq!(asked.len(), pages.len());
    assert!(
        asked
            .iter()
            .all(|asked| asked.authorization == format!("Bearer {machine}"))
    );
    let sent = issuer.received("/oidc/token");
    assert!(sent.iter().any(|asked| asked.body.contains(&secret)));
    for (what, value) in [
        ("the secret of the app", secret),
        ("the machine's token", machine),
        ("a person's number", phone),
    ] {
        secrets.add(what, value);
    }
}
