//! What is deleted while others register.

use std::time::Duration;

use http_client::Method;

use super::agent;
use super::place::{Answer, PORTAL, Place};

/// Makes the service count again before the next registration.
async fn lose_count(place: &Place) {
    place.logto.fail("POST /api/applications", 500, None, 1);
    let bob = place.token("bob", PORTAL);
    assert_eq!(place.register(Some(&bob), &agent()).await.status, 503);
}

/// Somebody who deletes what they have while the applications are counted could have them taken off
/// twice: by the count, which does not find them any more, and by their own end.
#[tokio::test]
async fn what_is_deleted_during_a_count_is_taken_off_once() {
    let place = Place::open().await;
    let alice = place.token("alice", PORTAL);
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(place.register(Some(&alice), &agent()).await.id());
    }
    lose_count(&place).await;
    let slowly = Duration::from_millis(1_000);
    place.logto.delay("GET /api/applications", slowly);
    let request = place.request(Method::POST, "/register", Some(&alice));
    let counting = tokio::spawn(Answer::of(request.json(&agent())));
    tokio::time::sleep(slowly / 4).await;
    let deletions = made.iter().map(|id| {
        let path = format!("/register/{id}");
        tokio::spawn(Answer::of(place.request(
            Method::DELETE,
            &path,
            Some(&alice),
        )))
    });
    for gone in deletions.collect::<Vec<_>>() {
        assert_eq!(gone.await.expect("an answer").status, 204);
    }
    counting.await.expect("an answer");
    for _ in 0..4 {
        place.register(Some(&alice), &agent()).await;
    }
    assert_eq!(place.apps(), 3, "and that is all that one may have");
}
