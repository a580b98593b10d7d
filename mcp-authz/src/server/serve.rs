//! Serving over HTTP, and stopping without cutting anybody off.

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use rmcp::ServerHandler;
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};
use tokio::sync::oneshot;
use url::Url;

use super::{Protect, Server, ServerBuilder, connections};
use crate::error::Error;
use crate::fetch::is_loopback;

/// How long a stream that was told to end may take to say so.
const STREAMS_END: Duration = Duration::from_secs(1);

impl ServerBuilder {
    /// [Builds](Self::build) the server and [serves](Server::serve) it.
    ///
    /// ```no_run
    /// use mcp_authz::{Error, Server};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     Server::builder("mail")
    ///         .resource("https://mcp.example.com/mcp")
    ///         .issuer("https://tenant.logto.app/oidc")
    ///         .serve("0.0.0.0:3001")
    ///         .await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake at once, [`Error::Io`] when the address cannot be bound or
    /// served.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> Result<(), Error> {
        self.build().await?.serve(addr).await
    }
}

impl<H: ServerHandler> Protect<H> {
    /// [Builds](Self::build) the server and [serves](Server::serve) it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake at once, [`Error::Io`] when the address cannot be bound or
    /// served.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> Result<(), Error> {
        self.build().await?.serve(addr).await
    }
}

impl<H: ServerHandler> Server<H> {
    /// Binds `addr`, prints to standard error what is guarded and where clients connect, and serves until
    /// Ctrl-C or SIGTERM.
    ///
    /// A request for another path gets a 404 that says where clients connect, and a line in the log at
    /// `info`.
    ///
    /// Whoever connects and asks for nothing is waited for 10 s: see [deploying](crate::guide::deploying).
    ///
    /// Then nothing new is accepted, long streams end, and running calls may finish within
    /// [`shutdown_grace`](crate::ServerBuilder::shutdown_grace).
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the address cannot be bound or served.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> Result<(), Error> {
        let listener = listen(addr).await?;
        // Nobody reading standard error is no reason not to serve.
        let bound = listener.local_addr()?;
        let clients = self.where_clients_connect();
        let _ = writeln!(
            io::stderr(),
            "{self}  listens on        {bound}\n  {clients}"
        );
        if let Some(hint) = elsewhere(&self.manifest.resource, bound) {
            let _ = writeln!(io::stderr(), "  {hint}");
            tracing::warn!("{hint}");
        }
        self.serve_until(listener, stop_requested()).await
    }

    /// Serves `listener` until `stop` is done; otherwise like [`serve`](Self::serve), but quiet.
    ///
    /// ```no_run
    /// # async fn example(server: mcp_authz::Server) -> Result<(), mcp_authz::Error> {
    /// use std::time::Duration;
    ///
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// println!("listens on {}", listener.local_addr()?);
    /// let an_hour = tokio::time::sleep(Duration::from_secs(3600));
    /// server.serve_until(listener, an_hour).await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the socket fails.
    pub async fn serve_until(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let astray = self.astray();
        let router = self
            .router()
            .fallback(move |request| astray.clone().answer(request));
        let Self {
            running,
            streams,
            closing,
            grace,
            ..
        } = self;
        let (stopping, stopped) = oneshot::channel();
        let stop = async move {
            stop.await;
            let _ = stopping.send(());
        };
        let serving = connections::serve(listener, router, connections::PATIENCE, stop);
        let wind_down = async {
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            // First the calls that were let in, then the streams that would never end.
            running.close();
            closing.cancel();
            let _ = tokio::time::timeout(grace, running.wait()).await;
            streams.cancel();
            tokio::time::sleep(STREAMS_END).await;
        };
        tokio::select! {
            () = serving => {}
            () = wind_down => {}
        }
        Ok(())
    }
}

/// On one machine the resource says where to connect: another port than that is nearly always a slip, and
/// all that clients see of it is that nobody answers, or that their tokens are for somebody else.
fn elsewhere(resource: &str, bound: SocketAddr) -> Option<String> {
    let named = Url::parse(resource).ok()?;
    let port = named.port_or_known_default()?;
    (is_loopback(&named) && port != bound.port()).then(|| {
        format!(
            "the resource {resource} names port {port}: serve there, or name {}, unless something in between leads there",
            bound.port()
        )
    })
}

/// Binds the address, or says which it was.
async fn listen(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let told = |error: &io::Error, what: String| io::Error::new(error.kind(), what);
    let resolved = lookup_host(addr).await.map_err(|error| {
        let how = "write it like \"127.0.0.1:3001\"";
        told(&error, format!("no such address: {error}: {how}"))
    })?;
    let addresses: Vec<SocketAddr> = resolved.collect();
    TcpListener::bind(&addresses[..]).await.map_err(|error| {
        let named: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or serve elsewhere"
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address",
            io::ErrorKind::PermissionDenied => "this user may not: take a port from 1024 on",
            _ => "it cannot be bound",
        };
        told(&error, format!("{}: {error}: {why}", named.join(", ")))
    })
}

/// Ctrl-C, or SIGTERM where there is one. A signal that cannot be watched never comes.
async fn stop_requested() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_on_this_machine_names_the_port_that_is_served() {
        let bound = SocketAddr::from(([127, 0, 0, 1], 3001));
        for (resource, is_told) in [
            ("http://127.0.0.1:3001/mcp", false),
            ("http://localhost:3001/mcp", false),
            ("http://127.0.0.1:3002/mcp", true),
            ("http://[::1]/mcp", true),
            // A proxy stands in front.
            ("https://mcp.example.com/mcp", false),
        ] {
            assert_eq!(elsewhere(resource, bound).is_some(), is_told, "{resource}");
        }
    }
}
