//! The two seams to the world, carried together.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};

use crate::clock::{Clock, SystemClock};
use crate::fetch::{Customize, Fetch, FetchError, HttpFetch, PrivateAllowed};

/// Time and outgoing HTTP. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) fetch: Arc<dyn Fetch>,
}

impl World {
    /// The machine's clocks and network.
    pub(crate) fn system() -> Self {
        Self::with_http(None)
    }

    /// The same, with the author's own settings of the HTTP client.
    pub(crate) fn with_http(customize: Option<&Customize>) -> Self {
        let fetch = match customize {
            Some(customize) => HttpFetch::customized(&**customize),
            None => HttpFetch::new(),
        };
        Self {
            clock: Arc::new(SystemClock),
            fetch: Arc::new(fetch),
        }
    }

    /// The same world for somebody whose requests may go to private addresses.
    pub(crate) fn with_private_addresses(&self) -> Self {
        Self {
            clock: Arc::clone(&self.clock),
            fetch: Arc::new(Private(Arc::clone(&self.fetch))),
        }
    }
}

/// Marks every request.
struct Private(Arc<dyn Fetch>);

impl Fetch for Private {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        request.extensions_mut().insert(PrivateAllowed);
        self.0.send(request)
    }
}
