//! What leads from one request to the next: the state of an exchange, and tasks.

use json::{Value, json};
use mcp_authz::Rule;
use support::{Lab, Reply};

use crate::office::{ALL, Office};
use crate::pages::readable;
use crate::{ask, lab};

async fn call(lab: &Lab, token: &str, tool: &str, arguments: Value, state: Option<&str>) -> Reply {
    let mut params = json!({ "name": tool, "arguments": arguments });
    if let Some(state) = state {
        params["requestState"] = state.into();
        params["inputResponses"] = json!({});
    }
    ask(lab, Some(token), "tools/call", params).await
}

async fn state_of_alice(lab: &Lab, arguments: Value) -> String {
    let reply = call(lab, &lab.token("tools"), "ask", arguments, None).await;
    let state = &reply.message()["result"]["requestState"];
    state
        .as_str()
        .unwrap_or_else(|| panic!("{reply:?}"))
        .to_owned()
}

#[tokio::test]
async fn the_state_of_an_exchange_is_its_owners_and_for_the_same_call() {
    let lab = lab().await;
    let arguments = json!({ "to": "bob", "n": 1 });
    let state = state_of_alice(&lab, arguments.clone()).await;
    assert!(!readable(&state).contains("step"), "{state}");
    lab.ran.reset();
    let forms = [
        "",
        "step 1",
        "rs1.AAAA.AAAA",
        &state[1..],
        &format!("{state}A"),
        &"x".repeat(500_000),
    ];
    for forged in forms {
        let reply = call(
            &lab,
            &lab.token("tools"),
            "ask",
            arguments.clone(),
            Some(forged),
        )
        .await;
        assert_eq!(reply.error_code(), -32602, "{reply:?}");
    }
    let mut texts = Vec::new();
    for (token, tool, arguments) in [
        (
            lab.token_of("bob", "smartmail", "tools"),
            "ask",
            arguments.clone(),
        ),
        (
            lab.token_of("alice", "webmail", "tools"),
            "ask",
            arguments.clone(),
        ),
        (lab.token("tools"), "echo", arguments.clone()),
        (lab.token("tools"), "ask", json!({ "to": "eve", "n": 1 })),
        (lab.token("tools"), "ask", json!({ "to": "bob", "n": 2 })),
        (lab.token("tools"), "ask", json!({})),
    ] {
        let reply = call(&lab, &token, tool, arguments, Some(&state)).await;
        assert_eq!(reply.error_code(), -32602, "{reply:?}");
        texts.push(reply.body);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "one text, whatever is wrong: {texts:?}");
    // A narrower token of the same principal: the retry is decided like any other call.
    let reply = call(
        &lab,
        &lab.token("prompts"),
        "ask",
        arguments.clone(),
        Some(&state),
    )
    .await;
    assert_eq!(reply.status, 403);
    assert_eq!(lab.ran.times(), 0);
    // A refreshed or wider one goes on, with the members in another order.
    let reply = call(
        &lab,
        &lab.token(ALL),
        "ask",
        json!({ "n": 1, "to": "bob" }),
        Some(&state),
    )
    .await;
    assert_eq!(reply.text(), "step 1", "{reply:?}");
    assert_eq!(lab.ran.times(), 1);
}

async fn task_of_alice(lab: &Lab) -> String {
    let reply = call(lab, &lab.token("tasks"), "long", json!({}), None).await;
    let id = &reply.message()["result"]["taskId"];
    id.as_str()
        .unwrap_or_else(|| panic!("{reply:?}"))
        .to_owned()
}

#[tokio::test]
async fn a_task_is_its_makers_and_decided_afresh() {
    let lab = lab().await;
    let id = task_of_alice(&lab).await;
    lab.ran.reset();
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let params = |id: &str| json!({ "taskId": id, "inputResponses": {} });
        for foreign in [
            lab.token_of("bob", "smartmail", ALL),
            lab.token_of("alice", "webmail", ALL),
        ] {
            let reply = ask(&lab, Some(&foreign), method, params(&id)).await;
            let unknown = ask(&lab, Some(&foreign), method, params("task-9")).await;
            assert_eq!(reply.error_code(), -32602, "{method}: {reply:?}");
            assert_eq!(
                (reply.status, &reply.body),
                (unknown.status, &unknown.body),
                "{method}"
            );
        }
        let reply = ask(&lab, Some(&lab.token("tools")), method, params(&id)).await;
        assert_eq!(reply.status, 403, "{method}: {reply:?}");
        assert!(reply.challenge().contains(r#"scope="tasks""#));
        assert_eq!(ask(&lab, None, method, params(&id)).await.status, 401);
    }
    assert_eq!(lab.ran.times(), 0);
    let reply = ask(
        &lab,
        Some(&lab.token("tasks")),
        "tasks/get",
        json!({ "taskId": id }),
    )
    .await;
    assert_eq!(reply.message()["result"]["taskId"], id, "{reply:?}");
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn nobody_owns_nothing() {
    let open = mcp_authz::Rules::new()
        .tools(["echo", "ask", "long", "hidden"], Rule::anonymous())
        .prompt("greeting", Rule::anonymous())
        .prompt("secret", Rule::anonymous())
        .resource("note:///public", Rule::anonymous())
        .resource("note:///secret", Rule::anonymous())
        .resource("bucket:///{bucket}/{+path}", Rule::anonymous())
        .resource("skill://math/SKILL.md", Rule::anonymous())
        .method("acme/reindex", Rule::anonymous());
    let lab = Lab::protecting(Office::new, open, |authz| authz.allow_anonymous()).await;
    for tool in ["ask", "long"] {
        let params = json!({ "name": tool, "arguments": {} });
        let reply = ask(&lab, None, "tools/call", params).await;
        assert!(reply.message()["result"].is_null(), "{reply:?}");
    }
    let params = json!({ "name": "echo", "arguments": {} });
    let reply = ask(&lab, None, "tools/call", params).await;
    assert_eq!(reply.text(), "echo for nobody", "{reply:?}");
    let reply = ask(&lab, None, "tasks/get", json!({ "taskId": "task-0" })).await;
    assert_eq!(reply.error_code(), -32602, "{reply:?}");
}
