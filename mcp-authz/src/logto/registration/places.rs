//! Who is served at a time, so that nobody is in everybody's way: neither a crowd of strangers, nor one
//! owner whose reads wait at Logto.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::refusal::Refusal;
use super::registrant::Registrant;

/// How many owners, whose credentials are good, are served at a time, and how many others beside them;
/// one who comes then is told to come back.
const PLACES: usize = 16;

/// How many of them one owner has.
pub(super) const OF_ONE: usize = 4;

/// How many places everybody has who is served now: never more than there are places.
#[derive(Default)]
pub(super) struct Places(Mutex<HashMap<Registrant, usize>>);

/// One of those who are served now, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    holder: Registrant,
}

impl Places {
    /// A place for an owner, or for somebody who only says so, as nobody's.
    pub(super) fn take(self: &Arc<Self>, holder: Registrant) -> Result<Place, Refusal> {
        let mut held = self.lock();
        let own = held.get(&holder).copied().unwrap_or_default();
        let has_room = if holder.is_nobody() {
            own < PLACES
        } else {
            let owners = held.iter().filter(|(holder, _)| !holder.is_nobody());
            own < OF_ONE && owners.map(|(_, places)| places).sum::<usize>() < PLACES
        };
        if !has_room {
            return Err(Refusal::busy());
        }
        held.insert(holder.clone(), own + 1);
        let places = Arc::clone(self);
        Ok(Place { places, holder })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Registrant, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.lock();
        match held.get_mut(&self.holder) {
            Some(places) if *places > 1 => *places -= 1,
            _ => drop(held.remove(&self.holder)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_some_places_and_nobody_all() {
        let places = Arc::new(Places::default());
        let person = |number: usize| Registrant::person("https://as", number.to_string());
        let take = |holder: Registrant| places.take(holder).ok();
        let some = |holder: Registrant| -> Vec<Place> {
            std::iter::from_fn(|| take(holder.clone())).collect()
        };
        let mut first = some(person(1));
        assert_eq!(first.len(), OF_ONE);
        // One that is free again is theirs, and one only.
        first.pop();
        first.extend(some(person(1)));
        assert_eq!(first.len(), OF_ONE);
        let others: Vec<Place> = (2..=4).flat_map(|number| some(person(number))).collect();
        assert_eq!(first.len() + others.len(), PLACES);
        assert!(take(person(5)).is_none(), "all places are taken");
        assert_eq!(some(Registrant::nobody()).len(), PLACES, "of their own");
        drop(first);
        assert_eq!(some(person(5)).len(), OF_ONE);
        drop(others);
        assert!(places.lock().is_empty(), "nothing is kept of who has gone");
    }
}
