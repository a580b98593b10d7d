#![allow(unused_variables)]

use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{Parameters, tool};

#[tool(authenticated)]
fn send(mail: Parameters<JsonObject>, options: Parameters<JsonObject>) {}

fn main() {}
