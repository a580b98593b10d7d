//! The streams by which principals watch, and the room that these take.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::owner::{Owner, owner};
use crate::gate::Caller;

/// What a stream takes beside the list that it was opened with, counted in bytes of such a list: rmcp keeps
/// the list six times, and 70 KB besides (measured).
const EACH: usize = 16 * 1024;

/// Room for one principal: 128 streams with short lists, or two with the longest of 1 MiB.
const PER_PRINCIPAL: usize = 2 * 1024 * 1024;

/// Room in all: some 400 MB of memory.
const IN_ALL: usize = 64 * 1024 * 1024;

/// What those without a token may take together, so that they are in nobody else's way.
const NOBODYS: usize = IN_ALL / 2;

/// Who has taken how much.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    by_owner: HashMap<Option<Owner>, usize>,
}

/// The room of one stream, until it is dropped.
pub(crate) struct Place {
    streams: Streams,
    owner: Option<Owner>,
    room: usize,
}

impl Streams {
    /// Room for a stream of `caller`'s that is opened with a message of so many bytes.
    pub(crate) fn take(&self, caller: &Caller, bytes: usize) -> Option<Place> {
        let owner = caller.as_ref().map(owner);
        let room = bytes.saturating_add(EACH);
        let mut taken = self.lock();
        let most = if owner.is_some() {
            PER_PRINCIPAL
        } else {
            NOBODYS
        };
        let own = taken.by_owner.get(&owner).copied().unwrap_or(0);
        // A first one is let in whatever the longest message is.
        let fits = own == 0 || own.saturating_add(room) <= most;
        let all = taken.all.saturating_add(room);
        if !fits || all > IN_ALL {
            return None;
        }
        taken.all = all;
        taken
            .by_owner
            .insert(owner.clone(), own.saturating_add(room));
        let streams = self.clone();
        Some(Place {
            streams,
            owner,
            room,
        })
    }

    /// Consistent between any two statements that do not panic, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.streams.lock();
        taken.all = taken.all.saturating_sub(self.room);
        let left = taken.by_owner.get(&self.owner).copied().unwrap_or(0);
        match left.saturating_sub(self.room) {
            0 => {
                taken.by_owner.remove(&self.owner);
            }
            left => {
                taken.by_owner.insert(self.owner.clone(), left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth_info::AuthInfo;

    fn caller(subject: usize) -> Caller {
        let caller = AuthInfo::builder("https://as.test");
        Some(caller.subject(subject.to_string()).build())
    }

    #[test]
    fn a_principal_has_its_room_and_gets_it_back() {
        let streams = Streams::default();
        let mut held: Vec<Place> = Vec::new();
        while let Some(place) = streams.take(&caller(1), 200) {
            held.push(place);
        }
        assert_eq!(held.len(), PER_PRINCIPAL / (EACH + 200));
        assert!(streams.take(&caller(2), 200).is_some());
        held.pop();
        assert!(streams.take(&caller(1), 200).is_some());
        drop(held);
        assert!(streams.lock().by_owner.is_empty());
        assert_eq!(streams.lock().all, 0);
    }

    #[test]
    fn a_long_list_takes_more_and_a_first_one_always_fits() {
        let streams = Streams::default();
        let huge = streams.take(&caller(1), 10 * PER_PRINCIPAL);
        assert!(huge.is_some() && streams.take(&caller(1), 0).is_none());
        let long = [1, 2, 3].map(|_| streams.take(&caller(2), 1024 * 1024 - EACH));
        assert_eq!(long.map(|one| one.is_some()), [true, true, false]);
    }

    #[test]
    fn there_is_an_end_and_nobody_is_not_in_the_way_of_the_others() {
        let streams = Streams::default();
        let mut held: Vec<Place> = Vec::new();
        while let Some(place) = streams.take(&None, 0) {
            held.push(place);
        }
        assert_eq!(held.len(), NOBODYS / EACH);
        for number in 0.. {
            let Some(place) = streams.take(&caller(number), PER_PRINCIPAL - EACH) else {
                assert_eq!(number, (IN_ALL - NOBODYS) / PER_PRINCIPAL);
                break;
            };
            held.push(place);
        }
    }
}
