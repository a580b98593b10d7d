//! What the person allowed, and a button beside each that takes it back.

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::agent::Agent;
use super::words::{ago, span};
use super::{page, scope_line, scope_list, who};
use crate::dev::consents::Consent;
use crate::dev::grants::{PATH, SIGN_IN};
use crate::dev::provider::Provider;
use crate::dev::secret::Secret;
use crate::dev::user::User;

pub(in crate::dev) struct Grants<'a> {
    pub(in crate::dev) user: &'a User,
    pub(in crate::dev) consents: &'a [Consent],
    pub(in crate::dev) csrf: &'a Secret,
    /// What was just taken back.
    pub(in crate::dev) withdrawn: Option<&'a Consent>,
    pub(in crate::dev) now: u64,
}

impl Grants<'_> {
    pub(in crate::dev) fn show(&self, provider: &Provider) -> Response {
        let lifetime = span(provider.settings.access_token_lifetime.as_secs());
        let body = html! {
            h1 { "What you have allowed" }
            (who(self.user, &format!("{}{SIGN_IN}", provider.path)))
            @if let Some(withdrawn) = self.withdrawn {
                p.notice role="status" { (Agent(&withdrawn.client).title()) " has no more access." }
            }
            @if self.consents.is_empty() {
                p { "No application has access in your name." }
            } @else {
                ul.grants {
                    @for consent in self.consents { li { (self.entry(provider, consent)) } }
                }
                p { small {
                    "What you take back ends at once wherever this provider is asked. A server that \
                     verifies tokens by itself may accept one that was handed out before, for up to "
                    (lifetime) "."
                } }
            }
        };
        page(StatusCode::OK, "What you have allowed", &body)
    }

    fn entry(&self, provider: &Provider, consent: &Consent) -> Markup {
        let agent = Agent(&consent.client);
        let heading = format!("grant-{}", consent.id);
        html! {
            section aria-labelledby=(heading) {
                h2 id=(heading) { (agent.title()) }
                (agent.introduction())
                (scope_list(&consent.scopes, |scope| scope_line(provider, scope)))
                (self.facts(&agent, consent))
                (self.take_back(provider, &agent, consent))
            }
        }
    }

    fn facts(&self, agent: &Agent<'_>, consent: &Consent) -> Markup {
        let since = |time: u64| ago(self.now.saturating_sub(time));
        html! {
            dl.facts {
                (agent.source())
                div { dt { "Answers go to" } dd { (agent.destinations()) } }
                @if let Some(resource) = &consent.resource {
                    div { dt { "At" } dd { code { (resource) } } }
                }
                div { dt { "Allowed" } dd { (since(consent.since)) } }
                div {
                    dt { "Last used" }
                    dd { (consent.last_used.map_or("not yet".to_owned(), since)) }
                }
            }
        }
    }

    fn take_back(&self, provider: &Provider, agent: &Agent<'_>, consent: &Consent) -> Markup {
        html! {
            form method="post" action={ (provider.path) (PATH) } {
                input type="hidden" name="csrf" value=(self.csrf.expose());
                button type="submit" name="grant" value=(consent.id) {
                    "Take back"
                    span.unseen { " the access of " (agent.title()) }
                }
            }
        }
    }
}
