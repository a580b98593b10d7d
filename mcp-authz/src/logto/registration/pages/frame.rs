//! What every page of the registration has around it.

use std::sync::LazyLock;

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use crate::page::Frame;

/// That of the development provider's pages, and forms.
const STYLE: &str = concat!(
    include_str!("../../../dev/pages.css"),
    include_str!("pages.css")
);

/// Forms come back here. Not `no-referrer`: browsers would send them with `Origin: null`.
static FRAME: LazyLock<Frame> =
    LazyLock::new(|| Frame::new(STYLE, "form-action 'self'; ", "same-origin"));

/// What went wrong, before there is a page to say it on.
pub(super) struct Problem(pub(super) StatusCode, pub(super) &'static str);

impl From<Problem> for Response {
    fn from(Problem(status, text): Problem) -> Self {
        problem(status, text)
    }
}

/// Tells what went wrong.
pub(super) fn problem(status: StatusCode, text: &str) -> Response {
    let body = html! {
        h1 { "This did not work" }
        p { (text) }
    };
    page(status, "This did not work", &body)
}

pub(super) fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    FRAME.page(status, title, body)
}
