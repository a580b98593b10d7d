//! Where a record cannot be had, or is none of the caller's: never 500, and no handler runs.

use json::json;

use crate::people::People;

#[tokio::test]
async fn whom_the_tenant_does_not_know_or_has_shut_out_gets_nothing() {
    let people = People::known_by_record(|records| records).await;
    people
        .logto
        .edit(&people.alice, &json!({ "isSuspended": true }));
    people
        .turns_away("suspended", &people.token("profile email"))
        .await;
    people.logto.delete_user(&people.alice);
    people
        .turns_away("gone", &people.token("email profile"))
        .await;
    let never = people.altered("profile email", json!({ "sub": "neverseen123" }));
    people.turns_away("unknown", &never).await;
    assert_eq!(people.api.asked("/api/users/neverseen123"), 1);
}

#[tokio::test]
async fn while_it_cannot_be_had_nobody_is_logged_out() {
    let people = People::known_by_record(|records| records).await;
    let record = people.record();
    let page = |kind: &str| vec![("content-type", kind.to_owned())];
    let good = |id: &str| json!({ "id": id, "username": "x", "isSuspended": false }).to_string();
    let tampered = [
        (200, "text/html", "<html>".to_owned()),
        (200, "application/json", "[]".to_owned()),
        (200, "application/json", "{}".to_owned()),
        (200, "application/json", good("somebody-else")),
        (
            200,
            "application/json",
            json!({ "id": people.alice }).to_string(),
        ),
        (
            200,
            "application/json",
            json!({ "id": people.alice, "isSuspended": "no" }).to_string(),
        ),
        (
            200,
            "application/json",
            format!(
                r#"{{"id":"{0}","isSuspended":true,"isSuspended":false}}"#,
                people.alice
            ),
        ),
        (204, "application/json", String::new()),
        (302, "application/json", good(&people.alice)),
        (
            400,
            "application/json",
            r#"{"code":"guard.invalid_input"}"#.to_owned(),
        ),
        (
            401,
            "application/json",
            r#"{"code":"auth.unauthorized"}"#.to_owned(),
        ),
        (
            403,
            "application/json",
            r#"{"code":"auth.forbidden"}"#.to_owned(),
        ),
        // Of a proxy, or of a program that is not Logto.
        (404, "text/html", "Not Found".to_owned()),
        (
            404,
            "application/json",
            r#"{"code":"not_found"}"#.to_owned(),
        ),
        (429, "application/json", "{}".to_owned()),
        (500, "application/json", good(&people.alice)),
        (503, "text/html", String::new()),
    ];
    for (number, (status, kind, body)) in tampered.iter().enumerate() {
        people.api.answers(&record, *status, page(kind), body);
        // Another token each time: what was found out about one is not what is asked here.
        let token = people.altered("profile email", json!({ "jti": number.to_string() }));
        people
            .cannot_tell(&format!("{status} {body}"), &token)
            .await;
        people.api.forwards();
        assert_eq!(people.says("whoami", &token).await["username"], "alice");
    }
}

#[tokio::test]
async fn while_there_is_no_machine_token_it_is_the_same() {
    let people = People::known_by_record(|records| records).await;
    let token = people.token("profile email");
    people.logto.forget_tokens();
    let refused = r#"{"error":"invalid_client"}"#;
    for (status, body) in [(401, refused), (500, ""), (200, "{}"), (503, "")] {
        people.api.answers("/oidc/token", status, Vec::new(), body);
        people
            .cannot_tell(&format!("{status} {body}"), &token)
            .await;
    }
    people.api.forwards();
    people.says("whoami", &token).await;
}

/// Whoever waits has to come back soon: a question is not repeated for them.
#[tokio::test]
async fn an_outage_is_one_question_and_no_pause() {
    let people = People::known_by_record(|records| records).await;
    let pause = vec![("retry-after", "9".to_owned())];
    people.api.answers(&people.record(), 503, pause, "{}");
    let before = std::time::Instant::now();
    let reply = people.call("shared", &people.token("profile")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("retry-after")),
        (503, "9")
    );
    assert!(before.elapsed().as_secs() < 5, "{:?}", before.elapsed());
    assert_eq!((people.asked(), people.lab.ran.times()), (1, 0));
}

#[tokio::test]
async fn a_token_that_is_refused_asks_nobody() {
    let people = People::known_by_record(|records| records).await;
    let issued_before = people.api.asked("/oidc/token");
    for sub in [
        "../users",
        "..",
        ".",
        "a/b",
        "a%2Fb",
        "a?b=c",
        "a#b",
        "a b",
        "användare",
        &"x".repeat(65),
        "*",
        "\u{202e}alice",
    ] {
        let token = people.altered("profile email", json!({ "sub": sub }));
        people.turns_away(sub, &token).await;
    }
    for (what, changes) in [
        ("over", json!({ "iat": 1_000, "exp": 2_000 })),
        (
            "another audience",
            json!({ "aud": "https://default.logto.app/api" }),
        ),
        (
            "of another tenant",
            json!({ "iss": "https://other.logto.app/oidc" }),
        ),
    ] {
        people
            .turns_away(what, &people.altered("profile email", changes))
            .await;
    }
    assert_eq!(people.asked(), 0);
    assert_eq!(people.logto.asked("GET /api/users"), 0);
    assert_eq!(people.api.asked("/oidc/token"), issued_before);
}

/// What a machine-to-machine app got for itself: `sub` is the app.
#[tokio::test]
async fn a_machine_has_no_record() {
    let people = People::known_by_record(|records| records).await;
    // Even where somebody has the app's id for a name.
    people.logto.sign_up_as("m2mapp1234567890abcde", "mallory");
    for (what, changes) in [
        (
            "a machine",
            json!({ "sub": "m2mapp1234567890abcde", "client_id": "m2mapp1234567890abcde" }),
        ),
        (
            "a machine without a subject",
            json!({ "sub": null, "client_id": "m2mapp1234567890abcde" }),
        ),
    ] {
        let token = people.altered("profile email", changes.clone());
        let shared = people.says("whoami", &token).await;
        let expected = match changes["sub"].as_str() {
            Some(sub) => json!({ "sub": sub }),
            None => json!({}),
        };
        assert_eq!(shared, expected, "{what}");
    }
    assert_eq!(people.api.asked("/api/users/m2mapp1234567890abcde"), 0);
}
