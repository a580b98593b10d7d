//! The connections of `serve`, and how long it waits for whoever opened one.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::routing::future::RouteFuture;
use axum::serve::Listener;
use axum::{BoxError, Router};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

/// How long the server waits for its clients.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// From the connection to the end of the first request's head.
    first: Duration,
    /// From a response to the end of the next request's head, in HTTP/1.
    next: Duration,
    /// Between two pieces of a body.
    body: Duration,
    /// From a sign of life to the question for the next one, and from that to the answer, in HTTP/2.
    ping: Duration,
}

pub(super) const PATIENCE: Patience = Patience {
    first: Duration::from_secs(10),
    // Longer than most load balancers keep a connection for their next request (60 s, or 600 s): who closes it
    // has to be who sends, else a request is sent into a connection that is closing.
    next: Duration::from_secs(620),
    body: Duration::from_secs(30),
    ping: Duration::from_secs(30),
};

/// Serves until `stop` is done, and then until every connection has ended.
pub(super) async fn serve(
    mut listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    // So that handlers become routes once, and not at each request.
    let router: Router = router.with_state(());
    let stopping = CancellationToken::new();
    // Whoever drops this future wants no more served, either.
    let guard = stopping.clone().drop_guard();
    let connections = TaskTracker::new();
    let mut stop = pin!(stop);
    loop {
        // axum's `accept`, which sleeps over what goes wrong.
        let (stream, _) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stop => break,
        };
        let (router, stopping) = (router.clone(), stopping.clone());
        connections.spawn(connection(stream, router, patience, stopping));
    }
    drop(listener);
    drop(guard);
    connections.close();
    connections.wait().await;
}

async fn connection(
    stream: TcpStream,
    router: Router,
    patience: Patience,
    stopping: CancellationToken,
) {
    // Without TCP_NODELAY an SSE reply waits 40 ms for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.next);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(patience.ping)
        .keep_alive_timeout(patience.ping);
    let asked = Arc::new(AtomicBool::new(false));
    let endpoint = Endpoint {
        router,
        asked: asked.clone(),
        patience: patience.body,
    };
    let service = TowerToHyperService::new(endpoint);
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = async {
        tokio::select! {
            // What goes wrong on a connection is its client's to notice.
            _ = served.as_mut() => return,
            () = stopping.cancelled() => served.as_mut().graceful_shutdown(),
        }
        let _ = served.await;
    };
    // hyper's timer begins when the version is known, of which the first bytes can be kept back, and knows
    // none for the head of HTTP/2.
    let silence = async {
        sleep(patience.first).await;
        if asked.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = ended => {}
        () = silence => {}
    }
}

/// What answers the requests of one connection.
#[derive(Clone)]
struct Endpoint {
    router: Router,
    /// Whether the head of a request has come.
    asked: Arc<AtomicBool>,
    patience: Duration,
}

impl<B> Service<Request<B>> for Endpoint
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<axum::body::Body>;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.asked.store(true, Ordering::Relaxed);
        let patience = self.patience;
        self.router.call(request.map(|body| Arriving {
            body,
            patience,
            waiting: None,
        }))
    }
}

/// A body that fails when nothing more of it comes.
struct Arriving<B> {
    body: B,
    patience: Duration,
    /// Since the last piece, while there is no other.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<B> Body for Arriving<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let patience = self.patience;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Some(Err("nothing more of the body came".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
