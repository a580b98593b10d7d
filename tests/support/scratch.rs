//! A folder for what one test, or a program of its, leaves behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::Result;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Empty at first, and gone when this is dropped, also by a test that fails.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// One in the temporary folder, whose path is short enough for a socket.
    pub fn new(name: &str) -> Result<Self> {
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self::at(std::env::temp_dir().join(format!("mcp-authz-{name}-{process}-{count}")))
    }

    /// This one, whatever is there.
    pub(crate) fn at(path: PathBuf) -> Result<Self> {
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where a file of this name would be.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Who was just told to end may still write.
        for _ in 0..20 {
            if fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}
