//! The state of an exchange about a prompt or a resource: sealed for its owner and for what was asked,
//! like that of a tool.

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rules, scopes};
use support::{Lab, Ran, Reply};

use crate::ask;

type Context = RequestContext<RoleServer>;

/// Asks something first, whatever it is asked for, and then tells what it remembered.
struct Dialogue(Ran);

impl Dialogue {
    /// What was remembered, or what is to be.
    fn remember(&self, state: Option<String>) -> Result<String, InputRequiredResult> {
        self.0.note();
        state.ok_or_else(|| InputRequiredResult::from_request_state("step 1"))
    }
}

impl ServerHandler for Dialogue {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder();
        let capabilities = capabilities
            .enable_tools()
            .enable_prompts()
            .enable_resources();
        ServerConfig::new(capabilities.build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("chat", "chat", JsonObject::new());
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompts = ["chat", "talk"].map(|name| Prompt::new(name, Some(name), None));
        Ok(ListPromptsResult::with_all_items(prompts.into()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(match self.remember(request.request_state) {
            Ok(state) => CallToolResult::success(vec![ContentBlock::text(state)]).into(),
            Err(first) => first.into(),
        })
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        Ok(match self.remember(request.request_state) {
            Ok(state) => {
                GetPromptResult::new(vec![PromptMessage::new_text(Role::User, state)]).into()
            }
            Err(first) => first.into(),
        })
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(match self.remember(request.request_state) {
            Ok(state) => {
                let contents = ResourceContents::text(state, request.uri);
                ReadResourceResult::new(vec![contents]).into()
            }
            Err(first) => first.into(),
        })
    }
}

async fn lab() -> Lab {
    let rules = Rules::new()
        .tool("chat", scopes!["chat"])
        .prompt("chat", scopes!["chat"])
        .prompt("talk", scopes!["chat"])
        .unlisted_resource("chat", scopes!["chat"])
        .unlisted_resource("chat:///{with}", scopes!["chat"]);
    Lab::protecting(Dialogue, rules, |authz| authz).await
}

type Request = (&'static str, Value);

/// A request of each kind, and others that its state is not for.
fn exchanges() -> [(Request, Vec<Request>); 3] {
    let tool = |arguments| {
        (
            "tools/call",
            json!({ "name": "chat", "arguments": arguments }),
        )
    };
    let prompt = |name, arguments| {
        (
            "prompts/get",
            json!({ "name": name, "arguments": arguments }),
        )
    };
    let resource = |uri| ("resources/read", json!({ "uri": uri }));
    let to_bob = || json!({ "to": "bob" });
    [
        (
            tool(to_bob()),
            vec![prompt("chat", to_bob()), tool(json!({ "to": "eve" }))],
        ),
        (
            prompt("chat", to_bob()),
            vec![
                prompt("talk", to_bob()),
                prompt("chat", json!({ "to": "eve" })),
                prompt("chat", json!({})),
                tool(to_bob()),
            ],
        ),
        (
            resource("chat:///bob"),
            vec![
                resource("chat:///eve"),
                resource("chat"),
                prompt("chat", json!({})),
                ("tools/call", json!({ "name": "chat" })),
            ],
        ),
    ]
}

async fn go_on(lab: &Lab, token: &str, (method, mut params): Request, state: &str) -> Reply {
    params["requestState"] = state.into();
    params["inputResponses"] = json!({});
    ask(lab, Some(token), method, params).await
}

#[tokio::test]
async fn of_a_prompt_or_a_resource_it_is_its_owners_and_for_the_same_one() {
    let lab = lab().await;
    for (own, others) in exchanges() {
        let alice = lab.token("chat");
        let first = ask(&lab, Some(&alice), own.0, own.1.clone()).await;
        let state = first.message()["result"]["requestState"].clone();
        let state = state.as_str().unwrap_or_else(|| panic!("{first:?}"));
        assert!(!state.contains("step 1"), "{state}");
        assert_eq!(lab.ran.reset(), 1);
        let mut refused = Vec::new();
        for plain in [
            "",
            "step 1",
            "rs1.AAAA.AAAA",
            &state[1..],
            &format!("{state}A"),
        ] {
            refused.push(go_on(&lab, &alice, own.clone(), plain).await);
        }
        for foreign in [
            lab.token_of("bob", "smartmail", "chat"),
            lab.token_of("alice", "webmail", "chat"),
        ] {
            refused.push(go_on(&lab, &foreign, own.clone(), state).await);
        }
        for other in others {
            refused.push(go_on(&lab, &alice, other, state).await);
        }
        for reply in refused {
            assert_eq!(reply.error_code(), -32602, "{own:?}: {reply:?}");
            let message = reply.message()["error"]["message"].clone();
            assert_eq!(message, "the requestState is not valid here", "{own:?}");
        }
        let narrow = go_on(&lab, &lab.token(""), own.clone(), state).await;
        assert_eq!(narrow.status, 403, "{own:?}: {narrow:?}");
        assert_eq!(lab.ran.times(), 0, "{own:?}");
        let reply = go_on(&lab, &lab.token("chat more"), own.clone(), state).await;
        assert!(
            reply.message()["result"].to_string().contains("step 1"),
            "{own:?}: {reply:?}"
        );
        assert_eq!(lab.ran.reset(), 1, "{own:?}");
    }
}
