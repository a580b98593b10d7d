//! A constant's name can be that of something else which the expansion or the prelude knows.
use mcp_authz::{Scope, tool};

#[allow(non_upper_case_globals)]
const call: Scope = Scope::new("call");
const SPEC: Scope = Scope::new("spec");

#[tool(scopes = [call, SPEC])]
fn boxed(_: mcp_authz::AuthInfo) {}

#[tool(scopes = [SPEC])]
fn tool(_: mcp_authz::AuthInfo) {}

fn main() {
    assert_eq!(boxed::tool().name(), "boxed");
    assert_eq!(tool::tool().name(), "tool");
}
