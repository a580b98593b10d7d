//! API resources, their scopes, and the token customizer.

use std::time::Duration;

use mcp_authz::Scope;
use mcp_authz::logto::{NewResource, TokenCustomizer};

use crate::{refusal, resource, tenant};

#[tokio::test]
async fn a_resource_is_made_listed_and_deleted() {
    let (_logto, client) = tenant().await;
    let new = NewResource::new("Mail", "https://mcp.example.com/mcp")
        .access_token_lifetime(Duration::from_secs(600));
    let made = client.create_resource(&new).await.unwrap();
    assert_eq!(made.indicator, "https://mcp.example.com/mcp");
    assert_eq!((made.access_token_ttl, made.is_default), (Some(600), false));
    assert!(client.resources().await.unwrap().contains(&made));
    let again = client.create_resource(&new).await;
    assert_eq!(
        refusal(again),
        (422, "resource.resource_identifier_in_use".into())
    );
    let nowhere = client
        .create_resource(&NewResource::new("x", "not a uri"))
        .await;
    assert_eq!(refusal(nowhere), (400, "guard.invalid_input".into()));
    client.delete_resource(&made.id).await.unwrap();
    assert!(!client.resources().await.unwrap().contains(&made));
    assert_eq!(refusal(client.delete_resource(&made.id).await).0, 404);
}

#[tokio::test]
async fn a_scope_is_made_described_and_deleted() {
    let (_logto, client) = tenant().await;
    let (id, scopes) = resource(&client, &["mail:read", "mail:send"]).await;
    assert_eq!(client.resource_scopes(&id).await.unwrap(), scopes);
    let read = Scope::new("mail:read");
    let again = client.create_resource_scope(&id, &read, "").await;
    assert_eq!(refusal(again), (422, "scope.name_exists".into()));
    let described = client
        .describe_resource_scope(&id, &scopes[0].id, "Read your mail")
        .await;
    let described = described.unwrap();
    assert_eq!(described.description.as_deref(), Some("Read your mail"));
    assert_eq!(described.name, "mail:read");
    client
        .delete_resource_scope(&id, &scopes[1].id)
        .await
        .unwrap();
    assert_eq!(client.resource_scopes(&id).await.unwrap(), [described]);
    // An id is no name.
    let by_name = client.delete_resource_scope(&id, "mail:read").await;
    assert_eq!(refusal(by_name).0, 404);
}

#[tokio::test]
async fn the_management_api_itself_stays_as_it_is() {
    let (_logto, client) = tenant().await;
    let all = client.resources().await.unwrap();
    let scope = client
        .create_resource_scope(&all[0].id, &Scope::new("x"), "")
        .await;
    assert_eq!(
        refusal(scope),
        (400, "resource.cannot_modify_management_api".into())
    );
}

#[tokio::test]
async fn a_token_customizer_is_set_read_and_deleted() {
    let (_logto, client) = tenant().await;
    assert_eq!(client.token_customizer().await.unwrap(), None);
    let customizer =
        TokenCustomizer::new("const getCustomJwtClaims = async () => ({});").variable("A", "b");
    client.set_token_customizer(&customizer).await.unwrap();
    assert_eq!(
        client.token_customizer().await.unwrap(),
        Some(customizer.clone())
    );
    // What Logto does not know is not taken.
    let mut odd = customizer;
    odd.rest.insert("surprise".into(), true.into());
    let refused = client.set_token_customizer(&odd).await;
    assert_eq!(refusal(refused), (400, "guard.invalid_input".into()));
    client.delete_token_customizer().await.unwrap();
    assert_eq!(refusal(client.delete_token_customizer().await).0, 404);
}
