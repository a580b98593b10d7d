//! Two authorization servers side by side: the company's own, and a partner's whose people may do less.
//!
//! ```sh
//! cargo run --example several_issuers
//! cargo run --example several_issuers -- --scopes    # what is guarded, for a review
//! cargo test --example several_issuers               # its tests, at the end: copy them with the rest
//! ```
//!
//! The first starts it with two development providers. Then connect to `http://127.0.0.1:3001/mcp` with
//! `npx @modelcontextprotocol/inspector`; the metadata names both, and the client takes the first.
//! `LISTEN`, `PROVIDER_LISTEN` and `PARTNER_LISTEN` change the addresses.
//!
//! Each token is judged by the issuer that it names, with that issuer's keys, audience and claims. The same
//! `sub` at both is not the same person: what is theirs is theirs by issuer *and* subject.

use std::env;
use std::sync::LazyLock;
use std::time::Duration;

use mcp_authz::{AuthInfo, Issuer, PolicyError, Server, ServerBuilder, dev, tool};

/// The two, as the rules speak of them: constants such as `https://sso.example.com` in real life.
static STAFF: LazyLock<String> = LazyLock::new(|| format!("http://{}", provider()));
static PARTNER: LazyLock<String> = LazyLock::new(|| format!("http://{}/partner", partner()));

fn provider() -> String {
    env::var("PROVIDER_LISTEN").unwrap_or("127.0.0.1:3000".into())
}

fn partner() -> String {
    env::var("PARTNER_LISTEN").unwrap_or("127.0.0.1:3002".into())
}

const HOUR: Duration = Duration::from_secs(3600);

/// Say who is calling, and from where.
#[tool(authenticated, read_only)]
fn whoami(auth: AuthInfo) -> String {
    format!(
        "{} of {}",
        auth.subject().unwrap_or("nobody"),
        auth.issuer()
    )
}

/// Read the catalogue.
#[tool(scopes = ["catalogue:read"], read_only)]
fn catalogue() -> String {
    "tea, coffee".to_owned()
}

/// No scope that a partner's server puts into a token makes anybody staff.
fn staff_alone(auth: &AuthInfo) -> Result<(), PolicyError> {
    match auth.issuer() == *STAFF {
        true => Ok(()),
        false => Err(PolicyError::denied("This is for our own staff.")),
    }
}

/// Change a price.
#[tool(scopes = ["catalogue:write"], policy = staff_alone)]
fn reprice() -> String {
    "done".to_owned()
}

/// What `main` serves and the tests start.
fn server() -> ServerBuilder {
    let partner = Issuer::new(PARTNER.as_str())
        // A stolen token of theirs works no longer than this.
        .max_token_lifetime(HOUR);
    Server::builder("catalogue")
        .issuer(STAFF.as_str())
        .issuer(partner)
        .initial_scopes(["catalogue:read"])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:3001".into());
    let server = server().resource(format!("http://{listen}/mcp"));
    if env::args().any(|argument| argument == "--scopes") {
        println!("{}", server.manifest()?.to_markdown());
        return Ok(());
    }
    let at = |address| dev::AuthorizationServer::builder().bind(address);
    let _staff = at(provider()).start().await?;
    let _partner = at(partner()).path("/partner").start().await?;
    eprintln!("staff sign in at {}, partners at {}", *STAFF, *PARTNER);
    Ok(server.serve(listen).await?)
}

#[cfg(test)]
mod tests {
    use mcp_authz::testing::{TestServer, assert_challenge};

    use super::{HOUR, PARTNER, STAFF, server};

    #[tokio::test]
    async fn each_issuer_speaks_for_its_own_people() -> Result<(), Box<dyn std::error::Error>> {
        let server = TestServer::start(server()).await?;
        let alice = server
            .as_user("alice")
            .scopes(["catalogue:read", "catalogue:write"]);
        let (staff, partner) = (
            alice.clone().issuer(STAFF.as_str()),
            alice.issuer(PARTNER.as_str()),
        );
        let said = staff.call("whoami").await?.text();
        assert_eq!(said, format!("alice of {}", *STAFF));
        let said = partner.call("whoami").await?.text();
        assert_eq!(said, format!("alice of {}", *PARTNER));
        assert!(partner.call("catalogue").await.is_ok());
        assert!(staff.call("reprice").await.is_ok());
        let refused = partner.call("reprice").await.unwrap_err();
        assert_eq!((refused.status(), refused.challenge()), (403, None));
        Ok(())
    }

    #[tokio::test]
    async fn neither_signs_for_the_other() -> Result<(), mcp_authz::Error> {
        let server = TestServer::start(server()).await?;
        let partner = server.as_user("alice").issuer(PARTNER.as_str());
        let forged = partner
            .clone()
            .claim("iss", STAFF.as_str())
            .claim("scope", "catalogue:write");
        assert_challenge!(forged.call("reprice").await, 401, "invalid_token");
        let long = partner.lifetime(2 * HOUR);
        assert_challenge!(long.call("whoami").await, 401, "invalid_token");
        Ok(())
    }

    #[tokio::test]
    async fn one_is_down_and_the_other_goes_on() -> Result<(), mcp_authz::Error> {
        use mcp_authz::dev::{Endpoint, Fault};
        let server = TestServer::start(server()).await?;
        server
            .issuer_named(&PARTNER)
            .fail(Endpoint::ALL, Fault::Error);
        server.clock().advance(2 * HOUR);
        let partner = server
            .as_user("alice")
            .issuer(PARTNER.as_str())
            .call("whoami")
            .await;
        assert_eq!(partner.unwrap_err().status(), 503);
        assert!(server.as_user("alice").call("whoami").await.is_ok());
        Ok(())
    }
}
