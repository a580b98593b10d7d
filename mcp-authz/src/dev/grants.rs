//! The page where a person sees what they allowed, and takes it back.

use std::sync::Arc;

use axum::extract::{RawForm, State};
use axum::response::Response;
use http::HeaderMap;

use super::error::OAuthError;
use super::interaction::{Goal, Step, wait};
use super::pages;
use super::params::Params;
use super::provider::Provider;
use super::secret::Secret;
use super::web;

/// Where the page is, below the issuer.
pub(super) const PATH: &str = "/grants";
/// Where another person signs in to theirs.
pub(super) const SIGN_IN: &str = "/grants/sign-in";

pub(super) async fn show(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let session = web::cookie(&headers, &provider.cookie);
    let page = session.as_ref().and_then(|session| own(&provider, session));
    match page {
        Some(page) => page,
        None => ask_who(&provider, session),
    }
}

/// For somebody else than who is signed in.
pub(super) async fn sign_in(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let session = web::cookie(&headers, &provider.cookie);
    ask_who(&provider, session)
}

pub(super) async fn withdraw(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let params = Params::parse(&form);
    match withdrawn(&provider, &headers, &params) {
        Ok(()) => to_page(&provider),
        Err(error) => pages::refusal(&error.description),
    }
}

pub(super) fn to_page(provider: &Provider) -> Response {
    web::see_other(&format!("{}{PATH}", provider.path))
}

fn own(provider: &Provider, session: &Secret) -> Option<Response> {
    let now = provider.now();
    let mut store = provider.store.lock();
    let session = store.session(&session.fingerprint(), now)?;
    let (csrf, withdrawn) = (session.csrf.clone(), session.withdrawn.take());
    let user = provider.user(&session.who.as_ref()?.username)?;
    let consents = store.consents_of(&user.username, now);
    drop(store);
    let page = pages::Grants {
        user,
        consents: &consents,
        csrf: &csrf,
        withdrawn: withdrawn.as_ref(),
        now,
    };
    Some(page.show(provider))
}

fn ask_who(provider: &Provider, session: Option<Secret>) -> Response {
    wait(
        provider,
        session,
        Goal::Grants,
        Step::SignIn,
        provider.now(),
    )
    .unwrap_or_else(|error| pages::refusal(&error.description))
}

/// Whoever is signed in takes back what is theirs. What is another's, or gone, stays as it is, and
/// the answer is the same.
fn withdrawn(provider: &Provider, headers: &HeaderMap, params: &Params) -> Result<(), OAuthError> {
    let (csrf, id) = (params.required("csrf")?, params.required("grant")?);
    let now = provider.now();
    let session = web::cookie(headers, &provider.cookie).map(|session| session.fingerprint());
    let session = session.unwrap_or_default();
    let mut store = provider.store.lock();
    let forged =
        || OAuthError::invalid_request("the form did not come from this page: open it again");
    let known = store.session(&session, now).ok_or_else(forged)?;
    if !known.csrf.is(csrf) {
        return Err(forged());
    }
    let who = known.who.clone().ok_or_else(forged)?;
    let Some(consent) = store.withdraw(id, &who.username, now) else {
        return Ok(());
    };
    if let Some(session) = store.session(&session, now) {
        session.withdrawn = Some(consent);
    }
    Ok(())
}
