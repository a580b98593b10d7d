//! What strangers, who need no credentials for it, and owners can make Logto do.

use http_client::Method;
use mcp_authz::danger;
use support::Wire;

use super::agent;
use super::place::{PORTAL, Place, policy};

#[tokio::test]
async fn invented_tokens_are_no_flood_at_the_tenant() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let path = format!("/register/{}", made.id());
    let asked = format!("GET /api/applications/{}", made.id());
    let invented = format!("registration.{}", "x".repeat(43));
    let mut busy = 0;
    for _ in 0..700 {
        let answer = place.ask(Method::DELETE, &path, Some(&invented)).await;
        match answer.refusal() {
            (401, "invalid_token") => {}
            (429, "temporarily_unavailable") => busy += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(place.logto.asked(&asked) <= 600 && busy >= 100, "{busy}");
    // Owners are known before anything is asked, and go on.
    let alice = place.token("alice", PORTAL);
    let gone = place.ask(Method::DELETE, &path, Some(&alice)).await;
    assert_eq!(gone.status, 204);
}

#[tokio::test]
async fn who_has_no_turn_makes_nobody_look_for_scopes() {
    let place = Place::with(policy().apps_per_minute(2), |own| {
        own.open(danger::open_registration(100))
    })
    .await;
    for _ in 0..2 {
        assert_eq!(place.register(None, &agent()).await.status, 201);
    }
    let looks =
        || place.logto.asked("GET /api/resources") + place.logto.asked("GET /api/applications");
    let before = looks();
    for _ in 0..20 {
        let slow = place.register(None, &agent()).await;
        assert_eq!(slow.refusal(), (429, "temporarily_unavailable"));
    }
    assert_eq!(looks(), before);
}

#[tokio::test]
async fn who_looks_again_and_again_makes_nobody_read_the_whole_list_each_time() {
    let place = Place::open().await;
    let alice = place.token("alice", PORTAL);
    let made = place.register(Some(&alice), &agent()).await;
    let before = place.logto.asked("GET /api/applications");
    let begun = std::time::Instant::now();
    for _ in 0..200 {
        let list = place.ask(Method::GET, "/register", Some(&alice)).await;
        assert_eq!(list.body["clients"][0]["client_id"], made.id().as_str());
    }
    let read = place.logto.asked("GET /api/applications") - before;
    let most = 2 + begun.elapsed().as_secs() as usize;
    assert!(read <= most, "read {read} times");
    // What they change themselves they see at once, and others see nothing of theirs.
    let path = format!("/register/{}", made.id());
    let gone = place.ask(Method::DELETE, &path, Some(&alice)).await;
    assert_eq!(gone.status, 204);
    let list = place.ask(Method::GET, "/register", Some(&alice)).await;
    assert_eq!(list.body["clients"].as_array().map(Vec::len), Some(0));
    let next = place.register(Some(&alice), &agent()).await;
    let list = place.ask(Method::GET, "/register", Some(&alice)).await;
    assert_eq!(list.body["clients"][0]["client_id"], next.id().as_str());
    let bob = place.token("bob", PORTAL);
    let list = place.ask(Method::GET, "/register", Some(&bob)).await;
    assert_eq!(list.body["clients"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn who_is_refused_before_the_document_came_asks_again_on_the_same_connection() {
    let place = Place::open().await;
    let (origin, _) = place.url.split_at(place.url.rfind('/').unwrap());
    let mut wire = Wire::to(origin).await;
    for _ in 0..3 {
        let path = place.url.trim_start_matches(origin);
        let lines = "Content-Type: application/json\r\nContent-Length: 2\r\n";
        wire.head(&format!("POST {path}/register"), lines).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        wire.send(b"{}").await;
        assert!(wire.answer().await.starts_with("http/1.1 401"));
    }
}
