//! A flood of invented registration access tokens keeps nobody out who has a real one, or needs none.

use std::time::{Duration, Instant};

use http_client::Method;
use mcp_authz::danger;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::agent;
use super::place::{Answer, PORTAL, Place, policy};

/// An id that the tenant does not have, about which it takes its time.
const NOWHERE: &str = "app000000000000009999";

/// Holds every place that there is for tokens of which nothing is known, until it is dropped.
async fn flood(place: &Place) -> JoinSet<()> {
    let asked = format!("GET /api/applications/{NOWHERE}");
    place.logto.delay(&asked, Duration::from_secs(3));
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let invented = format!("registration.{}", "x".repeat(43));
        let path = format!("/register/{NOWHERE}");
        let request = place.request(Method::GET, &path, Some(&invented));
        all.spawn(async move {
            loop {
                let answer = Answer::of(request.try_clone().expect("no stream")).await;
                match answer.refusal() {
                    (401, "invalid_token") => {}
                    (429, "temporarily_unavailable") => sleep(Duration::from_millis(50)).await,
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    sleep(Duration::from_millis(700)).await;
    let path = format!("/register/{NOWHERE}");
    let one_more = place.ask(Method::GET, &path, Some("registration.x")).await;
    assert_eq!(one_more.refusal(), (429, "temporarily_unavailable"));
    all
}

/// Ends it, where nobody of it was let in.
async fn is_over(mut flood: JoinSet<()>) {
    flood.abort_all();
    while let Some(one) = flood.join_next().await {
        assert!(one.is_err_and(|error| error.is_cancelled()));
    }
}

#[tokio::test]
async fn who_has_a_good_token_is_served_while_invented_ones_hold_every_place() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let (token, path) = (
        made.text("registration_access_token"),
        format!("/register/{}", made.id()),
    );
    let flooding = flood(&place).await;
    let begun = Instant::now();
    let shown = place.ask(Method::GET, &path, Some(token)).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let secret = format!("{path}/secret");
    let rotated = place.ask(Method::POST, &secret, Some(token)).await;
    assert_eq!(rotated.status, 200, "{rotated:?}");
    // One that is invented for the same application is none of its own.
    let changes = place.logto.changes();
    for wrong in [
        format!("{token}A"),
        format!("registration.{}", "y".repeat(43)),
    ] {
        let answer = place.ask(Method::DELETE, &path, Some(&wrong)).await;
        assert_eq!(answer.refusal(), (429, "temporarily_unavailable"));
    }
    assert_eq!(place.logto.changes(), changes);
    let gone = place.ask(Method::DELETE, &path, Some(token)).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "nobody waited");
    is_over(flooding).await;
}

#[tokio::test]
async fn who_registers_without_a_token_is_not_in_the_way_of_invented_ones() {
    let place = Place::with(policy(), |own| own.open(danger::open_registration(5))).await;
    let flooding = flood(&place).await;
    let made = place.register(None, &agent()).await;
    assert_eq!(made.status, 201, "{made:?}");
    // Nobody's agent is managed by its token alone.
    let path = format!("/register/{}", made.id());
    let token = made.text("registration_access_token");
    let gone = place.ask(Method::DELETE, &path, Some(token)).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    is_over(flooding).await;
}

/// Has as many looked up as are in a minute.
async fn use_up_the_minute(place: &Place) {
    let invented = format!("registration.{}", "x".repeat(43));
    let mut refused = 0;
    for _ in 0..700 {
        let path = format!("/register/{NOWHERE}");
        let answer = place.ask(Method::GET, &path, Some(&invented)).await;
        match answer.refusal() {
            (401, "invalid_token") => {}
            (429, "temporarily_unavailable") => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 100);
}

#[tokio::test]
async fn a_used_up_minute_keeps_nobody_out_whose_token_is_good_and_costs_the_tenant_a_list() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let path = format!("/register/{}", made.id());
    let begun = Instant::now();
    let before = place.logto.asked("GET /api/applications");
    use_up_the_minute(&place).await;
    let token = made.text("registration_access_token");
    let shown = place.ask(Method::GET, &path, Some(token)).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let read = place.logto.asked("GET /api/applications") - before;
    let most = 1 + begun.elapsed().as_secs() / 10;
    assert!(read as u64 <= most, "read {read} times");
}

#[tokio::test]
async fn an_agent_that_another_process_registered_is_known_in_a_moment() {
    let place = Place::open().await;
    let elsewhere = place.another(policy()).await;
    use_up_the_minute(&place).await;
    let alice = place.token("alice", PORTAL);
    let request = place.http.post(format!("{elsewhere}/register"));
    let made = Answer::of(request.bearer_auth(&alice).json(&agent())).await;
    let path = format!("/register/{}", made.id());
    let token = made.text("registration_access_token");
    let begun = Instant::now();
    loop {
        let answer = place.ask(Method::GET, &path, Some(token)).await;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.refusal(), (429, "temporarily_unavailable"));
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(14), "it is not known");
        sleep(Duration::from_millis(200)).await;
    }
}
