//! Tokens that are exchanged for others, and how the server proves who asks.

use json::{Value, json};
use mcp_authz::dev::{AuthorizationServer, Client};
use mcp_authz::{Algorithm, AuthInfo, ClientAuth, Issuer, State, TokenExchange, tool};
use support::{ClientKey, Lab, Ran, ScriptedIssuer, hash};

use crate::secrets::Secrets;

const RESOURCE: &str = "http://127.0.0.1:3001/mcp";
const CALENDAR: &str = "https://calendar.example.com";
const TOKEN: &str = "/token";

/// Gets a token and shows what an author may print of it.
#[tool(scopes = ["calendar:read"])]
async fn open_calendar(auth: AuthInfo, ran: State<Ran>) -> String {
    ran.note();
    let outcome = auth.exchange(CALENDAR, ["calendar:read"]).await;
    assert!(!format!("{auth:?}").contains("token"));
    format!("{outcome:?}")
}

pub async fn run(secrets: &mut Secrets) {
    let (basic, post, key) = (
        hash("exchange basic"),
        hash("exchange post"),
        ClientKey::generate(),
    );
    for (what, auth) in [
        ("basic", ClientAuth::secret_basic("server", basic.as_str())),
        ("post", ClientAuth::secret_post("server", post.as_str())),
        (
            "key",
            ClientAuth::private_key_jwt("server", Algorithm::Es256, key.pem()),
        ),
    ] {
        let endpoint = ScriptedIssuer::start(&[]).await;
        let lab = lab(AuthorizationServer::builder(), |_| {
            TokenExchange::new(auth).endpoint(endpoint.url(TOKEN))
        })
        .await;
        answers(secrets, &lab, &endpoint, what).await;
        for asked in endpoint.received(TOKEN) {
            let members = asked.body.split('&');
            let assertion = members.filter_map(|one| one.strip_prefix("client_assertion="));
            assertion.for_each(|one| secrets.add("an assertion for an exchange", one));
        }
    }
    secrets.add("the secret of an exchange in a header", basic);
    secrets.add("the secret of an exchange in a form", post);
    by_the_provider(secrets).await;
}

/// A server whose author logs as much as can be logged.
async fn lab(
    provider: mcp_authz::dev::Builder,
    exchange: impl FnOnce(&str) -> TokenExchange,
) -> Lab {
    let provider = provider.start().await.expect("the provider starts");
    let exchange = exchange(provider.issuer());
    let issuer = Issuer::new(provider.issuer()).audience(RESOURCE);
    Lab::beside(provider, issuer, |server| {
        let server = server.http_client(|client| client.connection_verbose(true));
        server
            .tools([open_calendar::tool()])
            .token_exchange(exchange)
    })
    .await
}

fn subject_token(lab: &Lab) -> String {
    let mint = lab.provider.mint("alice").client("smartmail");
    let mint = mint.resource(RESOURCE).scopes("calendar:read");
    mint.sign().expect("a token")
}

/// One token for each thing that an endpoint may say, also when it says the token.
async fn answers(secrets: &mut Secrets, lab: &Lab, endpoint: &ScriptedIssuer, how: &str) {
    let good = json!({
        "access_token": "NEW", "token_type": "Bearer", "expires_in": 60,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    });
    let with = |member: &str, value: &str| {
        let mut body = good.clone();
        body[member] = value.into();
        body
    };
    let mut exchanged = 0;
    for (name, status, page) in [
        ("good", 200, good.clone()),
        ("wider", 200, with("scope", "calendar:read NEW TOKEN")),
        ("another type", 200, with("token_type", "NEW")),
        ("another kind", 200, with("issued_token_type", "TOKEN")),
        ("odd", 200, with("expires_in", "NEW")),
        (
            "refused",
            400,
            json!({ "error": "invalid_grant", "error_description": "TOKEN" }),
        ),
        (
            "an echo",
            400,
            json!({ "error": "TOKEN", "error_description": "TOKEN" }),
        ),
        ("unauthorized", 401, json!({ "error": "TOKEN" })),
        (
            "broken",
            500,
            json!({ "error": "TOKEN", "access_token": "NEW" }),
        ),
    ] {
        let (token, new) = (subject_token(lab), hash(&format!("{how} {name}")));
        let page = page
            .to_string()
            .replace("TOKEN", &token)
            .replace("NEW", &new);
        let page: Value = json::from_str(&page).expect("JSON");
        endpoint.page(TOKEN, status, &page);
        let told = lab.call(Some(&token), "open_calendar").await.text();
        assert!(!told.contains(&token) && !told.contains(&new), "{told}");
        exchanged += usize::from(told.contains("ExchangedToken"));
        let asked = endpoint.received(TOKEN);
        assert!(asked.iter().any(|asked| asked.body.contains(&token)));
        secrets.add(format!("a token to be exchanged, {how} {name}"), token);
        secrets.add(format!("a token in exchange, {how} {name}"), new);
    }
    assert_eq!(exchanged, 1, "{how}");
}

/// The embedded provider hears and issues both.
async fn by_the_provider(secrets: &mut Secrets) {
    let secret = hash("exchange at the provider");
    let server = Client::first_party("server", "The server").secret(&secret);
    let auth = ClientAuth::secret_post("server", &secret);
    let provider = AuthorizationServer::builder().client(server.may_exchange(RESOURCE));
    let lab = lab(provider, |_| TokenExchange::new(auth)).await;
    let token = subject_token(&lab);
    let told = lab.call(Some(&token), "open_calendar").await.text();
    assert!(told.contains("ExchangedToken"), "{told}");
    secrets.add("a token that the provider exchanged", token);
    secrets.add("the secret at the provider", secret);
}
