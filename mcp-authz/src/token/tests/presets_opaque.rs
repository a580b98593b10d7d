//! Providers whose tokens are opaque and that have no introspection: what their userinfo looks like,
//! and what becomes of it.

use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::support::{FakeIssuer, Fixture, assert_unavailable, refusal};
use crate::danger;
use crate::token::Issuer;

/// The preset, at an issuer that can be reached here.
async fn at_hand(preset: Issuer) -> Fixture {
    let preset = |issuer: Issuer| Issuer {
        identifier: issuer.identifier,
        ..preset
    };
    Fixture::with(preset).await
}

#[tokio::test]
async fn google() {
    let email = "https://www.googleapis.com/auth/userinfo.email";
    let profile = "https://www.googleapis.com/auth/userinfo.profile";
    let how = danger::userinfo_alone()
        .scope_for_claim("email", email)
        .scope_for_claim("name", profile);
    let it = at_hand(Issuer::google().opaque_tokens(how)).await;
    let found = it.verifiers.warm_up().await;
    assert!(found.wrong.is_empty() && found.unreachable.is_empty());
    it.knows(&json!({
        "sub": "110169484474386276334", "name": "Alice Example", "given_name": "Alice",
        "family_name": "Example", "picture": "https://lh3.googleusercontent.com/a/x",
        "email": "alice@example.com", "email_verified": true, "hd": "example.com",
    }));
    let caller = it.verify("ya29.a0AfH6SMBx").await.unwrap();
    assert_eq!(caller.subject(), Some("110169484474386276334"));
    assert_eq!(caller.scopes().to_string(), format!("{email} {profile}"));
    let consented = caller.consented_claims();
    assert_eq!(consented.get("email").unwrap(), "alice@example.com");
    assert_eq!(consented.get("given_name").unwrap(), "Alice");
    assert!(consented.get("hd").is_none());
    it.knows(&json!({"sub": "110169484474386276334", "picture": "https://lh3.example/a/x"}));
    let narrow = it.verify("ya29.another").await.unwrap();
    assert!(narrow.scopes().is_empty());
    refusal("an ID token", it.verify(&it.token()).await);
}

/// `https://api.github.com/user`, as far as anything depends on it.
fn octocat() -> Value {
    json!({
        "login": "octocat", "id": 583_231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "name": null,
        "avatar_url": "https://avatars.githubusercontent.com/u/583231", "email": null,
        "html_url": "https://github.com/octocat", "type": "User", "site_admin": false,
    })
}

#[tokio::test]
async fn github() {
    let api = FakeIssuer::empty("").await;
    let how = danger::userinfo_alone()
        .endpoint(api.at("/user"))
        .subject_claim("id");
    let how = how.scope_for_claim("email", "user:email");
    let it = at_hand(Issuer::github().opaque_tokens(how)).await;
    let answer = |body: &Value| {
        let scopes = HeaderName::from_static("x-oauth-scopes");
        let headers = vec![
            (CONTENT_TYPE, "application/json; charset=utf-8".to_owned()),
            (scopes, "repo, user".to_owned()),
        ];
        api.put("/user", 200, &body.to_string(), headers);
    };
    // No metadata is needed, so none is looked at.
    let found = it.verifiers.warm_up().await;
    assert!(found.wrong.is_empty() && it.issuer.hits().is_empty());
    answer(&octocat());
    let token = "gho_16C7e42F292c6912E7710c838347Ae178B4a";
    let caller = it.verify(token).await.unwrap();
    assert_eq!(caller.subject(), Some("583231"));
    assert!(caller.scopes().is_empty(), "the header is not read");
    let seen = api.last("/user");
    assert_eq!(seen.headers["authorization"], format!("Bearer {token}"));
    // GitHub answers nobody without a name.
    let name = seen.headers["user-agent"].to_str().unwrap();
    assert!(name.starts_with("mcp-authz/"), "{name}");
    let mut public = octocat();
    public["email"] = "octocat@github.com".into();
    answer(&public);
    let caller = it.verify("gho_another").await.unwrap();
    assert_eq!(caller.scopes().to_string(), "user:email");
    assert_eq!(
        caller.consented_claims().get("email").unwrap(),
        "octocat@github.com"
    );
    answer(&json!({"message": "Requires authentication", "status": "401"}));
    refusal("nobody", it.verify("gho_nobody").await);
    api.page("/user", 401, r#"{"message":"Bad credentials"}"#);
    refusal("bad", it.verify("gho_bad").await);
    api.page("/user", 403, r#"{"message":"rate limit exceeded"}"#);
    assert_unavailable(it.verify("gho_limited").await);
}

#[tokio::test]
async fn without_saying_where_its_userinfo_is_github_does_not_start() {
    let it = at_hand(Issuer::github().opaque_tokens(danger::userinfo_alone())).await;
    let bare = json!({"issuer": it.issuer.identifier});
    it.issuer.page(
        "/.well-known/oauth-authorization-server",
        200,
        &bare.to_string(),
    );
    let wrong = it.verifiers.warm_up().await.wrong;
    assert!(wrong[0].contains("userinfo_alone().endpoint"), "{wrong:?}");
}
