//! Who may register: nobody by default, and never with credentials that are not right.

use http_client::Method;
use http_client::header::AUTHORIZATION;
use json::Value;
use mcp_authz::danger;
use mcp_authz::dev::{Endpoint, Fault, Mint};

use super::agent;
use super::place::{Answer, INITIAL, PORTAL, Place, policy};

#[tokio::test]
async fn only_a_person_in_an_application_of_the_operator_s_registers() {
    let place = Place::open().await;
    let before = place.logto.changes();
    let mint = |person: &str| place.provider.mint(person).client(PORTAL);
    let sign = |mint: Mint<'_>| mint.sign().expect("the provider signs");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let past = now.expect("it is after 1970").as_secs() - 3_600;
    let good = place.token("alice", PORTAL);
    let mut forged = good.clone();
    forged.replace_range(forged.len() - 6.., "AAAAAA");
    for (what, token, expected) in [
        (
            "of an agent",
            place.token("alice", "smartmail"),
            (403, "access_denied"),
        ),
        (
            "of a machine",
            place.token(PORTAL, PORTAL),
            (403, "access_denied"),
        ),
        (
            "for nobody",
            sign(
                mint("alice")
                    .claim("sub", Value::Null)
                    .resource(&place.resource),
            ),
            (401, "invalid_token"),
        ),
        (
            "for another server",
            sign(mint("alice").resource("https://other.example/mcp")),
            (401, "invalid_token"),
        ),
        (
            "for the provider",
            sign(mint("alice")),
            (401, "invalid_token"),
        ),
        (
            "that is over",
            sign(mint("alice").resource(&place.resource).claim("exp", past)),
            (401, "invalid_token"),
        ),
        (
            "bound to a key",
            sign(
                mint("alice")
                    .resource(&place.resource)
                    .claim("cnf", json::json!({ "jkt": "A".repeat(43) })),
            ),
            (401, "invalid_token"),
        ),
        ("forged", forged, (401, "invalid_token")),
        ("invented", "x".repeat(43), (401, "invalid_token")),
        (
            "like a registration's",
            format!("registration.{}", "x".repeat(43)),
            (401, "invalid_token"),
        ),
        ("endless", "x".repeat(20_000), (401, "invalid_token")),
    ] {
        let answer = place.register(Some(&token), &agent()).await;
        assert_eq!(answer.refusal(), expected, "{what}");
    }
    // Without a token, the server's own challenge says where to get one.
    let answer = place.register(None, &agent()).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    // Twice, or beside another one in the query.
    let request = place
        .request(Method::POST, "/register", Some(&good))
        .json(&agent());
    let twice = Answer::of(request.header(AUTHORIZATION, format!("Bearer {good}"))).await;
    assert_eq!(twice.refusal(), (400, "invalid_request"));
    let query = format!("/register?access_token={good}");
    let request = place.request(Method::POST, &query, None).json(&agent());
    assert_eq!(Answer::of(request).await.status, 401);
    assert_eq!(place.logto.changes(), before);
    assert_eq!(place.register(Some(&good), &agent()).await.status, 201);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_asked_is_no_bad_token() {
    let place = Place::open().await;
    // A key that the server has not seen yet.
    place.provider.rotate_keys().unwrap();
    place
        .provider
        .fail([Endpoint::Jwks, Endpoint::Discovery], Fault::Error);
    let token = place.token("alice", PORTAL);
    let answer = place.register(Some(&token), &agent()).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
    assert_eq!(place.apps(), 0);
}

#[tokio::test]
async fn the_holder_of_an_initial_access_token_registers_and_nobody_else() {
    let other = "another-partner-s-token-0123456789abc";
    let place = Place::with(policy(), |own| {
        own.initial_access_token("partner", INITIAL)
            .initial_access_token("other", other)
    })
    .await;
    let near = format!("{}0", &INITIAL[..INITIAL.len() - 1]);
    let portal = place.token("alice", PORTAL);
    let before = place.logto.changes();
    for wrong in [
        "partner",
        &near,
        &INITIAL[1..],
        &format!("{INITIAL}x"),
        &portal,
    ] {
        let answer = place.register(Some(wrong), &agent()).await;
        assert_eq!(answer.refusal(), (401, "invalid_token"), "{wrong}");
    }
    assert_eq!(place.register(None, &agent()).await.status, 401);
    assert_eq!(place.logto.changes(), before);
    let made = place.register(Some(INITIAL), &agent()).await;
    assert_eq!(made.status, 201);
    // What a holder registered is theirs, and not another holder's.
    let path = format!("/register/{}", made.id());
    assert_eq!(
        place.ask(Method::GET, &path, Some(INITIAL)).await.status,
        200
    );
    assert_eq!(place.ask(Method::GET, &path, Some(other)).await.status, 404);
}

#[tokio::test]
async fn where_anybody_may_register_a_bad_token_is_still_a_bad_token() {
    let place = Place::with(policy(), |own| {
        own.first_party().open(danger::open_registration(5))
    })
    .await;
    let agents = place.token("alice", "smartmail");
    for (token, status) in [("x", 401), ("", 401), (&*agents, 403)] {
        let answer = place.register(Some(token), &agent()).await;
        assert_eq!(answer.status, status, "{token}");
    }
    assert_eq!(place.apps(), 0);
    let made = place.register(None, &agent()).await;
    assert_eq!(made.status, 201);
    // It is nobody's: no list has it, and its own token alone manages it.
    let alice = place.token("alice", PORTAL);
    let path = format!("/register/{}", made.id());
    let list = place.ask(Method::GET, "/register", Some(&alice)).await;
    assert_eq!(list.body["clients"], json::json!([]));
    assert_eq!(place.ask(Method::GET, "/register", None).await.status, 401);
    assert_eq!(
        place.ask(Method::GET, &path, Some(&alice)).await.status,
        404
    );
    assert_eq!(place.ask(Method::DELETE, &path, None).await.status, 401);
    let token = made.text("registration_access_token");
    assert_eq!(
        place
            .ask(Method::GET, "/register", Some(token))
            .await
            .status,
        401
    );
    assert_eq!(
        place.ask(Method::DELETE, &path, Some(token)).await.status,
        204
    );
}

#[tokio::test]
async fn without_a_way_in_nobody_registers() {
    let place = Place::with(policy(), |own| own).await;
    let alice = place.token("alice", PORTAL);
    let nobody = place.register(None, &agent()).await;
    assert_eq!(nobody.refusal(), (401, "unauthorized"));
    assert_eq!(nobody.headers["www-authenticate"], "Bearer");
    let somebody = place.register(Some(&alice), &agent()).await;
    assert_eq!(somebody.refusal(), (401, "invalid_token"));
    let challenge = &somebody.headers["www-authenticate"];
    assert_eq!(challenge, r#"Bearer error="invalid_token""#);
    assert_eq!(place.apps(), 0);
}
