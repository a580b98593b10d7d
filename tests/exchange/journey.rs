//! From the call of a tool to the call of another API.

use mcp_authz::rmcp::handler::server::tool::IntoCallToolResult as _;
use mcp_authz::rmcp::model::{
    CallToolRequestParams, CallToolResponse, JsonObject, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig, Tool,
};
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Algorithm, Authz, Rules, SessionLimits, scopes};
use support::{ClientKey, legacy_body, modern_body, modern_headers};
use tokio::net::TcpListener;

use super::*;

/// The token at the other API is the person's, for that API, and not the one that came in.
#[track_caller]
fn assert_arrived(world: &World, inbound: &str) {
    let arrived = world.arrived();
    let [authorization] = &arrived[..] else {
        panic!("{arrived:?}");
    };
    let token = authorization
        .strip_prefix("Bearer ")
        .expect("a bearer token");
    assert_ne!(token, inbound);
    let claims = claims(token);
    for (claim, value) in [
        ("sub", json!("alice")),
        ("aud", json!(world.calendar.identifier())),
        ("client_id", json!("mcp-server")),
        ("scope", json!("calendar:read")),
        (
            "act",
            json!({ "sub": "mcp-server", "act": { "sub": "smartmail" } }),
        ),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
}

#[tokio::test]
async fn a_tool_acts_for_its_caller_with_a_token_of_its_own() {
    for revision in ["modern", "older"] {
        let world = World::start().await;
        let token = world.token();
        let reply = match revision {
            "modern" => world.lab.call(Some(&token), "agenda").await,
            _ => world.lab.call_legacy(Some(&token), "agenda").await,
        };
        assert_eq!(reply.text(), "with Bob at ten", "{}", reply.body);
        assert_arrived(&world, &token);
        assert_eq!((world.relay.asked(TOKEN), world.lab.ran.times()), (1, 1));
        // What the caller sees holds neither token.
        let authorization = world.arrived().remove(0);
        assert!(!reply.body.contains(&token) && !reply.body.contains(&authorization[7..]));
    }
}

#[tokio::test]
async fn a_call_without_the_tool_s_scopes_exchanges_nothing() {
    let world = World::start().await;
    let mint = world.lab.provider.mint("alice").resource(RESOURCE);
    let token = mint.scopes("mail:read").sign().expect("a token");
    assert_eq!(world.lab.call(Some(&token), "agenda").await.status, 403);
    assert_eq!(world.lab.call(None, "agenda").await.status, 401);
    assert_eq!((world.relay.asked(TOKEN), world.lab.ran.times()), (0, 0));
}

#[tokio::test]
async fn the_server_proves_who_it_is_in_every_way() {
    let key = ClientKey::generate();
    let by_key = Client::first_party("by-key", "The server").public_key(key.jwk());
    for auth in [
        ClientAuth::secret_basic("mcp-server", SECRET),
        ClientAuth::secret_post("mcp-server", SECRET),
        ClientAuth::private_key_jwt("by-key", Algorithm::Es256, key.pem()),
    ] {
        let shown = format!("{auth:?}");
        let provider = provider(RESOURCE).client(by_key.clone().may_exchange(RESOURCE));
        let world = World::with(provider, |issuer| issuer, auth, |server| server).await;
        let reply = world.lab.call(Some(&world.token()), "agenda").await;
        assert_eq!(reply.text(), "with Bob at ten", "{shown}: {}", reply.body);
        // A token that was seen before is exchanged as well.
        world.lab.call(Some(&world.token()), "agenda").await;
        assert_eq!(world.arrived().len(), 2, "{shown}");
    }
}

#[tokio::test]
async fn the_issuer_s_metadata_says_where() {
    let exchange = |server: ServerBuilder, _: &Relay| server.token_exchange(auth());
    let same = |server| server;
    let world = World::exchanging(provider(RESOURCE), |issuer| issuer, same, exchange).await;
    let token = world.token();
    let reply = world.lab.call(Some(&token), "agenda").await;
    assert_eq!(reply.text(), "with Bob at ten", "{}", reply.body);
    assert_arrived(&world, &token);
}

#[tokio::test]
async fn an_opaque_token_is_exchanged_as_well() {
    let asking = |issuer: Issuer| issuer.introspection(auth());
    let world = World::with(provider(RESOURCE), asking, auth(), |server| server).await;
    let mint = world.lab.provider.mint("alice").client("smartmail");
    let mint = mint.resource(RESOURCE).scopes("calendar:read");
    let token = mint.opaque().expect("a token");
    for _ in ["asked about", "known"] {
        let reply = world.lab.call(Some(&token), "agenda").await;
        assert_eq!(reply.text(), "with Bob at ten", "{}", reply.body);
    }
    assert_eq!(world.relay.asked(TOKEN), 2);
}

#[tokio::test]
async fn in_a_session_it_is_the_token_of_the_call() {
    const SESSION: &str = "mcp-session-id";
    let sessions = |server: ServerBuilder| server.sessions(SessionLimits::new());
    let world = World::with(provider(RESOURCE), |issuer| issuer, auth(), sessions).await;
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let first = world.token();
    let opening = world
        .lab
        .post(Some(&first))
        .body(legacy_body("initialize", params));
    let id = Reply::of(opening).await.header(SESSION).to_owned();
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let ready = world.lab.post(Some(&first)).body(ready.to_string());
    Reply::of(ready.header(SESSION, &id)).await;
    // The first one is taken back: whoever exchanged that one would be refused.
    world.revoke(&first).await;
    let call = async |token: &str| {
        let body = legacy_body("tools/call", json!({ "name": "agenda", "arguments": {} }));
        let request = world.lab.post(Some(token)).header(SESSION, &id).body(body);
        Reply::of(request.header("mcp-protocol-version", "2025-11-25")).await
    };
    let reply = call(&world.token()).await;
    assert_eq!(reply.text(), "with Bob at ten", "{}", reply.body);
}

/// A handler that was written against rmcp, and asks who calls.
struct Plain(Calendar);

impl ServerHandler for Plain {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("agenda", "agenda", JsonObject::new());
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let auth = AuthInfo::find(&context).expect("a caller");
        match auth.exchange(&self.0.url, ["calendar:read"]).await {
            Ok(token) => self.0.today(&token).await.into_call_tool_result(),
            Err(error) => error.into_call_tool_result(),
        }
    }
}

#[tokio::test]
async fn a_handler_behind_the_gate_exchanges_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let provider = provider(&url).start().await.expect("the provider starts");
    let calendar = calendar().await;
    let authz = Authz::new().resource(&url).issuer(provider.issuer());
    let rules = Rules::new().tool("agenda", scopes!["calendar:read"]);
    let server = authz
        .token_exchange(auth())
        .protect(Plain(at(&calendar)), rules)
        .build()
        .await
        .expect("the server starts");
    tokio::spawn(server.serve_until(listener, std::future::pending()));
    let mint = provider.mint("alice").client("smartmail").resource(&url);
    let token = mint.scopes("calendar:read").sign().expect("a token");
    let body = json!({ "name": "agenda", "arguments": {} });
    let http = http_client::Client::builder().no_proxy();
    let request = http
        .build()
        .expect("a client")
        .post(&url)
        .bearer_auth(&token);
    let request = request
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .headers(modern_headers("tools/call", Some("agenda")))
        .body(modern_body("tools/call", body));
    let reply = Reply::of(request).await;
    assert_eq!(reply.text(), "with Bob at ten", "{}", reply.body);
    let arrived = calendar.received(TODAY);
    assert!(!arrived[0].authorization.contains(&token));
    assert_eq!(
        claims(&arrived[0].authorization)["act"]["sub"],
        "mcp-server"
    );
}

#[tokio::test]
async fn the_question_has_the_members_of_the_standard_and_no_others() {
    for by_audience in [false, true] {
        let endpoint = ScriptedIssuer::start(&[]).await;
        let url = endpoint.url(TOKEN);
        let same = |server| server;
        let world = World::exchanging(
            provider(RESOURCE),
            |issuer| issuer,
            same,
            |server, _| {
                let post = ClientAuth::secret_post("mcp-server", SECRET);
                let exchange = TokenExchange::new(post).endpoint(url);
                server.token_exchange(if by_audience {
                    exchange.by_audience()
                } else {
                    exchange
                })
            },
        )
        .await;
        let token = world.token();
        world.lab.call(Some(&token), "agenda").await;
        let asked = endpoint.received(TOKEN).remove(0);
        assert_eq!(asked.authorization, "");
        let url = http_client::Url::parse(&format!("http://h/?{}", asked.body)).expect("a form");
        let members: Vec<_> = url.query_pairs().into_owned().collect();
        let type_of_token = "urn:ietf:params:oauth:token-type:access_token";
        let target = if by_audience { "audience" } else { "resource" };
        let expected = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("subject_token", &token),
            ("subject_token_type", type_of_token),
            ("requested_token_type", type_of_token),
            (target, world.calendar.identifier()),
            ("scope", "calendar:read"),
            ("client_id", "mcp-server"),
            ("client_secret", SECRET),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(members, expected);
    }
}
