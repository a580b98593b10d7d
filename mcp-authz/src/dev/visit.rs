//! The pages' two ends: showing a question, and taking the person's answer.

use std::sync::Arc;

use axum::extract::{RawForm, RawQuery, State};
use axum::response::Response;
use http::HeaderMap;

use super::authorize::Request;
use super::error::OAuthError;
use super::grants;
use super::interaction::{Goal, Step, Transaction, issue, may_decide, step, to_page, wait};
use super::pages::{self, Form, Question};
use super::params::Params;
use super::prompt::SignedIn;
use super::provider::Provider;
use super::secret::Secret;
use super::store::Session;
use super::web;

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
        let now = provider.now();
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
        let now = provider.now();
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
    let (transaction, _) = visit.take(provider)?;
    let now = provider.now();
    let acr = transaction
        .request()
        .and_then(|request| request.prompt.wanted_acr());
    let who = SignedIn {
        username: username.to_owned(),
        at: now,
        acr: acr.unwrap_or(provider.usual_acr()).to_owned(),
    };
    let (session, content) = (Secret::random()?, Session::of(Some(who.clone()))?);
    {
        let mut store = provider.store.lock();
        store.end_session(&visit.session, now);
        store.open_session(&session, content, now);
    }
    let response = match transaction.goal {
        Goal::Answer(request) => go_on(provider, *request, &session, &who, now)?,
        Goal::Grants => grants::to_page(provider),
    };
    Ok(web::with_cookie(provider, response, &session))
}

/// The person has just signed in: that is done, the rest is still to be asked.
fn go_on(
    provider: &Provider,
    mut request: Request,
    session: &Secret,
    who: &SignedIn,
    now: u64,
) -> Result<Response, OAuthError> {
    request.prompt.settle();
    match step(provider, &request, Some(who), now) {
        Step::Issue => issue(provider, &request, who, now),
        step => {
            let goal = Goal::Answer(Box::new(request));
            wait(provider, Some(session.clone()), goal, step, now)
        }
    }
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
    let gone = || OAuthError::invalid_request(pages::GONE);
    let asked = visit.look(provider, |transaction, who| {
        let request = transaction.request()?;
        let who = may_decide(request, who.cloned(), provider.now());
        Some(who.map(|who| request.grant(provider, &who)))
    })?;
    let Some(grant) = asked.ok_or_else(gone)? else {
        return Ok(to_page(provider, Step::SignIn, &visit.transaction));
    };
    let before = provider
        .store
        .lock()
        .consented(&grant, provider.now())
        .cloned();
    let user = provider.user(grant.subject()).ok_or_else(gone)?;
    let before = before.as_ref().map(|before| &before.scopes);
    let page = visit.look(provider, |transaction, _| {
        let question = Question {
            form: Form::of(&visit.transaction, transaction),
            request: transaction.request()?,
            scopes: &grant.scopes,
            user,
            before,
        };
        Some(question.show(provider))
    })?;
    page.ok_or_else(gone)
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
    let gone = || OAuthError::invalid_request(pages::GONE);
    let (transaction, who) = visit.take(provider)?;
    let request = transaction.request().ok_or_else(gone)?;
    if !allow {
        let denied = OAuthError::new("access_denied", "the person said no");
        return Ok(request.reply_to.refuse(provider, &denied));
    }
    let who = may_decide(request, who, provider.now()).ok_or_else(gone)?;
    let (id, now) = (Secret::random()?.fingerprint(), provider.now());
    let grant = request.grant(provider, &who);
    let mut store = provider.store.lock();
    store.consent(&request.client, &grant, id, now);
    drop(store);
    issue(provider, request, &who, now)
}
