//! Tokens exchanged at a certified provider (RFC 8693). The grant is written for these tests, since the
//! library has none; client authentication, forms, signatures and refusals are the library's.

use std::time::Duration;

use json::Value;
use mcp_authz::{
    Algorithm, AuthInfo, ClientAuth, ExchangeError, Issuer, Server, TokenExchange, tool,
};
use support::{ClientKey, ExchangingProvider, Ran, Result, have};
use tokio::net::TcpListener;

use crate::guarded::Guarded;
use crate::place::Provider;
use crate::server::Outbox;

const SECRET: &str = "another-secret-for-tests-only";
const CALENDAR: &str = "http://127.0.0.1:4002/calendar";

/// Gets a token for the calendar, and shows it as no tool should.
#[tool(scopes = ["calendar:read"], toolset = "exchange")]
async fn calendar_token(auth: AuthInfo) -> std::result::Result<String, ExchangeError> {
    let token = auth.exchange(CALENDAR, ["calendar:read"]).await?;
    assert!(token.expires_at().is_some());
    Ok(token.expose().to_owned())
}

#[tool(scopes = ["calendar:read"], toolset = "exchange")]
async fn wider(auth: AuthInfo) -> std::result::Result<String, ExchangeError> {
    let wanted = ["calendar:read", "calendar:write"];
    auth.exchange(CALENDAR, wanted).await.map(|_| String::new())
}

#[tool(scopes = ["calendar:read"], toolset = "exchange")]
async fn elsewhere(auth: AuthInfo) -> std::result::Result<String, ExchangeError> {
    let anything: [&str; 0] = [];
    auth.exchange("https://elsewhere.example.com", anything)
        .await
        .map(|_| String::new())
}

/// A server that exchanges as this client.
async fn server(
    provider: &ExchangingProvider,
    resource: &str,
    exchange: impl Into<TokenExchange>,
) -> Result<Guarded> {
    let asking = ClientAuth::secret_basic("server-basic", SECRET);
    let builder = Server::builder("assistant")
        .resource(resource)
        .issuer(Issuer::new(&provider.issuer).introspection(asking))
        .tools([calendar_token::tool(), wider::tool(), elsewhere::tool()])
        .token_exchange(exchange.into());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    Guarded::serve(listener, builder, Outbox::default(), Ran::default()).await
}

fn claims(token: &str) -> Value {
    use base64url::Engine as _;
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = base64url::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    json::from_slice(&payload.unwrap_or_default()).unwrap_or_default()
}

#[tokio::test]
async fn tokens_of_either_form_are_exchanged_by_clients_of_every_kind() -> Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let (key, resource) = (ClientKey::generate(), "http://127.0.0.1:3001/mcp");
    let provider = ExchangingProvider::start(resource, CALENDAR, &key.jwk().to_string()).await?;
    for (client, auth) in [
        (
            "server-basic",
            ClientAuth::secret_basic("server-basic", SECRET),
        ),
        (
            "server-post",
            ClientAuth::secret_post("server-post", SECRET),
        ),
        (
            "server-key",
            ClientAuth::private_key_jwt("server-key", Algorithm::Es256, key.pem()),
        ),
    ] {
        let server = server(&provider, resource, auth).await?;
        for token in [&provider.jwt, &provider.opaque] {
            let reply = server.call("calendar_token", token).await;
            let claims = claims(&reply.text());
            assert_eq!(claims["aud"], CALENDAR, "{client}: {reply:?}");
            assert_eq!(claims["sub"], "alice");
            assert_eq!(
                claims["act"],
                json::json!({ "sub": client, "act": { "sub": "third-party" } })
            );
        }
        for (tool, code) in [("wider", "invalid_scope"), ("elsewhere", "invalid_target")] {
            let reply = server.call(tool, &provider.jwt).await;
            let told = reply.text();
            assert!(
                told.contains("does not let") && told.contains(code),
                "{reply:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_used_again_where_the_author_says_so() -> Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let (key, resource) = (ClientKey::generate(), "http://127.0.0.1:3001/mcp");
    let provider = ExchangingProvider::start(resource, CALENDAR, &key.jwk().to_string()).await?;
    let own = || TokenExchange::new(ClientAuth::secret_basic("server-basic", SECRET));
    let reuse = own().reuse(Duration::from_secs(60));
    for (exchange, is_same) in [(own(), false), (reuse, true)] {
        let server = server(&provider, resource, exchange).await?;
        let ask = async |token| server.call("calendar_token", token).await.text();
        for token in [&provider.jwt, &provider.opaque] {
            let (first, second) = (ask(token).await, ask(token).await);
            assert_eq!(claims(&first)["aud"], CALENDAR, "{first}");
            assert_eq!(first == second, is_same);
        }
        assert_ne!(ask(&provider.jwt).await, ask(&provider.opaque).await);
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_may_not_is_refused_and_one_that_is_unknown_is_trouble() -> Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let (key, resource) = (ClientKey::generate(), "http://127.0.0.1:3001/mcp");
    let provider = ExchangingProvider::start(resource, CALENDAR, &key.jwk().to_string()).await?;
    for (client, secret, words) in [
        ("may-not", SECRET, "(invalid_request)"),
        ("server-basic", "wrong", "cannot be asked right now"),
        ("nobody", SECRET, "cannot be asked right now"),
    ] {
        let auth = ClientAuth::secret_basic(client, secret);
        let server = server(&provider, resource, auth).await?;
        let reply = server.call("calendar_token", &provider.jwt).await;
        assert!(reply.text().contains(words), "{client}: {reply:?}");
    }
    Ok(())
}
