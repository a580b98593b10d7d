//! What a server under test answered: a result, or a refusal.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::challenge::Challenge;
use crate::layer::NONCE;

/// Where challenges are that are told in a message: of a tool, and of anything else where there is no HTTP.
const IN_RESULT: &str = "/result/_meta/mcp~1www_authenticate";
const IN_ERROR: &str = "/error/data/mcp~1www_authenticate";

/// An answer as it came.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What the operator is told of it.
    pub(super) why: Option<String>,
}

impl Answered {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The message: the body, or the last event of a stream.
    fn message(&self) -> Value {
        let text = self.text();
        let content_type = self.header(&CONTENT_TYPE);
        let message = match content_type.is_some_and(|it| it.starts_with("text/event-stream")) {
            true => {
                let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
                let last = events.map(str::trim).rfind(|data| !data.is_empty());
                last.unwrap_or_default().to_owned()
            }
            false => text.clone(),
        };
        serde_json::from_str(&message).unwrap_or(Value::String(text))
    }

    fn header(&self, name: &http::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The nonce without which a proof is not enough (RFC 9449 §9).
    pub(super) fn nonce_needed(&self) -> Option<String> {
        let challenge = self.header(&WWW_AUTHENTICATE).map(Challenge::parse)?;
        let is_needed = challenge.error.as_deref() == Some("use_dpop_nonce");
        is_needed.then(|| self.header(&NONCE).map(str::to_owned))?
    }

    pub(super) fn read(self) -> Result<Reply, Refused> {
        let message = self.message();
        let told = message.pointer(IN_RESULT);
        match message.get("result") {
            Some(result) if self.status.is_success() && told.is_none() => Ok(Reply {
                result: result.clone(),
            }),
            _ => Err(self.refused(&message)),
        }
    }

    fn refused(&self, message: &Value) -> Refused {
        let headers = self.headers.get_all(WWW_AUTHENTICATE).iter();
        let mut challenges: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
        let told = [IN_RESULT, IN_ERROR].map(|place| message.pointer(place)?.as_array());
        let told = told.into_iter().flatten().flatten();
        challenges.extend(told.filter_map(Value::as_str));
        let text = |pointer| message.pointer(pointer).and_then(Value::as_str);
        let said = text("/error_description")
            .or(text("/error/message"))
            .or(text("/result/content/0/text"))
            .or(message.as_str());
        let retry_after = self.header(&RETRY_AFTER);
        let refusal = Refusal {
            status: self.status.as_u16(),
            error: text("/error").map(str::to_owned),
            code: message.pointer("/error/code").and_then(Value::as_i64),
            said: said.unwrap_or_default().to_owned(),
            challenges: challenges.into_iter().map(Challenge::parse).collect(),
            retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
            body: message.clone(),
        };
        Refused {
            refusal: Box::new(refusal),
            why: self.why.clone(),
        }
    }
}

/// The result of a request.
///
/// Needs the feature `testing`.
///
/// Printed, it is the result as JSON: the same for the same answer, so that a snapshot can be made of it.
///
/// ```standalone_crate
/// use mcp_authz::testing::TestServer;
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
/// let reply = server.as_user("alice").scopes(["mail:read"]).call("count").await.unwrap();
/// assert_eq!(reply.text(), "3 mails");
/// assert_eq!(reply.result()["content"][0]["type"], "text");
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Reply {
    result: Value,
}

impl Reply {
    /// All of it.
    #[must_use]
    pub fn result(&self) -> &Value {
        &self.result
    }

    /// Whether a tool says that it failed.
    ///
    /// ```
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::tool;
    ///
    /// /// Sends a mail.
    /// #[tool(scopes = ["mail:send"])]
    /// fn send() -> Result<(), String> {
    ///     Err("the outbox is full".to_owned())
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([send::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let reply = server.as_user("alice").scopes(["mail:send"]).call("send").await.unwrap();
    /// assert!(reply.is_error()); // it ran, and failed: nobody was refused
    /// assert_eq!(reply.text(), "the outbox is full");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.result.get("isError") == Some(&Value::Bool(true))
    }

    /// The text of a tool, prompt or resource: all pieces of it, each in a line of its own.
    #[must_use]
    pub fn text(&self) -> String {
        let list = |name| self.result.get(name).and_then(Value::as_array);
        let direct = ["content", "contents"]
            .into_iter()
            .filter_map(list)
            .flatten();
        let messages = list("messages").into_iter().flatten();
        let spoken = messages.filter_map(|message| message.get("content"));
        let texts = direct
            .chain(spoken)
            .filter_map(|one| one.get("text")?.as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The structured content of a tool; null where there is none. The client of a test speaks the newest
    /// revision; in an older one a result that is no object, as of a `Json<Vec<_>>`, has none, only its text.
    #[must_use]
    pub fn structured(&self) -> &Value {
        self.result.get("structuredContent").unwrap_or(&Value::Null)
    }

    /// The structured content of a tool, or else its text, read as a `T`.
    ///
    /// ```
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::{Json, tool};
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> Json<u32> {
    ///     Json(3)
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([count::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let reply = server.as_user("alice").scopes(["mail:read"]).call("count").await.unwrap();
    /// assert_eq!(reply.structured(), 3);
    /// assert_eq!(reply.json::<u32>(), 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        let read = match self.result.get("structuredContent") {
            Some(content) => serde_json::from_value(content.clone()),
            None => serde_json::from_str(&self.text()),
        };
        match read {
            Ok(read) => read,
            Err(error) => panic!("no {}: {error}\n{self}", std::any::type_name::<T>()),
        }
    }
}

/// What `unwrap_err` prints.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.result)
    }
}

/// What came instead of a result: a refusal, or an error of the protocol.
///
/// Needs the feature `testing`.
///
/// Printed, it says the status and what there is to it, without anything that differs from run to run.
/// Two are equal that a client cannot tell apart.
///
/// ```standalone_crate
/// use mcp_authz::testing::TestServer;
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
/// let refused = server.as_user("alice").call("count").await.unwrap_err();
/// assert_eq!((refused.status(), refused.error()), (403, Some("insufficient_scope")));
/// assert_eq!(refused.challenge().unwrap().scopes, ["mail:read"]);
/// # Ok(()) }
/// ```
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Refused {
    refusal: Box<Refusal>,
    #[serde(skip)]
    why: Option<String>,
}

#[derive(Clone, PartialEq, Serialize)]
struct Refusal {
    status: u16,
    /// Of OAuth.
    error: Option<String>,
    /// Of JSON-RPC.
    code: Option<i64>,
    said: String,
    challenges: Vec<Challenge>,
    retry_after: Option<u64>,
    #[serde(skip)]
    body: Value,
}

impl Refused {
    /// The status of HTTP. It is 200 where the refusal is in the message:
    /// [`ChallengeForm::ToolResult`](crate::ChallengeForm::ToolResult), or an error of the protocol.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.refusal.status
    }

    /// `error` of the body: `access_denied` for a policy, for one.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.refusal.error.as_deref()
    }

    /// The code of an error of the protocol, such as -32602 for a name or arguments that are none.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.refusal.code
    }

    /// What the caller is told, in words.
    ///
    /// ```
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::{AuthInfo, PolicyError, tool};
    ///
    /// async fn nobody(_: &AuthInfo) -> Result<(), PolicyError> {
    ///     Err(PolicyError::denied("The office is closed."))
    /// }
    ///
    /// /// Counts the mails.
    /// #[tool(authenticated, policy = nobody)]
    /// fn count() {}
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([count::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let refused = server.as_user("alice").call("count").await.unwrap_err();
    /// assert_eq!(refused.error(), Some("access_denied"));
    /// assert_eq!(refused.message(), "The office is closed.");
    /// assert!(refused.challenge().is_none()); // no consent would help
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.refusal.said
    }

    /// How to get in: what an agent reads. None where no consent and no sign-in would help.
    #[must_use]
    pub fn challenge(&self) -> Option<&Challenge> {
        self.refusal.challenges.first()
    }

    /// All challenges, where there are several ways to present a token.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.refusal.challenges
    }

    /// Why a token or its proof was not taken, in the words of the log: an agent is not told. `unwrap` and
    /// [`assert_challenge!`](crate::assert_challenge) print it.
    ///
    /// ```standalone_crate
    /// use mcp_authz::testing::TestServer;
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
    /// let elsewhere = server.as_user("alice").audience("https://elsewhere.example/mcp");
    /// let refused = elsewhere.call("count").await.unwrap_err();
    /// assert_eq!(refused.error(), Some("invalid_token"));
    /// assert!(refused.reason().unwrap().contains("aud: "));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// When to come back, after an outage.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal.retry_after.map(Duration::from_secs)
    }

    /// The body: as JSON, or as a string.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.refusal.body
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.refusal.status)?;
        let in_challenge = self.challenge().and_then(|first| first.error.as_deref());
        if let Some(error) = self.error().or(in_challenge) {
            write!(f, " {error}")?;
        }
        if let Some(code) = self.code() {
            write!(f, " ({code})")?;
        }
        if !self.message().is_empty() {
            write!(f, ": {}", self.message())?;
        }
        for challenge in self.challenges() {
            write!(f, "\n  {challenge}")?;
        }
        if let Some(seconds) = self.refusal.retry_after {
            write!(f, "\n  retry after {seconds} s")?;
        }
        Ok(())
    }
}

/// What `unwrap` prints.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match &self.why {
            Some(why) => write!(f, "\n  because: {why}"),
            None => Ok(()),
        }
    }
}

impl PartialEq for Refused {
    fn eq(&self, other: &Self) -> bool {
        self.refusal == other.refusal
    }
}

impl std::error::Error for Refused {}
