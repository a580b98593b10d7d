//! CORS, for requests that come from a page: the others do not pay for it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use futures_util::FutureExt;
use futures_util::future::Either;
use http::header::{ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response};
use rmcp::ServerHandler;
use tower_http::cors::{AllowHeaders, AllowOrigin, Cors, CorsLayer, ResponseFuture};
use tower_layer::Layer;
use tower_service::Service;

use crate::bind::SESSION_HEADER;
use crate::challenge::ResponseBody;
use crate::layer::{Answer, Endpoint, NONCE, Origins, answered};

/// Lets the pages that may talk to the server read its challenges (Fetch, CORS protocol).
///
/// Cloned for each request, like everything in a router: one pointer.
pub(super) struct ForPages<H>(Arc<Ways<H>>);

struct Ways<H> {
    pages: Cors<Endpoint<H>>,
    others: Endpoint<H>,
}

impl<H> Clone for ForPages<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<H> ForPages<H> {
    pub(super) fn new(endpoint: Endpoint<H>, origins: Origins) -> Self {
        Self(Arc::new(Ways {
            pages: layer(origins).layer(endpoint.clone()),
            others: endpoint,
        }))
    }
}

impl<H: ServerHandler> ForPages<H> {
    /// Comes to no endpoint.
    fn preflight(&self, request: Request<Body>) -> Answer {
        let mut pages = self.0.pages.clone();
        let max_bytes = self.0.others.max_body_bytes();
        let answer = move |request| pages.call(request).map(|Ok(answer)| answer);
        Box::pin(answered(request, max_bytes, answer).map(Ok))
    }
}

fn layer(origins: Origins) -> CorsLayer {
    let allowed =
        move |origin: &HeaderValue, _: &http::request::Parts| origins.admits_origin(origin);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // `Mcp-Param-*` has no end: whatever an allowed page asks for.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([WWW_AUTHENTICATE, SESSION_HEADER, NONCE])
        .max_age(Duration::from_secs(3600))
}

impl<H: ServerHandler> Service<Request<Body>> for ForPages<H> {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Either<ResponseFuture<Answer>, Answer>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // An endpoint always is.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Only a page names an origin; its preflight is the one OPTIONS that is answered.
        if request.method() == Method::OPTIONS {
            Either::Right(self.preflight(request))
        } else if request.headers().contains_key(ORIGIN) {
            Either::Left(self.0.pages.clone().call(request))
        } else {
            Either::Right(self.0.others.answer(request))
        }
    }
}
