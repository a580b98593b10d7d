//! MCP servers as parts of an axum application: one merged into it, one nested, beside routes of its own.
//!
//! ```sh
//! cargo run --example axum_app
//! cargo run --example axum_app -- --scopes    # what is guarded, for a review
//! cargo test --example axum_app               # its tests, at the end: copy them with the rest
//! ```
//!
//! The first starts it with the development provider. Then
//!
//! ```sh
//! curl http://127.0.0.1:3001/                     # a page of the application
//! curl -i -X POST http://127.0.0.1:3001/mcp       # 401: the server for customers
//! curl -i -X POST http://127.0.0.1:3001/admin/mcp # 401: that for the staff, with other scopes
//! ```
//!
//! `LISTEN` and `PROVIDER_LISTEN` change the addresses. `http_server` is the crate `axum`.

use std::env;

use http_server::Router;
use http_server::routing::get;
use mcp_authz::{Server, ServerBuilder, dev, tool};
use tokio::net::TcpListener;

/// Search the shop.
#[tool(scopes = ["shop:read"], read_only)]
fn search() -> String {
    "tea, coffee".to_owned()
}

/// Delete a customer. Only servers that name the toolset have it.
#[tool(scopes = ["customers:delete"], toolset = "staff", destructive)]
fn delete_customer() -> String {
    "deleted".to_owned()
}

/// Where the application listens.
const LISTEN: &str = "127.0.0.1:3001";

/// The server for customers' agents.
fn shop(listen: &str) -> ServerBuilder {
    Server::builder("shop").resource(format!("http://{listen}/mcp"))
}

/// The one for the staff's: another resource, so that a token for the one is not good at the other.
fn staff(listen: &str) -> ServerBuilder {
    Server::builder("staff")
        .resource(format!("http://{listen}/admin/mcp"))
        .tools([delete_customer::tool()])
}

/// The application.
fn app(shop: &Server, staff: &Server) -> Router {
    let admin = Router::new()
        .route("/", get(async || "the staff's page"))
        .route_service("/mcp", staff.mcp_service());
    Router::new()
        .route("/", get(async || "the shop's page"))
        // Endpoint and metadata, at the root.
        .merge(shop.router())
        // The endpoint where it is nested; its metadata is at the root all the same (RFC 9728 section 3).
        .nest("/admin", admin)
        .merge(staff.metadata_router())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = env::var("LISTEN").unwrap_or(LISTEN.into());
    let (shop, staff) = (shop(&listen), staff(&listen));
    if env::args().any(|argument| argument == "--scopes") {
        for server in [shop, staff] {
            // Nobody is asked, so any issuer will do.
            let manifest = server.issuer("https://as.example.com").manifest()?;
            println!("{}", manifest.to_markdown());
        }
        return Ok(());
    }
    let provider = dev::AuthorizationServer::builder()
        .bind(env::var("PROVIDER_LISTEN").unwrap_or("127.0.0.1:3000".into()))
        .start()
        .await?;
    let shop = shop.issuer(provider.issuer()).build().await?;
    let staff = staff.issuer(provider.issuer()).build().await?;
    let listener = TcpListener::bind(&listen).await?;
    eprintln!("{shop}\n{staff}  listens on        {listen}");
    Ok(http_server::serve(listener, app(&shop, &staff)).await?)
}

#[cfg(test)]
mod tests {
    use mcp_authz::Error;
    use mcp_authz::testing::{TestServer, assert_challenge};

    use super::*;

    /// The other server, which is not called in the test: nobody is at its issuer.
    async fn other(server: ServerBuilder) -> Result<Server, Error> {
        server.issuer("http://127.0.0.1:1").build().await
    }

    #[tokio::test]
    async fn the_merged_server_is_reached_through_the_application() -> Result<(), Error> {
        let staff = other(staff(LISTEN)).await?;
        let server = TestServer::start_in(shop(LISTEN), |shop| app(shop, &staff)).await?;
        assert_eq!(server.get("/").await, (200, "the shop's page".to_owned()));
        let alice = server.as_user("alice");
        assert_challenge!(
            alice.call("search").await,
            403,
            "insufficient_scope",
            ["shop:read"]
        );
        assert!(alice.scopes(["shop:read"]).call("search").await.is_ok());
        Ok(())
    }

    #[tokio::test]
    async fn the_nested_server_is_another_resource() -> Result<(), Error> {
        let shop = other(shop(LISTEN)).await?;
        let server = TestServer::start_in(staff(LISTEN), |staff| app(&shop, staff)).await?;
        let metadata = "/.well-known/oauth-protected-resource/admin/mcp";
        assert_eq!(server.get(metadata).await.0, 200);
        assert_eq!(server.get("/admin").await.1, "the staff's page");
        let carol = server.as_user("carol").scopes(["customers:delete"]);
        assert!(carol.call("delete_customer").await.is_ok());
        let for_the_shop = carol.clone().audience("http://127.0.0.1:3001/mcp");
        assert_challenge!(
            for_the_shop.call("delete_customer").await,
            401,
            "invalid_token"
        );
        assert_eq!(carol.tools().await.unwrap(), ["delete_customer"]);
        Ok(())
    }
}
