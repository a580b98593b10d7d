#![allow(unused_variables)]

use mcp_authz::{AuthInfo, tool};

#[tool(authenticated)]
fn perhaps_an_argument(#[cfg_attr(unix, arg)] to: String) {}

#[tool(authenticated)]
fn perhaps_described(#[cfg_attr(unix, doc = "Whom to write to.")] to: String) {}

#[tool(authenticated)]
fn perhaps_there(#[cfg_attr(windows, cfg(unix))] auth: AuthInfo) {}

fn main() {}
