//! All agents of the tenant, read once for all who look at theirs: the list is as long as there are agents,
//! and whoever may look may look again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::{Application, Error, Management};

/// How long a list is shown in which nothing was changed from here, and a failure told.
pub(super) const FRESH: Duration = Duration::from_secs(1);

type Apps = Result<Arc<[Application]>, Error>;

/// What Logto's list was, when it was last read.
#[derive(Default)]
pub(super) struct Listing {
    last: Mutex<Option<(u64, Instant, Apps)>>,
    /// Counts what was changed from here.
    changes: AtomicU64,
}

impl Listing {
    /// The list with everything that was changed from here before, and no older than `age` as to what was
    /// changed elsewhere. Of those who wait while Logto does not answer, one finds that out.
    pub(super) async fn read(&self, logto: &Management, age: Duration) -> Apps {
        let mut last = self.last.lock().await;
        let changes = self.changes.load(Ordering::Acquire);
        if let Some((of, at, apps)) = &*last
            && *of == changes
            && at.elapsed() < if apps.is_ok() { age } else { FRESH }
        {
            return apps.clone();
        }
        let apps: Apps = logto.third_party_apps().await.map(Arc::from);
        *last = Some((changes, Instant::now(), apps.clone()));
        apps
    }

    /// Logto has carried something out: what was read before does not show it.
    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
}
