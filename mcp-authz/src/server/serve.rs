//! Serving over HTTP, and stopping without cutting anybody off.

use std::future::Future;
use std::io::{self, Write};

use axum::serve::ListenerExt;
use tokio::net::{TcpListener, ToSocketAddrs};

use super::Server;
use crate::error::Error;

impl Server {
    /// Binds `addr`, prints what is guarded to standard error and serves until Ctrl-C or SIGTERM.
    ///
    /// Then nothing new is accepted, long streams end, and running calls may finish within
    /// [`shutdown_grace`](crate::ServerBuilder::shutdown_grace).
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the address cannot be bound or served.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> Result<(), Error> {
        let listener = TcpListener::bind(addr).await?;
        // Nobody reading standard error is no reason not to serve.
        let bound = listener.local_addr()?;
        let _ = writeln!(io::stderr(), "{self}  listens on        {bound}");
        self.serve_until(listener, stop_requested()).await
    }

    /// Serves `listener` until `stop` is done; otherwise like [`serve`](Self::serve), but quiet.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the socket fails.
    pub async fn serve_until(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let (token, grace) = (self.stop.clone(), self.grace);
        let stopped = token.clone();
        // Without TCP_NODELAY an SSE reply waits 40 ms for an acknowledgement.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let serving = axum::serve(listener, self.router()).with_graceful_shutdown(async move {
            stop.await;
            stopped.cancel();
        });
        let deadline = async {
            token.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            served = serving => Ok(served?),
            () = deadline => Ok(()),
        }
    }
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
