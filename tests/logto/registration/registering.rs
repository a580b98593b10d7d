//! What is there after a registration, and what is told.

use json::{Value, json};
use mcp_authz::logto::ApplicationType;

use super::place::Place;
use super::{agent, agent_with};

#[tokio::test]
async fn an_agent_is_made_with_exactly_its_scopes_and_its_secret_is_told_once() {
    let place = Place::open().await;
    let answer = place.register_as_alice(&agent()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let id = answer.id();
    for (name, value) in [
        ("client_name", json!("SmartMail AI")),
        (
            "redirect_uris",
            json!(["https://smartmail.example.com/callback"]),
        ),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        (
            "grant_types",
            json!(["authorization_code", "refresh_token"]),
        ),
        ("response_types", json!(["code"])),
        ("application_type", json!("web")),
        ("scope", json!("profile mail:send")),
        ("client_secret_expires_at", json!(0)),
        (
            "registration_client_uri",
            json!(format!("{}/register/{id}", place.url)),
        ),
    ] {
        assert_eq!(answer.body[name], value, "{name}");
    }
    let app = place.client.application(&id).await.unwrap();
    assert!(app.is_third_party);
    assert_eq!(app.application_type, ApplicationType::Traditional);
    let allowed = place.client.consent_scopes(&id).await.unwrap();
    // By name as a scope of Logto's, and by id as one of the API: `profile` is both.
    assert_eq!(allowed.user_scopes, ["profile"]);
    let of_api = allowed
        .of_resource(&place.resource)
        .map(|scope| scope.name.as_str());
    let mut of_api: Vec<&str> = of_api.collect();
    of_api.sort_unstable();
    assert_eq!(of_api, ["mail:send", "profile"]);
    assert!(allowed.organization_scopes.is_empty());
    let secrets = place.client.application_secrets(&id).await.unwrap();
    assert_eq!(answer.text("client_secret"), secrets[0].expose());

    // Whose it is is kept with it; the token that manages it is not.
    let token = answer.text("registration_access_token");
    let kept = json::Value::Object(app.custom_data).to_string();
    assert!(kept.contains("alice") && !kept.contains(token), "{kept}");
    let again = place
        .ask(
            http_client::Method::GET,
            &format!("/register/{id}"),
            Some(token),
        )
        .await;
    assert_eq!(again.body["client_secret"], Value::Null, "{again:?}");
    assert_eq!(again.text("scope"), "mail:send profile");
}

#[tokio::test]
async fn each_type_of_agent_is_one_of_logto_s() {
    let place = Place::open().await;
    for (members, kind, has_secret) in [
        (
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            ApplicationType::Traditional,
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "none" }),
            ApplicationType::Spa,
            false,
        ),
        (
            json!({ "application_type": "native", "redirect_uris": ["http://127.0.0.1:4711/callback"] }),
            ApplicationType::Native,
            false,
        ),
    ] {
        let answer = place.register_as_alice(&agent_with(members)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.body.get("client_secret").is_some(), has_secret);
        assert_eq!(
            answer.body.get("client_secret_expires_at").is_some(),
            has_secret
        );
        let app = place.client.application(&answer.id()).await.unwrap();
        assert_eq!(app.application_type, kind);
    }
}

#[tokio::test]
async fn what_is_left_out_has_its_default_and_what_is_unknown_is_ignored() {
    let place = Place::open().await;
    let document = json!({
        "redirect_uris": ["https://smartmail.example.com/callback"], "client_name": null,
        "logo_uri": "https://tracker.example/x.png", "client_name#fr": "<b>", "shoe_size": [43],
    });
    let answer = place.register_as_alice(&document).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.text("client_name"), "Agent at smartmail.example.com");
    assert_eq!(answer.text("scope"), "profile mail:send");
    assert_eq!(answer.body["grant_types"], json!(["authorization_code"]));
    assert_eq!(answer.body["logo_uri"], Value::Null);
    // No scope at all is not the same as none that is said.
    let none = place
        .register_as_alice(&agent_with(json!({ "scope": "openid" })))
        .await;
    let allowed = place.client.consent_scopes(&none.id()).await.unwrap();
    assert_eq!(allowed, mcp_authz::logto::ConsentScopes::default());
    assert_eq!(none.text("scope"), "openid");
}
