//! The seam to time: two clocks, because each is wrong for the other's work.

use std::ops::Add;
use std::time::{Duration, Instant, SystemTime};

/// Tells the time. Only tests replace it.
pub(crate) trait Clock: Send + Sync + 'static {
    /// The date, for `exp`, `nbf` and `iat`: what the issuer's clock is compared with.
    fn wall(&self) -> SystemTime;

    /// Never goes back, for pauses and cooldowns. It may stand still while the machine sleeps.
    fn monotonic(&self) -> Instant;

    /// Now, by both.
    fn now(&self) -> Moment {
        Moment {
            monotonic: self.monotonic(),
            wall: self.wall(),
        }
    }
}

/// A moment by both clocks, for what must not outlive its time: neither a machine that sleeps nor a
/// date that is set back makes an old key or answer young again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    monotonic: Instant,
    pub(crate) wall: SystemTime,
}

impl Moment {
    /// The time since `earlier`, by the clock that says more.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let by_date = self.wall.duration_since(earlier.wall);
        self.monotonic
            .saturating_duration_since(earlier.monotonic)
            .max(by_date.unwrap_or_default())
    }

    /// Whether both clocks say so.
    pub(crate) fn is_before(self, later: Self) -> bool {
        self.monotonic < later.monotonic && self.wall < later.wall
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self {
            monotonic: self.monotonic + time,
            wall: self.wall + time,
        }
    }
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
        /// How much the wall clock has moved besides, forward and back.
        date: Mutex<(Duration, Duration)>,
    }

    impl TestClock {
        pub(crate) fn new() -> Self {
            Self {
                start: (SystemTime::now(), Instant::now()),
                moved: Mutex::default(),
                date: Mutex::default(),
            }
        }

        pub(crate) fn advance(&self, by: Duration) {
            *self.moved.lock().unwrap() += by;
        }

        /// The machine sleeps: its monotonic clock does not notice.
        pub(crate) fn sleep(&self, by: Duration) {
            self.date.lock().unwrap().0 += by;
        }

        pub(crate) fn set_back(&self, by: Duration) {
            self.date.lock().unwrap().1 += by;
        }

        fn moved(&self) -> Duration {
            *self.moved.lock().unwrap()
        }
    }

    impl super::Clock for TestClock {
        fn wall(&self) -> SystemTime {
            let (forward, back) = *self.date.lock().unwrap();
            self.start.0 + self.moved() + forward - back
        }

        fn monotonic(&self) -> Instant {
            self.start.1 + self.moved()
        }
    }
}
