//! What has to be asked before a request is answered, and the answer.

use axum::response::Response;
use http::HeaderMap;

use super::authorize::Request;
use super::client::{Client, Origin};
use super::error::OAuthError;
use super::prompt::SignedIn;
use super::provider::Provider;
use super::secret::Secret;
use super::store::{CODE_LIFETIME, Code, Session};
use super::web;
use crate::scope::ScopeSet;

/// What waits for a person.
pub(super) struct Transaction {
    pub(super) goal: Goal,
    /// The browser that started it, by the fingerprint of its cookie.
    pub(super) session: String,
    /// In the form and nowhere else. `SameSite` alone would not do: pages of other programs on this
    /// machine are the same site, since that, too, ignores ports.
    pub(super) csrf: Secret,
}

/// What the person came for.
pub(super) enum Goal {
    /// To be asked what an application wants.
    Answer(Box<Request>),
    /// To see what they allowed.
    Grants,
}

impl Transaction {
    pub(super) fn request(&self) -> Option<&Request> {
        match &self.goal {
            Goal::Answer(request) => Some(request),
            Goal::Grants => None,
        }
    }
}

/// What has to happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    SignIn,
    Consent,
    Issue,
}

/// Whether the person decides (again).
///
/// Asking for more always means asking again. A public client is asked about every time: nothing
/// proves that it is the one that was allowed (RFC 6749 §10.2).
fn must_ask(client: &Client, scopes: &ScopeSet, before: Option<&ScopeSet>) -> bool {
    if client.origin == Origin::FirstParty {
        return false;
    }
    let Some(before) = before else {
        return true;
    };
    let more = scopes.iter().any(|scope| !before.contains(scope.as_str()));
    more || !client.is_confidential()
}

/// Answers a checked request, or sends the browser to the page that it needs.
pub(super) fn begin(
    provider: &Provider,
    headers: &HeaderMap,
    mut request: Request,
) -> Result<Response, OAuthError> {
    let now = provider.now();
    let session = web::cookie(headers, &provider.cookie);
    let signed_in = session
        .as_ref()
        .and_then(|session| provider.store.lock().signed_in(&session.fingerprint(), now));
    match (step(provider, &request, signed_in.as_ref(), now), signed_in) {
        (Step::Issue, Some(who)) => issue(provider, &request, &who, now),
        (Step::Consent, _) if request.prompt.none => Err(OAuthError::new(
            "consent_required",
            "the person has not allowed this yet",
        )),
        _ if request.prompt.none => Err(OAuthError::new("login_required", "nobody is signed in")),
        (step, _) => {
            if step == Step::Consent {
                request.prompt.settle();
            }
            let goal = Goal::Answer(Box::new(request));
            wait(provider, session, goal, step, now)
        }
    }
}

pub(super) fn step(
    provider: &Provider,
    request: &Request,
    who: Option<&SignedIn>,
    now: u64,
) -> Step {
    let Some(who) = who.filter(|who| request.prompt.accepts(who, now)) else {
        return Step::SignIn;
    };
    let grant = request.grant(provider, who);
    let store = provider.store.lock();
    let before = store.consented(&grant, now).map(|consent| &consent.scopes);
    if request.prompt.consent || must_ask(&request.client, &grant.scopes, before) {
        Step::Consent
    } else {
        Step::Issue
    }
}

/// Who may answer the question: somebody whose sign-in is the one that the request wants.
pub(super) fn may_decide(request: &Request, who: Option<SignedIn>, now: u64) -> Option<SignedIn> {
    who.filter(|who| request.prompt.accepts(who, now))
}

/// Keeps the goal for the page that the browser is sent to.
pub(super) fn wait(
    provider: &Provider,
    session: Option<Secret>,
    goal: Goal,
    step: Step,
    now: u64,
) -> Result<Response, OAuthError> {
    let id = Secret::random()?;
    let csrf = Secret::random()?;
    let (fresh, nobody) = (Secret::random()?, Session::of(None)?);
    let mut store = provider.store.lock();
    let live = session.filter(|session| store.session(&session.fingerprint(), now).is_some());
    let response = to_page(provider, step, id.expose());
    let (session, response) = match live {
        Some(session) => (session, response),
        None => {
            store.open_session(&fresh, nobody, now);
            let response = web::with_cookie(provider, response, &fresh);
            (fresh, response)
        }
    };
    let transaction = Transaction {
        goal,
        session: session.fingerprint(),
        csrf,
    };
    store.keep_transaction(id.expose(), transaction, now);
    Ok(response)
}

pub(super) fn to_page(provider: &Provider, step: Step, transaction: &str) -> Response {
    let page = if step == Step::SignIn {
        "sign-in"
    } else {
        "consent"
    };
    web::see_other(&format!(
        "{}/{page}?transaction={transaction}",
        provider.path
    ))
}

pub(super) fn issue(
    provider: &Provider,
    request: &Request,
    who: &SignedIn,
    now: u64,
) -> Result<Response, OAuthError> {
    let code = Secret::random()?;
    let mut grant = request.grant(provider, who);
    let mut store = provider.store.lock();
    let consent = store.consented(&grant, now);
    grant.consent = consent.map(|consent| consent.id.clone());
    let content = Code {
        grant,
        redirect_uri: request.reply_to.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        valid_until: now + CODE_LIFETIME,
        family: None,
    };
    store.keep_code(&code, content, now);
    Ok(request.reply_to.send(provider, &[("code", code.expose())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_that_proves_who_it_is_may_skip_what_was_allowed() {
        let public = Client::third_party("agent", "Agent");
        let confidential = public.clone().secret("s");
        for (client, before, scopes, expected) in [
            (&confidential, None, "a", true),
            (&confidential, None, "", true),
            (&confidential, Some("a b"), "a", false),
            (&confidential, Some("a b"), "a c", true),
            (&public, None, "a", true),
            (&public, Some("a b"), "a", true),
        ] {
            let (before, scopes) = (before.map(ScopeSet::parse), ScopeSet::parse(scopes));
            let asked = must_ask(client, &scopes, before.as_ref());
            assert_eq!(asked, expected, "{client:?} {before:?} {scopes}");
        }
    }
}
