use std::future::ready;
use std::rc::Rc;

use mcp_authz::tool;

#[tool(anonymous)]
async fn whoami() {
    let name = Rc::new("alice");
    ready(()).await;
    drop(name);
}

fn main() {}
