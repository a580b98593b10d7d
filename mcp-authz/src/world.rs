//! The two seams to the world, carried together.

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::fetch::{Fetch, HttpFetch};

/// Time and outgoing HTTP. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) fetch: Arc<dyn Fetch>,
}

impl World {
    /// The machine's clocks and network.
    pub(crate) fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            fetch: Arc::new(HttpFetch::new()),
        }
    }
}
