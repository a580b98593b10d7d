//! What may not be registered: each its code of RFC 7591, and the tenant is as it was.

use http_client::Method;
use http_client::header::CONTENT_TYPE;
use json::{Value, json};
use mcp_authz::logto::RegistrationPolicy;

use super::place::{Answer, PORTAL, Place};
use super::{agent, agent_with};

#[tokio::test]
async fn what_is_outside_the_guard_rails_changes_nothing_at_the_tenant() {
    let policy = RegistrationPolicy::new(["profile", "mail:send"])
        .redirect_hosts(["smartmail.example.com", "agents.example.com"]);
    let place = Place::with(policy, |own| own.first_party()).await;
    let token = place.token("alice", PORTAL);
    let (before, apps) = (place.logto.changes(), place.apps());
    let redirect = "invalid_redirect_uri";
    let metadata = "invalid_client_metadata";
    let uri = |uri: &str| json!({ "redirect_uris": [uri] });
    let many: Vec<String> = (0..11)
        .map(|n| format!("https://agents.example.com/{n}"))
        .collect();
    for (members, code) in [
        (uri("https://other.example/callback"), redirect),
        (uri("http://smartmail.example.com/callback"), redirect),
        (uri("https://smartmail.example.com/callback#"), redirect),
        (uri("https://smartmail.example.com/callback#x"), redirect),
        (uri("https://smartmail.example.com/*"), redirect),
        (uri("https://*.example.com/callback"), redirect),
        (uri("https://user@smartmail.example.com/callback"), redirect),
        (
            uri("https://smartmail.example.com\\@other.example/"),
            redirect,
        ),
        (uri("https://SMARTMAIL.example.com/callback"), redirect),
        (uri("http://127.0.0.1/callback"), redirect),
        (uri("javascript:alert(1)"), redirect),
        (uri(""), redirect),
        (json!({ "redirect_uris": [] }), redirect),
        (json!({ "redirect_uris": null }), redirect),
        (
            json!({ "redirect_uris": "https://smartmail.example.com/callback" }),
            redirect,
        ),
        (json!({ "redirect_uris": many }), redirect),
        // One that is good does not make up for one that is not.
        (
            json!({ "redirect_uris": ["https://agents.example.com/", "https://other.example/"] }),
            redirect,
        ),
        (json!({ "scope": "profile email" }), metadata),
        (json!({ "scope": "mail:plan" }), metadata),
        (json!({ "scope": "all" }), metadata),
        (json!({ "scope": "profile\nmail:send" }), metadata),
        (json!({ "scope": ["profile"] }), metadata),
        (
            json!({ "client_name": "<script>alert(1)</script>" }),
            metadata,
        ),
        (json!({ "client_name": "Smart\u{202e}Mail" }), metadata),
        (json!({ "client_name": "" }), metadata),
        (json!({ "client_name": "x".repeat(81) }), metadata),
        (json!({ "client_name": { "en": "SmartMail" } }), metadata),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            metadata,
        ),
        (json!({ "grant_types": ["client_credentials"] }), metadata),
        (
            json!({ "grant_types": ["authorization_code", "implicit"] }),
            metadata,
        ),
        (json!({ "response_types": ["token"] }), metadata),
        (json!({ "application_type": "service" }), metadata),
        (
            json!({ "software_statement": "eyJ.e30.x" }),
            "unapproved_software_statement",
        ),
    ] {
        let answer = place
            .register(Some(&token), &agent_with(members.clone()))
            .await;
        assert_eq!(answer.refusal(), (400, code), "{members}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{members}");
    }
    assert_eq!((place.logto.changes(), place.apps()), (before, apps));
    // The same person with the same token registers what is within.
    let good = place.register(Some(&token), &agent()).await;
    assert_eq!(good.status, 201, "{good:?}");
}

#[tokio::test]
async fn a_body_that_two_readers_could_read_differently_is_refused() {
    let place = Place::open().await;
    let token = place.token("alice", PORTAL);
    let before = place.logto.changes();
    let good = agent().to_string();
    let twice = good.replacen('{', r#"{"scope":"profile","#, 1);
    let nested = format!(r#"{{"x":{}1{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let long = agent_with(json!({ "x": "y".repeat(20_000) })).to_string();
    for body in ["", "[]", "null", "{", &twice, &nested, &long] {
        let request = place.request(Method::POST, "/register", Some(&token));
        let request = request.header(CONTENT_TYPE, "application/json");
        let answer = Answer::of(request.body(body.to_owned())).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_client_metadata"),
            "{body:.40}"
        );
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let request = place.request(Method::POST, "/register", Some(&token));
        let answer = Answer::of(request.header(CONTENT_TYPE, kind).body(good.clone())).await;
        assert_eq!(answer.refusal(), (400, "invalid_client_metadata"), "{kind}");
    }
    assert_eq!(place.logto.changes(), before);
}

#[tokio::test]
async fn a_scope_that_the_tenant_lacks_is_not_left_out_silently() {
    let policy = RegistrationPolicy::new(["profile", "mail:archive"]);
    let place = Place::with(policy, |own| own.first_party()).await;
    let before = place.logto.changes();
    let document = agent_with(json!({ "scope": "profile mail:archive" }));
    let answer = place.register_as_alice(&document).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
    assert_eq!(place.logto.changes(), before);
}

#[tokio::test]
async fn an_agent_is_not_changed_into_another() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let before = place.logto.changes();
    let token = made.text("registration_access_token");
    let path = format!("/register/{}", made.id());
    for method in [Method::PUT, Method::PATCH] {
        let request = place.request(method, &path, Some(token));
        let answer = Answer::of(request.json(&Value::Null)).await;
        assert_eq!(answer.status, 405);
    }
    assert_eq!(place.logto.changes(), before);
}
