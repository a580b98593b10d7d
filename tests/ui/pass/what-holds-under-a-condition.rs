#![deny(warnings)]
use mcp_authz::{AuthInfo, tool};

#[cfg_attr(all(), tool(authenticated))]
#[cfg_attr(all(), doc = "Sends.", allow(dead_code))]
fn send(
    #[mcp_authz::arg]
    #[cfg_attr(all(), serde(default), schemars(title = "To"))]
    to: String,
    #[cfg_attr(any(), allow(unused))] auth: AuthInfo,
) -> String {
    format!("{to} {:?}", auth.subject())
}

#[tool(authenticated)]
#[cfg_attr(all(), cfg(any()))]
fn absent(_: Nothing) {}

fn main() {
    assert_eq!(send::tool().name(), "send");
}
