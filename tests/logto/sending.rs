//! How calls are sent: what is sent again, what stays in its place, how much is read.

use std::time::{Duration, Instant};

use mcp_authz::logto::{Error, Management, NewResource};
use support::free_port;

use crate::{client, refusal, tenant};
use support::Logto;

#[tokio::test]
async fn a_question_is_asked_again_and_not_forever() {
    let (logto, client) = tenant().await;
    logto.fail("GET /api/roles", 503, None, 2);
    assert_eq!(client.roles().await.unwrap().len(), 1);
    assert_eq!(logto.asked("GET /api/roles"), 3);
    logto.fail("GET /api/users", 502, None, 9);
    assert_eq!(refusal(client.users().await), (502, String::new()));
    assert_eq!(logto.asked("GET /api/users"), 3);
    // What is wrong stays wrong.
    logto.fail("GET /api/resources", 500, None, 9);
    assert_eq!(refusal(client.resources().await).0, 500);
    assert_eq!(logto.asked("GET /api/resources"), 1);
}

#[tokio::test]
async fn what_changes_something_is_sent_again_only_when_logto_did_not_run_it() {
    let (logto, client) = tenant().await;
    let new = NewResource::new("Mail", "https://mcp.example.com/mcp");
    let call = "POST /api/resources";
    for (status, retry_after, sent) in [
        (503, None, 1),
        (502, None, 1),
        (500, Some(0), 1),
        (429, None, 1),
        (503, Some(0), 3),
        (429, Some(0), 3),
    ] {
        let before = logto.asked(call);
        logto.fail(call, status, retry_after, sent);
        assert_eq!(refusal(client.create_resource(&new).await).0, status);
        assert_eq!(logto.asked(call) - before, sent, "{status} {retry_after:?}");
    }
    logto.fail(call, 429, Some(1), 1);
    let before = Instant::now();
    client.create_resource(&new).await.unwrap();
    assert!(
        before.elapsed() >= Duration::from_secs(1),
        "Logto names the pause"
    );
}

#[tokio::test]
async fn a_long_pause_is_the_caller_s_decision() {
    let (logto, client) = tenant().await;
    logto.fail("GET /api/roles", 429, Some(3600), 1);
    let Err(Error::Refused { retry_after, .. }) = client.roles().await else {
        panic!("it is not refused")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(3600)));
    assert_eq!(logto.asked("GET /api/roles"), 1);
}

#[tokio::test]
async fn trouble_at_the_token_endpoint_is_no_reason_to_run_anything() {
    let (logto, client) = tenant().await;
    logto.fail("POST /oidc/token", 503, None, 2);
    let new = NewResource::new("Mail", "https://mcp.example.com/mcp");
    client.create_resource(&new).await.unwrap();
    assert_eq!(logto.asked("POST /oidc/token"), 3);
    assert_eq!(logto.asked("POST /api/resources"), 1);
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_answer() {
    let endpoint = format!("http://127.0.0.1:{}", free_port().unwrap());
    let client = Management::builder(endpoint)
        .app("app", "secret")
        .build()
        .unwrap();
    let error = client.resources().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unavailable {
                call: "POST /oidc/token",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (logto, client) = tenant().await;
    logto.fail("GET /api/roles", 302, None, 1);
    let error = client.roles().await.unwrap_err();
    assert!(
        error.to_string().ends_with("redirects are not followed"),
        "{error}"
    );
}

#[tokio::test]
async fn an_id_cannot_leave_its_place() {
    let (logto, client) = tenant().await;
    for id in ["", ".", ".."] {
        let error = client.delete_secret("app", id).await.unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error}");
        assert!(client.delete_application(id).await.is_err());
    }
    assert_eq!(logto.changes(), 0);
    for id in ["x/../../roles", "a?b", "a#b", "%2e%2e", "é"] {
        assert_eq!(refusal(client.delete_application(id).await).0, 404, "{id}");
    }
    assert_eq!(client.roles().await.unwrap().len(), 1, "it is still there");
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let (logto, client) = tenant().await;
    assert!(client.users().await.unwrap().is_empty());
    let ids: Vec<_> = (0..45)
        .map(|n| logto.sign_up(&format!("user{n}")))
        .collect();
    let before = logto.asked("GET /api/users");
    let users = client.users().await.unwrap();
    assert_eq!(
        users.iter().map(|user| &user.id).collect::<Vec<_>>(),
        ids.iter().collect::<Vec<_>>()
    );
    assert_eq!(logto.asked("GET /api/users") - before, 3);
}

#[tokio::test]
async fn a_private_address_takes_a_word() {
    let builder = || Management::builder("https://logto.localhost.example").app("a", "s");
    // Whatever the name leads to, nothing leaves for a network that the author did not name.
    let client = Management::builder("https://localhost").app("a", "s");
    let client = client.token_endpoint("https://10.0.0.1/oidc/token");
    assert!(
        client.build().is_ok(),
        "the endpoint itself is written as private"
    );
    let client = builder()
        .token_endpoint("https://10.0.0.1/oidc/token")
        .build()
        .unwrap();
    let error = client.resources().await.unwrap_err();
    assert!(
        error.to_string().contains(".allow_private_addresses()"),
        "{error}"
    );
}

#[tokio::test]
async fn clones_share_a_token() {
    let logto = Logto::start().await;
    let one = client(&logto, Logto::APP);
    let other = one.clone();
    one.roles().await.unwrap();
    other.roles().await.unwrap();
    assert_eq!(logto.asked("POST /oidc/token"), 1);
}
