use mcp_authz::tool;

struct Mail;

#[tool(authenticated)]
fn send(
    /// What to send.
    mail: Mail,
) {
    let _ = mail;
}

#[tool(authenticated)]
fn call(
    #[arg]
    #[serde(defalt)]
    urgent: bool,
) {
    let _ = urgent;
}

fn main() {}
