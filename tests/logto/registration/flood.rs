//! Ten thousand registrations.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_client::Method;
use mcp_authz::danger;

use super::agent;
use super::place::{Answer, PORTAL, Place, policy};

const FLOOD: usize = 10_000;
const STREAMS: usize = 40;

#[tokio::test]
async fn a_flood_is_refused_and_is_none_at_the_tenant() {
    let place = Place::with(policy(), |own| own.open(danger::open_registration(5))).await;
    let before: usize = place.logto.asked("GET /api/applications");
    let made = Arc::new(AtomicUsize::new(0));
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let (http, url) = (place.http.clone(), format!("{}/register", place.url));
        let made = Arc::clone(&made);
        streams.push(tokio::spawn(async move {
            for _ in 0..FLOOD / STREAMS {
                let answer = Answer::of(http.post(&url).json(&agent())).await;
                match answer.refusal() {
                    (201, "") => drop(made.fetch_add(1, Ordering::SeqCst)),
                    // No place, or not at this moment.
                    (403, "access_denied") | (429, "temporarily_unavailable") => {}
                    other => panic!("{other:?}"),
                }
            }
        }));
    }
    for stream in streams {
        stream.await.expect("a stream");
    }
    assert_eq!((made.load(Ordering::SeqCst), place.apps()), (5, 5));
    assert_eq!(place.logto.asked("POST /api/applications"), 5);
    // The applications were counted once a minute, whatever came.
    let counted = place.logto.asked("GET /api/applications") - before;
    assert!(counted <= 3, "counted {counted} times");
}

#[tokio::test]
async fn a_crowd_of_strangers_is_in_no_owner_s_way() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let nowhere = "/register/app000000000000009999";
    let asked = "GET /api/applications/app000000000000009999";
    place.logto.delay(asked, Duration::from_secs(2));
    let invented = format!("registration.{}", "x".repeat(43));
    let mut crowd = Vec::new();
    for _ in 0..16 {
        let request = place.request(Method::GET, nowhere, Some(&invented));
        crowd.push(tokio::spawn(Answer::of(request)));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    // One more is told to come back, and an owner is served.
    let more = place.ask(Method::GET, nowhere, Some(&invented)).await;
    assert_eq!(more.refusal(), (429, "temporarily_unavailable"));
    let alice = place.token("alice", PORTAL);
    let path = format!("/register/{}", made.id());
    assert_eq!(
        place.ask(Method::GET, &path, Some(&alice)).await.status,
        200
    );
    for one in crowd {
        let answer = one.await.expect("an answer");
        assert_eq!(answer.refusal(), (401, "invalid_token"));
    }
    let again = place
        .ask(Method::GET, "/register/other", Some(&invented))
        .await;
    assert_eq!(again.refusal(), (401, "invalid_token"));
}
