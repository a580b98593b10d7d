//! A proxy that is in trouble answers 404 for what is there: nobody must believe it.

use http_client::Method;
use json::json;

use super::agent;
use super::audit::Log;
use super::place::{PORTAL, Place};

#[tokio::test]
async fn an_older_secret_that_a_proxy_does_not_find_is_still_good() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let (id, token) = (made.id(), made.text("registration_access_token"));
    let call = format!("DELETE /api/applications/{id}/secrets/Default%20secret");
    place.logto.fail(&call, 404, None, 1);
    let path = format!("/register/{id}/secret");
    let answer = place.ask(Method::POST, &path, Some(token)).await;
    assert_eq!(answer.body["older_secrets_are_valid"], json!(true));
    let left = place.client.application_secrets(&id).await;
    assert_eq!(left.expect("the secrets").len(), 2);
}

#[tokio::test]
async fn an_agent_that_a_proxy_does_not_find_is_not_gone() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let (id, token) = (made.id(), made.text("registration_access_token"));
    let alice = place.token("alice", PORTAL);
    let path = format!("/register/{id}");
    for call in ["GET", "DELETE"] {
        for who in [token, &alice] {
            let call = format!("{call} /api/applications/{id}");
            place.logto.fail(&call, 404, None, 1);
            // RFC 7592 §2.1: 401 would say that it is gone.
            let answer = place.ask(Method::DELETE, &path, Some(who)).await;
            assert_eq!(answer.refusal(), (503, "temporarily_unavailable"), "{call}");
        }
    }
    assert_eq!(place.apps(), 1);
    let gone = place.ask(Method::DELETE, &path, Some(token)).await;
    assert_eq!(gone.status, 204);
}

#[tokio::test]
async fn an_agent_that_must_not_stay_is_left_behind_and_the_operator_is_told() {
    let log = Log::listen();
    let place = Place::open().await;
    let first: usize = {
        let made = place.register_as_alice(&agent()).await;
        let number = made.id();
        number.trim_start_matches("app").parse().expect("a number")
    };
    // Ids are counted: the application, and its secret.
    let id = format!("app{:0>18}", first + 2);
    let scopes = format!("POST /api/applications/{id}/user-consent-scopes");
    place.logto.fail(&scopes, 500, None, 1);
    let delete = format!("DELETE /api/applications/{id}");
    place.logto.fail(&delete, 404, None, 3);
    assert_eq!(place.register_as_alice(&agent()).await.status, 503);
    assert_eq!(place.apps(), 2);
    let line = log.line("left behind");
    assert!(line.contains("ERROR") && line.contains(&id), "{line}");
}
