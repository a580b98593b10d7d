use mcp_authz::{AuthInfo, PolicyError, tool};

fn office_hours(_: &AuthInfo) -> Result<(), PolicyError> {
    Ok(())
}

#[tool(authenticated, policy = |_: &AuthInfo| Ok(()))]
fn closure() {}

#[tool(authenticated, policy = "office_hours")]
fn string() {}

#[tool(authenticated, policy = office_hours())]
fn call() {}

#[tool(authenticated, policy = [office_hours, office_hours])]
fn several() {}

fn main() {
    let _ = office_hours;
}
