//! The same tools on standard input and output, for a program that starts the server as its child:
//! with the access token of a person, or for the person at this machine.
//!
//! ```sh
//! cargo run --example stdio -- --me mail:read
//! ```
//!
//! serves one named principal, without any authorization server. With a provider, the token comes
//! from a file that only this user can read (what starts the server renews it there), or from the
//! environment:
//!
//! ```sh
//! ISSUER=https://tenant.logto.app/oidc RESOURCE=https://mcp.example.com/mcp \
//!     cargo run --example stdio -- --file ~/.mail-token
//! ISSUER=… RESOURCE=… MCP_ACCESS_TOKEN=… cargo run --example stdio -- --env
//! ```
//!
//! `cargo run --example stdio -- --scopes` prints what it guards. Otherwise type a message and a line end:
//! `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"me","version":"1"}}}`.

use std::env;

use mcp_authz::{AuthInfo, ScopeSet, Server, StdioCaller, tool};

/// Count the mails.
#[tool(scopes = ["mail:read"], read_only)]
fn count(auth: AuthInfo) -> String {
    format!("{} has 3 mails", auth.subject().unwrap_or("somebody"))
}

/// Delete all mails.
#[tool(scopes = ["mail:read", "mail:delete"], destructive)]
fn delete_all() -> String {
    "deleted".to_owned()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut server = Server::builder("mail");
    if let (Ok(issuer), Ok(resource)) = (env::var("ISSUER"), env::var("RESOURCE")) {
        server = server.issuer(issuer).resource(resource);
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let caller = match arguments[..] {
        ["--me", scopes] => StdioCaller::principal(
            AuthInfo::builder("this machine")
                .subject("me")
                .scopes(ScopeSet::parse(scopes))
                .build(),
        ),
        ["--file", path] => StdioCaller::file(path),
        ["--fd", number] => StdioCaller::descriptor(number.parse()?),
        ["--env"] => StdioCaller::env("MCP_ACCESS_TOKEN"),
        ["--scopes"] => {
            let server = server.resource("https://mcp.example.com/mcp");
            let server = server
                .issuer("https://tenant.logto.app/oidc")
                .build()
                .await?;
            println!("{}", server.manifest().to_markdown());
            return Ok(());
        }
        _ => return Err("say who calls: --me SCOPES, --file PATH, --fd NUMBER or --env".into()),
    };
    Ok(server.serve_stdio(caller).await?)
}
