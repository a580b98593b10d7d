//! Nothing is half there: what cannot be completed is taken away again, or the operator is told.

use std::time::Duration;

use http_client::Method;
use json::json;

use super::audit::Log;
use super::place::{PORTAL, Place};
use super::{agent, agent_with};

const CREATE: &str = "POST /api/applications";

/// The id that the next application will have, and what is called for it.
async fn next_id(place: &Place) -> String {
    // Ids are counted: the application, and its secret.
    let made = place.register_as_alice(&agent()).await;
    let token = made.text("registration_access_token");
    let path = format!("/register/{}", made.id());
    assert_eq!(
        place.ask(Method::DELETE, &path, Some(token)).await.status,
        204
    );
    let number: usize = made
        .id()
        .trim_start_matches("app")
        .parse()
        .expect("a number");
    format!("app{:0>18}", number + 2)
}

#[tokio::test]
async fn an_application_whose_scopes_cannot_be_set_is_deleted_again() {
    for (call, status) in [
        ("POST /api/applications/{id}/user-consent-scopes", 500),
        ("POST /api/applications/{id}/user-consent-scopes", 422),
        ("GET /api/applications/{id}/secrets", 500),
    ] {
        let place = Place::open().await;
        let id = next_id(&place).await;
        place
            .logto
            .fail(&call.replace("{id}", &id), status, None, 1);
        let answer = place.register_as_alice(&agent()).await;
        assert_eq!(answer.refusal(), (503, "temporarily_unavailable"), "{call}");
        assert_eq!(
            place.logto.asked(&format!("DELETE /api/applications/{id}")),
            1
        );
        assert_eq!(place.apps(), 0, "{call}");
        // It took nobody's place, and the next one succeeds.
        for _ in 0..3 {
            assert_eq!(
                place.register_as_alice(&agent()).await.status,
                201,
                "{call}"
            );
        }
    }
}

#[tokio::test]
async fn deleting_is_tried_again_and_where_it_fails_the_operator_is_told() {
    let log = Log::listen();
    let place = Place::open().await;
    for (refusals, left) in [(2, 0), (3, 1)] {
        let id = next_id(&place).await;
        let scopes = format!("POST /api/applications/{id}/user-consent-scopes");
        place.logto.fail(&scopes, 500, None, 1);
        place.logto.fail(
            &format!("DELETE /api/applications/{id}"),
            500,
            None,
            refusals,
        );
        let answer = place.register_as_alice(&agent()).await;
        assert_eq!(answer.status, 503);
        assert_eq!(place.apps(), left);
        let line = log.line(if left == 0 {
            "withdrawn"
        } else {
            "left behind"
        });
        assert!(line.contains(&id), "{line}");
        assert_eq!(line.contains("ERROR"), left == 1, "{line}");
    }
    // What was left behind is counted, since it is there.
    for _ in 0..2 {
        assert_eq!(place.register_as_alice(&agent()).await.status, 201);
    }
    assert_eq!(
        place.register_as_alice(&agent()).await.refusal(),
        (403, "access_denied")
    );
}

#[tokio::test]
async fn an_application_whose_answer_was_lost_is_found_and_deleted() {
    let log = Log::listen();
    let place = Place::open().await;
    place.logto.lose_answers(CREATE, 1);
    let answer = place.register_as_alice(&agent()).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
    assert_eq!((place.logto.asked(CREATE), place.apps()), (1, 0));
    assert!(log.line("withdrawn").contains("answer was lost"));
    // It took nobody's place.
    for _ in 0..3 {
        assert_eq!(place.register_as_alice(&agent()).await.status, 201);
    }
}

#[tokio::test]
async fn where_a_lost_application_cannot_be_looked_for_the_operator_is_told() {
    let log = Log::listen();
    let place = Place::open().await;
    assert_eq!(place.register_as_alice(&agent()).await.status, 201);
    // The count is fresh: the next question for the list is the one that looks.
    place.logto.lose_answers(CREATE, 1);
    place.logto.fail("GET /api/applications", 500, None, 1);
    assert_eq!(place.register_as_alice(&agent()).await.status, 503);
    let line = log.line("uncertain");
    assert!(
        line.contains("ERROR") && line.contains("attempt="),
        "{line}"
    );
    assert_eq!(place.apps(), 2);
}

#[tokio::test]
async fn an_application_that_would_be_nobody_s_does_not_stay() {
    let place = Place::open().await;
    place.logto.without_custom_data();
    let answer = place.register_as_alice(&agent()).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
    assert_eq!((place.logto.asked(CREATE), place.apps()), (1, 0));
}

#[tokio::test]
async fn an_application_that_would_be_the_operator_s_own_does_not_stay() {
    let place = Place::open().await;
    let all = || place.logto.look("/api/applications");
    let before = all();
    place.logto.without_third_parties();
    // Nothing else is asked of Logto for it, which could be refused.
    let document = agent_with(json!({ "scope": "", "token_endpoint_auth_method": "none" }));
    let answer = place.register_as_alice(&document).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
    assert_eq!(place.logto.asked(CREATE), 1);
    assert_eq!(all(), before);
}

#[tokio::test]
async fn what_logto_refuses_is_refused_and_not_looked_for() {
    let place = Place::open().await;
    assert_eq!(place.register_as_alice(&agent()).await.status, 201);
    let lists = place.logto.asked("GET /api/applications");
    place.logto.fail(CREATE, 400, None, 1);
    let answer = place.register_as_alice(&agent()).await;
    assert_eq!(answer.refusal(), (400, "invalid_client_metadata"));
    assert_eq!(place.logto.asked("GET /api/applications"), lists);
    place.logto.limit_third_party_apps(1);
    let full = place.register_as_alice(&agent()).await;
    assert_eq!(full.refusal(), (503, "temporarily_unavailable"));
    assert_eq!(place.apps(), 1);
}

#[tokio::test]
async fn whoever_hangs_up_gets_nothing_and_nothing_stays() {
    let log = Log::listen();
    let place = Place::open().await;
    let id = next_id(&place).await;
    let scopes = format!("POST /api/applications/{id}/user-consent-scopes");
    place.logto.delay(&scopes, Duration::from_millis(2_000));
    let token = place.token("alice", PORTAL);
    let request = place.request(Method::POST, "/register", Some(&token));
    let request = request.json(&agent()).timeout(Duration::from_millis(1_000));
    assert!(request.send().await.unwrap_err().is_timeout());
    for _ in 0..200 {
        if log.all().contains("hung up") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(place.logto.asked(&scopes), 1, "it was under way");
    assert_eq!(place.apps(), 0);
    assert!(log.line("withdrawn").contains("hung up"));
}

#[tokio::test]
async fn an_agent_without_any_scope_needs_no_second_call() {
    let place = Place::open().await;
    let document = agent_with(json!({ "scope": "", "token_endpoint_auth_method": "none" }));
    let before = place.logto.changes();
    assert_eq!(place.register_as_alice(&document).await.status, 201);
    assert_eq!(place.logto.changes(), before + 1);
}
