//! Hears everything that is logged in this process.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use log_lines::filter::LevelFilter;
use log_lines::fmt::format::FmtSpan;

/// What was said, with the fields of every event and every span.
#[derive(Clone)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens from now on, also to crates that use `log` and not `tracing`.
    pub fn listen() -> Self {
        let log = Self(Arc::default());
        let heard = log.clone();
        log_lines::fmt()
            .with_max_level(LevelFilter::TRACE)
            // As a span begins and ends: every event shows the fields of its spans besides.
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(move || heard.clone())
            .init();
        log
    }

    /// All but what the browser of the tests says of its own cookies.
    pub fn lines(&self) -> String {
        let log = String::from_utf8_lossy(&self.bytes()).into_owned();
        let lines = log.lines();
        let lines: Vec<_> = lines
            .filter(|line| !line.contains(" cookie_store::"))
            .collect();
        lines.join("\n")
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
