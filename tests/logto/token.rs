//! The machine-to-machine token.

use mcp_authz::logto::{Error, Management, NewResource};
use support::Logto;

use crate::{client, refusal, tenant};

const TOKEN: &str = "POST /oidc/token";

#[tokio::test]
async fn fifty_calls_at_once_fetch_one_token() {
    let (logto, client) = tenant().await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.resources().await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().len(), 1);
    }
    assert_eq!(logto.asked(TOKEN), 1);
    assert_eq!(logto.asked("GET /api/resources"), 50);
    client.roles().await.unwrap();
    assert_eq!(logto.asked(TOKEN), 1);
}

#[tokio::test]
async fn a_token_that_logto_takes_no_more_is_replaced_once_also_for_what_changes_something() {
    let (logto, client) = tenant().await;
    client.resources().await.unwrap();
    logto.forget_tokens();
    let new = NewResource::new("Mail", "https://mcp.example.com/mcp");
    client.create_resource(&new).await.unwrap();
    assert_eq!(logto.asked(TOKEN), 2);
    assert_eq!(
        client.resources().await.unwrap().len(),
        2,
        "it was made once"
    );
    // One that is refused again is an answer.
    logto.fail("GET /api/roles", 401, None, 9);
    let asked = logto.asked("GET /api/roles");
    assert_eq!(refusal(client.roles().await), (401, String::new()));
    assert_eq!(logto.asked("GET /api/roles"), asked + 2);
}

#[tokio::test]
async fn who_may_not_is_told_what_to_do() {
    let logto = Logto::start().await;
    for (app, code, hint) in [
        (
            ("m2m-operator", "another-secret"),
            (401, "invalid_client"),
            "machine-to-machine app of this tenant",
        ),
        (
            ("nobody", "operator-secret"),
            (401, "invalid_client"),
            "machine-to-machine app of this tenant",
        ),
        (
            Logto::POWERLESS,
            (403, "auth.forbidden"),
            "the scope `all` of the Management API",
        ),
    ] {
        let error = client(&logto, app).resources().await.unwrap_err();
        assert_eq!((error.status(), error.code()), (Some(code.0), Some(code.1)));
        assert!(error.to_string().contains(hint), "{error}");
        assert!(!error.to_string().contains("secret\""), "{error}");
    }
    let elsewhere = Management::builder(logto.endpoint()).app(Logto::APP.0, Logto::APP.1);
    let elsewhere = elsewhere
        .management_api("https://tenant.logto.app/api")
        .build()
        .unwrap();
    let error = elsewhere.resources().await.unwrap_err();
    assert_eq!(error.code(), Some("invalid_target"));
    assert!(error.to_string().contains(".management_api("), "{error}");
    assert_eq!(
        logto.asked("GET /api/resources"),
        1,
        "without a token nothing is asked"
    );
}

#[tokio::test]
async fn a_token_can_come_from_another_place() {
    let (admin, tenant) = (Logto::start().await, Logto::start().await);
    let builder = Management::builder(tenant.endpoint()).app(Logto::APP.0, Logto::APP.1);
    let builder = builder.token_endpoint(format!("{}/oidc/token", admin.endpoint()));
    // The stand-in of the tenant does not know the tokens of the other one.
    let outcome = builder.build().unwrap().resources().await;
    assert_eq!(refusal(outcome), (401, "auth.unauthorized".to_owned()));
    assert_eq!((admin.asked(TOKEN), tenant.asked(TOKEN)), (2, 0));
}

#[tokio::test]
async fn nothing_that_is_printed_holds_the_secret() {
    let logto = Logto::start().await;
    let (id, secret) = Logto::APP;
    let builder = Management::builder(logto.endpoint()).app(id, secret);
    let mut printed = format!("{builder:?}");
    let client = builder.build().unwrap();
    printed += &format!("{client:?} {client:#?}");
    logto.fail(TOKEN, 500, None, 1);
    let error: Error = client.resources().await.unwrap_err();
    printed += &format!("{error} {error:?}");
    assert!(
        printed.contains(id) && !printed.contains(secret),
        "{printed}"
    );
}
