//! Serving over HTTP, and stopping without cutting anybody off.

use std::future::Future;
use std::io::{self, Write};
use std::time::Duration;

use axum::serve::ListenerExt;
use rmcp::ServerHandler;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::oneshot;

use super::Server;
use crate::error::Error;

/// How long a stream that was told to end may take to say so.
const STREAMS_END: Duration = Duration::from_secs(1);

impl<H: ServerHandler> Server<H> {
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
        let router = self.router();
        let Self {
            running,
            streams,
            closing,
            grace,
            ..
        } = self;
        // Without TCP_NODELAY an SSE reply waits 40 ms for an acknowledgement.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let (stopping, stopped) = oneshot::channel();
        let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
            stop.await;
            let _ = stopping.send(());
        });
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
            served = serving => Ok(served?),
            () = wind_down => Ok(()),
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
