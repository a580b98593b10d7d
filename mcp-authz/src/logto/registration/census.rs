//! How many applications there are, by owner: counted at Logto, which alone knows, and kept for a
//! moment, so that a flood of refused registrations is no flood there.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::super::{Error, Management};
use super::record::Record;
use super::refusal::Refusal;
use super::registrant::Registrant;

/// How long a count is believed that this program alone keeps up to date.
const BELIEVED: Duration = Duration::from_secs(60);

/// What is made is counted by the minute, also what does not stay.
const MINUTE: Duration = Duration::from_secs(60);

/// The limits of one service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) per_owner: usize,
    pub(super) in_all: usize,
    /// Of those who did not say who they are.
    pub(super) of_nobody: usize,
    /// How many may be made in a minute; strangers and owners apart.
    pub(super) per_minute: usize,
    /// How many of them one owner may make.
    pub(super) per_owner_and_minute: usize,
}

/// How many there were since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    since: Instant,
    taken: usize,
}

impl Pace {
    /// Takes one of so many in this minute, if one is left.
    pub(super) fn take(own: &mut Option<Self>, most: usize) -> bool {
        let young = own.filter(|pace| !pace.is_over());
        let mut pace = young.unwrap_or_else(|| Self {
            since: Instant::now(),
            taken: 0,
        });
        let is_left = pace.taken < most;
        pace.taken += usize::from(is_left);
        *own = Some(pace);
        is_left
    }

    fn is_over(&self) -> bool {
        self.since.elapsed() >= MINUTE
    }
}

/// Held by one registration at a time, until the application is there or is not.
#[derive(Debug, Default)]
pub(super) struct Census {
    counted: Option<Instant>,
    owners: HashMap<Registrant, usize>,
    /// Of owners together.
    owned: Option<Pace>,
    /// Of each in the same minute: never more owners than turns were taken.
    shares: HashMap<Registrant, usize>,
    /// Of those who did not say who they are.
    open: Option<Pace>,
}

impl Census {
    /// Counts again what may have changed elsewhere.
    pub(super) async fn refresh(&mut self, logto: &Management, service: &str) -> Result<(), Error> {
        if self.counted.is_some_and(|at| at.elapsed() < BELIEVED) {
            return Ok(());
        }
        let apps = logto.third_party_apps().await?;
        self.owners.clear();
        for record in apps.iter().filter_map(|app| Record::of(app, service)) {
            self.came(record.owner);
        }
        self.counted = Some(Instant::now());
        Ok(())
    }

    /// Whether `owner` may have one more.
    pub(super) fn room(&self, owner: &Registrant, limits: Limits) -> Result<(), Refusal> {
        let own = self.owners.get(owner).copied().unwrap_or_default();
        if owner.is_nobody() {
            return match own < limits.of_nobody {
                true => Ok(()),
                false => Err(Refusal::full("no more applications can be registered")),
            };
        }
        let owned = self.owners.iter().filter(|(owner, _)| !owner.is_nobody());
        if own >= limits.per_owner {
            return Err(Refusal::full(
                "you have as many applications as you may have: delete one first",
            ));
        }
        if owned.map(|(_, count)| count).sum::<usize>() >= limits.in_all {
            return Err(Refusal::full("no more applications can be registered"));
        }
        Ok(())
    }

    /// Takes one of the applications that may be made in this minute: who makes and deletes, or hangs up,
    /// again and again has no quota, and would still be a flood at Logto.
    pub(super) fn take_turn(&mut self, owner: &Registrant, limits: Limits) -> Result<(), Refusal> {
        let is_left = match owner.is_nobody() {
            true => Pace::take(&mut self.open, limits.per_minute),
            false => self.take_share(owner, limits),
        };
        is_left.then_some(()).ok_or_else(Refusal::busy)
    }

    /// The same for an owner: one that has had their share of the minute leaves the rest to others.
    fn take_share(&mut self, owner: &Registrant, limits: Limits) -> bool {
        if self.owned.is_none_or(|pace| pace.is_over()) {
            self.shares.clear();
        }
        let own = self.shares.get(owner).copied().unwrap_or_default();
        let is_left =
            own < limits.per_owner_and_minute && Pace::take(&mut self.owned, limits.per_minute);
        if is_left {
            self.shares.insert(owner.clone(), own + 1);
        }
        is_left
    }

    pub(super) fn came(&mut self, owner: Registrant) {
        *self.owners.entry(owner).or_default() += 1;
    }

    pub(super) fn went(&mut self, owner: &Registrant) {
        if let Some(count) = self.owners.get_mut(owner) {
            *count = count.saturating_sub(1);
        }
    }

    /// Something went wrong at Logto: what is there is to be counted before the next one.
    pub(super) fn forget(&mut self) {
        self.counted = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        per_owner: 2,
        in_all: 3,
        of_nobody: 1,
        per_minute: 5,
        per_owner_and_minute: 2,
    };

    #[tokio::test(start_paused = true)]
    async fn so_many_are_made_in_a_minute_by_one_owner_by_all_and_by_strangers() {
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(Registrant::holder);
        let nobody = Registrant::nobody();
        let mut census = Census::default();
        let mut turns = |owner: &Registrant| {
            (0..9)
                .filter(|_| census.take_turn(owner, LIMITS).is_ok())
                .count()
        };
        assert_eq!([turns(&alice), turns(&bob), turns(&alice)], [2, 2, 0]);
        // What is left of the minute for all.
        assert_eq!([turns(&carol), turns(&nobody), turns(&nobody)], [1, 5, 0]);
        tokio::time::advance(MINUTE - Duration::from_secs(1)).await;
        assert_eq!([turns(&alice), turns(&carol)], [0, 0]);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!([turns(&carol), turns(&alice), turns(&nobody)], [2, 2, 5]);
        assert_eq!(
            census.shares.len(),
            2,
            "nothing is kept of an earlier minute"
        );
    }

    #[test]
    fn everybody_has_their_own_room() {
        let [alice, bob, carol] =
            ["alice", "bob", "carol"].map(|name| Registrant::person("https://as", name));
        let nobody = Registrant::nobody();
        let mut census = Census::default();
        let has_room = |census: &Census, owner: &Registrant| census.room(owner, LIMITS).is_ok();
        census.came(nobody.clone());
        assert!(!has_room(&census, &nobody));
        census.came(alice.clone());
        assert!(has_room(&census, &alice));
        census.came(alice.clone());
        assert!(!has_room(&census, &alice));
        // The same id at another issuer is another person.
        assert!(has_room(
            &census,
            &Registrant::person("https://other", "alice")
        ));
        assert!(has_room(&census, &Registrant::holder("alice")));
        census.came(bob.clone());
        assert!(
            !has_room(&census, &carol),
            "all together have as many as they may"
        );
        census.went(&alice);
        assert!(has_room(&census, &alice) && has_room(&census, &carol));
        census.went(&carol);
        assert!(has_room(&census, &carol));
    }
}
