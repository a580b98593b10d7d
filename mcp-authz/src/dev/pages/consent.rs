//! The question: may this client have what it asks for?

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::agent::Agent;
use super::values::at_stake;
use super::{Form, page, scope_line, scope_list, who};
use crate::dev::authorize::Request;
use crate::dev::grants::PATH as GRANTS;
use crate::dev::provider::Provider;
use crate::dev::redirect;
use crate::dev::user::User;
use crate::scope::{Scope, ScopeSet};

pub(in crate::dev) struct Question<'a> {
    pub(in crate::dev) form: Form<'a>,
    pub(in crate::dev) request: &'a Request,
    /// What it would get, together with what it has.
    pub(in crate::dev) scopes: &'a ScopeSet,
    pub(in crate::dev) user: &'a User,
    /// What it has already: what this person allowed it before.
    pub(in crate::dev) before: Option<&'a ScopeSet>,
}

impl Question<'_> {
    pub(in crate::dev) fn show(&self, provider: &Provider) -> Response {
        let agent = Agent(&self.request.client);
        let sign_in = format!(
            "{}/sign-in?transaction={}",
            provider.path, self.form.transaction
        );
        let body = html! {
            h1 id="question" { strong { (agent.title()) } " asks for access to your account" }
            (agent.introduction())
            (self.facts(&agent))
            (who(self.user, &sign_in))
            (self.gain(provider))
            (self.present(provider))
            p { a href={ (provider.path) (GRANTS) } { "What you have allowed so far" } }
            (self.decision(provider))
        };
        let title = format!("Allow access for {}?", agent.title());
        page(StatusCode::OK, &title, &body)
    }

    /// What for, and where the answer goes: what a person needs to tell a fraud.
    fn facts(&self, agent: &Agent<'_>) -> Markup {
        html! {
            dl.facts {
                (agent.source())
                div {
                    dt { "Answer goes to" }
                    dd { (redirect::destination(&self.request.reply_to.url)) }
                }
                @if let Some(resource) = &self.request.resource {
                    div { dt { "For" } dd { code { (resource) } } }
                }
            }
        }
    }

    /// What allowing would add.
    fn gain(&self, provider: &Provider) -> Markup {
        let has = |scope: &Scope| self.before.is_some_and(|own| own.contains(scope.as_str()));
        let new = self.scopes.iter().filter(|scope| !has(scope)).cloned();
        let new: ScopeSet = new.collect();
        html! {
            section aria-labelledby="gain" {
                @match self.before {
                    Some(_) if new.is_empty() => { (self.again()) }
                    Some(_) => {
                        h2 id="gain" { "It would newly get" }
                        (self.list(provider, &new))
                    }
                    None => {
                        h2 id="gain" { "It would get" }
                        (self.list(provider, &new))
                    }
                }
            }
        }
    }

    /// Why a person decides who has decided before.
    fn again(&self) -> Markup {
        html! {
            h2 id="gain" { "It would get nothing new" }
            p {
                @if self.request.client.is_confidential() {
                    "It wants you to decide again."
                } @else {
                    "It can't prove that it is the program that you allowed, so you decide again."
                }
            }
        }
    }

    fn present(&self, provider: &Provider) -> Markup {
        html! {
            @match self.before {
                Some(before) => section aria-labelledby="present" {
                    h2 id="present" { "It has already" }
                    (self.list(provider, before))
                },
                None => p { small { "So far it has no access in your name." } },
            }
        }
    }

    /// Permissions, with the values that each shows.
    fn list(&self, provider: &Provider, scopes: &ScopeSet) -> Markup {
        scope_list(scopes, |scope| {
            html! { (scope_line(provider, scope)) (at_stake(self.user, scope)) }
        })
    }

    fn decision(&self, provider: &Provider) -> Markup {
        html! {
            form.decision method="post" action={ (provider.path) "/consent" }
                aria-labelledby="question" {
                (self.form.hidden())
                button type="submit" name="decision" value="deny" { "Deny" }
                button type="submit" name="decision" value="allow" { "Allow" }
            }
        }
    }
}
