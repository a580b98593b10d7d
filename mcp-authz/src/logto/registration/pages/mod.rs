//! The face for people: one page with a form, and a page that asks before something ends.
//!
//! No script, nothing from elsewhere, readable without the style. What a developer wrote is escaped by
//! maud. Nothing is changed by a GET, and by a POST only with a form of ours.

mod form;
mod frame;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;

use self::form::{Filled, Visitor};
use self::view::{Deed, Notice, View};
use super::desk::Desk;
use super::refusal::Refusal;
use super::right::Right;
use super::{Service, audit, body};
use crate::page::sentence;

pub(super) fn router(service: Arc<Service>) -> Router {
    let overview_path = match service.path.as_str() {
        "" => "/",
        path => path,
    };
    Router::new()
        .route(overview_path, get(overview).post(create))
        .route(
            &format!("{}/apps/{{id}}/{{deed}}", service.path),
            get(ask).post(act),
        )
        .layer(from_fn_with_state(Arc::clone(&service), in_place))
        .with_state(service)
}

/// Answers to the registration's own host, and to no other site's forms: before anything is read.
async fn in_place(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    match service.origins.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(_) => {
            audit::not_admitted(StatusCode::FORBIDDEN);
            frame::problem(StatusCode::FORBIDDEN, "This page is not at home here.")
        }
    }
}

async fn overview(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Response> {
    let visitor = Visitor::of(&service, request.headers(), request.extensions())?;
    let filled = Filled::default();
    Ok(show(&service, &visitor, StatusCode::OK, None, &filled).await)
}

async fn create(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Response> {
    let (visitor, filled) = submitted(&service, request).await?;
    let order = filled.order();
    let new = match service.desk.register(visitor.owner.clone(), order).await {
        Ok(new) => new,
        Err(refusal) => {
            audit::refused("registered", Some(&visitor.owner), &refusal);
            let notice = Notice::Refused(&refusal.text);
            return Ok(show(&service, &visitor, refusal.status, Some(notice), &filled).await);
        }
    };
    let view = View::new(&service, &visitor);
    Ok(visitor.keep(&service, view.made(&new)))
}

/// Asks whether a secret, or an application, is to end.
async fn ask(
    State(service): State<Arc<Service>>,
    Path((id, deed)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Response> {
    let visitor = Visitor::of(&service, request.headers(), request.extensions())?;
    let deed = Deed::parse(&deed).ok_or_else(|| told(&Refusal::unknown()))?;
    let right = Right::Owner(visitor.owner.clone());
    let found = service.desk.read(&id, &right).await;
    let (registered, _) = found.map_err(|refusal| {
        audit::refused("read", Some(&visitor.owner), &refusal);
        told(&refusal)
    })?;
    let view = View::new(&service, &visitor);
    Ok(visitor.keep(&service, view.question(&registered, deed)))
}

/// Ends it.
async fn act(
    State(service): State<Arc<Service>>,
    Path((id, deed)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Response> {
    let (visitor, _) = submitted(&service, request).await?;
    let deed = Deed::parse(&deed).ok_or_else(|| told(&Refusal::unknown()))?;
    let right = Right::Owner(visitor.owner.clone());
    let refused = |refusal: Refusal| {
        audit::refused(deed.step(), Some(&visitor.owner), &refusal);
        told(&refusal)
    };
    match deed {
        Deed::Rotate => {
            let new = Desk::rotate(&service.desk, id, right)
                .await
                .map_err(refused)?;
            let view = View::new(&service, &visitor);
            Ok(visitor.keep(&service, view.rotated(&new)))
        }
        Deed::Delete => {
            let gone = Desk::delete(&service.desk, id, right)
                .await
                .map_err(refused)?;
            let notice = Notice::Deleted(&gone.app.name);
            let filled = Filled::default();
            Ok(show(&service, &visitor, StatusCode::OK, Some(notice), &filled).await)
        }
    }
}

/// Everything that the visitor has, and the form for more.
async fn show(
    service: &Service,
    visitor: &Visitor,
    status: StatusCode,
    notice: Option<Notice<'_>>,
    filled: &Filled,
) -> Response {
    let apps = service.desk.list(&visitor.owner).await;
    let view = View::new(service, visitor);
    visitor.keep(
        service,
        view.overview(status, apps.ok().as_deref(), notice, filled),
    )
}

/// What somebody sent by a form of ours.
async fn submitted(service: &Service, request: Request) -> Result<(Visitor, Filled), Response> {
    let (parts, body) = request.into_parts();
    let body = body::read(body).await;
    let visitor = Visitor::of(service, &parts.headers, &parts.extensions)?;
    let body = body.map_err(|refusal| told(&refusal))?;
    let filled = Filled::read(&body);
    if !visitor.wrote(&filled) {
        audit::refused("form", Some(&visitor.owner), &Refusal::malformed());
        let text = "The form did not come from this page. Open the page again.";
        return Err(frame::problem(StatusCode::FORBIDDEN, text));
    }
    Ok((visitor, filled))
}

fn told(refusal: &Refusal) -> Response {
    frame::problem(refusal.status, &sentence(&refusal.text)).into_response()
}
