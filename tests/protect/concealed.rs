//! Attempts to learn what is concealed: every answer must be that of what there is not.

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{PolicyError, Rule, Rules, scopes};
use support::{Lab, MODERN, Ran, Reply, modern_headers};

use crate::ask;

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

/// A skill of several files, one of which is a secret.
struct Taught(Ran);

const SKILL: &str = "skill://math/SKILL.md";

fn taught() -> Skill {
    let uris = [
        SKILL,
        "skill://math/open.py",
        "skill://math/secret.py",
        "skill://math/unruled.py",
    ];
    let files = uris.map(|uri| SkillResource::from_bytes(uri, uri.as_bytes()));
    let frontmatter = SkillFrontmatter::new("math", "how to count");
    Skill::new(SKILL, frontmatter, SkillResources::Files(files.into()))
}

impl ServerHandler for Taught {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_resources()
            .enable_skills();
        ServerConfig::new(capabilities.build())
    }

    async fn list_skills(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListSkillsResult, ErrorData> {
        Ok(ListSkillsResult::with_all_items(vec![taught()]))
    }

    async fn get_skill(
        &self,
        _: GetSkillRequestParams,
        _: Context,
    ) -> Result<GetSkillResult, ErrorData> {
        self.0.note();
        Ok(GetSkillResult::new(taught()).with_cache_scope(CacheScope::Public))
    }
}

/// Name, digest and size of a file are news of it.
#[tokio::test]
async fn a_skill_names_the_files_that_its_reader_is_shown() {
    let rules = Rules::new()
        .resource(SKILL, scopes!["skills"])
        .unlisted_resource("skill://math/open.py", scopes!["python"])
        .unlisted_resource(
            "skill://math/secret.py",
            Rule::from(scopes!["admin"]).conceal(),
        );
    let lab = Lab::protecting(Taught, rules, |authz| authz).await;
    for (scopes, expected) in [
        ("skills", vec![SKILL, "skill://math/open.py"]),
        (
            "skills admin",
            vec![SKILL, "skill://math/open.py", "skill://math/secret.py"],
        ),
    ] {
        let token = lab.token(scopes);
        let got = ask(&lab, Some(&token), "skills/get", json!({ "uri": SKILL })).await;
        let got = got.message()["result"].clone();
        assert_eq!(got["cacheScope"], "private", "{got}");
        let listed = ask(&lab, Some(&token), "skills/list", json!({})).await;
        let listed = listed.message()["result"]["skills"][0].clone();
        for skill in [&got["skill"], &listed] {
            let files = skill["resources"]
                .as_array()
                .unwrap_or_else(|| panic!("{skill}"));
            let uris: Vec<_> = files
                .iter()
                .map(|file| file["uri"].as_str().unwrap())
                .collect();
            assert_eq!(uris, expected, "{skill}");
        }
    }
}

/// What a client is told to ask for first would say that there is something to have.
#[tokio::test]
async fn what_is_concealed_is_in_no_metadata_and_no_challenge() {
    let secret = || Rule::from(scopes!["top-secret"]).conceal();
    let rules = Rules::new()
        .tool("open", scopes!["tools"])
        .tools(["shut", "slow"], secret())
        .method("acme/secret", secret());
    let lab = Lab::protecting(Closet, rules, |authz| authz.advertise_all_scopes()).await;
    let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", lab.origin);
    let metadata = Reply::of(lab.http.get(metadata)).await;
    assert!(metadata.body.contains("tools"), "{metadata:?}");
    assert!(!metadata.body.contains("top-secret"), "{metadata:?}");
    let token = lab.token("");
    for token in [None, Some("no-token"), Some(&token)] {
        let tool = |name: &str| ("tools/call", json!({ "name": name }));
        for (method, params) in [tool("open"), tool("shut"), ("acme/secret", json!({}))] {
            let reply = ask(&lab, token, method, params).await;
            let told =
                reply.challenge().contains("top-secret") || reply.body.contains("top-secret");
            assert!(!told, "{method}: {reply:?}");
        }
    }
    let listed = ask(&lab, Some(&token), "tools/list", json!({})).await;
    assert!(!listed.body.contains("top-secret"), "{listed:?}");
    assert_eq!(lab.ran.times(), 0);
}
