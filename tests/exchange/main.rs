//! A tool acts for its caller at another API, with a token of its own (RFC 8693): over real HTTP, with
//! counters at the authorization server and at the other API.

mod callers;
mod issuers;
mod journey;
mod outcomes;
mod reuse;
mod start;
mod stdio;

use json::{Value, json};
use mcp_authz::dev::{AuthorizationServer, Builder, Client};
use mcp_authz::{
    AuthInfo, ClientAuth, ExchangeError, ExchangedToken, Issuer, ServerBuilder, State,
    TokenExchange, tool,
};
use support::{Lab, Ran, Relay, Reply, ScriptedIssuer};

const TOKEN: &str = "/token";
const TODAY: &str = "/today";
const SECRET: &str = "s3cret";

/// The other API, as a tool knows it.
#[derive(Clone)]
struct Calendar {
    http: http_client::Client,
    url: String,
}

impl Calendar {
    async fn today(&self, token: &ExchangedToken) -> String {
        let request = self.http.get(format!("{}{TODAY}", self.url));
        let answer = request.bearer_auth(token.expose()).send().await;
        let page: Value = answer.expect("an answer").json().await.expect("JSON");
        page["meeting"].as_str().unwrap_or_default().to_owned()
    }
}

/// Say what is in the person's calendar.
#[tool(scopes = ["calendar:read"])]
async fn agenda(
    auth: AuthInfo,
    ran: State<Ran>,
    calendar: State<Calendar>,
) -> Result<String, ExchangeError> {
    ran.note();
    let token = auth.exchange(&calendar.url, ["calendar:read"]).await?;
    assert!(token.expires_at().is_some() && token.scopes().contains("calendar:read"));
    Ok(calendar.today(&token).await)
}

/// Server, authorization server and the other API; the relay counts at the token endpoint.
struct World {
    lab: Lab,
    relay: Relay,
    calendar: ScriptedIssuer,
}

/// An authorization server where the MCP server may exchange what is for `resource`.
fn provider(resource: &str) -> Builder {
    let server = Client::first_party("mcp-server", "The server").secret(SECRET);
    let smartmail = Client::third_party("smartmail", "SmartMail AI");
    AuthorizationServer::builder()
        .client(server.may_exchange(resource))
        .client(smartmail.redirect_uri("http://127.0.0.1/callback"))
}

fn auth() -> ClientAuth {
    ClientAuth::secret_basic("mcp-server", SECRET)
}

/// The address of a server to be: tokens are for it before it is there.
const RESOURCE: &str = "http://127.0.0.1:3001/mcp";

impl World {
    async fn start() -> Self {
        Self::with(provider(RESOURCE), |issuer| issuer, auth(), |server| server).await
    }

    async fn with(
        provider: Builder,
        options: impl FnOnce(Issuer) -> Issuer,
        auth: ClientAuth,
        configure: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        Self::exchanging(provider, options, configure, |server, relay| {
            let exchange = TokenExchange::new(auth).endpoint(relay.url(TOKEN));
            server.token_exchange(exchange)
        })
        .await
    }

    async fn exchanging(
        provider: Builder,
        options: impl FnOnce(Issuer) -> Issuer,
        configure: impl FnOnce(ServerBuilder) -> ServerBuilder,
        exchange: impl FnOnce(ServerBuilder, &Relay) -> ServerBuilder,
    ) -> Self {
        let calendar = calendar().await;
        let provider = provider.start().await.expect("the provider starts");
        let relay = Relay::before(provider.issuer()).await;
        let issuer = options(Issuer::new(provider.issuer()).audience(RESOURCE));
        let api = at(&calendar);
        let lab = Lab::beside(provider, issuer, |server| {
            let server = configure(server.state(api).tools([agenda::tool()]));
            exchange(server, &relay)
        })
        .await;
        Self {
            lab,
            relay,
            calendar,
        }
    }

    /// A token that Alice gave to SmartMail AI.
    fn token(&self) -> String {
        let mint = self.lab.provider.mint("alice").client("smartmail");
        let mint = mint.resource(RESOURCE).scopes("calendar:read mail:read");
        mint.sign().expect("the provider signs")
    }

    /// SmartMail AI gives a token back (RFC 7009).
    async fn revoke(&self, token: &str) {
        let form = [("client_id", "smartmail"), ("token", token)];
        let url = format!("{}/revoke", self.lab.provider.issuer());
        let answer = self.lab.http.post(url).form(&form).send().await;
        assert_eq!(answer.expect("an answer").status(), 200);
    }

    /// What came to the other API: nothing, or the tokens that did.
    fn arrived(&self) -> Vec<String> {
        let arrived = self.calendar.received(TODAY).into_iter();
        arrived.map(|one| one.authorization).collect()
    }

    /// The tool ran, and failed with these words; nobody asked the other API.
    #[track_caller]
    fn assert_failed(&self, reply: &Reply, words: &str, what: &str) {
        let message = reply.message();
        assert_eq!(reply.status, 200, "{what}: {}", reply.body);
        assert_eq!(message["result"]["isError"], true, "{what}: {message}");
        assert!(reply.text().contains(words), "{what}: {message}");
        assert!(self.arrived().is_empty(), "{what}");
        assert_eq!(self.lab.ran.reset(), 1, "{what}");
    }
}

/// A calendar that takes whatever comes, and remembers it.
async fn calendar() -> ScriptedIssuer {
    let calendar = ScriptedIssuer::start(&[]).await;
    calendar.page(TODAY, 200, &json!({ "meeting": "with Bob at ten" }));
    calendar
}

fn at(calendar: &ScriptedIssuer) -> Calendar {
    let http = http_client::Client::builder().no_proxy();
    Calendar {
        http: http.build().expect("a client"),
        url: calendar.identifier().to_owned(),
    }
}

/// What a signed token says.
fn claims(token: &str) -> Value {
    use base64url::Engine as _;
    let payload = token.split('.').nth(1).expect("a JWT");
    let payload = base64url::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    json::from_slice(&payload.expect("base64url")).expect("claims")
}
