//! The records of a tenant that `testing` plays.

use std::sync::Arc;

use url::Url;

use super::UserRecords;
use crate::World;
use crate::token::enrichment::{Directory, Played};

impl Played for UserRecords {
    fn in_world(&self, world: &World) -> Arc<dyn Directory> {
        let management = self.management.in_world(world);
        Arc::new(Self {
            management,
            ..self.clone()
        })
    }

    fn fetches_token_at(&self, url: &Url) -> bool {
        Url::parse(self.management.tokens().endpoint()).as_ref() == Ok(url)
    }

    fn record_at(&self, url: &Url) -> Option<String> {
        let records = format!("{}/api/users/", self.management.endpoint());
        let id = url.as_str().strip_prefix(&records)?;
        // An id is written as it is: no other one is asked about.
        super::is_user_id(id).then(|| id.to_owned())
    }
}
