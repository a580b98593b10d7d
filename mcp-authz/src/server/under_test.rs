//! A server in a test's world: the same settings, checks, layer and gate, with another clock and with
//! authorization servers that the test plays.

use rmcp::ServerHandler;

use super::authz::Protect;
use super::dispatch::Annotated;
use super::settings::Settings;
use super::{Server, ServerBuilder};
use crate::World;
use crate::error::Error;
use crate::gate::Visibility;
use crate::token::Issuer;

use self::sealed::Sealed;

/// What a test can start: a [`ServerBuilder`], or a handler with its rules ([`Protect`]).
///
/// Needs the feature `testing`.
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

    pub(crate) fn show_what_is_granted(&mut self) {
        self.0.visibility = Visibility::Granted;
    }
}

impl<H> Server<H> {
    /// Where it listens.
    pub(crate) fn mounted_at(&self) -> &str {
        &self.mount
    }
}
