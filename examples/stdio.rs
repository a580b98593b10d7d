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

use mcp_authz::{AuthInfo, ScopeSet, Server, ServerBuilder, StdioCaller, tool};

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

/// What `main` and the tests serve.
fn server() -> ServerBuilder {
    Server::builder("mail")
}

/// The person at this machine, who may do this much.
fn me(scopes: &str) -> StdioCaller {
    let me = AuthInfo::builder("this machine").subject("me");
    StdioCaller::principal(me.scopes(ScopeSet::parse(scopes)).build())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut server = server();
    if let (Ok(issuer), Ok(resource)) = (env::var("ISSUER"), env::var("RESOURCE")) {
        server = server.issuer(issuer).resource(resource);
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let caller = match arguments[..] {
        ["--me", scopes] => me(scopes),
        ["--file", path] => StdioCaller::file(path),
        ["--fd", number] => StdioCaller::descriptor(number.parse()?),
        ["--env"] => StdioCaller::env("MCP_ACCESS_TOKEN"),
        ["--scopes"] => {
            let server = server.resource("https://mcp.example.com/mcp");
            let server = server.issuer("https://tenant.logto.app/oidc");
            println!("{}", server.manifest()?.to_markdown());
            return Ok(());
        }
        _ => return Err("say who calls: --me SCOPES, --file PATH, --fd NUMBER or --env".into()),
    };
    Ok(server.serve_stdio(caller).await?)
}

#[cfg(test)]
mod tests {
    use mcp_authz::Error;
    use mcp_authz::testing::{TestServer, assert_challenge};

    use super::{me, server};

    #[tokio::test]
    async fn i_may_what_i_said() -> Result<(), Error> {
        let server = TestServer::start(server()).await?;
        let me = server.over_stdio(me("mail:read")).await?;
        assert_eq!(me.call("count").await.unwrap().text(), "me has 3 mails");
        let refused = me.call("delete_all").await.unwrap();
        assert!(refused.is_error() && refused.text().contains("mail:delete"));
        Ok(())
    }

    #[tokio::test]
    async fn a_person_with_a_token_is_asked_for_more() -> Result<(), Error> {
        let server = TestServer::start(server()).await?;
        let alice = server.as_user("alice").scopes(["mail:read"]);
        let alice = alice.over_stdio().await?;
        let counted = alice.call("count").await.unwrap();
        assert_eq!(counted.text(), "alice has 3 mails");
        let refused = alice.call("delete_all").await;
        let needed = ["mail:read", "mail:delete"];
        assert_challenge!(refused, 200, "insufficient_scope", needed);
        Ok(())
    }
}
