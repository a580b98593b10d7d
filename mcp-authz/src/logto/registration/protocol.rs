//! The face for programs: dynamic registration (RFC 7591) and its management (RFC 7592).

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Map, Value, json};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use super::super::ApplicationType;
use super::desk::{Desk, Registered};
use super::refusal::{NO_STORE, Refusal};
use super::register::New;
use super::right::Right;
use super::rotate::NewSecret;
use super::{Service, audit, body, doors, metadata};
use crate::token::secret::Secret;

pub(super) fn router(service: Arc<Service>) -> Router {
    // Credentials travel in a header that no page sends unasked: agents in a browser may come too.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([WWW_AUTHENTICATE]);
    let register = format!("{}/register", service.path);
    Router::new()
        .route(&register, post(create).get(list))
        // No PUT: RFC 7592 §2.2 leaves it open, and an agent that changes is another agent.
        .route(&format!("{register}/{{id}}"), get(read).delete(remove))
        .route(&format!("{register}/{{id}}/secret"), post(rotate))
        .layer(cors)
        .with_state(service)
}

/// RFC 7591 §3.1.
async fn create(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Response> {
    let (parts, body) = request.into_parts();
    let body = body::read(body).await;
    let owner = service.doors.registrant(&parts.headers, &parts.uri).await?;
    let refused = |refusal: Refusal| {
        audit::refused("registered", Some(&owner), &refusal);
        refusal.into_response()
    };
    if !is_json(&parts.headers) {
        return Err(refused(Refusal::metadata(
            "the content type is not application/json",
        )));
    }
    let body = body.map_err(refused)?;
    let token = doors::registration_token().map_err(refused)?;
    let order = metadata::read(&body, token.clone()).map_err(refused)?;
    let new = service.desk.register(owner.clone(), order).await;
    let new = new.map_err(refused)?;
    let answer = service.registered(&new, &token);
    Ok((StatusCode::CREATED, NO_STORE, Json(answer)).into_response())
}

async fn list(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Response> {
    let owner = match service.doors.right(&headers, &uri).await? {
        Right::Owner(owner) => owner,
        // Good for one application, and not for a list.
        Right::Token(_) => return Err(Refusal::unauthorized().into_response()),
    };
    let apps = service.desk.list(&owner).await;
    let apps = apps.map_err(IntoResponse::into_response)?;
    let clients: Vec<Value> = apps.iter().map(|app| service.client(app).into()).collect();
    Ok((NO_STORE, Json(json!({ "clients": clients }))).into_response())
}

/// RFC 7592 §2.1.
async fn read(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Response> {
    let right = service.doors.right(&headers, &uri).await?;
    let found = service.desk.read(&id, &right).await;
    let (registered, scope) = found.map_err(|refusal| refused("read", refusal))?;
    let mut answer = service.client(&registered);
    answer.insert("scope".into(), scope.into());
    if let Right::Token(token) = &right {
        // RFC 7592 §3 asks for it; whoever presents it has it.
        answer.insert("registration_access_token".into(), token.expose().into());
    }
    Ok((NO_STORE, Json(answer)).into_response())
}

/// RFC 7592 §2.3.
async fn remove(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Response> {
    let right = service.doors.right(&headers, &uri).await?;
    let gone = Desk::delete(&service.desk, id, right).await;
    gone.map_err(|refusal| refused("deleted", refusal))?;
    Ok((StatusCode::NO_CONTENT, NO_STORE).into_response())
}

/// A new secret: ours, since RFC 7592 gives one only beside other changes.
async fn rotate(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Response> {
    let right = service.doors.right(&headers, &uri).await?;
    let new = Desk::rotate(&service.desk, id, right).await;
    let NewSecret {
        registered,
        secret,
        older_ones_are_good,
    } = new.map_err(|refusal| refused("rotated", refusal))?;
    let mut answer = service.client(&registered);
    put_secret(&mut answer, &secret);
    if older_ones_are_good {
        answer.insert("older_secrets_are_valid".into(), true.into());
    }
    Ok((NO_STORE, Json(answer)).into_response())
}

impl Service {
    /// RFC 7591 §3.2.1, with the secret and the token that are told this once.
    fn registered(&self, new: &New, token: &Secret) -> Value {
        let mut answer = self.client(&new.registered);
        if let Some(secret) = &new.secret {
            put_secret(&mut answer, secret);
        }
        answer.insert("scope".into(), new.scope.clone().into());
        answer.insert("registration_access_token".into(), token.expose().into());
        answer.into()
    }

    /// What is no secret of a client.
    fn client(&self, Registered { app, record }: &Registered) -> Map<String, Value> {
        let is_native = app.application_type == ApplicationType::Native;
        let answer = json!({
            "client_id": app.id,
            "client_id_issued_at": record.issued_at,
            "client_name": app.name,
            "redirect_uris": app.oidc_client_metadata.redirect_uris,
            "token_endpoint_auth_method": record.auth_method,
            "grant_types": record.grant_types,
            "response_types": ["code"],
            "application_type": if is_native { "native" } else { "web" },
            "registration_client_uri": format!("{}/register/{}", self.url, app.id),
        });
        match answer {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

fn put_secret(answer: &mut Map<String, Value>, secret: &Secret) {
    answer.insert("client_secret".into(), secret.expose().into());
    // It does not end by itself.
    answer.insert("client_secret_expires_at".into(), 0.into());
}

fn refused(step: &'static str, refusal: Refusal) -> Response {
    audit::refused(step, None, &refusal);
    refusal.into_response()
}

/// A page of another site can post a form, and not this.
fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kinds.next().is_none()
        && kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
