//! What operators keep a record of: who was let in to what, who was not, and why.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::registry::Kind;
use crate::scope::{Scope, ScopeSet};

/// One decision about one request, for the operator: a client is never told as much.
///
/// Nothing in it is a token, a proof or an argument.
///
/// ```
/// use mcp_authz::{AuditEvent, AuditOutcome};
///
/// /// A row of the table of refusals: who was refused what, and why.
/// fn row(event: &AuditEvent<'_>) -> Option<[String; 3]> {
///     if event.outcome != AuditOutcome::Refused {
///         return None;
///     }
///     let who = event.caller.and_then(|caller| caller.subject()).unwrap_or("nobody");
///     let what = event.operation.map_or("the protocol", |operation| operation.name);
///     Some([who.to_owned(), what.to_owned(), event.reason.to_string()])
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct AuditEvent<'a> {
    /// How it was decided.
    pub outcome: AuditOutcome,
    /// Who called; `None` where no token was verified.
    pub caller: Option<&'a AuthInfo>,
    /// What was to run, or was running when it was refused or failed. `None` before the message was read; for the
    /// protocol itself (a session, or a list, of which only refusals are recorded); and for a task, state or
    /// cursor that is not the caller's.
    pub operation: Option<AuditOperation<'a>>,
    /// Which check, and what to change: `insufficient_scope: mail:send`, and of several scopes what the token
    /// has of them. Of a token it says by how much it has expired, and a key's identifier where that is
    /// plain; nothing else that the token says.
    pub reason: Cow<'a, str>,
}

/// How a request was decided.
///
/// ```
/// use mcp_authz::AuditOutcome;
///
/// /// What somebody should look at today.
/// fn is_alarming(outcome: AuditOutcome) -> bool {
///     matches!(outcome, AuditOutcome::Failed | AuditOutcome::Unavailable)
/// }
///
/// assert!(!is_alarming(AuditOutcome::Refused));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// The operation may run; it is recorded before it does.
    Allowed,
    /// It may not.
    Refused,
    /// Nobody could tell: an authorization server or a policy did not answer (503). Of what is concealed,
    /// the client is told that there is no such thing.
    Unavailable,
    /// Something panicked (500, or the same).
    Failed,
}

/// What a request wants to run.
///
/// ```
/// use mcp_authz::{AuditOperation, Kind};
///
/// /// Whether it is about deleting mails.
/// fn is_deletion(operation: &AuditOperation<'_>) -> bool {
///     operation.kind == Kind::Tool && operation.name == "delete_mail"
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditOperation<'a> {
    /// What it is.
    pub kind: Kind,
    /// The name or URI as the client wrote it, however long it is.
    pub name: &'a str,
}

/// The same, kept for what comes of it while it runs.
#[derive(Debug)]
pub(crate) struct Running {
    kind: Kind,
    name: Box<str>,
}

impl Running {
    pub(crate) fn operation(&self) -> AuditOperation<'_> {
        AuditOperation {
            kind: self.kind,
            name: &self.name,
        }
    }
}

impl From<AuditOperation<'_>> for Running {
    fn from(operation: AuditOperation<'_>) -> Self {
        Self {
            kind: operation.kind,
            name: operation.name.into(),
        }
    }
}

/// Where decisions are recorded.
///
/// It is called on the way of a request, so it must not wait: hand what it needs to a channel. If it panics, the
/// operation does not run: what cannot be recorded does not happen.
///
/// ```
/// use mcp_authz::{AuditEvent, AuditOutcome, Server};
///
/// let builder = Server::builder("mail").audit(|event: &AuditEvent<'_>| {
///     if event.outcome != AuditOutcome::Allowed {
///         let who = event.caller.and_then(|caller| caller.subject());
///         eprintln!("{:?} {who:?} {:?}: {}", event.outcome, event.operation, event.reason);
///     }
/// });
/// ```
///
/// A type of yours can be one as well:
///
/// ```
/// use std::sync::mpsc::SyncSender;
///
/// use mcp_authz::{AuditEvent, AuditSink};
///
/// /// Another thread writes the lines.
/// struct ToWriter(SyncSender<String>);
///
/// impl AuditSink for ToWriter {
///     fn record(&self, event: &AuditEvent<'_>) {
///         let line = format!("{:?}: {}", event.outcome, event.reason);
///         if self.0.try_send(line).is_err() {
///             panic!("the record is full: what cannot be recorded must not run");
///         }
///     }
/// }
/// ```
pub trait AuditSink: Send + Sync + 'static {
    /// Takes note of one decision.
    fn record(&self, event: &AuditEvent<'_>);
}

impl<F: Fn(&AuditEvent<'_>) + Send + Sync + 'static> AuditSink for F {
    fn record(&self, event: &AuditEvent<'_>) {
        self(event);
    }
}

type Sink = AssertUnwindSafe<Box<dyn AuditSink>>;

/// The sinks of one server. A panic in one is caught here, and concerns no other.
#[derive(Clone, Default)]
pub(crate) struct Audit(Vec<Arc<Sink>>);

impl Audit {
    pub(crate) fn add(&mut self, sink: impl AuditSink) {
        self.0.push(Arc::new(AssertUnwindSafe(Box::new(sink))));
    }

    /// Whether anything is recorded at all.
    pub(crate) fn is_kept(&self) -> bool {
        !self.0.is_empty()
    }

    /// Has somebody hear why callers are turned away before anybody is verified.
    #[cfg(feature = "testing")]
    pub(crate) fn heard_by(&mut self, hear: fn(&str)) {
        self.add(move |event: &AuditEvent<'_>| {
            if event.caller.is_none() && event.operation.is_none() {
                hear(&event.reason);
            }
        });
    }

    /// `false` where one of them could not record it.
    fn record<'a>(&self, event: impl FnOnce() -> AuditEvent<'a>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let event = event();
        let mut recorded = true;
        for sink in &self.0 {
            if catch_unwind(AssertUnwindSafe(|| sink.record(&event))).is_err() {
                tracing::error!("the audit sink panicked");
                recorded = false;
            }
        }
        recorded
    }

    /// Before anybody is verified.
    pub(crate) fn turned_away(&self, reason: impl FnOnce() -> String) {
        self.record(|| AuditEvent {
            outcome: AuditOutcome::Refused,
            caller: None,
            operation: None,
            reason: reason().into(),
        });
    }

    /// While nobody can be verified.
    pub(crate) fn not_verified(&self, reason: impl FnOnce() -> String) {
        self.record(|| AuditEvent {
            outcome: AuditOutcome::Unavailable,
            caller: None,
            operation: None,
            reason: reason().into(),
        });
    }

    /// That an operation may run. `false` where that could not be recorded: then it may not.
    #[must_use]
    pub(crate) fn allowed(&self, caller: Option<&AuthInfo>, operation: AuditOperation<'_>) -> bool {
        self.record(|| AuditEvent {
            outcome: AuditOutcome::Allowed,
            caller,
            operation: Some(operation),
            reason: Cow::Borrowed(""),
        })
    }

    /// That it may not.
    pub(crate) fn denied(
        &self,
        caller: Option<&AuthInfo>,
        operation: Option<AuditOperation<'_>>,
        denial: &Denial,
    ) {
        self.record(|| AuditEvent {
            outcome: outcome(denial),
            caller,
            operation,
            reason: reason(denial, caller),
        });
    }

    /// That somebody was not let in who wanted this to run.
    pub(crate) fn barred(&self, operation: Option<AuditOperation<'_>>, denial: &Denial, why: &str) {
        self.record(|| AuditEvent {
            outcome: outcome(denial),
            caller: None,
            operation,
            reason: Cow::Borrowed(why),
        });
    }

    /// That there is no such thing, or that it is concealed from this caller, and why. Either text is put
    /// together, so that the one takes as long as the other.
    pub(crate) fn unknown(
        &self,
        caller: Option<&AuthInfo>,
        operation: AuditOperation<'_>,
        concealed: Option<&Denial>,
    ) {
        self.record(|| {
            let (word, why) = match concealed {
                Some(denial) => ("concealed", reason(denial, caller)),
                None => ("unknown", Cow::Borrowed("nothing here has this name")),
            };
            AuditEvent {
                outcome: concealed.map_or(AuditOutcome::Refused, outcome),
                caller,
                operation: Some(operation),
                reason: format!("{word}: {why}").into(),
            }
        });
    }

    /// That what a request goes on with is not its caller's.
    pub(crate) fn foreign(&self, caller: Option<&AuthInfo>, why: &'static str) {
        self.record(|| AuditEvent {
            outcome: AuditOutcome::Refused,
            caller,
            operation: None,
            reason: Cow::Borrowed(why),
        });
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Audit").field(&self.is_kept()).finish()
    }
}

fn outcome(denial: &Denial) -> AuditOutcome {
    match denial {
        Denial::Unavailable { .. } => AuditOutcome::Unavailable,
        Denial::Failed => AuditOutcome::Failed,
        _ => AuditOutcome::Refused,
    }
}

/// What the person must do, as the challenge says it.
fn another_sign_in(scopes: &ScopeSet, max_age: Option<Duration>, acr_values: &str) -> String {
    let mut text = "insufficient_user_authentication:".to_owned();
    // Writing to a String cannot fail.
    if let Some(age) = max_age {
        let _ = write!(text, " max_age={}", age.as_secs());
    }
    if !acr_values.is_empty() {
        let _ = write!(text, " acr_values={acr_values:?}");
    }
    if !scopes.is_empty() {
        let _ = write!(text, " scope=\"{scopes}\"");
    }
    text
}

/// All that the operation needs, as the challenge says it, and how much of that is there.
fn scopes_missing(scopes: &ScopeSet, caller: Option<&AuthInfo>) -> String {
    let has =
        |scope: &&Scope| caller.is_some_and(|caller| caller.scopes().contains(scope.as_str()));
    let held: ScopeSet = scopes.iter().filter(has).cloned().collect();
    match held.is_empty() {
        true => format!("insufficient_scope: {scopes}"),
        false => format!("insufficient_scope: {scopes} (the token has {held})"),
    }
}

/// Why, for the operator.
pub(crate) fn reason<'a>(denial: &'a Denial, caller: Option<&AuthInfo>) -> Cow<'a, str> {
    match denial {
        Denial::Unauthenticated(_) => "no token".into(),
        Denial::InvalidToken => "invalid_token".into(),
        Denial::MalformedCredentials => "invalid_request".into(),
        #[cfg(feature = "dpop")]
        Denial::InvalidProof => "invalid_dpop_proof".into(),
        #[cfg(feature = "dpop")]
        Denial::NonceNeeded => "use_dpop_nonce".into(),
        Denial::InsufficientScope(scopes) => scopes_missing(scopes, caller).into(),
        Denial::Forbidden(words) => format!("policy: {words}").into(),
        Denial::InsufficientAuthentication {
            scopes,
            max_age,
            acr_values,
        } => another_sign_in(scopes, *max_age, acr_values).into(),
        Denial::Unreadable(why) => (*why).into(),
        Denial::TooManySessions => "too many sessions".into(),
        Denial::TooManyStreams => "too many streams".into(),
        Denial::Unavailable { reason, .. } => Cow::Borrowed(reason),
        Denial::Failed => "a decision or the function panicked".into(),
    }
}
