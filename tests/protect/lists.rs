//! What is listed and completed, and for whom.

use json::{Value, json};
use mcp_authz::Visibility;
use support::Lab;

use crate::office::ALL;
use crate::{ask, lab, lab_with};

/// All pages, by the member of the items that names them.
async fn listed(lab: &Lab, token: &str, method: &str, items: &str, name: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut params = json!({});
    loop {
        let reply = ask(lab, Some(token), method, params).await;
        let result = &reply.message()["result"];
        assert_eq!(result["cacheScope"], "private", "{method}: {reply:?}");
        let page = result[items]
            .as_array()
            .unwrap_or_else(|| panic!("{reply:?}"));
        names.extend(
            page.iter()
                .map(|item| item[name].as_str().unwrap().to_owned()),
        );
        match &result["nextCursor"] {
            Value::String(cursor) => params = json!({ "cursor": cursor }),
            _ => return names,
        }
    }
}

async fn everything(lab: &Lab, scopes: &str) -> Vec<Vec<String>> {
    let token = lab.token(scopes);
    let mut all = Vec::new();
    for (method, items, name) in [
        ("tools/list", "tools", "name"),
        ("prompts/list", "prompts", "name"),
        ("resources/list", "resources", "uri"),
        (
            "resources/templates/list",
            "resourceTemplates",
            "uriTemplate",
        ),
        ("skills/list", "skills", "uri"),
    ] {
        all.push(listed(lab, &token, method, items, name).await);
    }
    all
}

#[tokio::test]
async fn everybody_is_shown_what_there_is_but_what_is_concealed() {
    let lab = lab().await;
    assert_eq!(
        everything(&lab, "").await,
        [
            vec!["echo", "ask", "long"],
            vec!["greeting"],
            vec!["note:///public", "bucket:///a/listed"],
            vec!["bucket:///{bucket}/{+path}"],
            vec!["skill://math/SKILL.md"],
        ]
    );
    let admin = everything(&lab, "admin").await;
    assert_eq!(admin[0], ["echo", "ask", "long", "hidden"]);
    assert_eq!(admin[1], ["greeting", "secret"]);
    assert_eq!(
        admin[2],
        ["note:///public", "note:///secret", "bucket:///a/listed"]
    );
}

#[tokio::test]
async fn where_only_what_is_granted_is_shown_a_list_is_what_can_be_run() {
    let lab = lab_with(|authz| authz.visibility(Visibility::Granted)).await;
    assert_eq!(everything(&lab, "").await, vec![Vec::<String>::new(); 5]);
    assert_eq!(
        everything(&lab, "files:b:read prompts").await,
        [
            vec![],
            vec!["greeting"],
            vec![],
            vec!["bucket:///{bucket}/{+path}"],
            vec![]
        ]
    );
    let all = everything(&lab, ALL).await;
    assert_eq!(all[0], ["echo", "ask", "long", "hidden"]);
    assert_eq!(
        all[2],
        ["note:///public", "note:///secret", "bucket:///a/listed"]
    );
}

#[tokio::test]
async fn each_item_says_what_it_requires() {
    let lab = lab().await;
    let token = lab.token("");
    for (method, items, expected) in [
        ("prompts/list", "prompts", json!(["prompts"])),
        ("resources/list", "resources", json!(["notes"])),
        (
            "resources/templates/list",
            "resourceTemplates",
            json!(["files:{bucket}:read"]),
        ),
        ("skills/list", "skills", json!(["skills"])),
    ] {
        let reply = ask(&lab, Some(&token), method, json!({})).await;
        let item = &reply.message()["result"][items][0];
        assert_eq!(
            item["_meta"]["rs.mcp-authz/required-scopes"], expected,
            "{reply:?}"
        );
    }
    // One of a template, with its variable filled in.
    let reply = ask(&lab, Some(&token), "resources/list", json!({})).await;
    let file = &reply.message()["result"]["resources"][1];
    assert_eq!(
        file["_meta"]["rs.mcp-authz/required-scopes"],
        json!(["files:a:read"])
    );
}

#[tokio::test]
async fn a_directory_lists_what_the_caller_is_shown() {
    let lab = lab().await;
    let uri = json!({ "uri": "skill://math" });
    let reply = ask(
        &lab,
        Some(&lab.token("skills")),
        "resources/directory/read",
        uri,
    )
    .await;
    let result = &reply.message()["result"];
    assert_eq!(
        result["resources"].as_array().map(Vec::len),
        Some(1),
        "{reply:?}"
    );
    assert_eq!(result["resources"][0]["uri"], "skill://math/SKILL.md");
    assert_eq!(result["cacheScope"], "private");
}

#[tokio::test]
async fn a_cursor_is_its_owners_and_its_lists() {
    let lab = lab().await;
    let alice = lab.token("tools");
    let reply = ask(&lab, Some(&alice), "tools/list", json!({})).await;
    let cursor = reply.message()["result"]["nextCursor"].clone();
    assert_ne!(cursor, "second", "the handler's own text does not leave");
    let page = json!({ "cursor": cursor });
    let works = async |token: &str, method| {
        let reply = ask(&lab, Some(token), method, page.clone()).await;
        reply.message()["result"].is_object()
    };
    assert!(works(&alice, "tools/list").await);
    // Another token of the same principal is as good.
    assert!(works(&lab.token("prompts"), "tools/list").await);
    assert!(!works(&lab.token_of("bob", "smartmail", ALL), "tools/list").await);
    assert!(!works(&lab.token_of("alice", "webmail", ALL), "tools/list").await);
    assert!(!works(&alice, "prompts/list").await);
    let forged = ask(
        &lab,
        Some(&alice),
        "tools/list",
        json!({ "cursor": "second" }),
    )
    .await;
    assert_eq!(forged.error_code(), -32602, "{forged:?}");
}

#[tokio::test]
async fn completions_lead_only_to_what_the_caller_may_have() {
    let lab = lab().await;
    let template = json!({ "type": "ref/resource", "uri": "bucket:///{bucket}/{+path}" });
    let values = async |scopes: &str, argument: &str, given: Value| {
        let params = json!({
            "ref": template, "argument": { "name": argument, "value": "" }, "context": { "arguments": given },
        });
        let reply = ask(
            &lab,
            Some(&lab.token(scopes)),
            "completion/complete",
            params,
        )
        .await;
        reply.message()["result"]["completion"].clone()
    };
    let none = json!({});
    let of_a = values("files:a:read", "bucket", none.clone()).await;
    assert_eq!(
        of_a,
        json!({ "values": ["a"] }),
        "nor how many others there are"
    );
    let of_both = values("files:a:read files:c:read", "bucket", none.clone()).await;
    assert_eq!(of_both["values"], json!(["a", "c"]));
    // A path in a bucket that the caller may not read, and in one that it may.
    let foreign = values("files:a:read", "path", json!({ "bucket": "b" })).await;
    assert_eq!(foreign["values"], json!([]));
    let own = values("files:a:read", "path", json!({ "bucket": "a" })).await;
    assert_eq!(own["values"], json!(["a", "b", "c"]));
    assert_eq!(lab.ran.reset(), 4);
    // Whoever may read no file at all asks in vain.
    assert_eq!(values("notes", "bucket", none).await, Value::Null);
    assert_eq!(lab.ran.times(), 0);
}
