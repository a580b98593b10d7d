//! An exchange that cannot work does not start, and says what to write.

use std::time::Duration;

use mcp_authz::{Authz, Error, Server};

use super::*;

async fn problems(builder: ServerBuilder) -> Vec<String> {
    match builder.tools([agenda::tool()]).build().await {
        Err(Error::Config(error)) => error.problems().to_vec(),
        other => panic!("it started: {other:?}"),
    }
}

/// A server without a fault but for the exchange.
fn server() -> ServerBuilder {
    let calendar = Calendar {
        http: http_client::Client::new(),
        url: "https://calendar.example.com".into(),
    };
    Server::builder("lab")
        .resource(RESOURCE)
        .state(Ran::default())
        .state(calendar)
}

#[track_caller]
fn assert_told(problems: &[String], parts: &[&str]) {
    let told = |problem: &String| parts.iter().all(|part| problem.contains(part));
    assert!(problems.iter().any(told), "{parts:?}: {problems:#?}");
}

#[tokio::test]
async fn it_must_be_known_whose_tokens_are_exchanged() {
    let (one, other) = ("http://127.0.0.1:1", "http://127.0.0.1:2");
    let named = |issuer: &str| TokenExchange::new(auth()).issuer(issuer);
    let several = server().issuer(one).issuer(other).token_exchange(auth());
    assert_told(
        &problems(several).await,
        &["several issuers", ".issuer(\"https://…\")"],
    );
    let none = server().token_exchange(auth());
    assert_told(&problems(none).await, &["no issuer", "add `.issuer(..)`"]);
    // A slash counts: the credentials would go to somebody else.
    let stranger = server()
        .issuer(one)
        .token_exchange(named("http://127.0.0.1:1/"));
    assert_told(&problems(stranger).await, &["is no issuer of this server"]);
    let twice = server()
        .issuer(one)
        .token_exchange(auth())
        .token_exchange(named(one));
    assert_told(&problems(twice).await, &["in two ways", "keep one"]);
}

#[tokio::test]
async fn credentials_and_addresses_are_checked() {
    let exchange = TokenExchange::new(ClientAuth::secret_post("", ""));
    let exchange = exchange.endpoint("http://as.example.com/token");
    let told = problems(
        server()
            .issuer("https://as.example.com")
            .token_exchange(exchange),
    )
    .await;
    assert_told(&told, &["token exchange: its client id is empty"]);
    assert_told(&told, &["token exchange: its client secret is empty"]);
    assert_told(&told, &["token exchange: its `.endpoint(..)`", "https"]);
    for odd in [Duration::ZERO, Duration::from_secs(24 * 60 * 60 + 1)] {
        let exchange = TokenExchange::new(auth()).reuse(odd);
        let server = server().issuer("https://as.example.com");
        let told = problems(server.token_exchange(exchange)).await;
        assert_told(&told, &["token exchange: its `.reuse(", "a day"]);
    }
    let secret = TokenExchange::new(auth()).issuer("https://me:Tr0ub4dor@as.example.com");
    let told = problems(
        server()
            .issuer("https://as.example.com")
            .token_exchange(secret),
    )
    .await;
    assert!(!told.concat().contains("Tr0ub4dor"), "{told:?}");
}

#[tokio::test]
async fn metadata_without_a_token_endpoint_does_not_start() {
    // Its metadata names keys, and no token endpoint.
    let issuer = ScriptedIssuer::start(&[]).await;
    let told = problems(server().issuer(issuer.identifier()).token_exchange(auth())).await;
    assert_told(
        &told,
        &["no `token_endpoint`", "or remove `.token_exchange(..)`"],
    );
    let named = TokenExchange::new(auth()).endpoint(issuer.url("/token"));
    let named = server().issuer(issuer.identifier()).token_exchange(named);
    let started = named.tools([agenda::tool()]).build().await;
    assert!(started.is_ok(), "{started:?}");
}

#[tokio::test]
async fn the_gate_around_a_handler_says_the_same() {
    struct Empty;
    impl mcp_authz::rmcp::ServerHandler for Empty {}
    let authz = Authz::new().resource(RESOURCE).token_exchange(auth());
    let Err(Error::Config(error)) = authz.protect(Empty, mcp_authz::Rules::new()).build().await
    else {
        panic!("it started");
    };
    assert_told(
        error.problems(),
        &["token exchange: the server has no issuer"],
    );
}

#[test]
fn what_is_printed_holds_no_secret() {
    let exchange = TokenExchange::new(ClientAuth::secret_basic("me", "Tr0ub4dor-and-3"));
    for printed in [format!("{exchange:?}"), format!("{exchange:#?}")] {
        assert!(!printed.contains("Tr0ub4dor") && printed.contains("client_secret_basic"));
    }
}

#[test]
fn a_caller_can_be_where_a_panic_is_caught() {
    fn is_safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    is_safe::<AuthInfo>();
    is_safe::<mcp_authz::Denied>();
    is_safe::<ExchangedToken>();
}
