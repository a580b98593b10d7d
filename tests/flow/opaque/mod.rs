//! Tokens that only their issuer can read: the server asks, and believes no more than it is told.

mod answers;
mod cache;
mod journey;
mod one_judge;
mod trouble;
mod userinfo;

use json::{Value, json};
use mcp_authz::dev::{AuthorizationServer, Builder, Client};
use mcp_authz::{ClientAuth, Introspection, Issuer, ServerBuilder};
use support::{Lab, Relay, Reply};

use crate::closed;

const INTROSPECT: &str = "/introspect";
const USERINFO: &str = "/userinfo";

/// An authorization server that knows the server as a client of its own, and SmartMail AI.
fn provider() -> Builder {
    let smartmail = Client::third_party("smartmail", "SmartMail AI");
    AuthorizationServer::builder()
        .client(Client::first_party("mcp-server", "The server").secret("s3cret"))
        .client(smartmail.redirect_uri("http://127.0.0.1/callback"))
}

fn auth() -> ClientAuth {
    ClientAuth::secret_basic("mcp-server", "s3cret")
}

/// How the server asks, by way of the relay.
fn by(relay: &Relay, auth: ClientAuth) -> Introspection {
    Introspection::new(auth).endpoint(relay.url(INTROSPECT))
}

fn tools(server: ServerBuilder) -> ServerBuilder {
    server.tools(closed()).initial_scopes(["profile", "email"])
}

/// A server that asks about opaque tokens, and what stands between it and who is asked.
async fn asking() -> (Lab, Relay) {
    asking_with(|how| how, |issuer| issuer).await
}

async fn asking_with(
    how: impl FnOnce(Introspection) -> Introspection,
    options: impl FnOnce(Issuer) -> Issuer,
) -> (Lab, Relay) {
    let issuer = |relay: &Relay, issuer: Issuer| {
        let how = how(by(relay, auth()));
        options(issuer.introspection(how))
    };
    beside(provider(), issuer, tools).await
}

/// A server that trusts this provider as `issuer` says.
async fn beside(
    provider: Builder,
    issuer: impl FnOnce(&Relay, Issuer) -> Issuer,
    configure: impl FnOnce(ServerBuilder) -> ServerBuilder,
) -> (Lab, Relay) {
    let provider = provider.start().await.expect("the provider starts");
    let relay = Relay::before(provider.issuer()).await;
    let issuer = issuer(&relay, Issuer::new(provider.issuer()));
    (Lab::beside(provider, issuer, configure).await, relay)
}

/// What introspection says of a good token of Alice's.
fn active(lab: &Lab) -> Value {
    json!({
        "active": true, "iss": lab.provider.issuer(), "sub": "alice", "aud": lab.url,
        "client_id": "smartmail", "scope": "profile email", "exp": 9_999_999_999_u64,
    })
}

/// SmartMail AI gives a token back (RFC 7009).
async fn revoke(lab: &Lab, token: &str) {
    let form = [("client_id", "smartmail"), ("token", token)];
    let url = format!("{}/revoke", lab.provider.issuer());
    let answer = lab.http.post(url).form(&form).send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
}

#[track_caller]
fn assert_refused(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 401, "{what}: {}", reply.body);
    let challenge = reply.challenge();
    assert!(
        challenge.contains(r#"error="invalid_token""#),
        "{what}: {challenge}"
    );
}

/// Nobody is logged out by this: no client throws its token away at a 503.
#[track_caller]
fn assert_unavailable(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 503, "{what}: {}", reply.body);
    assert_eq!(reply.challenge(), "", "{what}");
    let pause = reply.header("retry-after").parse::<u32>();
    assert!(pause.is_ok_and(|seconds| seconds > 0), "{what}");
}
