//! An authorization server that is down: nobody is logged out, and nobody gets in.

use std::time::{Duration, Instant};

use mcp_authz::Issuer;
use mcp_authz::dev::{AuthorizationServer, Endpoint, Fault};
use support::{Lab, Reply};

use crate::{closed, lab};

#[track_caller]
fn assert_unavailable(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(reply.challenge(), "", "nobody is sent to sign in");
    assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_server_starts_before_its_issuer_and_works_once_that_is_up() {
    for fault in [Fault::Error, Fault::Silent] {
        let provider = AuthorizationServer::builder().start().await.unwrap();
        provider.fail(Endpoint::ALL, fault);
        let issuer = Issuer::new(provider.issuer());
        let lab = Lab::beside(provider, issuer, |server| server.tools(closed())).await;
        let good = lab.token("mail:send");
        for _ in 0..5 {
            assert_unavailable(&lab.call(Some(&good), "send_mail").await);
        }
        assert_eq!(lab.ran.times(), 0);

        lab.provider.recover();
        let since = Instant::now();
        while lab.call(Some(&good), "send_mail").await.status != 200 {
            assert!(since.elapsed() < Duration::from_secs(20), "it stays down");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(lab.ran.times(), 1);
    }
}

#[tokio::test]
async fn what_is_known_serves_through_an_outage_and_nothing_else_does() {
    let lab = lab().await;
    let seen = lab.token("mail:send");
    assert_eq!(lab.call(Some(&seen), "send_mail").await.text(), "sent");
    lab.provider.fail(Endpoint::ALL, Fault::Error);
    let new = lab.token("mail:send");
    for good in [&seen, &new] {
        assert_eq!(lab.call(Some(good), "send_mail").await.text(), "sent");
    }
    assert_eq!(lab.ran.times(), 3);

    // Its new key, perhaps: nobody can say that it is not.
    lab.provider.rotate_keys().unwrap();
    let unknown = lab.token("mail:send");
    assert_unavailable(&lab.call(Some(&unknown), "send_mail").await);
    // A signature that the known key did not make stays a bad one.
    let (content, _) = new.rsplit_once('.').unwrap();
    let (_, signature) = seen.rsplit_once('.').unwrap();
    let forged = format!("{content}.{signature}");
    assert_eq!(lab.call(Some(&forged), "send_mail").await.status, 401);
    assert_eq!(lab.ran.times(), 3);
}
