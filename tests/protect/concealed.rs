//! Attempts to learn what is concealed: every answer must be that of what there is not.

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{PolicyError, Rule, Rules, scopes};
use support::{Lab, MODERN, Ran, Reply, modern_headers};

type Context = RequestContext<RoleServer>;

/// A tool of any name, whose argument is also to be sent as a header.
struct Closet(Ran);

fn closet_tool(name: &str) -> Tool {
    let schema = json!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
    });
    let schema = schema.as_object().cloned().unwrap();
    Tool::new(name.to_owned(), "in the closet", schema)
}

impl ServerHandler for Closet {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = ["open", "shut", "slow"].map(closet_tool);
        Ok(ListToolsResult::with_all_items(tools.into()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        Some(closet_tool(name))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.note();
        Ok(CallToolResult::success(vec![ContentBlock::text("ran")]).into())
    }
}

/// rmcp compares this header with the arguments before anything is decided.
#[tokio::test]
async fn a_header_of_an_argument_does_not_tell_what_a_policy_conceals() {
    let concealed = || Rule::from(scopes!["tools"]).conceal();
    let rules = Rules::new()
        .tool("open", concealed().policy(|_| async { Ok(()) }))
        .tool(
            "shut",
            concealed().policy(|_| async { Err(PolicyError::denied("no")) }),
        )
        .tool(
            "slow",
            concealed().policy(|_| async {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                Err(PolicyError::unavailable())
            }),
        );
    let lab = Lab::protecting(Closet, rules, |authz| authz).await;
    let call = async |tool: &str| {
        let params = json!({
            "name": tool,
            "arguments": { "region": "us" },
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        });
        let body: Value =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let request = lab
            .post(Some(&lab.token("tools")))
            .headers(modern_headers("tools/call", Some(tool)))
            .header("mcp-param-region", "eu");
        Reply::of(request.body(body.to_string())).await
    };
    let unknown = call("none").await;
    for tool in ["shut", "slow"] {
        let reply = call(tool).await;
        assert_eq!(
            (reply.status, &reply.body),
            (unknown.status, &unknown.body),
            "{tool}"
        );
    }
    let open = call("open").await;
    assert_eq!(
        open.error_code(),
        -32020,
        "whoever may call it is told: {open:?}"
    );
    assert_eq!(lab.ran.times(), 0);
}
