//! Userinfo as the only word on a token: in `danger`, where its cost is told.

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::Reject;
use super::asking::Answer;
use super::claims::{ClaimRules, identifier};
use super::endpoint;
use super::userinfo::UserinfoEndpoint;
use crate::auth_info::AuthInfo;
use crate::scope::{Scope, ScopeSet};

/// How long an answer is believed: nobody says when the token ends.
const CACHED: Duration = Duration::from_secs(60);

/// Accepts an opaque token when the issuer's userinfo knows it.
///
/// **What it costs.** Userinfo does not say for whom a token was issued. Every token of this issuer
/// works here, whichever application the person gave it to: an application with a harmless consent
/// ("see my name") can call your tools in the person's name, and so can everyone who steals a token
/// from it. MCP forbids it (token audience validation). Nor does userinfo say what was consented to,
/// or when the token ends: scopes come from [`scope_for_claim`](Self::scope_for_claim) alone, and the
/// issuer is asked again after 60 seconds.
///
/// Use it for providers that offer nothing else. With
/// [introspection](crate::Issuer::introspection), or with signed userinfo and
/// [`clients`](Self::clients), the worst of this goes away.
///
/// ```
/// use mcp_authz::{Issuer, danger};
///
/// let issuer = Issuer::new("https://as.example.com").opaque_tokens(
///     danger::userinfo_alone()
///         .scope_for_claim("email", "email")
///         .scope_for_claim("name", "profile"),
/// );
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct UserinfoAlone {
    endpoint: Option<String>,
    subject_claim: String,
    scopes: Vec<(String, String)>,
    clients: Vec<String>,
    any_client: bool,
}

impl UserinfoAlone {
    pub(crate) fn new() -> Self {
        Self {
            endpoint: None,
            subject_claim: "sub".to_owned(),
            scopes: Vec::new(),
            clients: Vec::new(),
            any_client: true,
        }
    }

    /// Asks here instead of where the issuer's metadata says. https, no redirects; the token is sent
    /// there.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Grants `scope` when the answer holds `claim` with something in it (not `null`, `false` or
    /// empty): a provider shows a claim to those tokens whose person agreed.
    pub fn scope_for_claim(mut self, claim: impl Into<String>, scope: impl Into<String>) -> Self {
        self.scopes.push((claim.into(), scope.into()));
        self
    }

    /// Reads the person from this claim instead of `sub`: a string, or a whole number. It must be one
    /// that is never given to another person, so no user name and no e-mail address.
    pub fn subject_claim(mut self, claim: impl Into<String>) -> Self {
        self.subject_claim = claim.into();
        self
    }

    /// Takes signed answers (`application/jwt`) alone, addressed to one of these clients: the
    /// audience check that plain userinfo cannot have. An empty list is an error when the server is
    /// built.
    ///
    /// ```
    /// use mcp_authz::{Issuer, danger};
    ///
    /// let issuer = Issuer::new("https://as.example.com")
    ///     .opaque_tokens(danger::userinfo_alone().clients(["smartmail"]));
    /// ```
    pub fn clients<C: Into<String>>(mut self, clients: impl IntoIterator<Item = C>) -> Self {
        self.clients.extend(clients.into_iter().map(Into::into));
        self.any_client = false;
        self
    }

    /// What is wrong with it, in sentences that say what to write instead.
    pub(crate) fn problems(&self, issuer: &Url) -> Vec<String> {
        let mut problems = Vec::new();
        let mut say = |what: String| problems.push(format!("userinfo: {what}"));
        if let Err(why) = self.configured(issuer) {
            say(format!("its `.endpoint(..)`: {why}"));
        }
        for (_, scope) in &self.scopes {
            if scope.parse::<Scope>().is_err() {
                say(format!("{scope:?} is no scope: write one word"));
            }
        }
        if self.subject_claim.is_empty() {
            say("its subject claim has no name: name it, or leave `.subject_claim(..)` out".into());
        }
        if !self.any_client
            && (self.clients.is_empty() || self.clients.iter().any(String::is_empty))
        {
            say("its `.clients([..])` are empty: name them, or leave it out".into());
        }
        problems
    }

    pub(super) fn has_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Whether the issuer's keys are needed for its answers.
    pub(super) fn wants_signatures(&self) -> bool {
        !self.any_client
    }

    /// The author's own address.
    pub(super) fn configured(&self, issuer: &Url) -> Result<Option<Url>, &'static str> {
        endpoint::configured(self.endpoint.as_deref(), issuer)
    }

    /// Asks about `token`.
    pub(super) async fn ask(
        &self,
        endpoint: &UserinfoEndpoint,
        token: &str,
        rules: &ClaimRules,
    ) -> Answer {
        let is_client = |one: &str| self.clients.iter().any(|listed| listed == one);
        let claims = endpoint.ask(token, rules, !self.any_client, is_client);
        let claims = claims.await?;
        rules.options.check_required(&claims)?;
        let caller = AuthInfo::builder(&rules.issuer)
            .subject(self.subject(&claims)?)
            .scopes(self.granted(&claims))
            .consent(rules.options.consent())
            .claims(claims)
            .build();
        Ok((caller, CACHED))
    }

    fn subject(&self, claims: &Map<String, Value>) -> Result<String, Reject> {
        let missing = Reject("userinfo: the subject is missing, or not a plain string");
        match claims.get(&self.subject_claim) {
            Some(Value::Number(number)) if self.subject_claim != "sub" => {
                number.as_u64().map(|number| number.to_string())
            }
            _ => identifier(claims, &self.subject_claim, missing)?,
        }
        .ok_or(missing)
    }

    fn granted(&self, claims: &Map<String, Value>) -> ScopeSet {
        let holds = |claim: &str| claims.get(claim).is_some_and(says_something);
        let granted = self.scopes.iter().filter(|(claim, _)| holds(claim));
        granted
            .filter_map(|(_, scope)| scope.parse().ok())
            .collect()
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}
