//! A tool that acts at another API: what it gets in exchange for its caller's token.

use std::time::{Duration, SystemTime};

use base64url::Engine as _;
use base64url::engine::general_purpose::URL_SAFE_NO_PAD;
use json::{Value, json};
use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{
    AuthInfo, ClientAuth, ExchangeError, Introspection, Issuer, Json, ServerBuilder, State,
    TokenExchange, tool,
};
use support::Ran;

use crate::only;

const CALENDAR: &str = "https://calendar.example.com";

/// Show what it got for the calendar.
#[tool(scopes = ["mail:read"])]
async fn agenda(
    auth: AuthInfo,
    ran: State<Ran>,
    /// The name of the other API.
    api: Option<String>,
) -> Result<Json<Value>, ExchangeError> {
    ran.note();
    let api = api.unwrap_or(CALENDAR.to_owned());
    let token = auth.exchange(api, ["calendar:read"]).await?;
    let ends = token.expires_at().expect("an end");
    let unix = ends.duration_since(SystemTime::UNIX_EPOCH);
    Ok(Json(json!({
        "claims": claims(token.expose()),
        "scopes": token.scopes().to_string(),
        "ends": unix.expect("after 1970").as_secs(),
    })))
}

/// What a signed token says.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    json::from_slice(&payload).expect("claims")
}

fn assistant(ran: &Ran, exchange: impl Into<TokenExchange>) -> ServerBuilder {
    only(agenda::tool())
        .state(ran.clone())
        .token_exchange(exchange)
}

fn auth() -> ClientAuth {
    ClientAuth::secret_basic("assistant", "s3cret")
}

async fn started(server: ServerBuilder) -> TestServer {
    TestServer::start(server).await.expect("it is built")
}

const BOTH: [&str; 2] = ["mail:read", "calendar:read"];

#[tokio::test]
async fn a_tool_gets_a_token_for_the_other_api_and_its_caller_alone() {
    let ran = Ran::default();
    let server = started(assistant(&ran, auth())).await;
    let alice = server.as_user("alice").client("smartmail").scopes(BOTH);
    let reply = alice.call("agenda").await.unwrap();
    let got = reply.structured();
    assert_eq!(got["scopes"], "calendar:read");
    assert_eq!(got["claims"]["scope"], "calendar:read");
    assert_eq!(got["claims"]["aud"], CALENDAR);
    assert_eq!(got["claims"]["sub"], "alice");
    // Who acted before is still named.
    assert_eq!(got["claims"]["act"]["act"]["sub"], "smartmail");
    assert_eq!(got["claims"]["act"]["sub"], "assistant");
    let now = server.clock().now().duration_since(SystemTime::UNIX_EPOCH);
    let left = got["ends"].as_u64().unwrap() - now.unwrap().as_secs();
    assert!((3500..=3600).contains(&left), "{left}");

    let without = server.as_user("alice").scopes(["calendar:read"]);
    let refused = without.call("agenda").await;
    assert_challenge!(refused, 403, "insufficient_scope", ["mail:read"]);
    assert_eq!(ran.times(), 1);
}

#[tokio::test]
async fn the_server_is_tested_as_it_is_configured() {
    let ran = Ran::default();
    let logto = || Issuer::logto("https://tenant.logto.app");
    let introspection = Introspection::new(ClientAuth::secret_post("other", "s3cret"));
    let at_its_own = TokenExchange::new(auth()).endpoint("https://sts.example.com/exchange");
    for (what, issuer, exchange, api) in [
        ("Logto", logto(), auth().into(), CALENDAR),
        ("by another address", logto(), at_its_own, CALENDAR),
        (
            "by name",
            Issuer::keycloak("https://sso.example.com/realms/acme"),
            TokenExchange::new(auth()).by_audience(),
            "calendar",
        ),
        (
            "an audience of its own",
            Issuer::new("https://as.example.com").audience("assistant"),
            TokenExchange::new(ClientAuth::secret_post("assistant", "s3cret")),
            CALENDAR,
        ),
        (
            "scopes in a list",
            Issuer::new("https://as.example.com").scope_claim("scope"),
            auth().into(),
            CALENDAR,
        ),
        (
            "opaque",
            Issuer::new("https://as.example.com").introspection(introspection),
            auth().into(),
            CALENDAR,
        ),
    ] {
        let opaque = what == "opaque";
        let server = started(assistant(&ran, exchange).issuer(issuer)).await;
        let alice = server.as_user("alice").scopes(BOTH);
        let alice = match what {
            "an audience of its own" => alice.audience("assistant"),
            _ if opaque => alice.opaque(),
            _ => alice,
        };
        let reply = alice.call_with("agenda", json!({ "api": api })).await;
        let reply = reply.unwrap_or_else(|refused| panic!("{what}: {refused:?}"));
        assert!(!reply.is_error(), "{what}: {}", reply.text());
        let claims = &reply.structured()["claims"];
        assert_eq!(claims["aud"], api, "{what}");
        assert_eq!(ran.reset(), 1, "{what}");
    }
}

#[tokio::test]
async fn what_the_person_did_not_grant_is_refused_and_an_outage_is_none() {
    let ran = Ran::default();
    let server = started(assistant(&ran, auth())).await;
    let less = server.as_user("alice").scopes(["mail:read"]);
    let reply = less.call("agenda").await.unwrap();
    assert!(reply.is_error());
    assert!(reply.text().contains("(invalid_scope)"), "{}", reply.text());
    let alice = server.as_user("alice").scopes(BOTH);
    let itself = json!({ "api": "https://mcp.test/mcp" });
    let reply = alice.call_with("agenda", itself).await.unwrap();
    assert!(
        reply.text().contains("(invalid_target)"),
        "{}",
        reply.text()
    );

    server.issuer().fail([Endpoint::Token], Fault::Error);
    let reply = alice.call("agenda").await.unwrap();
    assert!(reply.is_error());
    assert!(reply.text().contains("try again in"), "{}", reply.text());
    server.issuer().recover();
    assert!(!alice.call("agenda").await.unwrap().is_error());
    assert_eq!(ran.times(), 4);
}

#[tokio::test]
async fn a_token_is_exchanged_at_the_time_of_the_test() {
    let ran = Ran::default();
    let server = started(assistant(&ran, auth())).await;
    server.clock().advance(Duration::from_secs(7 * 24 * 3600));
    let alice = server.as_user("alice").scopes(BOTH);
    let reply = alice.call("agenda").await.unwrap();
    let now = server.clock().now().duration_since(SystemTime::UNIX_EPOCH);
    let ends = reply.structured()["ends"].as_u64().unwrap();
    let now = now.unwrap().as_secs();
    assert!(ends > now, "{}", reply.text());
    let exp = reply.structured()["claims"]["exp"].as_u64();
    assert_eq!(exp, Some(now + 3600));
}

#[tokio::test]
async fn without_the_setting_there_is_nothing_to_exchange() {
    let ran = Ran::default();
    let server = started(only(agenda::tool()).state(ran.clone())).await;
    let alice = server.as_user("alice").scopes(BOTH);
    let reply = alice.call("agenda").await.unwrap();
    assert!(
        reply.text().contains(".token_exchange(..)"),
        "{}",
        reply.text()
    );
    let twice = assistant(&ran, auth()).token_exchange(auth());
    let error = TestServer::start(twice).await.expect_err("two ways");
    assert!(error.to_string().contains("two ways"), "{error}");
}
