//! What scopes cannot say: a predicate of the author's.

mod over;
mod own;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::model::JsonObject;
use tokio::time::{Instant, timeout_at};

pub(super) use over::OfArguments;
pub use over::{KnownPolicy, PolicyOver, Taken};
pub use own::first_party;

use crate::auth_info::AuthInfo;
use crate::challenge::Denial;

/// How long a policy may take. A caller waits meanwhile, and nothing of the answer has left.
const PATIENCE: Duration = Duration::from_secs(10);

/// When to come back, where the policy does not say.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a policy does not let a caller through: the caller may not, or it cannot be found out right now.
///
/// ```
/// use mcp_authz::{AuthInfo, PolicyError};
///
/// async fn same_tenant(auth: AuthInfo) -> Result<(), PolicyError> {
///     match auth.claims().get("tenant").and_then(|tenant| tenant.as_str()) {
///         Some("acme") => Ok(()),
///         _ => Err(PolicyError::denied("This server is for members of Acme.")),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// 403 without a challenge: no consent could cure it. The text goes to the caller.
    #[error("{0}")]
    Denied(Cow<'static, str>),
    /// 503 with `Retry-After`: it could not be found out.
    #[error("the policy cannot be asked right now")]
    #[non_exhaustive]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
        /// What is out of order: for the operator's log and record, never for the caller.
        reason: Option<Cow<'static, str>>,
    },
}

impl PolicyError {
    /// The caller may not; `message` says why, to the caller.
    #[must_use]
    pub fn denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Denied(message.into())
    }

    /// It could not be found out.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, PolicyError};
    ///
    /// /// Whether the account is paid for, which a database knows.
    /// async fn paying(caller: AuthInfo) -> Result<(), PolicyError> {
    ///     match is_paid(caller.subject()).await {
    ///         Ok(true) => Ok(()),
    ///         Ok(false) => Err(PolicyError::denied("This account is not paid for.")),
    ///         Err(_) => Err(PolicyError::unavailable()),
    ///     }
    /// }
    /// # async fn is_paid(_: Option<&str>) -> std::io::Result<bool> { Ok(true) }
    /// ```
    #[must_use]
    pub const fn unavailable() -> Self {
        Self::Unavailable {
            retry_after: RETRY_AFTER,
            reason: None,
        }
    }

    /// It could not be found out, and `reason` says why to the operator: in the log and in the
    /// [`AuditEvent`](crate::AuditEvent). The caller is told none of it.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, PolicyError};
    /// # async fn tenant_of(_subject: Option<&str>) -> Result<String, std::io::Error> { Ok("acme".into()) }
    ///
    /// async fn same_tenant(auth: AuthInfo) -> Result<(), PolicyError> {
    ///     let tenant = tenant_of(auth.subject()).await;
    ///     let tenant = tenant.map_err(|error| {
    ///         PolicyError::unavailable_because(format!("the staff directory: {error}"))
    ///     })?;
    ///     match tenant == "acme" {
    ///         true => Ok(()),
    ///         false => Err(PolicyError::denied("This server is for members of Acme.")),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn unavailable_because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Unavailable {
            retry_after: RETRY_AFTER,
            reason: Some(reason.into()),
        }
    }

    /// When to come back, where it could not be found out. Otherwise that is after five seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mcp_authz::PolicyError;
    ///
    /// let error = PolicyError::unavailable().retry_after(Duration::from_secs(60));
    /// assert!(matches!(error, PolicyError::Unavailable { retry_after, .. } if retry_after.as_secs() == 60));
    /// ```
    #[must_use]
    pub fn retry_after(mut self, time: Duration) -> Self {
        if let Self::Unavailable { retry_after, .. } = &mut self {
            *retry_after = time;
        }
        self
    }
}

impl From<PolicyError> for Denial {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Denied(message) => Self::Forbidden(message),
            PolicyError::Unavailable {
                retry_after,
                reason,
            } => Self::Unavailable {
                retry_after,
                reason: reason.map_or(Cow::Borrowed("a policy could not tell"), |reason| {
                    format!("a policy could not tell: {reason}").into()
                }),
            },
        }
    }
}

/// What a policy says in the end.
pub(crate) type Outcome = Result<(), PolicyError>;

/// A policy of a rule.
#[derive(Clone)]
pub(crate) struct Policy(Arc<dyn Fn(AuthInfo) -> BoxFuture<'static, Outcome> + Send + Sync>);

impl Policy {
    pub(crate) fn new<F, Fut>(policy: F) -> Self
    where
        F: Fn(AuthInfo) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        Self(Arc::new(move |auth| policy(auth).boxed()))
    }
}

/// A policy of a rule over the arguments of a call, or the variables of a URI, as well.
#[derive(Clone)]
pub(crate) struct PolicyFor(Arc<PolicyOf>);

type PolicyOf = dyn Fn(JsonObject, AuthInfo) -> BoxFuture<'static, Outcome> + Send + Sync;

impl PolicyFor {
    pub(crate) fn new<F, Fut>(policy: F) -> Self
    where
        F: Fn(JsonObject, AuthInfo) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        Self(Arc::new(move |arguments, auth| {
            policy(arguments, auth).boxed()
        }))
    }
}

/// What policies said of one caller while one request is answered: each is asked once, and all of them
/// have the time of one.
#[derive(Default)]
pub(crate) struct Asked {
    until: Option<Instant>,
    /// Whether one of them had no time left.
    late: bool,
    said: HashMap<usize, Result<(), Denial>>,
}

impl Asked {
    /// What `policy` says of `caller`, who must be the same every time.
    pub(crate) async fn ask(&mut self, policy: &Policy, caller: &AuthInfo) -> Result<(), Denial> {
        let Policy(own) = policy;
        let id = Arc::as_ptr(own).cast::<()>().addr();
        if let Some(said) = self.said.get(&id) {
            return said.clone();
        }
        let said = self.wait(async { own(caller.clone()).await }).await;
        self.said.insert(id, said.clone());
        said
    }

    /// What `policy` says of `caller` and these arguments: others can have another answer, so it is not
    /// kept.
    pub(crate) async fn ask_for(
        &mut self,
        PolicyFor(own): &PolicyFor,
        arguments: JsonObject,
        caller: &AuthInfo,
    ) -> Result<(), Denial> {
        self.wait(async { own(arguments, caller.clone()).await })
            .await
    }

    async fn wait(&mut self, policy: impl Future<Output = Outcome>) -> Result<(), Denial> {
        let until = *self.until.get_or_insert_with(|| Instant::now() + PATIENCE);
        let said = judged_until(until, policy).await;
        self.late |= said.is_err() && Instant::now() >= until;
        said
    }

    /// Whether something was refused for want of time, and not by what a policy says.
    pub(super) fn is_late(&self) -> bool {
        self.late
    }
}

/// Waits for a policy that is the only one.
pub(crate) async fn judged(policy: impl Future<Output = Outcome>) -> Result<(), Denial> {
    judged_until(Instant::now() + PATIENCE, policy).await
}

/// One that panics or does not come back lets nobody through.
async fn judged_until(until: Instant, policy: impl Future<Output = Outcome>) -> Result<(), Denial> {
    let caught = AssertUnwindSafe(policy).catch_unwind();
    match timeout_at(until, caught).await {
        Ok(Ok(outcome)) => Ok(outcome?),
        Ok(Err(_)) => {
            tracing::error!("a policy panicked");
            Err(Denial::Failed)
        }
        Err(_) => {
            let why = format!("it took longer than {PATIENCE:?}");
            tracing::warn!("a policy could not tell: {why}");
            Err(PolicyError::unavailable_because(why).into())
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Policy")
    }
}

impl fmt::Debug for PolicyFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyFor")
    }
}
