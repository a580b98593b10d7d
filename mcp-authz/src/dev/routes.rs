//! What is where.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use http::Method;
use http::header::WWW_AUTHENTICATE;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use super::fault::{self, Endpoint, Switch};
use super::provider::Provider;
use super::{authorize, grants, introspect, metadata, register, token, userinfo, visit, web};

/// No form or document of a client is longer.
const MOST_BYTES: usize = 64 * 1024;

pub(super) fn router(provider: Arc<Provider>, trouble: &Switch) -> Router {
    let may_fail = |endpoint| from_fn_with_state(trouble.at(endpoint), fault::stand);
    // For clients that run in a browser, such as inspectors: never the pages, which act with the
    // person's session.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([WWW_AUTHENTICATE]);
    let for_scripts = Router::new()
        .route("/jwks", get(metadata::keys).layer(may_fail(Endpoint::Jwks)))
        .route(
            "/token",
            post(token::token).layer(may_fail(Endpoint::Token)),
        )
        .route(
            "/userinfo",
            get(userinfo::userinfo)
                .post(userinfo::userinfo)
                .layer(may_fail(Endpoint::Userinfo)),
        )
        .route("/register", post(register::register))
        .route("/revoke", post(introspect::revoke))
        .layer(cors.clone());
    let endpoints = for_scripts
        .route(
            "/introspect",
            post(introspect::introspect).layer(may_fail(Endpoint::Introspection)),
        )
        .route(
            "/authorize",
            get(authorize::authorize).post(authorize::authorize),
        )
        .route("/sign-in", get(visit::show_sign_in).post(visit::sign_in))
        .route("/consent", get(visit::show_consent).post(visit::consent))
        .route(grants::PATH, get(grants::show).post(grants::withdraw))
        .route(grants::SIGN_IN, get(grants::sign_in));
    let mut discovery = Router::new();
    for location in metadata::locations(&provider.path) {
        let document = get(metadata::document).layer(may_fail(Endpoint::Discovery));
        discovery = discovery.route(&location, document);
    }
    let rooted = match provider.path.as_str() {
        "" => endpoints,
        path => Router::new().nest(path, endpoints),
    };
    rooted
        .merge(discovery.layer(cors))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(from_fn(web::loopback_only))
        .with_state(provider)
}
