//! The tools that the tests call.

use std::time::Duration;

use mcp_authz::{AuthInfo, Claims, Json, State, tool};
use support::Ran;

/// Return the claims that the person agreed to share.
#[tool(scopes = ["profile", "email"], read_only)]
pub async fn whoami(auth: AuthInfo, ran: State<Ran>) -> Json<Claims> {
    ran.note();
    Json(auth.consented_claims())
}

/// Send a mail.
#[tool(scopes = ["mail:send"])]
pub async fn send_mail(ran: State<Ran>) -> String {
    ran.note();
    "sent".into()
}

/// Needs one of two.
#[tool(scopes = all("pay", any("eu", "us")))]
pub fn pay(ran: State<Ran>) -> String {
    ran.note();
    "paid".into()
}

/// For whoever is signed in.
#[tool(authenticated)]
pub fn hello(auth: AuthInfo, ran: State<Ran>) -> String {
    ran.note();
    format!("hello {}", auth.subject().unwrap_or("nobody"))
}

/// Fails in the middle.
#[tool(authenticated)]
pub fn broken(ran: State<Ran>) -> String {
    ran.note();
    panic!("this tool is broken")
}

/// Takes its time.
#[tool(authenticated)]
pub async fn slow(ran: State<Ran>) -> String {
    tokio::time::sleep(Duration::from_secs(1)).await;
    ran.note();
    "done".into()
}

/// For everybody, where the server agrees.
#[tool(anonymous)]
pub fn weather(auth: Option<AuthInfo>, ran: State<Ran>) -> String {
    ran.note();
    auth.map_or("sunny".into(), |auth| {
        format!("sunny, {}", auth.subject().unwrap_or("?"))
    })
}
