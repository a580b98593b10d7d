use mcp_authz::tool;

#[tool(name = "send" scopes = ["mail:send"] read_only)]
fn without_commas() {}

#[tool(authenticated; read_only)]
fn with_semicolons() {}

#[tool(scopes: ["mail:send"], name == "send")]
fn with_other_signs() {}

#[tool(scopes["mail:send"])]
fn with_brackets() {}

#[tool(anonymous(), conceal = true)]
fn with_parentheses() {}

#[tool(authenticated, annotations(read_only_hint = true), mcp::name = "send", read_only = 1)]
fn with_what_others_have() {}

fn main() {}
