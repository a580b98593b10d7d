//! What agents may ask people for: per application, and for all with a metadata document.

use mcp_authz::logto::{AllowedScopes, ConsentScope};

use crate::{agent, refusal, resource, tenant};

const MCP: &str = "https://mcp.example.com/mcp";

#[tokio::test]
async fn an_app_may_ask_for_more_and_for_less() {
    let (_logto, client) = tenant().await;
    let (_, scopes) = resource(&client, &["mail:read", "mail:send"]).await;
    let app = agent(&client).await;
    let more = AllowedScopes::new()
        .user_scope("profile")
        .resource_scopes(&scopes);
    client.allow_scopes(&app, &more).await.unwrap();
    client.allow_scopes(&app, &more).await.unwrap();
    let allowed = client.consent_scopes(&app).await.unwrap();
    assert_eq!(allowed.user_scopes, ["profile"]);
    let names: Vec<_> = allowed
        .of_resource(MCP)
        .map(|scope| scope.name.as_str())
        .collect();
    assert_eq!(names, ["mail:read", "mail:send"]);
    assert_eq!(allowed.of_resource("https://elsewhere.example").count(), 0);

    let send = ConsentScope::Resource(&scopes[1].id);
    client.disallow_scope(&app, send).await.unwrap();
    client
        .disallow_scope(&app, ConsentScope::User("profile"))
        .await
        .unwrap();
    assert_eq!(refusal(client.disallow_scope(&app, send).await).0, 404);
    let allowed = client.consent_scopes(&app).await.unwrap();
    assert!(allowed.user_scopes.is_empty());
    assert_eq!(allowed.of_resource(MCP).count(), 1);
}

#[tokio::test]
async fn names_and_ids_are_not_mixed_up() {
    let (logto, client) = tenant().await;
    let (_, scopes) = resource(&client, &["mail:read"]).await;
    let app = agent(&client).await;
    let own = logto.first_party_app("Ours");
    let management = client.resources().await.unwrap().remove(0).id;
    let all = client.resource_scopes(&management).await.unwrap();
    let none = AllowedScopes::new;
    for (app, more, code) in [
        (
            &app,
            none().resource_scope_id("mail:read"),
            (422, "application.user_consent_scopes_not_found"),
        ),
        (
            &app,
            none().user_scope(&scopes[0].id),
            (400, "guard.invalid_input"),
        ),
        (
            &app,
            none().user_scope("openid"),
            (400, "guard.invalid_input"),
        ),
        (
            &app,
            none().resource_scopes(&all),
            (422, "application.consent_management_api_scopes_not_allowed"),
        ),
        (
            &app,
            none().organization_scope_id("x"),
            (422, "application.user_consent_scopes_not_found"),
        ),
        (
            &own,
            none().user_scope("email"),
            (422, "application.third_party_application_only"),
        ),
        (
            &"nobody".to_owned(),
            none().user_scope("email"),
            (404, "entity.not_exists_with_id"),
        ),
    ] {
        let outcome = client.allow_scopes(app, &more).await;
        assert_eq!(refusal(outcome), (code.0, code.1.to_owned()));
    }
    let allowed = client.consent_scopes(&app).await.unwrap();
    assert!(allowed.user_scopes.is_empty() && allowed.resource_scopes.is_empty());
}

#[tokio::test]
async fn agents_with_a_metadata_document_have_one_list() {
    let (_logto, client) = tenant().await;
    let (_, scopes) = resource(&client, &["mail:read"]).await;
    let app = agent(&client).await;
    assert!(!client.metadata_documents_enabled().await.unwrap());
    client.enable_metadata_documents(true).await.unwrap();
    assert!(client.metadata_documents_enabled().await.unwrap());
    let more = AllowedScopes::new()
        .user_scope("email")
        .resource_scopes(&scopes);
    client.allow_metadata_document_scopes(&more).await.unwrap();
    let allowed = client.metadata_document_scopes().await.unwrap();
    assert_eq!(allowed.user_scopes, ["email"]);
    assert_eq!(allowed.of_resource(MCP).count(), 1);
    assert!(
        client
            .consent_scopes(&app)
            .await
            .unwrap()
            .user_scopes
            .is_empty()
    );
    let email = ConsentScope::User("email");
    client
        .disallow_metadata_document_scope(email)
        .await
        .unwrap();
    assert_eq!(
        refusal(client.disallow_metadata_document_scope(email).await).0,
        404
    );
    let bad = AllowedScopes::new().resource_scope_id("mail:read");
    assert_eq!(
        refusal(client.allow_metadata_document_scopes(&bad).await).0,
        422
    );
}

#[tokio::test]
async fn metadata_documents_where_they_cannot_be() {
    let (logto, client) = tenant().await;
    logto.without_address_protection();
    let unsafe_there = client.enable_metadata_documents(true).await;
    assert_eq!(refusal(unsafe_there), (422, "request.invalid_input".into()));
    logto.without_metadata_documents();
    let error = client.metadata_documents_enabled().await.unwrap_err();
    assert!(error.is_not_found());
    assert!(
        error
            .to_string()
            .ends_with("does this version of Logto have it?"),
        "{error}"
    );
}
