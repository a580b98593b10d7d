//! What a test's author is told that a client is not, and what is said of a mistake in a test.

use std::sync::{Arc, Mutex};

use json::json;
use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::testing::{Matrix, TestServer, assert_challenge};
use mcp_authz::{AuditEvent, AuditOutcome};
use support::Ran;

use crate::{mail, started};

/// What a task says that panics.
async fn failure_of<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> String {
    let Err(error) = tokio::spawn(work).await else {
        panic!("it must fail");
    };
    let told = error.into_panic().downcast::<String>();
    *told.expect("a text")
}

#[tokio::test]
async fn a_token_that_is_refused_is_refused_for_a_reason() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let reader = server.as_user("alice").scopes(["mail:read"]);
    let elsewhere = reader.clone().audience("https://other.test/mcp");
    let over = reader.clone().claim("exp", 1);
    let [elsewhere, over] = [elsewhere, over].map(|caller| caller.keep_token());
    // At once: each is told its own.
    let (elsewhere, over, fine) = tokio::join!(
        elsewhere.call("count"),
        over.call("count"),
        reader.call("count")
    );
    assert!(fine.is_ok());
    let (elsewhere, over) = (elsewhere.unwrap_err(), over.unwrap_err());
    for (refused, check) in [(&elsewhere, "aud: "), (&over, "exp: ")] {
        let reason = refused.reason().expect("a reason");
        assert!(reason.contains(check), "{reason}");
        assert!(reason.contains("https://auth.test"), "{reason}");
        assert!(!format!("{refused}").contains(reason), "{refused}");
        let told = format!("{refused:?}");
        assert!(told.ends_with(&format!("because: {reason}")), "{told}");
        let printed = json::to_string(refused).unwrap();
        assert!(!printed.contains(check), "{printed}");
    }
    assert_eq!(elsewhere, over, "a client cannot tell them apart");

    let less = server.as_user("alice").call("count").await.unwrap_err();
    assert_eq!(less.reason(), None, "the answer says it");
    server.issuer().fail(Endpoint::ALL, Fault::Error);
    server.issuer().rotate_keys();
    let outage = reader.call("count").await.unwrap_err();
    assert_eq!(outage.status(), 503);
    assert!(outage.reason().is_some(), "{outage:?}");
    assert_eq!(ran.times(), 1);
}

#[tokio::test]
async fn the_assertion_says_the_reason() {
    let told = failure_of(async {
        let server = started(&Ran::default()).await;
        let refused = server.with_token("x").call("count").await;
        assert_challenge!(refused, 403, "insufficient_scope", ["mail:read"]);
    });
    let told = told.await;
    assert!(told.contains("\n  because: "), "{told}");
}

/// The record of a server's own has everything, as without a test.
#[tokio::test]
async fn the_operator_s_record_is_kept_as_well() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let seen = Arc::clone(&seen);
        move |event: &AuditEvent<'_>| {
            let reason = event.reason.to_string();
            seen.lock().unwrap().push((event.outcome, reason));
        }
    };
    let builder = mail(&Ran::default()).audit(sink);
    let server = TestServer::start(builder).await.unwrap();
    let reader = server.as_user("alice").scopes(["mail:read"]);
    assert!(reader.call("count").await.is_ok());
    let refused = server.with_token("x").call("count").await.unwrap_err();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen[0].0, AuditOutcome::Allowed);
    assert_eq!(seen[1].0, AuditOutcome::Refused);
    assert_eq!(Some(&*seen[1].1), refused.reason());
}

/// Nothing runs that is not on record, whoever else listens.
#[tokio::test]
async fn a_record_that_breaks_lets_nothing_run() {
    let ran = Ran::default();
    let builder = mail(&ran).audit(|_: &AuditEvent<'_>| panic!("the disk is full"));
    let server = TestServer::start(builder).await.unwrap();
    let reader = server.as_user("alice").scopes(["mail:read"]);
    let refused = reader.call("count").await.unwrap_err();
    assert_eq!(refused.status(), 500);
    assert_eq!(ran.times(), 0);
}

#[tokio::test]
async fn arguments_for_nothing_are_a_mistake_of_the_test() {
    let matrix = Matrix::of(mail(&Ran::default())).arguments("sned", json!({ "to": "bob" }));
    let told = matrix.run().await.expect_err("a typing error").to_string();
    assert!(told.contains("\"sned\""), "{told}");
    assert!(told.contains("count, send, summary"), "{told}");
}

#[tokio::test]
async fn arguments_that_are_no_object_are_a_mistake_of_the_test() {
    for prompt in [false, true] {
        let told = failure_of(async move {
            let server = started(&Ran::default()).await;
            let alice = server.as_user("alice").scopes(["mail:read"]);
            match prompt {
                true => alice.prompt_with("summary", ["bob"]).await,
                false => alice.call_with("count", ["bob"]).await,
            }
        });
        let told = told.await;
        assert!(told.contains("[\"bob\"] is none"), "{told}");
    }
}
