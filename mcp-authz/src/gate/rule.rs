//! What one operation asks of its caller.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::JsonObject;

use super::decide::Decision;
use super::policy::{Outcome, Policy, PolicyFor};
use super::sign_in::SignIn;
use super::variables::Variable;
use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::registry::Access;
use crate::scope::{Requirement, Scope};

/// Who may run an operation: scopes first, then what scopes cannot say.
///
/// Whatever is asked for is asked for besides the rest: what is said twice of one rule holds twice, and the
/// order in which a rule is written opens nothing.
///
/// ```
/// use std::time::Duration;
/// use mcp_authz::{PolicyError, Rule, scopes};
///
/// let send = Rule::from(scopes!["mail:send"])
///     .max_age(Duration::from_secs(300)) // signed in within five minutes
///     .policy(|auth| async move {
///         match auth.claims().contains_key("suspended") {
///             true => Err(PolicyError::denied("Your account may not send.")),
///             false => Ok(()),
///         }
///     });
/// let pay = Rule::from(scopes!["pay"]).acr_values(["phr"]); // signed in with a hardware key
/// let whoami = Rule::authenticated();
/// let ping = Rule::anonymous();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Rule {
    pub(crate) access: Access,
    pub(crate) sign_in: SignIn,
    pub(crate) scopes_for: Option<ScopesFor>,
    /// In the order in which they are asked: all of them must allow.
    pub(crate) policies: Vec<Policy>,
    pub(crate) policies_for: Vec<PolicyFor>,
    pub(crate) first_party: bool,
    pub(crate) concealed: bool,
    pub(crate) deferred: Deferred,
    /// How the function of an annotated resource reads the variables of its URI.
    pub(crate) variables: Option<&'static [Variable]>,
}

/// What the operation decides itself, on its typed arguments, before anything runs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deferred {
    scopes: bool,
    policy: bool,
}

impl Deferred {
    pub(crate) fn is_any(self) -> bool {
        self.scopes || self.policy
    }

    /// Whether the arguments can require more scopes.
    pub(crate) fn asks_for_scopes(self) -> bool {
        self.scopes
    }
}

impl Rule {
    fn new(access: Access) -> Self {
        Self {
            access,
            sign_in: SignIn::default(),
            scopes_for: None,
            policies: Vec::new(),
            policies_for: Vec::new(),
            first_party: false,
            concealed: false,
            deferred: Deferred::default(),
            variables: None,
        }
    }

    /// Any caller with a valid token.
    pub fn authenticated() -> Self {
        Self::new(Access::Authenticated)
    }

    /// Anybody, once the server says `.allow_anonymous()`.
    pub fn anonymous() -> Self {
        Self::new(Access::Anonymous)
    }

    /// Asks for more, depending on the caller and on the arguments of a tool or prompt, or the
    /// variables of a resource's URI as strings. It is asked when the rest of the rule is met. Each call
    /// adds one; all that they ask for is needed.
    ///
    /// ```
    /// use mcp_authz::{Requirement, Rule, Scope, scopes};
    ///
    /// let transfer = Rule::from(scopes!["pay"]).scopes_for(|arguments, _auth| {
    ///     let amount = arguments.get("amount").and_then(|amount| amount.as_f64());
    ///     match amount {
    ///         Some(amount) if amount <= 100.0 => Scope::new("pay").into(),
    ///         _ => Scope::new("pay:any").into(),
    ///     }
    /// });
    /// ```
    pub fn scopes_for(
        mut self,
        requirement: impl Fn(&JsonObject, &AuthInfo) -> Requirement + Send + Sync + 'static,
    ) -> Self {
        let requirement = move |arguments: &_, auth: &_| Some(requirement(arguments, auth));
        self.ask_for(ScopesFor(Arc::new(requirement)));
        self
    }

    /// Asks a predicate once the scopes are there: tenant, role, ownership. See
    /// [`PolicyError`](crate::PolicyError) for its answers; one that panics or takes longer than ten
    /// seconds lets nobody through.
    ///
    /// Each call adds one. They are asked in the order in which they are written, and the first that does
    /// not allow has the last word; the ten seconds are for all of them.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, PolicyError, Rule, scopes};
    ///
    /// async fn not_suspended(auth: AuthInfo) -> Result<(), PolicyError> {
    ///     match auth.claims().contains_key("suspended") {
    ///         true => Err(PolicyError::denied("Your account may not send.")),
    ///         false => Ok(()),
    ///     }
    /// }
    ///
    /// async fn of_acme(auth: AuthInfo) -> Result<(), PolicyError> {
    ///     match auth.claims().get("tenant").and_then(|tenant| tenant.as_str()) {
    ///         Some("acme") => Ok(()),
    ///         _ => Err(PolicyError::denied("This server is for members of Acme.")),
    ///     }
    /// }
    ///
    /// let send = Rule::from(scopes!["mail:send"]).policy(not_suspended).policy(of_acme);
    /// ```
    pub fn policy<F, Fut>(mut self, policy: F) -> Self
    where
        F: Fn(AuthInfo) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        self.policies.push(Policy::new(policy));
        self
    }

    /// Asks a predicate over what the call is about as well, such as whose something is: the arguments of
    /// a tool or prompt, or the variables of a resource's URI as strings, as they came. What is not as
    /// expected is for the predicate to deny. Each call adds one, and whatever is a
    /// [`policy`](Self::policy) is asked before them; the answers, a panic and the time-out are the same.
    ///
    /// ```
    /// use mcp_authz::{PolicyError, Rule, Rules, scopes};
    ///
    /// let own_mails = Rule::from(scopes!["mail:read"]).policy_for(|variables, auth| async move {
    ///     let owner = variables.get("user").and_then(|user| user.as_str());
    ///     match owner.is_some() && owner == auth.subject() {
    ///         true => Ok(()),
    ///         false => Err(PolicyError::denied("These are not your mails.")),
    ///     }
    /// });
    /// let rules = Rules::new().resource("mail://{user}/{id}", own_mails);
    /// ```
    ///
    /// A list has no arguments: it shows what some arguments could pass. To watch a URI, or to come back to a
    /// task, the predicate is asked as for the URI or the call itself; so a call that makes a task may have
    /// arguments of 8 KiB at most. A value that would complete an argument is left out unless the predicate
    /// allows it beside those that are given so far.
    pub fn policy_for<F, Fut>(mut self, policy: F) -> Self
    where
        F: Fn(JsonObject, AuthInfo) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        self.policies_for.push(PolicyFor::new(policy));
        self
    }

    /// Only for the operator's own applications; see [`first_party`](crate::first_party()). A policy is
    /// asked besides.
    ///
    /// ```
    /// use mcp_authz::{Rule, Rules, scopes};
    ///
    /// let close = Rule::from(scopes!["account:close"]).first_party();
    /// let rules = Rules::new().tool("close_account", close.conceal());
    /// ```
    pub fn first_party(mut self) -> Self {
        self.first_party = true;
        self
    }

    /// The person must have signed in no longer ago (`auth_time`, RFC 9470 §4), in whole seconds. Of
    /// several, the shortest time counts.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.sign_in.ask_for_age(age);
        self
    }

    /// The person must have signed in in one of these ways (`acr`, RFC 9470 §4). Where it is called again,
    /// in one that each call names; without such a one the server does not start.
    pub fn acr_values<A: Into<String>>(mut self, values: impl IntoIterator<Item = A>) -> Self {
        let values = values.into_iter().map(Into::into);
        self.sign_in.ask_for_one_of(values.collect());
        self
    }

    /// Hides the operation from everybody who may not run it: it is not listed, and using it is
    /// answered like a name that does not exist.
    ///
    /// A server does not start if another template matches the URIs of a hidden resource as well. Whoever
    /// may read by that template gets the handler's answer for a URI that does not exist, and would get
    /// the gate's for the hidden one: the difference tells that it is there.
    pub fn conceal(mut self) -> Self {
        self.concealed = true;
        self
    }

    /// Asks for what this requires as well.
    pub(super) fn ask_for(&mut self, more: ScopesFor) {
        self.scopes_for = Some(match self.scopes_for.take() {
            Some(first) => first.and(more),
            None => more,
        });
    }

    fn has_policy(&self) -> bool {
        self.asks_policies() || self.deferred.policy
    }

    /// Whether there is a policy that the gate asks.
    pub(super) fn asks_policies(&self) -> bool {
        !self.policies.is_empty() || !self.policies_for.is_empty()
    }

    /// Whether it asks of a caller what somebody without a token cannot have.
    pub(crate) fn asks_for_somebody(&self) -> bool {
        !self.sign_in.is_any()
            || self.has_policy()
            || self.first_party
            || self.scopes_for.is_some()
            || self.deferred.is_any()
    }

    /// Whether the arguments of a call, or the variables of a URI, can decide.
    pub(crate) fn depends_on_arguments(&self) -> bool {
        self.asks_by_arguments() || self.deferred.is_any() || self.variables.is_some()
    }

    /// Whether the gate has to know the arguments of a call.
    pub(crate) fn asks_by_arguments(&self) -> bool {
        self.scopes_for.is_some() || !self.policies_for.is_empty()
    }

    /// A refusal under this rule, as the caller may see it.
    pub(crate) fn refuse(&self, denial: Denial) -> Decision {
        match self.concealed {
            true => Decision::Unknown(Some(denial)),
            false => Decision::Deny(denial),
        }
    }
}

/// The rule of a function that asks for scopes by its typed arguments. For the macros' expansions
/// alone: whoever makes such a rule must have the last word.
pub fn deferred_scopes(mut rule: Rule) -> Rule {
    rule.deferred.scopes = true;
    rule
}

/// The same for a policy.
pub(super) fn deferred_policy(mut rule: Rule) -> Rule {
    rule.deferred.policy = true;
    rule
}

impl From<Access> for Rule {
    fn from(access: Access) -> Self {
        Self::new(access)
    }
}

impl From<Requirement> for Rule {
    fn from(requirement: Requirement) -> Self {
        Self::new(Access::Scopes(requirement))
    }
}

impl From<Scope> for Rule {
    fn from(scope: Scope) -> Self {
        Requirement::from(scope).into()
    }
}

/// As it reads in a list.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.access, f)?;
        let SignIn {
            max_age,
            acr_values,
        } = &self.sign_in;
        if let Some(age) = max_age {
            write!(f, ", signed in within {} s", age.as_secs())?;
        }
        if !acr_values.is_empty() {
            write!(f, ", signed in by {}", acr_values.join(" or "))?;
        }
        for (said, words) in [
            (
                self.scopes_for.is_some() || self.deferred.scopes,
                "more by arguments",
            ),
            (self.first_party, "first-party clients"),
            (self.has_policy(), "policy"),
            (self.concealed, "concealed"),
        ] {
            if said {
                write!(f, ", {words}")?;
            }
        }
        Ok(())
    }
}

/// A requirement that depends on the arguments; none lets nobody through.
#[derive(Clone)]
pub(crate) struct ScopesFor(pub(crate) Arc<RequirementOf>);

impl ScopesFor {
    fn and(self, other: Self) -> Self {
        let (Self(first), Self(second)) = (self, other);
        Self(Arc::new(move |arguments, auth| {
            let both = [first(arguments, auth)?, second(arguments, auth)?];
            Some(Requirement::all(both))
        }))
    }
}

type RequirementOf = dyn Fn(&JsonObject, &AuthInfo) -> Option<Requirement> + Send + Sync;

impl fmt::Debug for ScopesFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopesFor")
    }
}
