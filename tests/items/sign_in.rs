//! Tools that want a recent sign-in, or one of a certain kind (RFC 9470).

use std::time::{SystemTime, UNIX_EPOCH};

use json::{Value, json};
use mcp_authz::{ServerBuilder, State, tool};
use support::Ran;

use crate::client::{Client, assert_asked_for, everywhere};

#[tool(scopes = ["pay"], max_age = 300, acr_values = ["phr", "phrh"])]
fn pay(ran: State<Ran>) -> String {
    ran.note();
    "paid".into()
}

fn token(client: &Client<'_>, scopes: &str, seconds_ago: u64, acr: Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mint = client.lab.provider.mint("alice").resource(&client.lab.url);
    mint.scopes(scopes)
        .claim("auth_time", now.as_secs() - seconds_ago)
        .claim("acr", acr)
        .sign()
        .unwrap()
}

#[tokio::test]
async fn an_old_or_weak_sign_in_is_asked_to_be_done_again() {
    let server = |server: ServerBuilder| server.tools([pay::tool()]);
    everywhere(server, async |client| {
        for (seconds_ago, acr) in [(400, json!("phr")), (0, json!("pwd")), (0, json!(null))] {
            let token = token(client, "pay", seconds_ago, acr);
            let reply = client.call(Some(&token), "pay", json!({})).await;
            assert_eq!(reply.status, 401, "{reply:?}");
            for part in [
                r#"error="insufficient_user_authentication""#,
                r#"scope="pay""#,
                r#"max_age="300""#,
                r#"acr_values="phr phrh""#,
            ] {
                assert!(
                    reply.challenge().contains(part),
                    "{part} in {}",
                    reply.challenge()
                );
            }
        }
        assert_eq!(client.ran(), 0);
        let fresh = token(client, "pay", 200, json!("phrh"));
        assert_eq!(
            client.call(Some(&fresh), "pay", json!({})).await.text(),
            "paid"
        );
        let narrow = token(client, "", 200, json!("phrh"));
        assert_asked_for(&client.call(Some(&narrow), "pay", json!({})).await, "pay");
    })
    .await;
}
