//! One issuer's metadata, read once for everyone who needs an address from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use url::Url;

use super::discovery::{self, Failure, Metadata, Order};
use super::wants::Wants;
use super::{Issuer, VerifyError, report};
use crate::World;
use crate::clock::Moment;

/// From then on metadata is read again beside the requests that need it.
const AGING: Duration = Duration::from_secs(50 * 60);

/// How long metadata is believed; then a request waits for it to be read again.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// How long the addresses in it serve on while the issuer's metadata cannot be had: what is found at
/// them has shorter times of its own.
const MAX_STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// So long after a failure nobody asks again. Shorter than any pause of the key refresh, which must
/// not meet the memory of its own last attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// The same, where older addresses serve on.
const STALE_PAUSE: Duration = Duration::from_secs(10);

/// Metadata, and when it was asked for.
type Known = (Metadata, Moment);

/// The metadata of one issuer.
pub(crate) struct Documents {
    identifier: String,
    url: Url,
    order: Order,
    /// What is asked for there.
    wants: Wants,
    world: World,
    known: ArcSwapOption<Known>,
    /// Held while the metadata is being read: one caller reads, the others wait.
    reading: Mutex<Reading>,
    /// Whether it is being read beside the requests.
    aside: AtomicBool,
}

#[derive(Default)]
struct Reading {
    failed: Option<(Failure, Moment)>,
    /// What serves on.
    last: Option<Arc<Known>>,
    /// What the operator was told about the metadata.
    told: Vec<String>,
}

impl Documents {
    pub(super) fn new(issuer: &Issuer, url: Url, world: World) -> Arc<Self> {
        Arc::new(Self {
            identifier: issuer.identifier.clone(),
            url,
            order: issuer.order,
            wants: issuer.wants(),
            world,
            known: ArcSwapOption::empty(),
            reading: Mutex::default(),
            aside: AtomicBool::new(false),
        })
    }

    /// The issuer's identifier as a URL.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// What is asked for there.
    pub(super) fn wants(&self) -> &Wants {
        &self.wants
    }

    /// The address that the metadata gives for `member`.
    pub(crate) async fn endpoint(self: &Arc<Self>, member: &'static str) -> Result<Url, Failure> {
        self.read().await?.0.endpoint(member, &self.url)
    }

    /// Reads the metadata anew next time: an address in it does not work.
    pub(crate) fn forget(&self) {
        self.known.store(None);
    }

    /// The metadata, read now if it is too old. While it is in use, nobody waits for it.
    pub(crate) async fn read(self: &Arc<Self>) -> Result<Arc<Known>, Failure> {
        let Some(known) = self.younger_than(MAX_AGE) else {
            return self.renew(MAX_AGE).await;
        };
        if self.younger_than(AGING).is_none() && !self.aside.swap(true, Ordering::Relaxed) {
            let aside = Aside(Arc::clone(self));
            tokio::spawn(async move {
                // What went wrong was told; the next request asks again.
                let _ = aside.0.renew(AGING).await;
            });
        }
        Ok(known)
    }

    /// Reads it, unless somebody else just did.
    async fn renew(&self, age: Duration) -> Result<Arc<Known>, Failure> {
        let mut reading = self.reading.lock().await;
        let now = self.world.clock.now();
        if let Some(known) = self.younger_than(age) {
            return Ok(known);
        }
        if let Some(outcome) = reading.paused(now) {
            return outcome;
        }
        match discovery::metadata(&*self.world.fetch, &self.identifier, &self.url, self.order).await
        {
            Ok(metadata) => {
                self.report(&metadata, &mut reading);
                let known = Arc::new((metadata, now));
                self.known.store(Some(Arc::clone(&known)));
                reading.failed = None;
                reading.last = Some(Arc::clone(&known));
                Ok(known)
            }
            Err(failure) => self.go_on(failure, &mut reading),
        }
    }

    /// After a failure: with what was known, where the issuer has not said anything else since.
    fn go_on(&self, failure: Failure, reading: &mut Reading) -> Result<Arc<Known>, Failure> {
        let now = self.world.clock.now();
        reading.failed = Some((failure.clone(), now));
        if matches!(failure, Failure::Wrong(_)) {
            reading.last = None;
        }
        let Some(last) = reading.serving_on(now) else {
            return Err(failure);
        };
        tracing::warn!(
            issuer = %self.identifier, %failure,
            "the issuer's metadata cannot be had: older addresses serve on"
        );
        Ok(last)
    }

    /// Tells the operator what MCP clients, or this server, will miss: once, not at every reading.
    fn report(&self, metadata: &Metadata, reading: &mut Reading) {
        let document = metadata.document();
        let lacks = report::lacks(document).into_iter();
        let lacks =
            lacks.map(|lack| format!("MCP clients may not get along with the issuer: {lack}"));
        let warnings = self.wants.warnings(metadata, &self.url).into_iter();
        let warnings =
            warnings.map(|one| format!("this server may not get along with the issuer: {one}"));
        let telling: Vec<_> = lacks.chain(warnings).collect();
        for what in telling.iter().filter(|what| !reading.told.contains(what)) {
            tracing::warn!(issuer = %self.identifier, "{what}");
        }
        reading.told = telling;
    }

    /// What the operator was told at the last reading.
    #[cfg(test)]
    pub(super) async fn told(&self) -> Vec<String> {
        self.reading.lock().await.told.clone()
    }

    fn younger_than(&self, age: Duration) -> Option<Arc<Known>> {
        let now = self.world.clock.now();
        self.known
            .load_full()
            .filter(|known| now.since(known.1) < age)
    }
}

/// That it is being read beside the requests, however that ends: also with a panic, or with its runtime.
struct Aside(Arc<Documents>);

impl Drop for Aside {
    fn drop(&mut self) {
        self.0.aside.store(false, Ordering::Relaxed);
    }
}

impl Reading {
    /// What there is to say without asking, soon after a failure.
    fn paused(&self, now: Moment) -> Option<Result<Arc<Known>, Failure>> {
        let (failure, at) = self.failed.as_ref()?;
        let last = self.serving_on(now);
        let pause = if last.is_some() { STALE_PAUSE } else { PAUSE };
        (now.since(*at) < pause).then(|| last.ok_or_else(|| failure.clone()))
    }

    fn serving_on(&self, now: Moment) -> Option<Arc<Known>> {
        let last = self.last.as_ref();
        last.filter(|last| now.since(last.1) < MAX_STALE).cloned()
    }
}

/// What a caller is told while an address cannot be had.
impl From<Failure> for VerifyError {
    fn from(failure: Failure) -> Self {
        Self::unavailable(
            format!("the issuer's metadata cannot be had: {failure}"),
            PAUSE,
        )
    }
}
