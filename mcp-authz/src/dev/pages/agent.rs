//! An application, as a person can tell it from another one.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::dev::client::{Client, Origin};
use crate::dev::client_document;

pub(super) struct Agent<'a>(pub(super) &'a Client);

impl<'a> Agent<'a> {
    /// What it is called: the host of its document, if it has one, since that is proven and its name
    /// is its own claim; otherwise its name.
    pub(super) fn title(&self) -> Cow<'a, str> {
        match self.host() {
            Some(host) => host.into(),
            None => self.0.display_name().into(),
        }
    }

    /// What it calls itself, where the title is something else.
    pub(super) fn claimed_name(&self) -> Option<&'a str> {
        self.0.name.as_deref().filter(|_| self.host().is_some())
    }

    /// Whose word there is for it.
    pub(super) fn origin(&self) -> Markup {
        html! {
            @match self.0.origin {
                Origin::FirstParty => { "An application of this service." }
                Origin::ThirdParty => { "An application of somebody else, known to this service." }
                Origin::Registered => {
                    "It registered itself: nobody has checked that it is what its name says."
                }
                Origin::Document => {
                    "It is described by " code { (self.0.id) } ": what it says of itself there, \
                     nobody has checked."
                }
            }
        }
    }

    fn host(&self) -> Option<String> {
        match self.0.origin {
            Origin::Document => client_document::host(&self.0.id),
            _ => None,
        }
    }
}
