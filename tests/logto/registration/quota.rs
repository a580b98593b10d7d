//! How many applications there may be, also when several come together.

use json::json;
use mcp_authz::danger;
use mcp_authz::logto::RegistrationPolicy;

use super::agent;
use super::place::{INITIAL, PORTAL, Place, policy};

#[tokio::test]
async fn an_owner_has_as_many_as_they_may_and_a_place_again_when_one_is_gone() {
    let place = Place::open().await;
    let alice = place.token("alice", PORTAL);
    let mut made = Vec::new();
    for _ in 0..3 {
        let answer = place.register(Some(&alice), &agent()).await;
        made.push(answer.id());
    }
    let before = place.logto.changes();
    let full = place.register(Some(&alice), &agent()).await;
    assert_eq!(full.refusal(), (403, "access_denied"));
    assert_eq!(place.logto.changes(), before);
    // A newer token is the same person; another person has places of their own.
    let full = place.register_as_alice(&agent()).await;
    assert_eq!(full.refusal(), (403, "access_denied"));
    let bob = place.token("bob", PORTAL);
    assert_eq!(place.register(Some(&bob), &agent()).await.status, 201);
    let path = format!("/register/{}", made[0]);
    assert_eq!(
        place
            .ask(http_client::Method::DELETE, &path, Some(&alice))
            .await
            .status,
        204
    );
    assert_eq!(place.register(Some(&alice), &agent()).await.status, 201);
    assert_eq!(place.register(Some(&alice), &agent()).await.status, 403);
}

#[tokio::test]
async fn of_those_who_come_together_for_the_last_place_one_gets_it() {
    let place = Place::open().await;
    let alice = place.token("alice", PORTAL);
    for _ in 0..2 {
        assert_eq!(place.register(Some(&alice), &agent()).await.status, 201);
    }
    let document = agent();
    let together = (0..4).map(|_| place.register(Some(&alice), &document));
    let statuses: Vec<u16> = futures(together).await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 403).count(),
        3,
        "{statuses:?}"
    );
    assert_eq!(place.apps(), 3);
}

/// Waits for all at once.
async fn futures(
    all: impl Iterator<Item = impl Future<Output = super::place::Answer>>,
) -> Vec<u16> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut statuses = vec![0; all.len()];
    std::future::poll_fn(|cx| {
        for (one, status) in all.iter_mut().zip(&mut statuses) {
            if *status == 0
                && let std::task::Poll::Ready(answer) = one.as_mut().poll(cx)
            {
                *status = answer.status.as_u16();
            }
        }
        match statuses.contains(&0) {
            true => std::task::Poll::Pending,
            false => std::task::Poll::Ready(()),
        }
    })
    .await;
    statuses
}

#[tokio::test]
async fn owners_and_nobody_have_places_of_their_own() {
    let policy = RegistrationPolicy::new(["profile", "mail:send"])
        .apps_per_owner(2)
        .apps_in_all(3);
    let place = Place::with(policy, |own| {
        own.first_party()
            .initial_access_token("partner", INITIAL)
            .open(danger::open_registration(1))
    })
    .await;
    let [alice, bob] = ["alice", "bob"].map(|name| place.token(name, PORTAL));
    for (token, status) in [
        (None, 201),
        (None, 403),
        (Some(INITIAL), 201),
        (Some(INITIAL), 201),
        (Some(INITIAL), 403),
        (Some(&*alice), 201),
        // All owners together have three.
        (Some(&*bob), 403),
        (Some(&*alice), 403),
        (None, 403),
    ] {
        let answer = place.register(token, &agent()).await;
        assert_eq!(answer.status, status, "{token:?} {answer:?}");
    }
    assert_eq!(place.apps(), 4);
}

#[tokio::test]
async fn who_registers_and_deletes_again_and_again_is_slowed_down() {
    let place = Place::with(policy().apps_per_minute(4), |own| {
        own.first_party().open(danger::open_registration(100))
    })
    .await;
    for _ in 0..4 {
        let made = place.register(None, &agent()).await;
        let token = made.text("registration_access_token");
        let path = format!("/register/{}", made.id());
        let gone = place
            .ask(http_client::Method::DELETE, &path, Some(token))
            .await;
        assert_eq!(gone.status, 204);
    }
    let before = place.logto.changes();
    let slow = place.register(None, &agent()).await;
    assert_eq!(slow.refusal(), (429, "temporarily_unavailable"));
    assert_eq!(slow.headers["retry-after"], "10");
    assert_eq!(place.logto.changes(), before);
    // Strangers are in nobody's way.
    assert_eq!(place.register_as_alice(&agent()).await.status, 201);
}

#[tokio::test]
async fn what_is_there_from_before_a_restart_counts() {
    let place = Place::open().await;
    for _ in 0..3 {
        assert_eq!(place.register_as_alice(&agent()).await.status, 201);
    }
    // Another process of the same service: it has seen none of them.
    let again = place.another(policy()).await;
    let alice = place.token("alice", PORTAL);
    let request = place
        .http
        .post(format!("{again}/register"))
        .bearer_auth(&alice);
    let answer = super::place::Answer::of(request.json(&agent())).await;
    assert_eq!(answer.refusal(), (403, "access_denied"));
    // Logto's list is what counts, page by page, and other services' applications do not.
    let list = place
        .http
        .get(format!("{again}/register"))
        .bearer_auth(&alice);
    let list = super::place::Answer::of(list).await;
    assert_eq!(
        list.body["clients"].as_array().map(Vec::len),
        Some(3),
        "{list:?}"
    );
    assert_ne!(list.body["clients"][0], json!(null));
}
