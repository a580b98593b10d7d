//! An application, as a person can tell it from another one.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::dev::client::{Client, Origin};
use crate::dev::{client_document, redirect};

pub(super) struct Agent<'a>(pub(super) &'a Client);

impl Agent<'_> {
    /// What it is called: the host of its document, if it has one, since that is proven and its name
    /// is its own claim; otherwise its name.
    pub(super) fn title(&self) -> Cow<'_, str> {
        match self.host() {
            Some(host) => host.into(),
            None => self.0.display_name().into(),
        }
    }

    /// Whose word there is for it.
    pub(super) fn introduction(&self) -> Markup {
        html! {
            p { @match self.0.origin {
                Origin::FirstParty => { "An application of this service." }
                Origin::ThirdParty => { "An application of somebody else, known to this service." }
                Origin::Registered => {
                    "It registered itself: nobody has checked that it is what its name says."
                }
                Origin::Document => { @match &self.0.name {
                    Some(name) => {
                        "It calls itself “" strong { (name) } "”. Nobody has checked that name."
                    }
                    None => { "It gives itself no name." }
                } }
            } }
        }
    }

    /// Where it says who it is.
    pub(super) fn source(&self) -> Markup {
        html! {
            @if self.0.origin == Origin::Document {
                div { dt { "Described at" } dd { code { (self.0.id) } } }
            }
        }
    }

    /// Every place that its answers may go to.
    pub(super) fn destinations(&self) -> String {
        let uris = self.0.redirect_uris.iter();
        let urls = uris.filter_map(|uri| redirect::parse(uri).ok());
        let mut places: Vec<_> = urls.map(|url| redirect::destination(&url)).collect();
        places.dedup();
        places.join("; ")
    }

    fn host(&self) -> Option<String> {
        match self.0.origin {
            Origin::Document => client_document::host(&self.0.id),
            _ => None,
        }
    }
}
