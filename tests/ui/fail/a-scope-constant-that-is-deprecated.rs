#![deny(deprecated)]

use mcp_authz::{Scope, tool};

#[deprecated(note = "use `mail:send`")]
const MAIL: Scope = Scope::new("mail");

#[deprecated]
#[tool(scopes = [MAIL])]
fn send() {}

fn main() {}
