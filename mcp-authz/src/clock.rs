//! The seam to time: two clocks, because each is wrong for the other's work.

use std::time::{Instant, SystemTime};

/// Tells the time. Only tests replace it.
pub(crate) trait Clock: Send + Sync + 'static {
    /// The date, for `exp`, `nbf` and `iat`: what the issuer's clock is compared with.
    fn wall(&self) -> SystemTime;

    /// Never goes back, for ages and cooldowns: setting the date must not revive an old key.
    fn monotonic(&self) -> Instant;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

#[cfg(test)]
pub(crate) use test_clock::TestClock;

#[cfg(test)]
mod test_clock {
    use std::sync::Mutex;
    use std::time::{Duration, Instant, SystemTime};

    /// Stands still until a test moves it.
    pub(crate) struct TestClock {
        start: (SystemTime, Instant),
        moved: Mutex<Duration>,
    }

    impl TestClock {
        pub(crate) fn new() -> Self {
            Self {
                start: (SystemTime::now(), Instant::now()),
                moved: Mutex::new(Duration::ZERO),
            }
        }

        pub(crate) fn advance(&self, by: Duration) {
            *self.moved.lock().unwrap() += by;
        }

        fn moved(&self) -> Duration {
            *self.moved.lock().unwrap()
        }
    }

    impl super::Clock for TestClock {
        fn wall(&self) -> SystemTime {
            self.start.0 + self.moved()
        }

        fn monotonic(&self) -> Instant {
            self.start.1 + self.moved()
        }
    }
}
