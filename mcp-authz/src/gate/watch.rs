//! What follows from the right to have something: news of it.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use rmcp::ServerHandler;
use rmcp::model::{ErrorData, SubscriptionFilter};
use rmcp::service::SubscriptionContext;

use super::operation::{Caller, Operation};
use super::policy::Asked;
use super::{Gate, unless_it_panics};
use crate::auth_info::{AuthInfo, MAX_STREAM_AGE};
use crate::registry::Kind;

/// How many resources one stream watches. A list can name a hundred thousand; each costs a decision,
/// and rmcp compares each with every other.
const MOST_WATCHED: usize = 1_000;

impl<H: ServerHandler> Gate<H> {
    /// The resources of `uris` that `caller` may read now: nobody waits for a policy that is
    /// unavailable, as little as for one that says no.
    pub(crate) async fn watchable(&self, uris: &[String], caller: &Caller) -> BTreeSet<String> {
        let asked = &mut Asked::default();
        let mut watchable = BTreeSet::new();
        for uri in uris.iter().take(MOST_WATCHED) {
            let decision = self.judge(Operation::Resource(uri), caller, asked).await;
            if decision.passes() {
                watchable.insert(uri.clone());
            }
        }
        watchable
    }

    /// What of a subscription the handler and the rules accept: no resource that the caller may not
    /// read.
    pub(super) fn accepted(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        // A gate that many callers share does not know whom it would tell.
        let caller = &self.caller.get()?;
        let mut requested = requested.clone();
        if let Some(uris) = &mut requested.resource_subscriptions {
            uris.truncate(MOST_WATCHED);
        }
        let handler = &self.guarded.handler;
        let mut accepted = unless_it_panics(|| handler.accepted_subscription_filter(&requested))?;
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.truncate(MOST_WATCHED);
            uris.retain(|uri| self.watched.contains(uri));
        }
        for (kind, changed) in [
            (Kind::Tool, &mut accepted.tools_list_changed),
            (Kind::Prompt, &mut accepted.prompts_list_changed),
            (Kind::Resource, &mut accepted.resources_list_changed),
        ] {
            // What this caller is shown nothing of has not changed for it.
            let rules = &self.guarded.rules;
            let is_shown = |item| rules.shows_everybody(&item) || self.may_pass(item, caller);
            if changed.is_some() && !rules.items(kind).any(is_shown) {
                *changed = None;
            }
        }
        Some(accepted)
    }

    /// Listens as long as the caller's token is good and the server runs, and then ends the stream
    /// as the protocol wants it.
    pub(super) async fn listen_while_allowed(
        &self,
        subscription: SubscriptionContext,
    ) -> Result<(), ErrorData> {
        let context = subscription.request_context();
        let pass = self.pass(context, Operation::Protocol).await?;
        let over = tokio::time::sleep(lifetime(pass.caller(), SystemTime::now()));
        tokio::select! {
            ended = pass.run(|| self.guarded.handler.listen(subscription)) => ended,
            () = over => Ok(()),
            () = self.guarded.closing.cancelled() => Ok(()),
        }
    }
}

/// How long a stream may go on. Nobody comes back with a newer token, so that has an end as well.
fn lifetime(caller: Option<&AuthInfo>, now: SystemTime) -> Duration {
    caller.map_or(MAX_STREAM_AGE, |caller| caller.stays(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_s_stream_has_an_end_too() {
        let now = SystemTime::now();
        assert_eq!(lifetime(None, now), MAX_STREAM_AGE);
        let end = now + Duration::from_secs(300);
        let alice = AuthInfo::builder("https://as.test").expires_at(end).build();
        assert_eq!(lifetime(Some(&alice), now), Duration::from_secs(360));
    }
}
