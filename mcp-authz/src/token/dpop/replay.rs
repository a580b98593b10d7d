//! Proofs seen before: each is good for one request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};

use super::Thumbprint;
use super::proof::WINDOW;

/// How long a proof is remembered: from the first moment at which its `iat` is accepted to the last,
/// both in whole seconds.
///
/// On the monotonic clock, so that a date that is set forward and back again brings no proof back.
const MEMORY: Duration = Duration::from_secs(2 * WINDOW.as_secs() + 1);

/// What is forgotten at once was noted within this time.
const SPAN: Duration = Duration::from_secs(60);

/// One key may fill this part of the memory: a single client must not use it up for all.
const SHARE: usize = 16;

/// Half of a SHA-256 over key and `jti`: to find two that agree would replay nothing.
type Mark = [u8; 16];

/// The proofs of the last ten minutes, bounded.
pub(super) struct Seen {
    capacity: usize,
    /// Oldest first.
    spans: Mutex<VecDeque<Span>>,
}

struct Span {
    since: Instant,
    marks: HashSet<Mark>,
    by_key: HashMap<Thumbprint, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    New,
    Replayed,
    /// There is no room to remember it, so it cannot be accepted.
    NoRoom,
}

impl Seen {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            spans: Mutex::default(),
        }
    }

    /// Remembers a proof. To be called when nothing else is wrong with the request: who holds no
    /// good token must not be able to fill the memory.
    pub(super) fn note(&self, key: Thumbprint, id: &str, now: Instant) -> Novelty {
        let mark = mark(key, id);
        let mut spans = self.spans();
        forget(&mut spans, now);
        if spans.iter().any(|span| span.marks.contains(&mark)) {
            return Novelty::Replayed;
        }
        let all: usize = spans.iter().map(|span| span.marks.len()).sum();
        let own: usize = spans.iter().filter_map(|span| span.by_key.get(&key)).sum();
        if all >= self.capacity || own >= self.capacity.div_ceil(SHARE) {
            return Novelty::NoRoom;
        }
        if let Some(span) = current(&mut spans, now) {
            span.marks.insert(mark);
            *span.by_key.entry(key).or_default() += 1;
            return Novelty::New;
        }
        Novelty::NoRoom
    }

    /// Consistent between any two statements, so a poisoned lock is as good as new.
    fn spans(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mark(key: Thumbprint, id: &str) -> Mark {
    let hash = digest(&SHA256, &[key.as_bytes(), id.as_bytes()].concat());
    let mut mark = Mark::default();
    mark.iter_mut()
        .zip(hash.as_ref())
        .for_each(|(to, from)| *to = *from);
    mark
}

fn forget(spans: &mut VecDeque<Span>, now: Instant) {
    let is_over = |span: &Span| now.saturating_duration_since(span.since) > MEMORY + SPAN;
    while spans.front().is_some_and(is_over) {
        spans.pop_front();
    }
}

fn current(spans: &mut VecDeque<Span>, now: Instant) -> Option<&mut Span> {
    let is_young = |span: &Span| now.saturating_duration_since(span.since) < SPAN;
    if !spans.back().is_some_and(is_young) {
        spans.push_back(Span {
            since: now,
            marks: HashSet::new(),
            by_key: HashMap::new(),
        });
    }
    spans.back_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: char) -> Thumbprint {
        Thumbprint::parse(&format!("{}A", name.to_string().repeat(42))).unwrap()
    }

    #[test]
    fn a_proof_is_new_once_in_ten_minutes() {
        let (seen, start) = (Seen::new(1000), Instant::now());
        let note = |key, id, seconds| seen.note(key, id, start + Duration::from_secs(seconds));
        assert_eq!(note(key('a'), "1", 0), Novelty::New);
        assert_eq!(note(key('a'), "2", 59), Novelty::New);
        assert_eq!(note(key('b'), "1", 61), Novelty::New);
        for seconds in [61, 300, 600] {
            assert_eq!(note(key('a'), "1", seconds), Novelty::Replayed, "{seconds}");
        }
        assert_eq!(note(key('a'), "2", 660), Novelty::Replayed);
        assert_eq!(note(key('a'), "1", 662), Novelty::New, "too old by its iat");
    }

    /// `iat` is compared in whole seconds, so that a proof is good for almost a second more than ten
    /// minutes: from the first instant of one second to the last of another.
    #[test]
    fn a_proof_is_remembered_to_the_last_instant_of_its_window() {
        let (seen, start) = (Seen::new(1000), Instant::now());
        let after = |millis, name, novelty| {
            let now = start + Duration::from_millis(millis);
            assert_eq!(seen.note(key(name), "1", now), novelty, "{millis}");
        };
        after(0, 'a', Novelty::New);
        after(59_999, 'b', Novelty::New);
        after(59_999 + 600_999, 'b', Novelty::Replayed);
    }

    #[test]
    fn what_does_not_fit_is_not_accepted_and_nothing_is_forgotten_for_it() {
        let (seen, now) = (Seen::new(32), Instant::now());
        assert_eq!(seen.note(key('a'), "1", now), Novelty::New);
        assert_eq!(seen.note(key('a'), "2", now), Novelty::New);
        assert_eq!(seen.note(key('a'), "3", now), Novelty::NoRoom, "its share");
        assert_eq!(seen.note(key('a'), "1", now), Novelty::Replayed);
        for name in 'b'..='p' {
            assert_eq!(seen.note(key(name), "1", now), Novelty::New, "{name}");
            assert_eq!(seen.note(key(name), "2", now), Novelty::New, "{name}");
        }
        assert_eq!(seen.note(key('z'), "1", now), Novelty::NoRoom, "all of it");
        let later = now + MEMORY + SPAN + Duration::from_secs(1);
        assert_eq!(seen.note(key('z'), "1", later), Novelty::New);
    }
}
