//! The tower wiring of the stages: no policy of its own.
//!
//! It wraps the rmcp *service*, never a router, so that no fallback route is reached around it.

mod admission;
mod ahead;
#[cfg(feature = "logto")]
mod elsewhere;
mod ending;
mod leftover;
mod origin;
#[cfg(feature = "dpop")]
mod proof;
mod readable;
mod settle;
mod stream;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rmcp::ServerHandler;
use rmcp::model::ProtocolVersion;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::task::TaskTracker;
use tower_service::Service;

use admission::Admittance;
use leftover::Lent;
use readable::Watched;

pub(crate) use admission::{Admission, denial};
#[cfg(feature = "logto")]
pub(crate) use elsewhere::Callers;
pub(crate) use leftover::answered;
pub(crate) use origin::{HostRule, OriginRule, Origins};

use crate::auth_info::OpenCall;
use crate::bind::{BoundSessions, Streams};
use crate::challenge::{Denial, ResponseBody};
use crate::gate::{Admitted, Caller, Gate, Guarded};
use crate::verdict;

/// RFC 9449 §8.1: what the next proof needs.
pub(crate) const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The revision that the message is of (MCP 2025-06-18 and later, Streamable HTTP).
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// What becomes of a request.
pub(crate) type Answer = BoxFuture<'static, Result<Response<ResponseBody>, Infallible>>;

/// What the message is (SEP-2243).
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const CALL: &str = "tools/call";
const LISTEN: &str = "subscriptions/listen";

/// A protected MCP endpoint: authenticates, lets the gate decide, and answers with its verdict.
pub(crate) struct Endpoint<H>(pub(crate) Arc<Shared<H>>);

pub(crate) struct Shared<H> {
    pub(crate) admission: Admission,
    pub(crate) guarded: Arc<Guarded<H>>,
    pub(crate) sessions: Arc<BoundSessions>,
    pub(crate) transport: StreamableHttpServerConfig,
    /// The calls that have not been answered to their end.
    running: TaskTracker,
    streams: Streams,
    /// One service for all whom the gate need not know beforehand, and so for all sessions: rmcp's restore
    /// lock lives in it.
    pub(crate) for_all: StreamableHttpService<Gate<H>, BoundSessions>,
}

impl<H> Clone for Endpoint<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<H: ServerHandler> Endpoint<H> {
    pub(crate) fn new(
        admission: Admission,
        guarded: Guarded<H>,
        sessions: BoundSessions,
        transport: StreamableHttpServerConfig,
        running: TaskTracker,
    ) -> Self {
        let (guarded, sessions) = (Arc::new(guarded), Arc::new(sessions));
        let behind = Arc::clone(&guarded);
        let for_all = StreamableHttpService::new(
            move || Ok(Gate::shared(Arc::clone(&behind))),
            Arc::clone(&sessions),
            transport.clone(),
        );
        Self(Arc::new(Shared {
            admission,
            guarded,
            sessions,
            transport,
            running,
            streams: Streams::default(),
            for_all,
        }))
    }
}

impl<H: ServerHandler> Endpoint<H> {
    /// The longest body that is let in.
    pub(crate) fn max_body_bytes(&self) -> usize {
        self.0.transport.max_request_body_bytes
    }

    pub(crate) fn answer(&self, request: Request<Body>) -> Answer {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(shared.handle(request).await) })
    }
}

impl<H: ServerHandler> Shared<H> {
    async fn handle(&self, request: Request<Body>) -> Response<ResponseBody> {
        let (request, lender) = leftover::lend(request);
        let mut response = self.process(request).await;
        let max_bytes = self.transport.max_request_body_bytes;
        lender.read_over(max_bytes, response.headers_mut()).await;
        response
    }

    /// The way of a request, up to its answer.
    async fn process(&self, mut request: Request<Lent>) -> Response<ResponseBody> {
        let running = self.running.token();
        // A GET opens a stream that no call waits for.
        let is_call = request.method() == Method::POST;
        let Admittance {
            caller,
            inbound,
            scheme,
            nonce,
        } = match self.admission.admit(&mut request).await {
            Ok(admittance) => admittance,
            Err(refusal) => return refusal.respond(&self.admission),
        };
        self.sessions.unwrap_id(request.headers_mut(), &caller);
        let (verdict_sender, verdict) = verdict::channel();
        let call = OpenCall {
            verdict: verdict_sender,
            answers: Arc::clone(&self.guarded.answers),
            inbound,
        };
        let admitted = Admitted::new(caller.clone(), call);
        let max_bytes = self.transport.max_request_body_bytes;
        let mut request = readable::watch(request, Arc::clone(&admitted.call), max_bytes);
        request.extensions_mut().insert(admitted);
        let ends_nothing = request.method() == Method::DELETE
            && Box::pin(self.ends_nothing(request.headers())).await;
        let mut response = self.run(request, &caller).await;
        if ends_nothing {
            response = ending::unknown(response);
        }
        let mut response = match settle::settle(verdict, response).await {
            Ok(mut response) => {
                self.sessions.wrap_id(response.headers_mut(), &caller);
                response
            }
            Err(denial) => {
                // The gate has put on record what it refused; it was not asked about these.
                if matches!(denial, Denial::Unreadable(_) | Denial::TooManyStreams) {
                    let audit = &self.admission.audit;
                    audit.denied(caller.as_ref(), None, &denial);
                }
                self.admission.refuse(&denial, scheme)
            }
        };
        if let Some(nonce) = nonce {
            response.headers_mut().insert(NONCE, nonce);
        }
        match response.headers().get(CONTENT_TYPE) {
            Some(kind) if is_event_stream(kind) => {
                response.map(|body| stream::lasting(body, is_call, &caller, running))
            }
            _ => response,
        }
    }

    /// rmcp, with a gate that knows its caller where rmcp asks it without a context.
    async fn run(&self, request: Request<Watched>, caller: &Caller) -> Response<ResponseBody> {
        if !self.is_asked_aside(request.headers()) {
            return self.for_all.handle(request).await;
        }
        if is_method(request.headers(), LISTEN) {
            return self.listen(request, caller).await;
        }
        let (guarded, caller) = (Arc::clone(&self.guarded), caller.clone());
        let gate = move || Gate::for_caller(Arc::clone(&guarded), caller.clone());
        self.service(gate).handle(request).await
    }

    /// The same for a stream: its gate knows what may be watched as well. Boxed, since it is rare.
    fn listen<'a>(
        &'a self,
        request: Request<Watched>,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Response<ResponseBody>> {
        Box::pin(async move {
            let max_bytes = self.transport.max_request_body_bytes;
            let (request, uris, length) = ahead::read(request, max_bytes).await;
            let Some(place) = self.streams.take(caller, length) else {
                return without_room(request.extensions());
            };
            let place = Some(Arc::new(place));
            let gate = Gate::shared(Arc::clone(&self.guarded));
            let watched = gate.watchable(&uris, caller).await;
            let (guarded, caller) = (Arc::clone(&self.guarded), caller.clone());
            let gate = move || {
                let (guarded, caller) = (Arc::clone(&guarded), caller.clone());
                Gate::for_listener(guarded, caller, watched.clone(), place.clone())
            };
            self.service(gate).handle(request).await
        })
    }

    fn service(
        &self,
        gate: impl Fn() -> Gate<H> + Send + Sync + 'static,
    ) -> StreamableHttpService<Gate<H>, BoundSessions> {
        StreamableHttpService::new(
            move || Ok(gate()),
            Arc::clone(&self.sessions),
            self.transport.clone(),
        )
    }

    /// Whether rmcp may ask the gate something without a context: in older revisions it never does; since
    /// then it asks, before a call, for tools whose arguments are mirrored in headers, and before a stream
    /// for what may be watched. A gate that does not know its caller answers nothing there, and rmcp
    /// compares the header that is read here with the message.
    fn is_asked_aside(&self, headers: &HeaderMap) -> bool {
        let revision = headers
            .get(PROTOCOL_VERSION)
            .and_then(|version| version.to_str().ok());
        let is_asked =
            revision.is_some_and(|revision| revision >= ProtocolVersion::STANDARD_HEADERS.as_str());
        is_asked && !(self.guarded.mirrored.is_none() && is_method(headers, CALL))
    }
}

/// The answer is the verdict's.
fn without_room(extensions: &Extensions) -> Response<ResponseBody> {
    if let Some(admitted) = extensions.get::<Admitted>() {
        admitted.call.verdict.deny(Denial::TooManyStreams);
    }
    let mut response = Response::new(Full::default().boxed());
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response
}

fn is_method(headers: &HeaderMap, method: &str) -> bool {
    headers.get(METHOD).is_some_and(|named| named == method)
}

fn is_event_stream(content_type: &HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"text/event-stream")
}

impl<H: ServerHandler> Service<Request<Body>> for Endpoint<H> {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.answer(request)
    }
}
