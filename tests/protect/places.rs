//! Several protected servers in one program, beside routes of its own and behind a proxy that
//! rewrites paths.

use http_client::Client;
use http_server::Router;
use http_server::routing::get;
use json::{Value, json};
use mcp_authz::{Authz, Rules, Server, dev, scopes};
use support::{Lab, Ran, Reply, modern_body, modern_headers};
use tokio::net::TcpListener;

use crate::office::{self, Office};

async fn server(issuer: &str, resource: &str, ran: &Ran) -> Server<Office> {
    let authz = Authz::new().resource(resource).issuer(issuer);
    let protected = authz.protect(Office::new(ran.clone()), office::rules());
    protected.build().await.unwrap()
}

async fn call(url: &str, token: &str) -> Reply {
    let request = Client::new().post(url).bearer_auth(token);
    let request = request
        .headers(modern_headers("tools/call", Some("echo")))
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json");
    let params = json!({ "name": "echo", "arguments": {} });
    Reply::of(request.body(modern_body("tools/call", params))).await
}

/// Where the challenge says that the metadata is, and what it says the resource is.
async fn advertised(reply: &Reply) -> (String, Value) {
    let challenge = reply.challenge();
    let url = challenge
        .split("resource_metadata=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let url = url.unwrap_or_else(|| panic!("{reply:?}")).to_owned();
    let document: Value = Client::new()
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    (url, document["resource"].clone())
}

#[tokio::test]
async fn two_servers_and_the_programs_own_routes_share_an_address() {
    let provider = dev::AuthorizationServer::builder().start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let urls = ["mail", "notes"].map(|name| format!("{origin}/{name}/mcp"));
    let rans = [Ran::default(), Ran::default()];
    let mut routes = Router::new().route("/health", get(|| async { "well" }));
    for (url, ran) in urls.iter().zip(&rans) {
        let server = server(provider.issuer(), url, ran).await;
        let path = url.strip_prefix(&origin).unwrap();
        routes = routes
            .nest_service(path, server.mcp_service())
            .merge(server.metadata_router());
    }
    tokio::spawn(async move { http_server::serve(listener, routes).await });

    let health = Client::new()
        .get(format!("{origin}/health"))
        .send()
        .await
        .unwrap();
    assert_eq!(health.text().await.unwrap(), "well");
    let token = |url: &str| {
        let mint = provider.mint("alice").resource(url).scopes("tools");
        mint.sign().unwrap()
    };
    for (index, url) in urls.iter().enumerate() {
        let reply = call(url, &token(url)).await;
        assert_eq!(reply.text(), "echo for alice", "{reply:?}");
        assert_eq!(rans[index].reset(), 1);
        // A token for the other one is none here, and each says where its own is to be had.
        let reply = call(url, &token(&urls[1 - index])).await;
        assert_eq!(reply.status, 401);
        assert_eq!(rans.iter().map(Ran::times).sum::<usize>(), 0);
        let (_, resource) = advertised(&reply).await;
        assert_eq!(resource, *url);
    }
}

#[tokio::test]
async fn behind_a_proxy_that_rewrites_paths_the_public_address_counts() {
    let lab = Lab::protecting(Office::new, office::rules(), |authz| authz.mount("/inner")).await;
    // What the proxy would send on; the resource stays what clients connect to.
    let inner = format!("{}/inner", lab.origin);
    let reply = call(&inner, &lab.token("tools")).await;
    assert_eq!(reply.text(), "echo for alice", "{reply:?}");
    let reply = call(&inner, "no-token").await;
    let (metadata, resource) = advertised(&reply).await;
    assert_eq!(resource, lab.url);
    assert!(
        metadata.ends_with("/.well-known/oauth-protected-resource/mcp"),
        "{metadata}"
    );
    // The public path itself is not served: that is the proxy's.
    assert_eq!(call(&lab.url, &lab.token("tools")).await.status, 404);
}

#[tokio::test]
async fn a_name_that_appears_later_without_a_rule_is_refused_when_it_is_called() {
    let rules = Rules::new().tool("early", scopes!["tools"]);
    let lab = Lab::protecting(Growing::new, rules, |authz| authz).await;
    let call = async |tool| {
        let params = json!({ "name": tool, "arguments": {} });
        crate::ask(&lab, Some(&lab.token("tools")), "tools/call", params).await
    };
    assert_eq!(call("early").await.text(), "ran");
    lab.ran.reset();
    let unknown = call("nothing").await;
    let late = call("late").await;
    assert_eq!((late.status, late.body), (unknown.status, unknown.body));
    assert_eq!(lab.ran.times(), 0);
}

/// A handler that offers more the second time it is asked.
struct Growing {
    ran: Ran,
    listed: std::sync::atomic::AtomicBool,
}

impl Growing {
    fn new(ran: Ran) -> Self {
        Self {
            ran,
            listed: false.into(),
        }
    }
}

use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};

impl ServerHandler for Growing {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let grown = self.listed.swap(true, std::sync::atomic::Ordering::SeqCst);
        let names: &[&str] = if grown {
            &["early", "late"]
        } else {
            &["early"]
        };
        let tools = names
            .iter()
            .map(|name| Tool::new(*name, *name, JsonObject::new()));
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.ran.note();
        Ok(CallToolResult::success(vec![ContentBlock::text("ran")]).into())
    }
}
