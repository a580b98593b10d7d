//! The person's part: who are you, and do you allow this?

use std::sync::Arc;

use axum::extract::{RawForm, RawQuery, State};
use axum::response::Response;
use http::HeaderMap;

use super::authorize::Request;
use super::client::{Client, Origin};
use super::error::OAuthError;
use super::pages;
use super::params::Params;
use super::provider::{Provider, now};
use super::secret::Secret;
use super::store::{CODE_LIFETIME, Code};
use super::web;
use crate::scope::ScopeSet;

/// Who signed in, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignedIn {
    pub(super) username: String,
    pub(super) at: u64,
}

/// A request that waits for a person.
pub(super) struct Transaction {
    pub(super) request: Request,
    /// The browser that started it, by the fingerprint of its cookie.
    session: String,
    /// In the form and nowhere else. `SameSite` alone would not do: pages of other programs on this
    /// machine are the same site, since that, too, ignores ports.
    pub(super) csrf: Secret,
}

/// What has to happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    SignIn,
    Consent,
    Issue,
}

impl Step {
    fn next(
        request: &Request,
        signed_in: Option<&SignedIn>,
        before: Option<&ScopeSet>,
        now: u64,
    ) -> Self {
        let Some(signed_in) = signed_in else {
            return Self::SignIn;
        };
        let age = now.saturating_sub(signed_in.at);
        if request.prompt.login || request.max_age.is_some_and(|most| age > most) {
            Self::SignIn
        } else if request.prompt.consent || must_ask(&request.client, &request.scopes, before) {
            Self::Consent
        } else {
            Self::Issue
        }
    }
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
    request: Request,
) -> Result<Response, OAuthError> {
    let now = now();
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
        (step, _) => wait(provider, session, request, step, now),
    }
}

fn step(provider: &Provider, request: &Request, who: Option<&SignedIn>, now: u64) -> Step {
    let store = provider.store.lock();
    let before = who.and_then(|who| store.consented(&request.grant(&who.username, who.at), now));
    Step::next(request, who, before, now)
}

/// Keeps the request for the page that the browser is sent to.
fn wait(
    provider: &Provider,
    session: Option<Secret>,
    mut request: Request,
    step: Step,
    now: u64,
) -> Result<Response, OAuthError> {
    if step == Step::Consent {
        // The sign-in was recent enough when it was asked about; reading a page takes time.
        request.max_age = None;
    }
    let id = Secret::random()?;
    let csrf = Secret::random()?;
    let fresh = Secret::random()?;
    let mut store = provider.store.lock();
    let live = session.filter(|session| store.has_session(&session.fingerprint(), now));
    let response = to_page(provider, step, id.expose());
    let (session, response) = match live {
        Some(session) => (session, response),
        None => {
            store.open_session(&fresh, None, now);
            let response = web::with_cookie(provider, response, &fresh);
            (fresh, response)
        }
    };
    let transaction = Transaction {
        request,
        session: session.fingerprint(),
        csrf,
    };
    store.keep_transaction(id.expose(), transaction, now);
    Ok(response)
}

fn to_page(provider: &Provider, step: Step, transaction: &str) -> Response {
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

fn issue(
    provider: &Provider,
    request: &Request,
    who: &SignedIn,
    now: u64,
) -> Result<Response, OAuthError> {
    let code = Secret::random()?;
    let content = Code {
        grant: request.grant(&who.username, who.at),
        redirect_uri: request.reply_to.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        valid_until: now + CODE_LIFETIME,
        family: None,
    };
    provider.store.lock().keep_code(&code, content, now);
    Ok(request.reply_to.send(provider, &[("code", code.expose())]))
}

/// What a page is about: read from the request, not yet trusted.
struct Visit {
    session: String,
    transaction: String,
    params: Params,
}

impl Visit {
    fn read(provider: &Provider, headers: &HeaderMap, input: &[u8]) -> Result<Self, OAuthError> {
        let params = Params::parse(input);
        let gone = || OAuthError::invalid_request(pages::GONE);
        let session = web::cookie(headers, &provider.cookie).ok_or_else(gone)?;
        Ok(Self {
            session: session.fingerprint(),
            transaction: params.get("transaction")?.ok_or_else(gone)?.to_owned(),
            params,
        })
    }

    /// Shows the transaction to `look`, if this browser started it.
    fn look<T>(
        &self,
        provider: &Provider,
        look: impl FnOnce(&Transaction, Option<&SignedIn>) -> T,
    ) -> Result<T, OAuthError> {
        let now = now();
        let store = provider.store.lock();
        let who = store.signed_in(&self.session, now);
        let transaction = store.transaction(&self.transaction, now);
        let own = transaction.filter(|transaction| transaction.session == self.session);
        let own = own.ok_or_else(|| OAuthError::invalid_request(pages::GONE))?;
        Ok(look(own, who.as_ref()))
    }

    /// Takes the transaction out, once the form proves that it is ours.
    fn take(&self, provider: &Provider) -> Result<(Transaction, Option<SignedIn>), OAuthError> {
        let sent = self.params.get("csrf")?.unwrap_or_default();
        if !self.look(provider, |transaction, _| transaction.csrf.is(sent))? {
            return Err(OAuthError::invalid_request(pages::FORGED));
        }
        let now = now();
        let mut store = provider.store.lock();
        let who = store.signed_in(&self.session, now);
        let transaction = store.take_transaction(&self.transaction, now);
        let transaction = transaction.ok_or_else(|| OAuthError::invalid_request(pages::GONE))?;
        Ok((transaction, who))
    }
}

pub(super) async fn show_sign_in(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let visit = Visit::read(&provider, &headers, query.unwrap_or_default().as_bytes());
    let page = visit.and_then(|visit| {
        visit.look(&provider, |transaction, _| {
            pages::sign_in(&provider, &visit.transaction, transaction)
        })
    });
    page.unwrap_or_else(|error| pages::problem(&error.description))
}

pub(super) async fn sign_in(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let visit = Visit::read(&provider, &headers, &form);
    let answer = visit.and_then(|visit| signed_in(&provider, &visit));
    answer.unwrap_or_else(|error| pages::problem(&error.description))
}

fn signed_in(provider: &Provider, visit: &Visit) -> Result<Response, OAuthError> {
    let username = visit.params.get("username")?.unwrap_or_default();
    if provider.user(username).is_none() {
        return Err(OAuthError::invalid_request(
            "Nobody of this name can sign in here.",
        ));
    }
    let (mut transaction, _) = visit.take(provider)?;
    let now = now();
    let who = SignedIn {
        username: username.to_owned(),
        at: now,
    };
    let session = Secret::random()?;
    {
        let mut store = provider.store.lock();
        store.end_session(&visit.session, now);
        store.open_session(&session, Some(who.clone()), now);
    }
    // The person has just signed in: that is done, the rest is still to be asked.
    transaction.request.prompt.login = false;
    transaction.request.max_age = None;
    let response = match step(provider, &transaction.request, Some(&who), now) {
        Step::Issue => issue(provider, &transaction.request, &who, now)?,
        step => {
            transaction.session = session.fingerprint();
            let id = Secret::random()?;
            transaction.csrf = Secret::random()?;
            provider
                .store
                .lock()
                .keep_transaction(id.expose(), transaction, now);
            to_page(provider, step, id.expose())
        }
    };
    Ok(web::with_cookie(provider, response, &session))
}

pub(super) async fn show_consent(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let visit = Visit::read(&provider, &headers, query.unwrap_or_default().as_bytes());
    let page = visit.and_then(|visit| asked(&provider, &visit));
    page.unwrap_or_else(|error| pages::problem(&error.description))
}

fn asked(provider: &Provider, visit: &Visit) -> Result<Response, OAuthError> {
    let asked = visit.look(provider, |transaction, who| {
        let who = may_decide(&transaction.request, who.cloned())?;
        Some(transaction.request.grant(&who.username, who.at))
    })?;
    let Some(grant) = asked else {
        return Ok(to_page(provider, Step::SignIn, &visit.transaction));
    };
    let before = provider.store.lock().consented(&grant, now()).cloned();
    let gone = || OAuthError::invalid_request(pages::GONE);
    let user = provider.user(grant.subject()).ok_or_else(gone)?;
    visit.look(provider, |transaction, _| {
        pages::consent(
            provider,
            &visit.transaction,
            transaction,
            user,
            before.as_ref(),
        )
    })
}

/// Who may answer the question: somebody whose sign-in is the one that the request wants.
fn may_decide(request: &Request, who: Option<SignedIn>) -> Option<SignedIn> {
    who.filter(|who| Step::next(request, Some(who), None, now()) != Step::SignIn)
}

pub(super) async fn consent(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let visit = Visit::read(&provider, &headers, &form);
    let answer = visit.and_then(|visit| decided(&provider, &visit));
    answer.unwrap_or_else(|error| pages::problem(&error.description))
}

fn decided(provider: &Provider, visit: &Visit) -> Result<Response, OAuthError> {
    let allow = match visit.params.required("decision")? {
        "allow" => true,
        "deny" => false,
        _ => {
            return Err(OAuthError::invalid_request(
                "The answer is neither allow nor deny.",
            ));
        }
    };
    let (transaction, who) = visit.take(provider)?;
    let request = &transaction.request;
    if !allow {
        let denied = OAuthError::new("access_denied", "the person said no");
        return Ok(request.reply_to.refuse(provider, &denied));
    }
    let gone = || OAuthError::invalid_request(pages::GONE);
    let who = may_decide(request, who).ok_or_else(gone)?;
    let now = now();
    provider
        .store
        .lock()
        .consent(&request.grant(&who.username, who.at), now);
    issue(provider, request, &who, now)
}
