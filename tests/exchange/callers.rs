//! Callers whose token cannot be exchanged: each is told so, and nobody is asked.

use std::sync::{Arc, Mutex};

use mcp_authz::{Dpop, PolicyError};
use support::{ClientKey, modern_body, modern_headers};

use super::*;

const NOT_POSSIBLE: &str = "no token can be exchanged";

#[tokio::test]
async fn without_the_option_no_token_is_kept() {
    let nothing = |server: ServerBuilder, _: &Relay| server;
    let world = World::exchanging(provider(RESOURCE), |i| i, |server| server, nothing).await;
    let reply = world.lab.call(Some(&world.token()), "agenda").await;
    world.assert_failed(&reply, NOT_POSSIBLE, "without the option");
    assert_eq!(world.relay.asked(TOKEN), 0);
}

#[tokio::test]
async fn a_token_that_is_bound_to_its_client_s_key_is_not_exchanged() {
    let dpop = |server: ServerBuilder| server.dpop(Dpop::optional());
    let world = World::with(provider(RESOURCE), |issuer| issuer, auth(), dpop).await;
    let key = ClientKey::generate();
    let mint = world.lab.provider.mint("alice").resource(RESOURCE);
    let mint = mint
        .scopes("calendar:read")
        .claim("cnf", json!({ "jkt": key.thumbprint() }));
    let token = mint.sign().expect("a token");
    let proof = key.proof("POST", &world.lab.url).token(&token).sign();
    let request = world
        .lab
        .post(None)
        .headers(modern_headers("tools/call", Some("agenda")))
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof)
        .body(modern_body("tools/call", json!({ "name": "agenda" })));
    let reply = Reply::of(request).await;
    world.assert_failed(&reply, "bound to a key of its client", "DPoP");
    assert_eq!(world.relay.asked(TOKEN), 0);
    // One that is bound to nothing is exchanged beside it.
    let reply = world.lab.call(Some(&world.token()), "agenda").await;
    assert_eq!(reply.text(), "with Bob at ten");
}

/// For everybody.
#[tool(anonymous)]
async fn weather(auth: Option<AuthInfo>, ran: State<Ran>, calendar: State<Calendar>) -> String {
    ran.note();
    let Some(auth) = auth else {
        return "nobody to act for".to_owned();
    };
    match auth.exchange(&calendar.url, ["calendar:read"]).await {
        Ok(_) => "exchanged".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn nobody_has_no_token_to_exchange() {
    let open = |server: ServerBuilder| server.tool(weather::tool()).allow_anonymous();
    let world = World::with(provider(RESOURCE), |issuer| issuer, auth(), open).await;
    let reply = world.lab.call(None, "weather").await;
    assert_eq!(
        (reply.text().as_str(), world.relay.asked(TOKEN)),
        ("nobody to act for", 0)
    );
    let reply = world.lab.call(Some(&world.token()), "weather").await;
    assert_eq!(
        (reply.text().as_str(), world.relay.asked(TOKEN)),
        ("exchanged", 1)
    );
}

/// What a policy was told.
type Told = Arc<Mutex<Option<ExchangeError>>>;

static TOLD: std::sync::LazyLock<Told> = std::sync::LazyLock::new(Told::default);

async fn has_a_calendar(auth: &AuthInfo) -> Result<(), PolicyError> {
    let outcome = auth
        .exchange("https://calendar.example.com", ["calendar:read"])
        .await;
    *TOLD.lock().expect("nobody panics") = outcome.err();
    Ok(())
}

/// Asks a policy first.
#[tool(authenticated, policy = has_a_calendar)]
async fn careful(ran: State<Ran>) -> String {
    ran.note();
    "ran".to_owned()
}

#[tokio::test]
async fn before_a_function_runs_and_outside_of_a_call_nothing_is_exchanged() {
    let careful = |server: ServerBuilder| server.tool(careful::tool());
    let world = World::with(provider(RESOURCE), |issuer| issuer, auth(), careful).await;
    assert_eq!(
        world.lab.call(Some(&world.token()), "careful").await.text(),
        "ran"
    );
    let told = TOLD.lock().expect("nobody panics").take();
    assert!(
        matches!(told, Some(ExchangeError::NotPossible { .. })),
        "{told:?}"
    );
    let nobody = AuthInfo::builder("https://as.example.com")
        .subject("alice")
        .build();
    let outcome = nobody
        .exchange("https://calendar.example.com", ["calendar:read"])
        .await;
    assert!(matches!(outcome, Err(ExchangeError::NotPossible { .. })));
    assert_eq!(world.relay.asked(TOKEN), 0);
}

/// Asks for what its arguments say, as no tool should.
#[derive(mcp_authz::serde::Deserialize, mcp_authz::schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Wanted {
    resource: String,
    scope: String,
}

/// Exchange.
#[tool(authenticated)]
async fn any(
    auth: AuthInfo,
    ran: State<Ran>,
    wanted: mcp_authz::Parameters<Wanted>,
) -> Result<String, ExchangeError> {
    ran.note();
    auth.exchange(&wanted.0.resource, [&wanted.0.scope])
        .await
        .map(|_| "exchanged".to_owned())
}

#[tokio::test]
async fn a_name_or_a_scope_that_is_none_adds_nothing_to_the_question() {
    let open = |server: ServerBuilder| server.tool(any::tool());
    let world = World::with(provider(RESOURCE), |issuer| issuer, auth(), open).await;
    let token = world.token();
    for (resource, scope) in [
        ("", "calendar:read"),
        ("calendar", "calendar:read"),
        ("https://calendar.example.com/#x", "calendar:read"),
        ("https://calendar.example.com", ""),
        (
            "https://calendar.example.com",
            "calendar:read calendar:write",
        ),
        ("https://calendar.example.com", "a\"b"),
    ] {
        let arguments = json!({ "resource": resource, "scope": scope });
        let reply = world.lab.call_with(Some(&token), "any", arguments).await;
        world.assert_failed(&reply, NOT_POSSIBLE, &format!("{resource:?} {scope:?}"));
    }
    assert_eq!(world.relay.asked(TOKEN), 0);
    // A second member within a value stays within it.
    let resource = "https://calendar.example.com/?a&scope=calendar:write";
    let arguments = json!({ "resource": resource, "scope": "calendar:read" });
    let reply = world.lab.call_with(Some(&token), "any", arguments).await;
    assert_eq!(
        (reply.text().as_str(), world.relay.asked(TOKEN)),
        ("exchanged", 1)
    );
}

/// The calendar of today, to be read.
#[mcp_authz::resource(uri = "calendar://today", scopes = ["calendar:read"])]
async fn today(
    auth: AuthInfo,
    ran: State<Ran>,
    calendar: State<Calendar>,
) -> Result<String, ExchangeError> {
    ran.note();
    let token = auth.exchange(&calendar.url, ["calendar:read"]).await?;
    Ok(calendar.today(&token).await)
}

/// A greeting that knows what is planned.
#[mcp_authz::prompt(scopes = ["calendar:read"])]
async fn plan(
    auth: AuthInfo,
    ran: State<Ran>,
    calendar: State<Calendar>,
) -> Result<String, ExchangeError> {
    ran.note();
    let token = auth.exchange(&calendar.url, ["calendar:read"]).await?;
    Ok(calendar.today(&token).await)
}

#[tokio::test]
async fn a_resource_and_a_prompt_act_for_their_caller_and_say_what_is_refused() {
    let world = World::start().await;
    let (token, foreign) = (world.token(), world.lab.token("calendar:read"));
    for (method, name, params) in [
        (
            "resources/read",
            "calendar://today",
            json!({ "uri": "calendar://today" }),
        ),
        ("prompts/get", "plan", json!({ "name": "plan" })),
    ] {
        let ask = async |token: &str| {
            let request = world
                .lab
                .post(Some(token))
                .headers(modern_headers(method, Some(name)));
            Reply::of(request.body(modern_body(method, params.clone()))).await
        };
        let reply = ask(&token).await;
        assert!(
            reply.body.contains("with Bob at ten"),
            "{method}: {}",
            reply.body
        );
        let reply = ask(&foreign).await;
        let told = reply.message()["error"]["message"].clone();
        assert!(
            told.as_str()
                .is_some_and(|told| told.contains("(invalid_request)")),
            "{told}"
        );
        assert_eq!(world.lab.ran.reset(), 2, "{method}");
    }
    assert_eq!(world.arrived().len(), 2);
}
