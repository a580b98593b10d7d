//! What is seen.

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::form::{Filled, Visitor};
use super::frame::page;
use crate::logto::registration::Service;
use crate::logto::registration::desk::Registered;
use crate::logto::registration::register::New;
use crate::logto::registration::rotate::NewSecret;
use crate::logto::{Application, ApplicationType};
use crate::page::sentence;

/// The types of application, as people choose them.
const KINDS: [(&str, &str, &str); 3] = [
    (
        "traditional",
        "Web application with a server",
        "keeps a secret",
    ),
    (
        "spa",
        "Single-page application",
        "runs in the browser, no secret",
    ),
    (
        "native",
        "Native application",
        "runs on the person's own device, no secret",
    ),
];

/// What can be done to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Rotate,
    Delete,
}

/// What is said above the list.
#[derive(Clone, Copy)]
pub(super) enum Notice<'a> {
    Refused(&'a str),
    Deleted(&'a str),
}

/// The pages for one visitor.
pub(super) struct View<'a> {
    service: &'a Service,
    visitor: &'a Visitor,
}

impl Deed {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "rotate" => Some(Self::Rotate),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }

    const fn segment(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Delete => "delete",
        }
    }

    /// As the audit log names it.
    pub(super) const fn step(self) -> &'static str {
        match self {
            Self::Rotate => "rotated",
            Self::Delete => "deleted",
        }
    }
}

impl<'a> View<'a> {
    pub(super) fn new(service: &'a Service, visitor: &'a Visitor) -> Self {
        Self { service, visitor }
    }

    /// The list, or that it cannot be had, and the form.
    pub(super) fn overview(
        &self,
        status: StatusCode,
        apps: Option<&[Registered]>,
        notice: Option<Notice<'_>>,
        filled: &Filled,
    ) -> Response {
        let body = html! {
            h1 { "Your agents" }
            @match notice {
                Some(Notice::Refused(text)) => p.warning role="alert" { (sentence(text)) },
                Some(Notice::Deleted(name)) => p.notice role="status" { (name) " was deleted." },
                None => {}
            }
            @match apps {
                None => p.warning { "Your agents cannot be listed at the moment." },
                Some([]) => p { "You have registered none yet." },
                Some(apps) => ul.grants { @for one in apps { li { (self.entry(&one.app)) } } },
            }
            (self.form(filled))
        };
        page(status, "Your agents", &body)
    }

    fn entry(&self, app: &Application) -> Markup {
        let heading = format!("app-{}", app.id);
        html! {
            section aria-labelledby=(heading) {
                h2 id=(heading) { (app.name) }
                (facts(app))
                p.deeds {
                    @if app.application_type == ApplicationType::Traditional {
                        a href=(self.at(app, Deed::Rotate)) { "New secret" span.unseen { " for " (app.name) } }
                    }
                    a href=(self.at(app, Deed::Delete)) { "Delete" span.unseen { " " (app.name) } }
                }
            }
        }
    }

    fn form(&self, filled: &Filled) -> Markup {
        html! {
            h2 { "Register an agent" }
            form method="post" action=(self.home()) {
                (self.seal())
                label for="name" { "Name" }
                input #name name="name" required maxlength="80" autocomplete="off" value=(filled.name);
                fieldset {
                    legend { "What it is" }
                    @for (value, title, about) in KINDS {
                        label.choice {
                            input type="radio" name="kind" value=(value) required checked[filled.kind == value];
                            span { (title) small { (about) } }
                        }
                    }
                }
                label for="redirect_uris" { "Redirect URIs" }
                textarea #redirect_uris name="redirect_uris" rows="3" required spellcheck="false"
                    aria-describedby="redirect_help" { (filled.redirect_uris) }
                p #redirect_help { small {
                    "One on each line: https, or http on 127.0.0.1 or localhost for a native application."
                } }
                fieldset {
                    legend { "What it may ask people for, as they read it" }
                    @for (scope, words) in &self.service.words {
                        label.choice {
                            input type="checkbox" name="scope" value=(scope) checked[filled.scopes.contains(scope)];
                            span { @if !words.is_empty() { (words) " " } small { code { (scope) } } }
                        }
                    }
                }
                button.main type="submit" { "Register" }
            }
        }
    }

    /// An application that was just made, with its secret.
    pub(super) fn made(&self, new: &New) -> Response {
        let app = &new.registered.app;
        let body = html! {
            h1 { strong { (app.name) } " is registered" }
            (facts(app))
            @if new.scope.is_empty() {
                p { "It may ask people for nothing besides who they are (" code { "openid" } ")." }
            } @else {
                p { "It may ask people for " code { (new.scope) } "." }
            }
            @if let Some(secret) = &new.secret { (told_once(secret.expose())) }
            (self.back())
        };
        page(StatusCode::OK, "Registered", &body)
    }

    pub(super) fn rotated(&self, new: &NewSecret) -> Response {
        let body = html! {
            h1 { "A new secret for " strong { (new.registered.app.name) } }
            (facts(&new.registered.app))
            (told_once(new.secret.expose()))
            @if new.older_ones_are_good {
                p.warning role="alert" { "An older secret could not be deleted and is still good. Make a new one again." }
            }
            (self.back())
        };
        page(StatusCode::OK, "A new secret", &body)
    }

    /// Asks before something ends.
    pub(super) fn question(&self, registered: &Registered, deed: Deed) -> Response {
        let app = &registered.app;
        let (title, about, button) = match deed {
            Deed::Rotate => (
                "A new secret?",
                "The one that it uses now is good no more, at once.",
                "Make a new secret",
            ),
            Deed::Delete => (
                "Delete this agent?",
                "It cannot sign anybody in any more, and what people allowed it is gone. This cannot be undone.",
                "Delete it",
            ),
        };
        let body = html! {
            h1 { (title) }
            h2 { (app.name) }
            (facts(app))
            p { (about) }
            form method="post" action=(self.at(app, deed)) {
                (self.seal())
                button.main type="submit" { (button) }
            }
            (self.back())
        };
        page(StatusCode::OK, title, &body)
    }

    fn seal(&self) -> Markup {
        html! { input type="hidden" name="form" value=(self.visitor.seal()); }
    }

    fn back(&self) -> Markup {
        html! { p { a href=(self.home()) { "Back to your agents" } } }
    }

    fn home(&self) -> &str {
        match self.service.path.as_str() {
            "" => "/",
            path => path,
        }
    }

    fn at(&self, app: &Application, deed: Deed) -> String {
        format!("{}/apps/{}/{}", self.service.path, app.id, deed.segment())
    }
}

fn facts(app: &Application) -> Markup {
    let kind = match app.application_type {
        ApplicationType::Traditional => "web application with a server",
        ApplicationType::Spa => "single-page application",
        ApplicationType::Native => "native application",
        _ => "application",
    };
    html! {
        dl.facts {
            div { dt { "Client ID" } dd { code { (app.id) } } }
            div { dt { "Type" } dd { (kind) } }
            div {
                dt { "Redirects to" }
                dd { @for uri in &app.oidc_client_metadata.redirect_uris { code.line { (uri) } } }
            }
        }
    }
}

fn told_once(secret: &str) -> Markup {
    html! {
        section.secret aria-labelledby="secret" {
            h2 #secret { "Client secret" }
            p { code { (secret) } }
            p { "Copy it now: it is not shown again." }
        }
    }
}
