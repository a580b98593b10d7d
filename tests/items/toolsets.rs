//! What a server asks for all functions of a toolset, besides what they ask for themselves.

use json::json;
use mcp_authz::{Parameters, Requirement, Scope, ServerBuilder, State, Visibility, resource, tool};
use support::Ran;

use crate::arguments::Payment;
use crate::client::{assert_asked_for, bare, everywhere};

fn by_amount(payment: &Payment, _: &mcp_authz::AuthInfo) -> Requirement {
    match payment.amount {
        ..=100 => Scope::new("pay").into(),
        _ => Scope::new("pay:any").into(),
    }
}

#[tool(scopes = ["pay"], scopes_for = by_amount, toolset = "desk")]
fn hand_over(payment: Parameters<Payment>, ran: State<Ran>) -> String {
    ran.note();
    format!("handed over {}", payment.0.amount)
}

#[tool(authenticated, toolset = "desk")]
fn ring(ran: State<Ran>) -> String {
    ran.note();
    "rang".into()
}

#[resource(uri = "drawer://{name}", scopes = ["drawer:{name}"], toolset = "desk")]
fn drawer(name: String, ran: State<Ran>) -> String {
    ran.note();
    name
}

fn server(server: ServerBuilder) -> ServerBuilder {
    bare(server)
        .tools([hand_over::tool(), ring::tool()])
        .mcp_resources([drawer::resource()])
        .visibility(Visibility::Granted)
        .toolset_requiring("desk", Scope::new("office"))
}

#[tokio::test]
async fn a_call_needs_what_the_function_and_its_toolset_ask_for() {
    everywhere(server, async |client| {
        let (none, own) = (client.token(""), client.token("pay pay:any drawer:left"));
        let reply = client.call(Some(&none), "ring", json!({})).await;
        assert_asked_for(&reply, "office");
        let reply = client
            .call(Some(&own), "hand_over", json!({ "amount": 1 }))
            .await;
        assert_asked_for(&reply, "pay office");
        let params = json!({ "uri": "drawer://left" });
        let read = "resources/read";
        let reply = client
            .ask(Some(&own), read, Some("drawer://left"), params.clone())
            .await;
        assert_asked_for(&reply, "drawer:left office");
        // By the arguments too, all in one challenge.
        let some = client.token("pay office");
        let reply = client
            .call(Some(&some), "hand_over", json!({ "amount": 101 }))
            .await;
        assert_asked_for(&reply, "pay office pay:any");
        assert_eq!(client.ran(), 0);
        assert_eq!(client.shown(Some(&own), "tools", "name").await, [""; 0]);

        let all = client.token("pay pay:any office drawer:left");
        let reply = client
            .call(Some(&all), "hand_over", json!({ "amount": 101 }))
            .await;
        assert_eq!(reply.text(), "handed over 101", "{reply:?}");
        let reply = client
            .ask(Some(&all), read, Some("drawer://left"), params)
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(client.ran(), 2);
        let shown = client.shown(Some(&all), "tools", "name").await;
        assert_eq!(shown, ["hand_over", "ring"]);
    })
    .await;
}
