//! Parts that others wrote, against ours: four OpenID providers, agents on three SDKs, two
//! revisions of the protocol, and a browser. See README.md here for how they are spoken to.

mod canaille;
mod client;
mod dpop;
mod exchange;
mod glewlwyd;
mod guarded;
mod journey;
mod keys;
mod leftovers;
mod log;
mod logto;
mod logto_shape;
mod opaque;
mod outage;
mod pages;
mod place;
mod registration;
mod refusal;
mod server;
mod shelf;
mod story;
mod userinfo;
mod walks;
