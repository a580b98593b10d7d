use mcp_authz::{Access, Scope, tool};

const MAIL: Scope = Scope::new("mail");

#[tool(scopes = ["a", "b", MAIL])]
fn list() {}

#[tool(scopes = MAIL)]
fn constant() {}

#[tool(scopes = "a")]
fn literal() {}

// The same scope in two lists is an ordinary requirement.
#[tool(scopes = all("a", any("a", MAIL)))]
fn nested() {}

#[tool(scopes = any("a", "b"))]
fn either() {}

#[tool(authenticated)]
fn authenticated() {}

#[tool(anonymous)]
fn anonymous() {}

fn main() {
    for (tool, required) in [
        (list::tool(), "a b mail"),
        (constant::tool(), "mail"),
        (literal::tool(), "a"),
        (nested::tool(), "a (a | mail)"),
        (either::tool(), "(a | b)"),
    ] {
        let Access::Scopes(requirement) = tool.access() else {
            panic!("{tool:?}");
        };
        assert_eq!(requirement.to_string(), required);
    }
    assert_eq!(authenticated::tool().access(), Access::Authenticated);
    assert_eq!(anonymous::tool().access(), Access::Anonymous);
}
