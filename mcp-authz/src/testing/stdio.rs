//! The other end of a server's standard input and output, in the process of the test.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use tokio::sync::Mutex;

use super::answer::Answered;
use super::asking::message;
use super::caller::{Caller, User};
use super::server::TestServer;
use crate::error::Error;
use crate::server::StdioCaller;

/// A program that has started the server as its child, for one caller.
///
/// All of its requests take the same pair of pipes, one after the other.
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::{Caller, OverStdio};
///
/// async fn is_refused(child: &Caller<'_, OverStdio>, tool: &str) -> bool {
///     child.call(tool).await.is_err()
/// }
/// ```
#[derive(Clone)]
pub struct OverStdio(Arc<Mutex<Pipes>>);

struct Pipes {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    asked: u64,
}

/// The server as the child of another program.
impl TestServer {
    /// What [`serve_stdio`](crate::ServerBuilder::serve_stdio) serves for this caller: a principal, or a
    /// token from where your program takes it, for which [`as_user("alice").token()`](Caller::token) is
    /// good. For a person with a token there is [`Caller::over_stdio`].
    ///
    /// ```standalone_crate
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::{AuthInfo, Scope, Server, StdioCaller, tool};
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// /// Deletes all mails.
    /// #[tool(scopes = ["mail:delete"])]
    /// fn delete_all() {}
    ///
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(Server::builder("mail")).await?;
    /// let me = AuthInfo::builder("local").subject("me").scopes([Scope::new("mail:read")]);
    /// let me = server.over_stdio(StdioCaller::principal(me.build())).await?;
    /// assert_eq!(me.call("count").await.unwrap().text(), "3 mails");
    /// // There is nobody to ask for more, so a refusal is a result that says what was missing.
    /// let refused = me.call("delete_all").await.unwrap();
    /// assert!(refused.is_error() && refused.text().contains("mail:delete"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where there is no good token, and nothing would have been served.
    pub async fn over_stdio(&self, caller: StdioCaller) -> Result<Caller<'_, OverStdio>, Error> {
        let pipes = self.start_child(caller).await?;
        Ok(Caller::over(self, OverStdio::new(pipes)))
    }
}

impl<'a> Caller<'a, User> {
    /// Starts the server as a child that serves its standard input and output, with one token of this
    /// person: to call it as the program that started it would. A refusal is told in the message there, so
    /// that its [status](super::Refused::status) is 200.
    ///
    /// ```standalone_crate
    /// use std::time::Duration;
    ///
    /// use mcp_authz::testing::{TestServer, assert_challenge};
    /// use mcp_authz::{Server, tool};
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(Server::builder("mail")).await?;
    /// let less = server.as_user("alice").over_stdio().await?;
    /// assert_challenge!(less.call("count").await, 200, "insufficient_scope", ["mail:read"]);
    ///
    /// let alice = server.as_user("alice").scopes(["mail:read"]).over_stdio().await?;
    /// assert_eq!(alice.call("count").await.unwrap().text(), "3 mails");
    /// server.clock().advance(Duration::from_secs(2 * 3600)); // the token has ended
    /// assert_challenge!(alice.call("count").await, 200, "invalid_token");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the token is not good, and nothing would have been served.
    ///
    /// # Panics
    ///
    /// As for [`token`](Self::token).
    pub async fn over_stdio(&self) -> Result<Caller<'a, OverStdio>, Error> {
        self.server
            .over_stdio(StdioCaller::token(self.token()))
            .await
    }
}

impl OverStdio {
    fn new(pipes: DuplexStream) -> Self {
        let (output, input) = tokio::io::split(pipes);
        Self(Arc::new(Mutex::new(Pipes {
            input,
            output: BufReader::new(output).lines(),
            asked: 0,
        })))
    }

    pub(super) async fn ask(&self, method: &str, params: Value) -> Answered {
        let mut pipes = self.0.lock().await;
        let answer = pipes.ask(method, params).await;
        answer.unwrap_or_else(|why| panic!("{method}: the server has ended: {why}"))
    }
}

impl Pipes {
    async fn ask(&mut self, method: &str, params: Value) -> Result<Answered, String> {
        self.asked += 1;
        let id = json!(self.asked);
        let line = format!("{}\n", message(&id, method, params));
        let written = self.input.write_all(line.as_bytes()).await;
        written.map_err(|error| error.to_string())?;
        loop {
            let line = self.output.next_line().await;
            let line = line.map_err(|error| error.to_string())?;
            let line = line.ok_or("it closed its output")?;
            // What it says of its own accord is not the answer, nor is one that nobody waited for.
            let said: Value = serde_json::from_str(&line).unwrap_or_default();
            if said.get("id") == Some(&id) && said.get("method").is_none() {
                return Ok(Answered {
                    status: StatusCode::OK,
                    headers: HeaderMap::new(),
                    body: Bytes::from(line),
                    why: None,
                });
            }
        }
    }
}

impl fmt::Debug for OverStdio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OverStdio")
    }
}
