//! What a Logto tenant keeps of its users, for a server in a test that takes the person's claims from there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::fault::{self, Endpoint, Switch};
use super::provider::Provider;
use crate::logto::record_of;

type Record = Map<String, Value>;

/// The records of a tenant: those of the provider's people, and what a test makes of them.
pub(crate) struct Records {
    provider: Arc<Provider>,
    /// By user id; none for somebody who is gone.
    edited: Mutex<HashMap<String, Option<Record>>>,
}

impl Records {
    pub(super) fn of(provider: Arc<Provider>) -> Self {
        Self {
            provider,
            edited: Mutex::default(),
        }
    }

    /// Replaces these members of somebody's record. Whoever was gone is back.
    pub(crate) fn edit(&self, id: &str, members: Record) {
        let mut record = self.find(id).unwrap_or_else(|| self.unedited(id));
        record.extend(members);
        self.put(id, Some(record));
    }

    pub(crate) fn delete(&self, id: &str) {
        self.put(id, None);
    }

    fn put(&self, id: &str, record: Option<Record>) {
        let mut edited = self.edited.lock().unwrap_or_else(PoisonError::into_inner);
        edited.insert(id.to_owned(), record);
    }

    fn find(&self, id: &str) -> Option<Record> {
        let edited = self.edited.lock().unwrap_or_else(PoisonError::into_inner);
        let found = edited.get(id).cloned();
        found.unwrap_or_else(|| Some(self.unedited(id)))
    }

    /// Of whoever is no configured user, the tenant knows that they exist.
    fn unedited(&self, id: &str) -> Record {
        let user = self.provider.user(id);
        let mut record = user
            .map(|user| record_of(user.claims()))
            .unwrap_or_default();
        record.insert("id".to_owned(), id.into());
        record.insert("username".to_owned(), id.into());
        record.insert("customData".to_owned(), json!({}));
        record.insert("isSuspended".to_owned(), false.into());
        record
    }
}

/// `GET /api/users/{userId}`.
pub(super) fn router(records: Arc<Records>, trouble: &Switch) -> Router {
    let may_fail = from_fn_with_state(trouble.at(Endpoint::Userinfo), fault::stand);
    Router::new()
        .route("/api/users/{id}", get(show).layer(may_fail))
        .with_state(records)
}

async fn show(State(records): State<Arc<Records>>, Path(id): Path<String>) -> Response {
    match records.find(&id) {
        Some(record) => Json(record).into_response(),
        None => {
            let said = json!({ "code": "entity.not_found", "message": "There is no such user." });
            (StatusCode::NOT_FOUND, Json(said)).into_response()
        }
    }
}
