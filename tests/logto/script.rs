//! The script of the token customizer, run as Logto runs it.

use std::process::Stdio;

use json::{Value, json};
use mcp_authz::logto::{Management, Provisioning};
use mcp_authz::{AuthInfo, Server, tool};
use support::{Tool, have};
use tokio::process::Command;

use crate::tenant;

/// Say who is calling.
#[tool(scopes = ["profile", "email", "phone", "address", "roles"])]
fn who(auth: AuthInfo) -> String {
    format!("{auth:?}")
}

/// The claims that Logto would add.
async fn claims(script: &str, token: Value, user: Value, variables: &Value) -> Value {
    let payload = json!({
        "token": token, "context": { "user": user }, "environmentVariables": variables,
    });
    let program = format!(
        "{script}\ngetCustomJwtClaims({payload}).then((claims) => console.log(JSON.stringify(claims)));"
    );
    let mut node = Command::new("node");
    node.arg("-e").arg(program).stderr(Stdio::inherit());
    let output = node.output().await.expect("node runs");
    json::from_slice(&output.stdout).expect("claims")
}

#[tokio::test]
async fn a_token_carries_the_claims_of_its_scopes_and_no_others() {
    if !have(&[Tool::Node]).await {
        return;
    }
    let (_logto, client) = tenant().await;
    let (script, variables) = installed(&client).await;
    let user = json!({
        "id": "u1", "name": "Alice", "username": "alice", "avatar": null, "primaryEmail": "alice@example.com",
        "primaryPhone": "15551234567", "customData": { "secret": "s" }, "identities": { "github": {} },
        "profile": { "givenName": "Alice", "familyName": "", "address": { "country": "US" } },
        "roles": [{ "id": "r", "name": "editor", "scopes": [] }],
    });
    let mcp = json!("https://mcp.example.com/mcp");
    for (aud, scope, wanted) in [
        (
            &mcp,
            json!("email mail:send"),
            json!({ "email": "alice@example.com", "email_verified": true }),
        ),
        (&mcp, json!("roles"), json!({ "roles": ["editor"] })),
        (
            &mcp,
            json!("address"),
            json!({ "address": { "country": "US" } }),
        ),
        (
            &mcp,
            json!("phone"),
            json!({ "phone_number": "15551234567", "phone_number_verified": true }),
        ),
        (
            &mcp,
            json!("profile"),
            json!({
                "name": "Alice", "username": "alice", "preferred_username": "alice", "given_name": "Alice",
            }),
        ),
        (&mcp, json!("mail:send"), json!({})),
        (&mcp, json!("emails profile2"), json!({})),
        (&mcp, json!("toString constructor __proto__"), json!({})),
        (&mcp, json!(""), json!({})),
        (&mcp, Value::Null, json!({})),
        (
            &json!(["https://mcp.example.com/mcp"]),
            json!("roles"),
            json!({ "roles": ["editor"] }),
        ),
        // Tokens for others stay as they are.
        (
            &json!("https://mcp.example.com/mcp2"),
            json!("email"),
            json!({}),
        ),
        (&json!("https://other.example"), json!("email"), json!({})),
        (
            &json!(["https://mcp.example.com/mcp", "https://other.example"]),
            json!("email"),
            json!({}),
        ),
        (&json!([]), json!("email"), json!({})),
        (&Value::Null, json!("email"), json!({})),
    ] {
        let token = json!({ "aud": aud, "scope": scope });
        assert_eq!(
            claims(&script, token, user.clone(), &variables).await,
            wanted,
            "{aud} {scope}"
        );
    }
    let token = json!({ "aud": mcp, "scope": "email profile phone address roles" });
    let nobody = json!({ "id": "u2", "primaryEmail": null });
    assert_eq!(
        claims(&script, token.clone(), nobody, &variables).await,
        json!({})
    );
    assert_eq!(claims(&script, token, user, &Value::Null).await, json!({}));
}

/// The script and its variables, as a plan puts them into a tenant.
async fn installed(client: &Management) -> (String, Value) {
    let server = Server::builder("who").resource("https://mcp.example.com/mcp");
    let server = server.issuer(format!("{}/oidc", client.endpoint()));
    let server = server.tools([who::tool()]).build().await.unwrap();
    let plan = Provisioning::of(server.manifest())
        .plan(client)
        .await
        .unwrap();
    plan.apply(client).await.unwrap();
    let set = client.token_customizer().await.unwrap().expect("it is set");
    (set.script, json!(set.environment_variables))
}
