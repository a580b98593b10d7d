//! A new secret for an application, the older ones ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError, Weak};

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::super::ApplicationType;
use super::audit;
use super::desk::{Desk, Registered, unavailable};
use super::places::OF_ONE;
use super::refusal::Refusal;
use super::right::Right;
use super::secrecy;
use crate::token::secret::Secret;

/// What a rotation gives, once.
pub(super) struct NewSecret {
    pub(super) registered: Registered,
    pub(super) secret: Secret,
    pub(super) older_ones_are_good: bool,
}

/// The applications whose secret is changed now: no more than there are places.
#[derive(Default)]
pub(super) struct Rotations(StdMutex<HashMap<String, Weak<Mutex<()>>>>);

impl Rotations {
    /// Waits until nobody else changes the secret of this application. Of two at once neither would find
    /// the other's to end, and both would be good. Only some wait: who comes with the application's token
    /// may hold a place that others need.
    async fn turn(&self, id: &str) -> Result<OwnedMutexGuard<()>, Refusal> {
        let own = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, one| one.strong_count() > 0);
            let own = all.get(id).and_then(Weak::upgrade).unwrap_or_default();
            all.insert(id.to_owned(), Arc::downgrade(&own));
            own
        };
        if Arc::strong_count(&own) > OF_ONE {
            return Err(Refusal::busy());
        }
        Ok(own.lock_owned().await)
    }
}

impl Desk {
    /// A new secret; the older ones are good no more.
    pub(super) async fn rotate(
        self: &Arc<Self>,
        id: String,
        right: Right,
    ) -> Result<NewSecret, Refusal> {
        let place = self.place(&id, &right).await?;
        let work = |desk: Arc<Self>| -> BoxFuture<'static, _> {
            Box::pin(async move { desk.rotated(&id, &right).await })
        };
        self.to_the_end(place, work, |_, _| Box::pin(async {}))
            .await
    }

    async fn rotated(&self, id: &str, right: &Right) -> Result<NewSecret, Refusal> {
        let registered = self.find(id, right).await?;
        let Registered { app, record } = &registered;
        if app.application_type != ApplicationType::Traditional {
            return Err(Refusal::metadata(
                "this application has no secret: it uses PKCE alone",
            ));
        }
        // After the right to it was proven: strangers keep nobody waiting.
        let _turn = self.rotations.turn(&app.id).await?;
        // One of its kind in the application, which Logto asks for.
        let name = format!("Secret {}", secrecy::random()?.get(..8).unwrap_or_default());
        let rotation = self.logto.rotate_secret(&app.id, &name, None).await;
        let rotation = rotation.map_err(|error| unavailable("rotated", &record.owner, &error))?;
        audit::rotated(&record.owner, &app.id, &rotation.failed);
        Ok(NewSecret {
            secret: Secret::new(rotation.secret.expose()),
            older_ones_are_good: !rotation.failed.is_empty(),
            registered,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn one_application_has_one_turn_at_a_time_and_others_are_not_kept_waiting() {
        let rotations = Rotations::default();
        let first = rotations.turn("a").await.expect("nobody else");
        let mut waiting: Vec<_> = (1..OF_ONE).map(|_| Box::pin(rotations.turn("a"))).collect();
        for one in &mut waiting {
            assert!(one.as_mut().now_or_never().is_none());
        }
        assert!(rotations.turn("a").await.is_err(), "too many wait");
        assert!(rotations.turn("b").await.is_ok());
        drop(first);
        for one in waiting {
            drop(one.await.expect("a turn"));
        }
        assert!(rotations.turn("c").await.is_ok());
        let kept = rotations.0.lock().unwrap().len();
        assert_eq!(kept, 1, "of who is done, nothing is kept");
    }
}
