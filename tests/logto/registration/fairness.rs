//! What one owner can take away from others: nothing.

use std::time::Duration;

use http_client::Method;

use super::agent;
use super::place::{Answer, INITIAL, PORTAL, Place, policy};

/// Registers, and deletes it again; says whether it could.
async fn comes_and_goes(place: &Place, token: &str) -> bool {
    let made = place.register(Some(token), &agent()).await;
    if made.status != 201 {
        assert_eq!(made.refusal(), (429, "temporarily_unavailable"));
        return false;
    }
    let path = format!("/register/{}", made.id());
    let gone = place.ask(Method::DELETE, &path, Some(token)).await;
    assert_eq!(gone.status, 204);
    true
}

#[tokio::test]
async fn who_registers_and_deletes_again_and_again_uses_up_nobody_else_s_minute() {
    let policy = policy().apps_per_minute(8).apps_per_owner_per_minute(3);
    let place = Place::with(policy, |own| {
        own.first_party().initial_access_token("partner", INITIAL)
    })
    .await;
    let [alice, bob] = ["alice", "bob"].map(|name| place.token(name, PORTAL));
    let times = async |token: &str| {
        let mut times = 0;
        for _ in 0..10 {
            times += usize::from(comes_and_goes(&place, token).await);
        }
        times
    };
    assert_eq!(times(&alice).await, 3);
    let before = place.logto.changes();
    // A newer token is the same person.
    assert_eq!(times(&place.token("alice", PORTAL)).await, 0);
    assert_eq!(place.logto.changes(), before);
    assert_eq!(times(&bob).await, 3);
    // All together still have no more than there are.
    assert_eq!(times(INITIAL).await, 2);
    assert_eq!(place.logto.asked("POST /api/applications"), 8);
}

#[tokio::test]
async fn one_owner_has_a_quarter_of_the_minute_unless_the_policy_says_otherwise() {
    let place = Place::with(policy().apps_per_minute(8), |own| own.first_party()).await;
    let alice = place.token("alice", PORTAL);
    for may in [true, true, false] {
        assert_eq!(comes_and_goes(&place, &alice).await, may);
    }
}

#[tokio::test]
async fn whose_reads_wait_at_the_tenant_is_in_nobody_else_s_way() {
    let place = Place::open().await;
    let [alice, bob] = ["alice", "bob"].map(|name| place.token(name, PORTAL));
    let slow = place.register(Some(&alice), &agent()).await.id();
    let other = place.register(Some(&bob), &agent()).await.id();
    let path = format!("/register/{slow}");
    let asked = format!("GET /api/applications/{slow}");
    place.logto.delay(&asked, Duration::from_secs(2));
    let reads = (0..16).map(|_| {
        let request = place.request(Method::GET, &path, Some(&alice));
        tokio::spawn(Answer::of(request))
    });
    let reads: Vec<_> = reads.collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let path = format!("/register/{other}");
    let answer = place.ask(Method::GET, &path, Some(&bob)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut statuses = Vec::new();
    for read in reads {
        statuses.push(read.await.expect("an answer").status.as_u16());
    }
    let count = |status| statuses.iter().filter(|own| **own == status).count();
    assert_eq!((count(200), count(429)), (4, 12), "{statuses:?}");
    assert_eq!(place.logto.asked(&asked), 4);
    // Who waits no more has their places again.
    let path = format!("/register/{slow}");
    let answer = place.ask(Method::GET, &path, Some(&alice)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn of_two_rotations_at_once_one_secret_is_good_afterwards() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let path = format!("/register/{}/secret", made.id());
    let asked = format!("POST /api/applications/{}/secrets", made.id());
    place.logto.delay(&asked, Duration::from_millis(300));
    let alice = place.token("alice", PORTAL);
    // By both rights to it.
    let rights = [
        &alice,
        made.text("registration_access_token"),
        &alice,
        &alice,
    ];
    let rotations = rights.map(|right| {
        let request = place.request(Method::POST, &path, Some(right));
        tokio::spawn(Answer::of(request))
    });
    let mut told = Vec::new();
    for rotation in rotations {
        let answer = rotation.await.expect("an answer");
        told.push(answer.text("client_secret").to_owned());
    }
    let left = place.client.application_secrets(&made.id()).await.unwrap();
    assert_eq!(left.len(), 1, "one is good");
    assert!(told.iter().any(|secret| secret == left[0].expose()));
}
