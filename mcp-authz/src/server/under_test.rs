//! A server in a test's world: the same settings, checks, layer and gate, with another clock and with
//! authorization servers that the test plays.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rmcp::ServerHandler;
use tokio::io::DuplexStream;

use super::authz::Protect;
use super::dispatch::Annotated;
use super::local::Local;
use super::settings::Settings;
use super::{Server, ServerBuilder, StdioCaller};
use crate::World;
use crate::error::Error;
use crate::gate::{Answers, Visibility};
use crate::token::Issuer;

use self::sealed::Sealed;

/// What a test can start: a [`ServerBuilder`], or a handler with its rules ([`Protect`]).
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::{TestServer, UnderTest};
///
/// /// Whatever it is that is served.
/// async fn starts(server: impl UnderTest) -> bool {
///     TestServer::start(server).await.is_ok()
/// }
/// ```
pub trait UnderTest: Sealed {}

impl UnderTest for ServerBuilder {}
impl<H: ServerHandler> UnderTest for Protect<H> {}

mod sealed {
    use super::{Error, Server, ServerHandler, Surroundings};

    /// Nobody else can name it.
    pub trait Sealed: Sized {
        type Handler: ServerHandler;

        fn surroundings(&mut self) -> Surroundings<'_>;

        /// Checks everything and makes the server, like its own `build`.
        fn build_around<H: ServerHandler>(
            self,
            around: impl FnOnce(Self::Handler) -> H,
        ) -> impl Future<Output = Result<Server<H>, Error>>;
    }
}

impl Sealed for ServerBuilder {
    type Handler = Annotated;

    fn surroundings(&mut self) -> Surroundings<'_> {
        Surroundings(&mut self.settings)
    }

    async fn build_around<H: ServerHandler>(
        self,
        around: impl FnOnce(Annotated) -> H,
    ) -> Result<Server<H>, Error> {
        let (plan, settings, handler, name) = self.plan().await?;
        Ok(plan.assemble(settings, around(handler), name))
    }
}

impl<T: ServerHandler> Sealed for Protect<T> {
    type Handler = T;

    fn surroundings(&mut self) -> Surroundings<'_> {
        Surroundings(&mut self.settings)
    }

    async fn build_around<H: ServerHandler>(
        self,
        around: impl FnOnce(T) -> H,
    ) -> Result<Server<H>, Error> {
        let (plan, settings, handler, name) = self.plan().await?;
        Ok(plan.assemble(settings, around(handler), name))
    }
}

/// What a test has to know of the settings, and may add.
pub struct Surroundings<'a>(&'a mut Settings);

impl Surroundings<'_> {
    /// The resource; this one where there is none yet.
    pub(crate) fn resource(&mut self, default: &str) -> String {
        let resource = &mut self.0.resource;
        resource.get_or_insert_with(|| default.to_owned()).clone()
    }

    /// Whether anybody vouches for a caller.
    pub(crate) fn has_issuer(&self) -> bool {
        !self.0.issuers.is_empty() || self.0.verifier.is_some()
    }

    /// The issuers, from now on with keys of a test; this one where nobody vouches for a caller yet.
    pub(crate) fn issuers(&mut self, default: &str) -> Vec<Issuer> {
        if self.0.issuers.is_empty() && self.0.verifier.is_none() {
            self.0.issuers.push(Issuer::new(default));
        }
        for issuer in &mut self.0.issuers {
            issuer.accept_development_keys();
        }
        // What is wrong with an exchange is said when the server is built.
        self.0.exchanging(&mut Vec::new())
    }

    /// Time and outgoing HTTP are the test's from now on.
    pub(crate) fn move_to(&mut self, world: World) {
        #[cfg(feature = "logto")]
        for issuer in &mut self.0.issuers {
            issuer.move_directory(&world);
        }
        self.0.world = Some(world);
    }

    /// Has somebody hear why tokens are refused.
    pub(crate) fn heard_by(&mut self, hear: fn(&str)) {
        self.0.audit.heard_by(hear);
    }

    pub(crate) fn show_what_is_granted(&mut self) {
        self.0.visibility = Visibility::Granted;
    }
}

/// Starts a server for one caller, and returns the other end of its standard input and output.
pub(crate) type StartChild =
    Box<dyn Fn(StdioCaller) -> BoxFuture<'static, Result<DuplexStream, Error>> + Send + Sync>;

/// As much as a pipe takes before somebody reads it.
const PIPE: usize = 64 * 1024;

impl<H> Server<H> {
    /// Where it listens.
    pub(crate) fn mounted_at(&self) -> &str {
        &self.mount
    }
}

impl<H: ServerHandler> Server<H> {
    /// The same handler and rules on standard input and output. Without an issuer of the author's a named
    /// principal is sent to nobody, as outside of a test.
    pub(crate) fn as_child(&self, has_issuer: bool) -> StartChild {
        let for_tokens = Arc::new(self.local(true));
        let for_principals = Arc::new(self.local(has_issuer));
        Box::new(move |caller| {
            let local = match caller.is_principal() {
                true => &for_principals,
                false => &for_tokens,
            };
            Arc::clone(local).start(caller).boxed()
        })
    }

    fn local(&self, has_issuer: bool) -> Local<H> {
        let shared = &self.endpoint.0;
        let over_http = &shared.guarded.answers;
        let challenger = over_http.challenger.clone();
        let answers = Answers {
            challenger: match has_issuer {
                true => challenger,
                false => challenger.without_offers(),
            },
            terms: Arc::clone(&over_http.terms),
            audit: over_http.audit.clone(),
            form: over_http.form,
            forms: over_http.forms.clone(),
            over_http: false,
        };
        Local {
            guarded: Arc::clone(&shared.guarded),
            answers: Arc::new(answers),
            verifiers: shared.admission.verifiers.clone(),
            manifest: self.manifest.clone(),
            max_bytes: shared.transport.max_request_body_bytes,
            unreachable: self.unreachable.clone(),
        }
    }
}

impl<H: ServerHandler> Local<H> {
    async fn start(self: Arc<Self>, caller: StdioCaller) -> Result<DuplexStream, Error> {
        let (caller, _) = self.meet(caller).await?;
        let (near, far) = tokio::io::duplex(PIPE);
        let (input, output) = tokio::io::split(far);
        // It ends with its input.
        tokio::spawn(self.serve_on(caller, input, output));
        Ok(near)
    }
}
