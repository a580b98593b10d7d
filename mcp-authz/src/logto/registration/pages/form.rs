//! Who visits, and what they sent: a form counts only with the proof that this page made it for them.

use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use url::form_urlencoded;

use super::frame::Problem;
use crate::logto::ThirdPartyType;
use crate::logto::registration::policy::Submission;
use crate::logto::registration::register::Order;
use crate::logto::registration::{Registrant, Service, audit, secrecy};

/// A random value in base64url.
const KEY_LENGTH: usize = 43;

/// A developer at a browser.
pub(super) struct Visitor {
    pub(super) owner: Registrant,
    /// What the browser's cookie holds: forms are sealed with it.
    key: String,
    is_new: bool,
}

impl Visitor {
    /// Who the program around us says is there. Nobody else is.
    pub(super) fn of(
        service: &Service,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Self, Problem> {
        let owner = extensions.get::<Registrant>().cloned();
        let owner = owner.ok_or_else(|| {
            audit::not_admitted(StatusCode::UNAUTHORIZED);
            Problem(StatusCode::UNAUTHORIZED, "Sign in first, and come back.")
        })?;
        let known = key(headers, cookie_name(service));
        let is_new = known.is_none();
        let later = Problem(StatusCode::SERVICE_UNAVAILABLE, "Come back later.");
        let key = match known {
            Some(key) => key,
            None => secrecy::random().map_err(|_| later)?,
        };
        Ok(Self { owner, key, is_new })
    }

    /// What goes into every form. Another site cannot read it, and cannot make it: it has neither the
    /// cookie nor, for somebody else's cookie, this owner's page.
    pub(super) fn seal(&self) -> String {
        secrecy::seal(&self.key, &self.owner.to_string())
    }

    /// Whether this visitor's page made the form.
    pub(super) fn wrote(&self, filled: &Filled) -> bool {
        !self.is_new && secrecy::same(&self.seal(), &filled.seal)
    }

    /// Gives the browser its cookie, with the first page.
    pub(super) fn keep(&self, service: &Service, mut response: Response) -> Response {
        if !self.is_new {
            return response;
        }
        let (name, key) = (cookie_name(service), &self.key);
        let secure = if is_secure(service) { "; Secure" } else { "" };
        let cookie = format!("{name}={key}; Path=/; HttpOnly; SameSite=Strict{secure}");
        // Our own name and base64url: always a header value.
        if let Ok(value) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
        response
    }
}

fn is_secure(service: &Service) -> bool {
    service.url.starts_with("https:")
}

/// With the prefix, no other host and no plain http can set it (RFC 6265bis §4.1.3.2).
fn cookie_name(service: &Service) -> &'static str {
    match is_secure(service) {
        true => "__Host-mcp-authz-agents",
        false => "mcp-authz-agents",
    }
}

/// The one value of this cookie; with two, somebody else may have planted one.
fn key(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(own, _)| *own == name);
    let (_, value) = values.next()?;
    (values.next().is_none() && value.len() == KEY_LENGTH).then(|| value.to_owned())
}

/// A form as it came; with what was filled in, to be shown again.
#[derive(Default)]
pub(super) struct Filled {
    seal: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) redirect_uris: String,
    pub(super) scopes: Vec<String>,
}

impl Filled {
    pub(super) fn read(body: &[u8]) -> Self {
        let mut filled = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "form" => filled.seal = value.into_owned(),
                "name" => filled.name = value.into_owned(),
                "kind" => filled.kind = value.into_owned(),
                "redirect_uris" => filled.redirect_uris = value.into_owned(),
                "scope" => filled.scopes.push(value.into_owned()),
                _ => {}
            }
        }
        filled
    }

    pub(super) fn order(&self) -> Order {
        let kind = match self.kind.as_str() {
            "native" => ThirdPartyType::Native,
            "spa" => ThirdPartyType::Spa,
            _ => ThirdPartyType::Traditional,
        };
        let method = match kind {
            ThirdPartyType::Traditional => "client_secret_basic",
            ThirdPartyType::Spa | ThirdPartyType::Native => "none",
        };
        let lines = self.redirect_uris.lines().map(str::trim);
        Order {
            submission: Submission {
                name: Some(self.name.clone()),
                kind,
                redirect_uris: lines
                    .filter(|line| !line.is_empty())
                    .map(str::to_owned)
                    .collect(),
                scope: Some(self.scopes.join(" ")),
            },
            auth_method: method.to_owned(),
            grant_types: ["authorization_code", "refresh_token"]
                .map(String::from)
                .into(),
            // Its owner manages it here.
            token: None,
        }
    }
}
