//! What the machine says about itself (Linux; elsewhere these figures are zero).

use std::fs;
use std::time::Duration;

/// The processor, and how busy others keep it.
pub(crate) fn describe() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{model}, {cores} cores, load {load} at the start")
}

/// The memory that the process holds, in bytes.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// A thread of this process.
#[derive(Clone, Copy)]
pub(crate) struct Thread(u64);

impl Thread {
    pub(crate) fn named(name: &str) -> Self {
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
        let found = tasks.flatten().find(|task| {
            fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
        });
        let id = found.and_then(|task| task.file_name().to_str()?.parse().ok());
        Self(id.unwrap_or(0))
    }

    /// How long it has run on a processor: others who want it too do not count.
    pub(crate) fn busy(self) -> Duration {
        let path = format!("/proc/self/task/{}/schedstat", self.0);
        let text = fs::read_to_string(path).unwrap_or_default();
        let nanos = text.split(' ').next().and_then(|text| text.parse().ok());
        Duration::from_nanos(nanos.unwrap_or(0))
    }
}
