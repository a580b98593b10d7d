//! People, and what they allowed.

use std::time::SystemTime;

use mcp_authz::logto::GrantsOf;

use crate::{agent, refusal, tenant};

const MCP: &str = "https://mcp.example.com/mcp";

#[tokio::test]
async fn somebody_is_found_by_the_subject_of_their_tokens() {
    let (logto, client) = tenant().await;
    let alice = logto.sign_up("alice");
    let user = client.user(&alice).await.unwrap();
    assert_eq!(user.username.as_deref(), Some("alice"));
    assert_eq!(user.primary_email.as_deref(), Some("alice@example.com"));
    assert_eq!((user.name, user.is_suspended), (None, false));
    assert_eq!(refusal(client.user("alice").await).0, 404);
}

#[tokio::test]
async fn what_somebody_allowed_is_listed_and_taken_back() {
    let (logto, client) = tenant().await;
    let (alice, bob) = (logto.sign_up("alice"), logto.sign_up("bob"));
    let app = agent(&client).await;
    let own = logto.first_party_app("Ours");
    let grant = logto.grant(&alice, &app, MCP, "mail:read mail:send");
    logto.grant(&alice, &own, MCP, "mail:read");
    // Nobody registered this one.
    logto.grant(
        &alice,
        "https://agent.example/client.json",
        MCP,
        "mail:read",
    );
    for (of, count) in [
        (GrantsOf::All, 3),
        (GrantsOf::ThirdParty, 2),
        (GrantsOf::FirstParty, 1),
    ] {
        assert_eq!(
            client.grants(&alice, of).await.unwrap().len(),
            count,
            "{of:?}"
        );
        assert!(client.grants(&bob, of).await.unwrap().is_empty());
    }
    let all = client.grants(&alice, GrantsOf::ThirdParty).await.unwrap();
    assert_eq!((&all[0].id, &all[0].client_id), (&grant, &app));
    assert_eq!(all[0].openid_scopes.to_string(), "openid profile");
    assert_eq!(
        all[0].resource_scopes[MCP].to_string(),
        "mail:read mail:send"
    );
    let now = SystemTime::now();
    assert!(all[0].issued_at <= now && now < all[0].expires_at);

    assert_eq!(
        refusal(client.revoke_grant(&bob, &grant).await).0,
        404,
        "it is not his"
    );
    client.revoke_grant(&alice, &grant).await.unwrap();
    assert_eq!(refusal(client.revoke_grant(&alice, &grant).await).0, 404);
    assert_eq!(
        client
            .grants(&alice, GrantsOf::ThirdParty)
            .await
            .unwrap()
            .len(),
        1
    );
}
