//! CORS, for requests that come from a page: the others do not pay for it.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::Either;
use http::header::{ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response};
use tower_http::cors::{AllowHeaders, AllowOrigin, Cors, CorsLayer, ResponseFuture};
use tower_layer::Layer;
use tower_service::Service;

use crate::bind::SESSION_HEADER;
use crate::layer::{NONCE, Origins};

/// Lets the pages that may talk to the server read its challenges (Fetch, CORS protocol).
#[derive(Clone)]
pub(super) struct ForPages<S> {
    pages: Cors<S>,
    others: S,
}

impl<S: Clone> ForPages<S> {
    pub(super) fn new(service: S, origins: Origins) -> Self {
        Self {
            pages: layer(origins).layer(service.clone()),
            others: service,
        }
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

impl<S, B, R> Service<Request<B>> for ForPages<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<ResponseFuture<S::Future>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match self.pages.poll_ready(cx) {
            Poll::Ready(Ok(())) => self.others.poll_ready(cx),
            waiting => waiting,
        }
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Only a page names an origin; its preflight is the one OPTIONS that is answered.
        if request.headers().contains_key(ORIGIN) || request.method() == Method::OPTIONS {
            Either::Left(self.pages.call(request))
        } else {
            Either::Right(self.others.call(request))
        }
    }
}
