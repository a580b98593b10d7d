//! The pages' two ends: showing a question, and taking the person's answer.

use std::sync::Arc;

use axum::extract::{RawForm, RawQuery, State};
use axum::response::Response;
use http::HeaderMap;

use super::error::OAuthError;
use super::interaction::{SignedIn, Step, Transaction, issue, may_decide, step, to_page};
use super::pages;
use super::params::Params;
use super::provider::{Provider, now};
use super::secret::Secret;
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
