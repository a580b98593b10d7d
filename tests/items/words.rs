//! Where the words come from that a model reads of a tool: wherever an author may write them.

use json::Value;
use mcp_authz::{ServerBuilder, tool};

use crate::client::everywhere;

/// Is longer than a doc comment would be:
#[doc = include_str!("a-file.md")]
#[tool(authenticated)]
fn from_a_file(#[doc = include_str!("a-file.md")] how: String) -> String {
    how
}

#[tool(authenticated, description = include_str!("a-file.md"), title = TITLE)]
fn from_a_file_in_the_attribute() -> String {
    String::new()
}

const TITLE: &str = "Water";

macro_rules! declare {
    ($name:ident, $words:expr) => {
        #[doc = $words]
        #[tool(authenticated)]
        fn $name() -> String {
            String::new()
        }
    };
}

declare!(from_a_fragment, "Waters.");
declare!(from_a_macro, concat!(" Waters", " plants. "));

fn server(server: ServerBuilder) -> ServerBuilder {
    server.tools([
        from_a_file::tool(),
        from_a_file_in_the_attribute::tool(),
        from_a_fragment::tool(),
        from_a_macro::tool(),
    ])
}

#[tokio::test]
async fn a_description_comes_from_a_file_a_constant_or_a_macro() {
    let file = include_str!("a-file.md");
    everywhere(server, async |client| {
        let listed = client
            .list(Some(&client.token("")), "tools")
            .await
            .message();
        let tools = listed["result"]["tools"].as_array().cloned();
        let tools = tools.unwrap_or_default();
        let tool = |name: &str| {
            let mut tools = tools.iter();
            tools
                .find(|tool| tool["name"] == name)
                .unwrap_or(&Value::Null)
        };
        let longer = format!("Is longer than a doc comment would be:\n{}", file.trim());
        assert_eq!(tool("from_a_file")["description"], longer.as_str());
        let argument = &tool("from_a_file")["inputSchema"]["properties"]["how"];
        assert_eq!(argument["description"], file.trim());
        let titled = tool("from_a_file_in_the_attribute");
        assert_eq!(titled["description"], file);
        assert_eq!(titled["title"], "Water");
        assert_eq!(tool("from_a_fragment")["description"], "Waters.");
        assert_eq!(tool("from_a_macro")["description"], "Waters plants.");
    })
    .await;
}
