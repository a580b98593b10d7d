//! Who is served at a time, so that nobody is in everybody's way: neither a crowd of strangers, nor one
//! owner whose reads wait at Logto.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::refusal::Refusal;
use super::registrant::Registrant;

/// How many of each crowd are served at a time; one who comes then is told to come back.
const PLACES: usize = 16;

/// How many of them one owner has, or one application.
pub(super) const OF_ONE: usize = 4;

/// Whose a place is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    Owner(Registrant),
    /// Whoever has its registration access token, which is known to be good.
    Application {
        id: String,
        is_owned: bool,
    },
    /// Whoever has such a token, for whatever it is good for.
    Unproven,
    /// Whoever registers without saying who they are.
    Nobody,
}

/// Those who are in each other's way, and in nobody else's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Crowd {
    Owners,
    Applications,
    ApplicationsOfNobody,
    Unproven,
    Nobody,
}

impl Holder {
    pub(super) fn of(registrant: &Registrant) -> Self {
        match registrant.is_nobody() {
            true => Self::Nobody,
            false => Self::Owner(registrant.clone()),
        }
    }

    fn crowd(&self) -> Crowd {
        match self {
            Self::Owner(_) => Crowd::Owners,
            Self::Application { is_owned: true, .. } => Crowd::Applications,
            Self::Application { .. } => Crowd::ApplicationsOfNobody,
            Self::Unproven => Crowd::Unproven,
            Self::Nobody => Crowd::Nobody,
        }
    }

    fn most(&self) -> usize {
        match self {
            Self::Owner(_) | Self::Application { .. } => OF_ONE,
            Self::Unproven | Self::Nobody => PLACES,
        }
    }
}

/// How many places everybody has who is served now: never more than there are places.
#[derive(Default)]
pub(super) struct Places(Mutex<HashMap<Holder, usize>>);

/// One of those who are served now, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    holder: Holder,
}

impl Places {
    pub(super) fn take(self: &Arc<Self>, holder: Holder) -> Result<Place, Refusal> {
        let mut held = self.lock();
        let own = held.get(&holder).copied().unwrap_or_default();
        let crowd = held.iter().filter(|(one, _)| one.crowd() == holder.crowd());
        let of_all: usize = crowd.map(|(_, places)| places).sum();
        if own >= holder.most() || of_all >= PLACES {
            return Err(Refusal::busy());
        }
        held.insert(holder.clone(), own + 1);
        let places = Arc::clone(self);
        Ok(Place { places, holder })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Holder, usize>> {
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

    fn application(id: &str, is_owned: bool) -> Holder {
        let id = id.to_owned();
        Holder::Application { id, is_owned }
    }

    #[test]
    fn everybody_has_some_places_and_nobody_all() {
        let places = Arc::new(Places::default());
        let person =
            |number: usize| Holder::of(&Registrant::person("https://as", number.to_string()));
        let take = |holder: Holder| places.take(holder).ok();
        let some = |holder: Holder| -> Vec<Place> {
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
        for (own, holder) in [
            (PLACES, Holder::of(&Registrant::nobody())),
            (PLACES, Holder::Unproven),
            (OF_ONE, application("a", true)),
            (OF_ONE, application("a", false)),
        ] {
            assert_eq!(some(holder).len(), own, "of their own");
        }
        drop(first);
        assert_eq!(some(person(5)).len(), OF_ONE);
        drop(others);
        assert!(places.lock().is_empty(), "nothing is kept of who has gone");
    }
}
