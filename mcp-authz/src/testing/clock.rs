//! The clock of a server under test.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::clock::Clock;

/// The time of a [`TestServer`](super::TestServer), and of the tokens that are minted for it. It begins
/// with the machine's and stands still until it is moved.
///
/// Needs the feature `testing`.
///
/// What rmcp and tokio time themselves (sealed sessions, timeouts of a connection) goes by the machine.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// use mcp_authz::testing::{TestServer, assert_challenge};
/// use mcp_authz::{Server, tool};
///
/// /// Counts the mails.
/// #[tool(scopes = ["mail:read"])]
/// fn count() -> String {
///     "3 mails".to_owned()
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
/// let server = TestServer::start(Server::builder("mail")).await?;
/// // A token of an hour, kept over both calls.
/// let alice = server.as_user("alice").scopes(["mail:read"]).keep_token();
/// assert!(alice.call("count").await.is_ok());
/// server.clock().advance(Duration::from_secs(2 * 3600));
/// assert_challenge!(alice.call("count").await, 401, "invalid_token");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Time>);

#[derive(Debug)]
struct Time {
    start: (SystemTime, Instant),
    moved: Mutex<Duration>,
}

impl TestClock {
    pub(super) fn new() -> Self {
        Self(Arc::new(Time {
            start: (SystemTime::now(), Instant::now()),
            moved: Mutex::default(),
        }))
    }

    /// Moves it forward. There is no way back: time that is set back is a fault of a machine, and no
    /// reason for a server to trust what is over.
    pub fn advance(&self, by: Duration) {
        let mut moved = self.0.moved.lock().unwrap_or_else(PoisonError::into_inner);
        *moved += by;
    }

    /// The date that it shows.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.0.start.0 + self.moved()
    }

    /// The same in seconds since 1970, as tokens say it.
    pub(super) fn unix(&self) -> u64 {
        let since = self.now().duration_since(UNIX_EPOCH);
        since.unwrap_or_default().as_secs()
    }

    fn moved(&self) -> Duration {
        *self.0.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn wall(&self) -> SystemTime {
        self.now()
    }

    fn monotonic(&self) -> Instant {
        self.0.start.1 + self.moved()
    }
}
