//! What is said of a handler's items, at start and in the manifest: what the handler says of itself, and where
//! their rules are written.

use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{
    AuthInfo, Authz, BearerToken, Error, Hierarchy, Manifest, Rule, Rules, TokenVerifier,
    VerifyError, scopes,
};

/// Two tools, one of which says what it does.
struct Shop;

impl ServerHandler for Shop {
    fn get_info(&self) -> ServerConfig {
        let tools = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(tools).with_server_info(Implementation::new("shop", "1"))
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let pay = Tool::new("pay", "Pay.", JsonObject::new());
        let pay = pay.with_annotations(ToolAnnotations::new().destructive(true).open_world(false));
        let search = Tool::new("search", "Search.", JsonObject::new());
        Ok(ListToolsResult::with_all_items(vec![pay, search]))
    }
}

async fn built(rules: Rules) -> Result<Manifest, Error> {
    let authz = Authz::new().resource("https://mcp.example.com/mcp");
    let authz = authz.issuer("http://127.0.0.1:1");
    let server = authz.protect(Shop, rules).build().await?;
    Ok(server.manifest().clone())
}

#[tokio::test]
async fn the_manifest_says_what_the_handler_says_and_where_the_rule_is() {
    let rules = Rules::new()
        .tool("pay", scopes!["pay"])
        .tools(["search"], Rule::authenticated());
    let manifest = built(rules).await.expect("a server");
    assert_eq!(
        manifest.to_markdown(),
        "# shop guards <https://mcp.example.com/mcp>\n\n\
         - accepts tokens of http://127.0.0.1:1\n\n\
         | item | requires | hints | declared in |\n|---|---|---|---|\n\
         | tool `pay` | pay | destructive, not open world | rules, tests/protect/manifest.rs |\n\
         | tool `search` | authenticated |  | rules, tests/protect/manifest.rs |\n"
    );
    let text = manifest.to_string();
    let told = "  rules, tests/protect/manifest.rs\n    \
                  tool     pay     needs pay [destructive, not open world]\n    \
                  tool     search  needs authenticated\n";
    assert!(text.ends_with(told), "{text}");
    let json: json::Value = json::from_str(&manifest.to_json()).expect("JSON");
    let pay = &json["items"][0];
    assert_eq!(pay["hints"], json::json!(["destructive", "not open world"]));
    assert_eq!(pay["file"], "tests/protect/manifest.rs");
    assert!(pay["crate"].is_null(), "{pay}");
}

/// Who writes one inclusion more opens more, so a reviewer sees all that it comes to.
#[tokio::test]
async fn the_manifest_says_what_each_scope_includes_in_the_end() {
    let rules = Rules::new()
        .tool("pay", scopes!["pay"])
        .tool("search", scopes!["search"]);
    let includes = Hierarchy::new()
        .includes("shop", ["pay"])
        .includes("pay", ["search"]);
    let authz = Authz::new().resource("https://mcp.example.com/mcp");
    let authz = authz.issuer("http://127.0.0.1:1").hierarchy(includes);
    let server = authz.protect(Shop, rules).build().await.expect("a server");
    let manifest = server.manifest();
    let text = manifest.to_string();
    let told = "  pay includes search\n  shop includes pay search\n";
    assert!(text.contains(told), "{text}");
    let table = manifest.to_markdown();
    let told = "- pay includes search\n- shop includes pay search\n";
    assert!(table.contains(told), "{table}");
    let json: json::Value = json::from_str(&manifest.to_json()).expect("JSON");
    let includes = json::json!({ "pay": ["search"], "shop": ["pay", "search"] });
    assert_eq!(json["includes"], includes);
}

/// Who gets as far as the items is a part of it, and the order of what is written is none.
#[tokio::test]
async fn the_manifest_changes_with_access_and_with_nothing_else() {
    let first = Rules::new()
        .tool("search", scopes!["read"])
        .tool("pay", scopes!["pay"]);
    let second = Rules::new()
        .tool("pay", scopes!["pay"])
        .tool("search", scopes!["read"]);
    let authz = || {
        let authz = Authz::new().resource("https://mcp.example.com/mcp");
        authz.issuer("https://as.example.com")
    };
    let described = async |authz: Authz, rules: &Rules| {
        let manifest = authz.protect(Shop, rules.clone()).manifest().await;
        manifest.expect("a server")
    };
    let base = described(authz(), &first).await;
    let moved = described(authz(), &second).await;
    assert_eq!(base.to_json(), moved.to_json());
    assert_eq!(base.to_markdown(), moved.to_markdown());
    let wider = Hierarchy::new().includes("pay", ["read"]);
    for (changed, line) in [
        (
            authz().issuer("https://other.example.com"),
            "accepts tokens of https://other.example.com",
        ),
        (
            authz().verifier(Nobody),
            "accepts tokens by a verifier of its own",
        ),
        (authz().allow_anonymous(), "lets callers in without a token"),
        (authz().hierarchy(wider), "pay includes read"),
    ] {
        let changed = described(changed, &first).await;
        let added = |text: &str, base: &str, mark: &str| {
            let line = format!("{mark}{line}\n");
            assert!(text.contains(&line) && !base.contains(&line), "{text}");
        };
        added(&changed.to_markdown(), &base.to_markdown(), "- ");
        added(&changed.to_string(), &base.to_string(), "  ");
        assert_ne!(changed.to_json(), base.to_json());
    }
}

struct Nobody;

impl TokenVerifier for Nobody {
    async fn verify(&self, _: &BearerToken) -> Result<AuthInfo, VerifyError> {
        Err(VerifyError::rejected("nobody"))
    }
}

/// One of each kind, and of each method that writes one.
#[tokio::test]
async fn what_is_wrong_with_a_rule_names_its_line() {
    let begins = line!();
    let rules = Rules::new()
        .tool("pay", Rule::anonymous())
        .tools(["search", "serach"], Rule::authenticated())
        .prompt("greet", scopes!["greet"])
        .resource("note:///x", scopes!["notes"])
        .unlisted_resource("note:///{a}{b}", scopes!["notes"])
        .method("tools/call", scopes!["tools"]);
    let Err(Error::Config(error)) = built(rules).await else {
        panic!("it started");
    };
    for (line, named, what) in [
        (2, "tool \"pay\"", "allow_anonymous"),
        (3, "tool \"serach\"", "does not offer it"),
        (4, "prompt \"greet\"", "does not offer it"),
        (5, "resource \"note:///x\"", "does not offer it"),
        (6, "resource \"note:///{a}{b}\"", "ends"),
        (7, "method \"tools/call\"", "MCP's own"),
    ] {
        let named = format!("{named} (tests/protect/manifest.rs:{})", begins + line);
        let problems = error.problems().iter();
        let mut problems = problems.filter(|problem| problem.contains(&named));
        let told = problems.any(|problem| problem.contains(what));
        assert!(told, "{named} {what}: {error}");
    }
}
