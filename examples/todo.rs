//! A todo manager: what an agent may do is said by scopes, and whose todos they are by the owner.
//!
//! ```sh
//! cargo run --example todo
//! cargo run --example todo -- --scopes    # what is guarded, for a review
//! cargo test --example todo               # its tests, at the end: copy them with the rest
//! ```
//!
//! The first starts it with the development provider. Then connect to `http://127.0.0.1:3001/mcp` with
//! `npx @modelcontextprotocol/inspector`, once as Alice and once as Bob: each finds their own todos, sees
//! everybody's with one more scope, and finishes nobody else's, whatever they consent to. `LISTEN` and
//! `PROVIDER_LISTEN` change the addresses.

use std::env;
use std::sync::{LazyLock, Mutex, PoisonError};

use mcp_authz::{
    AuthInfo, Json, Parameters, PolicyError, Server, ServerBuilder, dev, schemars, serde, tool,
};

/// The database: static, since the policy asks it as well.
static TODOS: LazyLock<Mutex<Vec<Todo>>> = LazyLock::new(Mutex::default);

#[derive(Clone, serde::Serialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Todo {
    id: usize,
    owner: String,
    text: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct NewTodo {
    /// What is to be done.
    text: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Which {
    id: usize,
}

/// Asks the database.
fn todos<T>(ask: impl FnOnce(&mut Vec<Todo>) -> T) -> T {
    ask(&mut TODOS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Add a todo.
#[tool(scopes = ["todos:write"])]
fn add(auth: AuthInfo, Parameters(new): Parameters<NewTodo>) -> Json<Todo> {
    let owner = auth.subject().unwrap_or_default().to_owned();
    Json(todos(|all| {
        let (id, text) = (all.last().map_or(1, |last| last.id + 1), new.text);
        let todo = Todo { id, owner, text };
        all.push(todo.clone());
        todo
    }))
}

/// List the person's todos; everybody's, for somebody who may see those.
#[tool(scopes = ["todos:read"], read_only)]
fn list(auth: AuthInfo) -> Json<Vec<Todo>> {
    let shown = |todo: &&Todo| auth.has("todos:read:all") || auth.subject() == Some(&todo.owner);
    Json(todos(|all| all.iter().filter(shown).cloned().collect()))
}

/// No consent makes a todo mine: a refusal without a challenge, the same for one that there is not.
fn owner_alone(auth: &AuthInfo, which: &Which) -> Result<(), PolicyError> {
    let mine = |todo: &Todo| todo.id == which.id && auth.subject() == Some(&todo.owner);
    match todos(|all| all.iter().any(mine)) {
        true => Ok(()),
        false => Err(PolicyError::denied("That is none of your todos.")),
    }
}

/// Take a todo that is done off the list.
#[tool(scopes = ["todos:write"], policy = owner_alone, destructive)]
fn finish(Parameters(which): Parameters<Which>) {
    todos(|all| all.retain(|todo| todo.id != which.id));
}

/// What `main` serves and the tests start.
fn server() -> ServerBuilder {
    Server::builder("todo").initial_scopes(["todos:read", "todos:write"])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:3001".into());
    let server = server().resource(format!("http://{listen}/mcp"));
    if env::args().any(|argument| argument == "--scopes") {
        // Nobody is asked, so any issuer will do.
        let manifest = server.issuer("https://as.example.com").manifest()?;
        println!("{}", manifest.to_markdown());
        return Ok(());
    }
    let provider = dev::AuthorizationServer::builder()
        .bind(env::var("PROVIDER_LISTEN").unwrap_or("127.0.0.1:3000".into()))
        .scope("todos:read", "See your todos")
        .scope("todos:write", "Change your todos")
        .scope("todos:read:all", "See everybody's todos")
        .start()
        .await?;
    Ok(server.issuer(provider.issuer()).serve(listen).await?)
}

#[cfg(test)]
mod tests {
    use json::json;
    use mcp_authz::testing::{TestServer, assert_challenge, assert_matrix, assert_snapshot};

    use super::server;

    #[tokio::test]
    async fn todos_are_their_owner_s() -> Result<(), Box<dyn std::error::Error>> {
        let server = TestServer::start(server()).await?;
        let alice = server
            .as_user("alice")
            .scopes(["todos:read", "todos:write"]);
        let bob = server.as_user("bob").scopes(["todos:read", "todos:write"]);
        let added = alice.call_with("add", json!({ "text": "tea" })).await?;
        let which = json!({ "id": added.structured()["id"] });
        let refused = server.as_user("alice").call_with("add", json!({})).await;
        assert_challenge!(refused, 403, "insufficient_scope", ["todos:write"]);

        assert!(!bob.call("list").await?.text().contains("tea"));
        let refused = bob.call_with("finish", &which).await.unwrap_err();
        assert_eq!(refused.message(), "That is none of your todos.");
        assert_eq!((refused.status(), refused.challenge()), (403, None));
        let seer = bob.scopes(["todos:read", "todos:read:all"]);
        assert!(seer.call("list").await?.text().contains("tea"));
        alice.call_with("finish", &which).await?;
        assert!(!alice.call("list").await?.text().contains("tea"));
        Ok(())
    }

    #[tokio::test]
    async fn access_is_what_was_reviewed() -> Result<(), mcp_authz::Error> {
        assert_matrix!(server());
        let server = TestServer::start(server()).await?;
        assert_snapshot!("examples/todo.access.md", server.manifest().to_markdown());
        Ok(())
    }
}
