//! What the operator reads.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use log_lines::filter::LevelFilter;

thread_local! {
    /// A test has a thread of its own, on which everything runs that it starts.
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Everything that is logged by this test, at every level and by every library, from now on.
pub(crate) struct Log;

impl Log {
    pub(crate) fn open() -> Self {
        static ONE_FOR_ALL: Once = Once::new();
        // Not one for each thread: whether anybody listens is remembered for the whole process.
        ONE_FOR_ALL.call_once(|| {
            log_lines::fmt()
                .with_max_level(LevelFilter::TRACE)
                .with_ansi(false)
                .without_time()
                .with_writer(|| Ear)
                .init();
        });
        HEARD.set(Some(Vec::new()));
        Self
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        let heard = HEARD.with_borrow(|heard| heard.clone().unwrap_or_default());
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// The last line that says this.
    pub(crate) fn last(&self, what: &str) -> String {
        let text = self.text();
        let line = text.lines().rev().find(|line| line.contains(what));
        line.unwrap_or_else(|| panic!("nothing says {what:?}"))
            .to_owned()
    }
}

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
