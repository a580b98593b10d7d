//! The same gate on standard input and output, for a client that starts the server as its child.
//!
//! There is no request to carry a token, so one caller is told beforehand; it is verified for every
//! message, so that a token's end ends what it allows.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use rmcp::model::{
    ClientJsonRpcMessage, Extensions, GetExtensions, JsonRpcMessage, ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{RoleServer, ServerHandler, ServiceExt};
use tokio::io::{AsyncRead, AsyncWrite};

use super::local::Local;
use crate::auth_info::{AuthInfo, OpenCall};
use crate::bearer::{self, Credentials, Scheme};
use crate::challenge::Denial;
use crate::error::Error;
use crate::gate::{Admitted, Barred, CurrentCaller, Gate, Watchful};
use crate::layer::denial;
use crate::token::{Inbound, Unverified};
use crate::verdict;

/// Who calls a server on standard input and output: a token from a place of your choice, or a
/// principal that you name.
///
/// ```no_run
/// use mcp_authz::{AuthInfo, Scope, Server, StdioCaller};
///
/// # async fn example() -> Result<(), mcp_authz::Error> {
/// // A token that the program which starts this one has got for the person:
/// let server = Server::builder("mail")
///     .resource("https://mcp.example.com/mcp")
///     .issuer("https://tenant.logto.app/oidc");
/// server.serve_stdio(StdioCaller::env("MCP_ACCESS_TOKEN")).await?;
///
/// // Or nobody but the person at this machine, without any authorization server:
/// let me = AuthInfo::builder("local").subject("me").scopes([Scope::new("mail:read")]);
/// Server::builder("mail").serve_stdio(StdioCaller::principal(me.build())).await?;
/// # Ok(()) }
/// ```
///
/// # What child processes inherit
///
/// Whatever this program starts sees its environment, and open descriptors that are not closed on
/// `exec`; a file can be read by everything that runs as the same user. So a token in the environment
/// reaches every child of the server, for as long as the token is good, and one in a
/// [`file`](Self::file) reaches every child that looks there.
///
/// Where tools start other programs, give the token through a pipe, as a
/// [`descriptor`](Self::descriptor): it is read to its end before anything is served, and a child that
/// inherits it finds it empty. An open file is not empty after that. Every child that inherits it can
/// read it again from the start, so a descriptor of a file is refused. Whatever else the program that starts
/// this one has open, it should close on `exec`.
#[derive(Clone)]
#[must_use]
pub struct StdioCaller(Source);

#[derive(Clone)]
enum Source {
    Env(String),
    File(PathBuf),
    Principal(Box<AuthInfo>),
    /// Read from the first, which alone is shown.
    Text(&'static str, Arc<str>),
    Descriptor(u32),
}

impl StdioCaller {
    /// The access token in this environment variable.
    pub fn env(name: impl Into<String>) -> Self {
        Self(Source::Env(name.into()))
    }

    /// The access token in this file, which is read again for every message: whoever renews the
    /// token writes it there.
    ///
    /// ```
    /// use mcp_authz::StdioCaller;
    ///
    /// let caller = StdioCaller::file("/run/user/1000/mail-token");
    /// ```
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// The access token that can be read from this open descriptor of a pipe, up to its end, once:
    /// whoever writes it there closes its own end. One of a regular file is refused. Unix only.
    ///
    /// ```
    /// use mcp_authz::StdioCaller;
    ///
    /// let caller = StdioCaller::descriptor(3); // of a program that a shell started with `3< <(get-token)`
    /// ```
    pub fn descriptor(number: u32) -> Self {
        Self(Source::Descriptor(number))
    }

    /// A principal without a token. Nobody verifies it and it never expires: whoever can start the
    /// program is trusted to be it. Needs no issuer and no resource.
    pub fn principal(caller: AuthInfo) -> Self {
        Self(Source::Principal(Box::new(caller)))
    }

    /// This access token.
    #[cfg(feature = "testing")]
    pub(crate) fn token(token: String) -> Self {
        Self(Source::Text("token", token.into()))
    }

    pub(super) fn is_principal(&self) -> bool {
        matches!(self.0, Source::Principal(_))
    }

    /// Takes what can be taken only once.
    async fn prepare(self) -> io::Result<Self> {
        let Source::Descriptor(number) = self.0 else {
            return Ok(self);
        };
        let text = blocking(move || read_once(number)).await?;
        Ok(Self(Source::Text("descriptor", text.into())))
    }
}

impl std::fmt::Debug for StdioCaller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let source = match &self.0 {
            Source::Env(name) => format!("env {name}"),
            Source::File(path) => format!("file {}", path.display()),
            Source::Principal(_) => "principal".to_owned(),
            Source::Text(from, _) => (*from).to_owned(),
            Source::Descriptor(_) => "descriptor".to_owned(),
        };
        write!(f, "StdioCaller({source})")
    }
}

/// What can be read from a descriptor, and then by nobody any more.
fn read_once(number: u32) -> io::Result<String> {
    let mut opened = File::open(format!("/dev/fd/{number}"))?;
    // This is a description of its own, so whoever inherits the descriptor has one from the start, too.
    if opened.metadata()?.is_file() {
        let why = format!(
            "descriptor {number} is a file, which every program that this one starts could read again: give the token through a pipe, or name the file with `StdioCaller::file`"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let mut text = String::new();
    opened.read_to_string(&mut text)?;
    Ok(text)
}

/// Not on the runtime's own threads.
async fn blocking(
    read: impl FnOnce() -> io::Result<String> + Send + 'static,
) -> io::Result<String> {
    let read = tokio::task::spawn_blocking(read);
    read.await.map_err(io::Error::other)?
}

impl<H: ServerHandler> Local<H> {
    /// Serves standard input and output until the input ends.
    pub(super) async fn serve(self: Arc<Self>, caller: StdioCaller) -> Result<(), Error> {
        for issuer in &self.unreachable {
            let _ = writeln!(io::stderr(), "{issuer}");
        }
        let (caller, who) = self.meet(caller).await?;
        let name = who.subject().or(who.client_id()).unwrap_or("nobody");
        let _ = writeln!(io::stderr(), "{}  serves stdio for  {name}", self.manifest);
        let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
        self.serve_on(caller, input, output).await
    }

    /// Looks at the caller before a client waits: never silently open, and never silently closed.
    pub(super) async fn meet(&self, caller: StdioCaller) -> Result<(StdioCaller, AuthInfo), Error> {
        let caller = caller.prepare().await?;
        match self.identify(&caller).await {
            Ok(who) => Ok((caller, who)),
            Err(Barred { denial, .. }) => {
                let why = format!("{caller:?} gives no caller: {}", denial.told());
                Err(io::Error::new(io::ErrorKind::PermissionDenied, why).into())
            }
        }
    }

    /// Serves these instead, one message a line.
    pub(super) async fn serve_on<R, W>(
        self: Arc<Self>,
        caller: StdioCaller,
        input: R,
        output: W,
    ) -> Result<(), Error>
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let (gate, current) = Gate::for_one(Arc::clone(&self.guarded));
        let inner = AsyncRwTransport::new(input, output).with_max_line_length(self.max_bytes);
        let transport = Identified {
            inner,
            local: self,
            caller,
            current,
            waiting: None,
        };
        let running = Watchful(gate).serve(transport).await;
        let running = running.map_err(io::Error::other)?;
        running.waiting().await.map_err(io::Error::other)?;
        Ok(())
    }

    /// Who calls now.
    async fn identify(&self, caller: &StdioCaller) -> Result<AuthInfo, Barred> {
        let text = match &caller.0 {
            Source::Principal(caller) => return Ok((**caller).clone()),
            Source::Text(_, text) => text.to_string(),
            Source::Env(name) => std::env::var(name).unwrap_or_default(),
            Source::File(path) => {
                let path = path.clone();
                let read = blocking(|| std::fs::read_to_string(path));
                read.await.unwrap_or_default()
            }
            Source::Descriptor(_) => String::new(),
        };
        let mut headers = HeaderMap::new();
        let value = format!("Bearer {}", text.trim());
        let value = value.parse().map_err(|_| Barred {
            denial: Denial::MalformedCredentials,
            why: "token refused: it has characters that no token has".into(),
        })?;
        headers.insert(AUTHORIZATION, value);
        let Credentials::Token(token) = bearer::read(&headers, None, &[Scheme::Bearer]) else {
            return Err(Barred {
                denial: self.unauthenticated(),
                why: "no token, or what is none".into(),
            });
        };
        let verified = self.verifiers.judge(&token).await;
        let verified = verified.map_err(|unverified| barred(&unverified))?;
        verified.by_bearer().map_err(|(caller, reject)| {
            let (issuer, error) = (Some(caller.issuer()), reject.into());
            barred(&Unverified { issuer, error })
        })
    }
}

fn barred(unverified: &Unverified<'_>) -> Barred {
    Barred {
        denial: denial(unverified),
        why: unverified.to_string().into(),
    }
}

/// Standard input, each message with its caller.
struct Identified<H, R, W>
where
    R: AsyncRead,
    W: AsyncWrite,
{
    inner: AsyncRwTransport<RoleServer, R, W>,
    local: Arc<Local<H>>,
    caller: StdioCaller,
    current: CurrentCaller,
    /// Read, and not yet given on: waiting for the caller may be cancelled.
    waiting: Option<ClientJsonRpcMessage>,
}

impl<H, R, W> Transport<RoleServer> for Identified<H, R, W>
where
    H: ServerHandler,
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        if self.waiting.is_none() {
            self.waiting = Some(self.inner.receive().await?);
        }
        let who = self.local.identify(&self.caller).await;
        let mut message = self.waiting.take()?;
        let (verdict, _) = verdict::channel();
        let (caller, barred) = match who {
            Ok(caller) => (Some(caller), None),
            Err(barred) => (None, Some(barred)),
        };
        self.current.set(caller.clone());
        if let Some(extensions) = extensions(&mut message) {
            let call = OpenCall {
                verdict,
                answers: Arc::clone(&self.local.answers),
                inbound: Inbound::STDIO,
            };
            extensions.insert(Admitted::new(caller, call));
            if let Some(barred) = barred {
                extensions.insert(barred);
            }
        }
        Some(message)
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.inner.close().await
    }
}

fn extensions(message: &mut ClientJsonRpcMessage) -> Option<&mut Extensions> {
    match message {
        JsonRpcMessage::Request(request) => Some(request.request.extensions_mut()),
        JsonRpcMessage::Notification(notification) => {
            Some(notification.notification.extensions_mut())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
