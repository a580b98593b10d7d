//! Without sockets: one call into the service and its answer out, on one thread.
//!
//! Nothing of the kernel is in these figures, so that the ratio is harder on the gate than the one
//! over HTTP.

use std::convert::Infallible;
use std::future::poll_fn;
use std::time::Instant;

use axum::body::Body;
use http::response::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use mcp_authz::dev::AuthorizationServer;
use tower_service::Service;

use crate::calls::{Revision, request};
use crate::rounds::{median, micros};
use crate::scenarios::mint;
use crate::servers::{bare_router, gated};

/// Calls in a turn.
const TURN: usize = 500;

/// Runs one request to the end of its answer.
pub(crate) async fn call<S, B>(service: &mut S, request: Request<Body>) -> StatusCode
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    answer(service, request).await.status
}

/// The same, for whoever wants to know more of the answer.
pub(crate) async fn answer<S, B>(service: &mut S, request: Request<Body>) -> Parts
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    let Ok(()) = poll_fn(|context| service.poll_ready(context)).await;
    let Ok(response) = service.call(request).await;
    let (head, body) = response.into_parts();
    assert!(body.collect().await.is_ok());
    head
}

/// Microseconds of each of `requests`.
pub(crate) async fn turn<S, B>(
    service: &mut S,
    requests: impl Iterator<Item = Request<Body>>,
) -> f64
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    let requests: Vec<_> = requests.collect();
    let count = requests.len();
    let begun = Instant::now();
    for request in requests {
        assert_eq!(call(service, request).await, StatusCode::OK);
    }
    micros(begun.elapsed()) / count as f64
}

pub(crate) async fn measure(rounds: usize) -> String {
    let provider = AuthorizationServer::builder().start().await.unwrap();
    let token = mint(&provider, "math", 1).remove(0);
    let server = gated(provider.issuer(), true).await;
    let (mut bare, mut gated) = (bare_router(true), server.router());
    let mut table =
        "| call, in process | bare µs | gated µs | ratio |\n|---|---|---|---|\n".to_owned();
    for revision in [Revision::Modern, Revision::Legacy] {
        let (mut of_bare, mut of_gated) = (Vec::new(), Vec::new());
        for _ in 0..2 * rounds {
            let requests = || (0..TURN).map(|_| request(revision, &token));
            of_bare.push(turn(&mut bare, requests()).await);
            of_gated.push(turn(&mut gated, requests()).await);
        }
        let ratios = of_bare
            .iter()
            .zip(&of_gated)
            .map(|(bare, gated)| bare / gated);
        table += &format!(
            "| {}, one token | {:.1} | {:.1} | {:.3} |\n",
            revision.name(),
            median(of_bare.iter().copied()),
            median(of_gated.iter().copied()),
            median(ratios),
        );
    }
    table
}
