//! By what right somebody asks for an application, and whose place they take meanwhile.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::census::Pace;
use super::desk::Desk;
use super::places::{Holder, Place};
use super::record::Record;
use super::refusal::Refusal;
use super::registrant::Registrant;
use crate::token::secret::Secret;

/// How many applications are looked up in a minute for those who only say that they manage one: invented
/// tokens must not become a flood at Logto.
const LOOK_UPS: usize = 600;

/// How old the list may be that those are on who need not wait behind invented tokens: an agent that was
/// registered at another process is on it as soon as that.
const LISTED: Duration = Duration::from_secs(10);

/// By what right somebody asks for an application.
pub(super) enum Right {
    /// It is theirs.
    Owner(Registrant),
    /// They have the registration access token (RFC 7592 §3).
    Token(Secret),
}

/// How many there were in this minute.
#[derive(Default)]
pub(super) struct LookUps(Mutex<Option<Pace>>);

impl LookUps {
    fn take(&self) -> bool {
        let mut pace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pace::take(&mut pace, LOOK_UPS)
    }
}

impl Desk {
    /// A place for whoever asks for this application. Whether a token is good is not known before Logto was
    /// asked, so with invented ones anybody can hold all places that there are for tokens, and use up all
    /// look-ups: then who has a good one is found in the list, which is read for all of them together, and
    /// has a place that nothing invented can take.
    pub(super) async fn place(&self, id: &str, right: &Right) -> Result<Place, Refusal> {
        let token = match right {
            Right::Owner(owner) => return self.places.take(Holder::of(owner)),
            Right::Token(token) => token,
        };
        if let Ok(place) = self.places.take(Holder::Unproven)
            && self.look_ups.take()
        {
            return Ok(place);
        }
        let listed = self.listed(id, token).await;
        self.places.take(listed.ok_or_else(Refusal::busy)?)
    }

    /// The application, if `token` is the one that manages it.
    async fn listed(&self, id: &str, token: &Secret) -> Option<Holder> {
        let apps = self.listing.read(&self.logto, LISTED).await.ok()?;
        let app = apps.iter().find(|app| app.id == id)?;
        let record = Record::of(app, &self.service)?;
        record
            .is_managed_by(token.expose())
            .then(|| Holder::Application {
                id: id.to_owned(),
                is_owned: !record.owner.is_nobody(),
            })
    }
}
