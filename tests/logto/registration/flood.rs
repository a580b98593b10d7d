//! Ten thousand registrations.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mcp_authz::danger;

use super::agent;
use super::place::{Answer, Place, policy};

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
