use mcp_authz::tool;

mod scopes {
    use mcp_authz::Scope;

    pub const MAIL: Scope = Scope::new("mail");
    pub const POST: Scope = Scope::new("mail");
}

#[tool(scopes = [scopes::MAIL, "a", scopes::POST])]
fn two_constants() {}

#[tool(scopes = all("a", any("mail", scopes::MAIL)))]
fn a_constant_after_a_literal() {}

#[tool(scopes = any(scopes::MAIL, "mail"))]
fn a_literal_after_a_constant() {}

fn main() {}
