//! Whoever hangs up while a policy is asked wants nothing to run any more.

use std::time::Duration;

use json::json;
use mcp_authz::{AuthInfo, Parameters, PolicyError, State, schemars, serde, tool};
use support::{Lab, Ran};
use tokio::time::{sleep, timeout};

use crate::client::bare;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Gift {
    to: String,
}

async fn slowly(_: &AuthInfo, gift: &Gift) -> Result<(), PolicyError> {
    sleep(Duration::from_millis(400)).await;
    match &*gift.to {
        "nobody" => Err(PolicyError::denied("to whom?")),
        _ => Ok(()),
    }
}

/// Give something away.
#[tool(scopes = ["pay"], policy = slowly, toolset = "hurried")]
async fn give(_: Parameters<Gift>, ran: State<Ran>) -> String {
    ran.note();
    "given".into()
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_does_not_begin() {
    let lab = Lab::start(|server| bare(server).tool(give::tool())).await;
    let token = lab.token("pay");
    let to_bob = json!({ "to": "bob" });
    let hurried = lab.call_with(Some(&token), "give", to_bob.clone());
    let hurried = timeout(Duration::from_millis(150), hurried).await;
    assert!(hurried.is_err(), "it has hung up");
    sleep(Duration::from_millis(700)).await;
    assert_eq!(lab.ran.times(), 0);
    let patient = lab.call_with(Some(&token), "give", to_bob).await;
    assert_eq!(patient.text(), "given", "{patient:?}");
}
