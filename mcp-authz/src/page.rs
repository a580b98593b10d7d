//! The document around what a person reads in a browser, and the headers that keep it to itself.

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What all pages of one kind have in common.
pub(crate) struct Frame {
    style: &'static str,
    policy: HeaderValue,
    referrer: &'static str,
    footer: Option<&'static str>,
}

impl Frame {
    /// Nothing but our own style, and whatever `forms` says of where forms may go: empty, or a directive
    /// with its `; `.
    pub(crate) fn new(style: &'static str, forms: &str, referrer: &'static str) -> Self {
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; {forms}base-uri 'none'; frame-ancestors 'none'"
        );
        let strictest = HeaderValue::from_static("default-src 'none'");
        Self {
            style,
            policy: HeaderValue::from_str(&policy).unwrap_or(strictest),
            referrer,
            footer: None,
        }
    }

    #[cfg(feature = "dev-server")]
    pub(crate) fn footer(mut self, text: &'static str) -> Self {
        self.footer = Some(text);
        self
    }

    pub(crate) fn page(&self, status: StatusCode, title: &str, body: &Markup) -> Response {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    style { (PreEscaped(self.style)) }
                }
                body {
                    main { (body) }
                    @if let Some(footer) = self.footer { footer { (footer) } }
                }
            }
        };
        let fixed = HeaderValue::from_static;
        let headers = [
            (CONTENT_TYPE, fixed("text/html; charset=utf-8")),
            (CONTENT_SECURITY_POLICY, self.policy.clone()),
            (X_FRAME_OPTIONS, fixed("DENY")),
            (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (REFERRER_POLICY, fixed(self.referrer)),
            (CACHE_CONTROL, fixed("no-store")),
        ];
        (status, headers, document.into_string()).into_response()
    }
}

/// The texts are written as parts of sentences, which is what an `error_description` wants.
pub(crate) fn sentence(text: &str) -> String {
    let mut rest = text.trim_end_matches('.').chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest).chain(['.']).collect()
}

/// Control and direction characters, and those that are not seen (Unicode's `Default_Ignorable_Code_Point`,
/// the empty Braille pattern), could make a page say something else, or nothing. What asks for an emoji's
/// colours stays.
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
