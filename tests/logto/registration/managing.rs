//! What an owner, and the holder of a registration access token, may do afterwards, and nobody else.

use http_client::Method;
use json::{Value, json};
use mcp_authz::logto::{NewThirdPartyApp, ThirdPartyType};

use super::place::{PORTAL, Place};
use super::{agent, agent_with};

#[tokio::test]
async fn an_owner_lists_rotates_and_deletes_their_own() {
    let place = Place::open().await;
    let alice = place.token("alice", PORTAL);
    let made = place.register_as_alice(&agent()).await;
    let (id, first) = (made.id(), made.text("client_secret"));
    let list = place.ask(Method::GET, "/register", Some(&alice)).await;
    assert_eq!(list.status, 200);
    assert_eq!(list.body["clients"][0]["client_id"], json!(id));
    let text = list.body.to_string();
    assert!(
        !text.contains(first) && !text.contains("registration_access_token"),
        "{text}"
    );

    let path = format!("/register/{id}");
    let rotated = place
        .ask(Method::POST, &format!("{path}/secret"), Some(&alice))
        .await;
    assert_eq!(rotated.status, 200);
    assert_eq!(rotated.headers["cache-control"], "no-store");
    let second = rotated.text("client_secret");
    let left = place.client.application_secrets(&id).await.unwrap();
    assert_eq!(left.len(), 1, "the older one is good no more");
    assert!(left[0].expose() == second && first != second);

    let gone = place.ask(Method::DELETE, &path, Some(&alice)).await;
    assert_eq!(gone.status, 204);
    assert_eq!(place.apps(), 0);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            place.ask(method, &path, Some(&alice)).await.refusal(),
            (404, "not_found")
        );
    }
}

#[tokio::test]
async fn what_is_somebody_else_s_looks_like_what_there_is_not() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let token = made.text("registration_access_token").to_owned();
    // Others of the tenant: made in the console, the operator's own, one with words like ours.
    let console = NewThirdPartyApp::new("Console", ThirdPartyType::Native)
        .redirect_uri("https://console.example/cb")
        .custom_data("mcpAuthzRegistration", json!({ "owner": "nobody" }));
    let console = place
        .client
        .create_third_party_app(&console)
        .await
        .unwrap()
        .id;
    let own = place.logto.first_party_app("Ours");
    let before = place.logto.changes();
    let bob = place.token("bob", PORTAL);
    let agents = place.token("alice", "smartmail");
    let unknown = place
        .ask(Method::GET, "/register/app000000000000009999", Some(&bob))
        .await;
    assert_eq!(unknown.refusal(), (404, "not_found"));
    let long = "x".repeat(300);
    let odd = ["..", "%2e%2e", "a%2Fb", "%00", &*long];
    let ids = [made.id(), console, own];
    for id in ids.iter().map(String::as_str).chain(odd) {
        for (method, path) in [
            (Method::GET, format!("/register/{id}")),
            (Method::DELETE, format!("/register/{id}")),
            (Method::POST, format!("/register/{id}/secret")),
        ] {
            let answer = place.ask(method.clone(), &path, Some(&bob)).await;
            assert_eq!(answer.status, 404, "{method} {path}");
            if !odd.contains(&id) {
                assert_eq!(answer.body, unknown.body, "{method} {path}");
            }
            // An agent of Alice's is not Alice.
            let answer = place.ask(method, &path, Some(&agents)).await;
            assert!([403, 404].contains(&answer.status.as_u16()), "{path}");
        }
    }
    let list = place.ask(Method::GET, "/register", Some(&bob)).await;
    assert_eq!(list.body["clients"], json!([]));
    // A registration access token is good for its own application alone.
    for id in &ids[1..] {
        let answer = place
            .ask(Method::DELETE, &format!("/register/{id}"), Some(&token))
            .await;
        assert_eq!(answer.refusal(), (401, "invalid_token"), "{id}");
    }
    assert_eq!(place.logto.changes(), before);
}

#[tokio::test]
async fn a_registration_access_token_manages_its_application_until_it_is_gone() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let other = place.register_as_alice(&agent()).await;
    let token = made.text("registration_access_token");
    let path = format!("/register/{}", made.id());
    let shown = place.ask(Method::GET, &path, Some(token)).await;
    assert_eq!(shown.text("registration_access_token"), token);
    assert_eq!(
        shown.text("registration_client_uri"),
        format!("{}{path}", place.url)
    );
    assert_eq!(shown.body["client_secret"], Value::Null);
    for wrong in [
        other.text("registration_access_token"),
        "registration.",
        &token[..token.len() - 1],
        &format!("{token}A"),
    ] {
        let answer = place.ask(Method::DELETE, &path, Some(wrong)).await;
        assert_eq!(answer.refusal(), (401, "invalid_token"), "{wrong}");
    }
    assert_eq!(place.apps(), 2);
    let rotated = place
        .ask(Method::POST, &format!("{path}/secret"), Some(token))
        .await;
    assert_ne!(rotated.text("client_secret"), made.text("client_secret"));
    assert_eq!(
        place.ask(Method::DELETE, &path, Some(token)).await.status,
        204
    );
    // RFC 7592 §2.1: 401 for a client that is gone.
    assert_eq!(
        place.ask(Method::GET, &path, Some(token)).await.refusal(),
        (401, "invalid_token")
    );
    assert_eq!(place.apps(), 1);
}

#[tokio::test]
async fn a_public_client_has_no_secret_to_rotate() {
    let place = Place::open().await;
    let document = agent_with(json!({ "token_endpoint_auth_method": "none" }));
    let made = place.register_as_alice(&document).await;
    let before = place.logto.changes();
    let token = made.text("registration_access_token");
    let path = format!("/register/{}/secret", made.id());
    let answer = place.ask(Method::POST, &path, Some(token)).await;
    assert_eq!(answer.refusal(), (400, "invalid_client_metadata"));
    assert_eq!(place.logto.changes(), before);
}

#[tokio::test]
async fn an_older_secret_that_stays_is_told() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let id = made.id();
    let call = format!("DELETE /api/applications/{id}/secrets/Default%20secret");
    place.logto.fail(&call, 500, None, 1);
    let token = made.text("registration_access_token");
    let answer = place
        .ask(Method::POST, &format!("/register/{id}/secret"), Some(token))
        .await;
    assert_eq!(
        answer.body["older_secrets_are_valid"],
        json!(true),
        "{answer:?}"
    );
}
