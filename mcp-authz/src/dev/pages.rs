//! What the person sees: sign in, allow or deny, and what went wrong.
//!
//! No script, nothing from elsewhere, readable without the style. Everything that a client chose is
//! escaped by maud, and set apart from what the provider says in its own words.

mod agent;
mod consent;
mod grants;
mod values;
mod words;

pub(super) use self::consent::Question;
pub(super) use self::grants::Grants;

use std::sync::LazyLock;

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use self::agent::Agent;
use super::interaction::Transaction;
use super::provider::Provider;
use super::secret::Secret;
use super::user::User;
use crate::page::{Frame, sentence};
use crate::scope::{Scope, ScopeSet};

pub(super) const GONE: &str =
    "This page has expired or belongs to another browser. Start again from the application.";
pub(super) const FORGED: &str =
    "The form did not come from this page. Start again from the application.";

const STYLE: &str = include_str!("pages.css");

/// `form-action` is left out on purpose: Chromium applies it to the redirect that follows a form as well,
/// it can't name `http://[::1]`, and a client's callback may redirect further; what it guards against, an
/// injected form, the escaping prevents.
static FRAME: LazyLock<Frame> = LazyLock::new(|| {
    Frame::new(STYLE, "", "no-referrer").footer("mcp-authz development provider · no passwords")
});

/// The hidden part of the form that answers a page.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    transaction: &'a str,
    csrf: &'a Secret,
}

impl<'a> Form<'a> {
    pub(super) fn of(id: &'a str, transaction: &'a Transaction) -> Self {
        Self {
            transaction: id,
            csrf: &transaction.csrf,
        }
    }

    fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="transaction" value=(self.transaction);
            input type="hidden" name="csrf" value=(self.csrf.expose());
        }
    }
}

/// Asks who it is. Every person is a button; no password, since nothing here is worth one.
pub(super) fn sign_in(provider: &Provider, id: &str, transaction: &Transaction) -> Response {
    let body = html! {
        h1 { "Sign in" }
        @match transaction.request() {
            Some(request) => p { "to continue to " strong { (Agent(&request.client).title()) } },
            None => p { "to see what you have allowed" },
        }
        @if let Some(acr) = transaction.request().and_then(|own| own.prompt.wanted_acr()) {
            p { "It wants a sign-in of the kind " strong { (acr) } ". Here, a name is enough." }
        }
        form method="post" action={ (provider.path) "/sign-in" } {
            (Form::of(id, transaction).hidden())
            ul.people {
                @for user in &provider.settings.users {
                    li {
                        button type="submit" name="username" value=(user.username) {
                            span.avatar aria-hidden="true" { (initial(user)) }
                            span {
                                strong { (user.display_name()) }
                                small { (user.username) }
                            }
                        }
                    }
                }
            }
        }
    };
    page(StatusCode::OK, "Sign in", &body)
}

/// A permission in plain words, with its own name.
fn scope_line(provider: &Provider, scope: &Scope) -> Markup {
    html! {
        @match provider.describe(scope) {
            Some(description) => { (description) " " small { code { (scope) } } }
            None => code { (scope) }
        }
    }
}

/// Permissions, each as `line` says it.
fn scope_list(scopes: &ScopeSet, line: impl Fn(&Scope) -> Markup) -> Markup {
    html! {
        ul.scopes {
            @for scope in scopes { li { (line(scope)) } }
            @if scopes.is_empty() {
                li { "Use the service in your name, without any further permission" }
            }
        }
    }
}

/// Who is signed in, and the way to be somebody else.
fn who(user: &User, sign_in: &str) -> Markup {
    html! {
        p.who {
            span.avatar aria-hidden="true" { (initial(user)) }
            span {
                strong { (user.display_name()) }
                small { "signed in as " (user.username) }
            }
            a href=(sign_in) { "Not you?" }
        }
    }
}

/// Tells the person what went wrong, where nothing may be sent to the client.
pub(super) fn problem(text: &str) -> Response {
    let note = html! { p { small { "Nothing was sent to the application." } } };
    failure(text, &note)
}

/// Tells the person what went wrong with what they did for themselves.
pub(super) fn refusal(text: &str) -> Response {
    failure(text, &html! {})
}

fn failure(text: &str, note: &Markup) -> Response {
    let body = html! {
        h1 { "This did not work" }
        p { (sentence(text)) }
        (note)
    };
    page(StatusCode::BAD_REQUEST, "This did not work", &body)
}

fn initial(user: &User) -> String {
    let first = user.display_name().chars().next();
    first
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default()
}

fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    FRAME.page(status, title, body)
}
