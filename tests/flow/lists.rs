//! What is listed, and to whom.

use json::{Value, json};

use crate::lab;

#[tokio::test]
async fn a_list_needs_a_token_and_says_what_each_tool_requires() {
    let lab = lab().await;
    assert_eq!(lab.ask(None, "tools/list", json!({})).await.status, 401);
    let reply = lab.ask(Some(&lab.token("")), "tools/list", json!({})).await;
    let result = &reply.message()["result"];
    assert_eq!(result["cacheScope"], "private");
    let tools = result["tools"].as_array().unwrap();
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["broken", "hello", "pay", "send_mail", "slow", "whoami"]
    );
    let tool = |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap();
    let required = |name| tool(name)["_meta"]["rs.mcp-authz/required-scopes"].clone();
    assert_eq!(required("whoami"), json!(["profile", "email"]));
    assert_eq!(
        required("pay"),
        json!({ "all": ["pay", { "any": ["eu", "us"] }] })
    );
    assert_eq!(required("hello"), Value::Null);
    assert_eq!(tool("whoami")["annotations"]["readOnlyHint"], true);
    assert_eq!(
        tool("whoami")["description"],
        "Return the claims that the person agreed to share."
    );
    assert_eq!(tool("whoami")["outputSchema"]["type"], "object");
}

#[tokio::test]
async fn discovery_is_private_and_introduces_the_server() {
    let lab = lab().await;
    assert_eq!(
        lab.ask(None, "server/discover", json!({})).await.status,
        401
    );
    let reply = lab
        .ask(Some(&lab.token("")), "server/discover", json!({}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.message()["result"]["cacheScope"], "private");
    assert!(reply.body.contains(r#""name":"lab""#), "{}", reply.body);
}

#[tokio::test]
async fn a_method_that_is_not_supported_is_refused() {
    let lab = lab().await;
    let token = lab.token("profile email mail:send");
    for method in [
        "prompts/get",
        "prompts/list",
        "resources/read",
        "resources/list",
        "completion/complete",
        "subscriptions/listen",
        "tasks/get",
        "skills/list",
        "logging/setLevel",
        "admin/reset",
        "Tools/call",
    ] {
        let reply = lab
            .ask(Some(&token), method, json!({ "name": "x", "uri": "x:y" }))
            .await;
        assert!(reply.message()["result"].is_null(), "{method}: {reply:?}");
        assert!(
            reply.error_code() != 0 || reply.status.is_client_error(),
            "{method}: {reply:?}"
        );
        assert_eq!(reply.challenge(), "", "{method}");
        assert_eq!(
            lab.ask(None, method, json!({})).await.status,
            401,
            "{method}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
}
