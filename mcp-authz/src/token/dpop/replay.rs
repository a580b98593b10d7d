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

/// One key may fill this part of the memory, and so may one owner, who can have tokens bound to as many keys
/// as it makes: a single client must not use it up for all.
const SHARE: usize = 16;

/// Half of a SHA-256, over key and `jti` or over who has taken room: to find two that agree would replay nothing.
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
    /// How much room each key and each owner has taken.
    taken: HashMap<Mark, usize>,
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

    /// Remembers a proof of `owner`'s. To be called when nothing else is wrong with the request: who holds no
    /// good token must not be able to fill the memory.
    pub(super) fn note(&self, owner: &[u8], key: Thumbprint, id: &str, now: Instant) -> Novelty {
        let proof = mark(&[key.as_bytes(), id.as_bytes()]);
        let takers = [mark(&[b"key", key.as_bytes()]), mark(&[b"owner", owner])];
        let mut spans = self.spans();
        forget(&mut spans, now);
        if spans.iter().any(|span| span.marks.contains(&proof)) {
            return Novelty::Replayed;
        }
        let all: usize = spans.iter().map(|span| span.marks.len()).sum();
        let share = self.capacity.div_ceil(SHARE);
        let has_its_share = |taker: &Mark| {
            let taken = spans.iter().filter_map(|span| span.taken.get(taker));
            taken.sum::<usize>() >= share
        };
        if all >= self.capacity || takers.iter().any(has_its_share) {
            return Novelty::NoRoom;
        }
        let Some(span) = current(&mut spans, now) else {
            return Novelty::NoRoom;
        };
        span.marks.insert(proof);
        for taker in takers {
            *span.taken.entry(taker).or_default() += 1;
        }
        Novelty::New
    }

    /// Consistent between any two statements, so a poisoned lock is as good as new.
    fn spans(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mark(parts: &[&[u8]]) -> Mark {
    let hash = digest(&SHA256, &parts.concat());
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
            taken: HashMap::new(),
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
        let note = |key: Thumbprint, id, seconds| {
            seen.note(
                key.as_bytes(),
                key,
                id,
                start + Duration::from_secs(seconds),
            )
        };
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
            assert_eq!(
                seen.note(b"alice", key(name), "1", now),
                novelty,
                "{millis}"
            );
        };
        after(0, 'a', Novelty::New);
        after(59_999, 'b', Novelty::New);
        after(59_999 + 600_999, 'b', Novelty::Replayed);
    }

    #[test]
    fn what_does_not_fit_is_not_accepted_and_nothing_is_forgotten_for_it() {
        let (memory, now) = (Seen::new(32), Instant::now());
        let note = |name: char, id, now| {
            let owner = name.to_string();
            memory.note(owner.as_bytes(), key(name), id, now)
        };
        assert_eq!(note('a', "1", now), Novelty::New);
        assert_eq!(note('a', "2", now), Novelty::New);
        assert_eq!(note('a', "3", now), Novelty::NoRoom, "its share");
        assert_eq!(note('a', "1", now), Novelty::Replayed);
        for name in 'b'..='p' {
            assert_eq!(note(name, "1", now), Novelty::New, "{name}");
            assert_eq!(note(name, "2", now), Novelty::New, "{name}");
        }
        assert_eq!(note('z', "1", now), Novelty::NoRoom, "all of it");
        let later = now + MEMORY + SPAN + Duration::from_secs(1);
        assert_eq!(note('z', "1", later), Novelty::New);
    }
    #[test]
    fn neither_many_keys_nor_many_owners_have_more_than_one_share() {
        let (seen, now) = (Seen::new(32), Instant::now());
        for name in ['a', 'b'] {
            assert_eq!(seen.note(b"alice", key(name), "1", now), Novelty::New);
        }
        for name in ['a', 'c', 'd'] {
            let other = seen.note(b"alice", key(name), "2", now);
            assert_eq!(other, Novelty::NoRoom, "{name}");
        }
        assert_eq!(seen.note(b"bob", key('a'), "2", now), Novelty::New);
        assert_eq!(seen.note(b"carol", key('a'), "3", now), Novelty::NoRoom);
        assert_eq!(seen.note(b"carol", key('e'), "1", now), Novelty::New);
    }
}
