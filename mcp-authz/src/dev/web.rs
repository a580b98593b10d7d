//! The HTTP that all endpoints share: who may call, cookies, redirects.

use std::net::IpAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, COOKIE, HOST, LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::provider::Provider;
use super::secret::Secret;

/// Refuses requests for another name than this machine's: a foreign site that had its name resolve
/// to 127.0.0.1 (DNS rebinding) would otherwise read and press the pages as its own.
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    if is_loopback_request(&request) {
        next.run(request).await
    } else {
        let text = "the development provider answers to loopback names only\n";
        (StatusCode::FORBIDDEN, text).into_response()
    }
}

fn is_loopback_request(request: &Request) -> bool {
    // HTTP/2 and absolute-form requests name the authority in the URI (RFC 9112 §3.2.2).
    if let Some(authority) = request.uri().authority() {
        return is_loopback_name(authority.host());
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    hosts.next().is_none() && host.is_some_and(|host| is_loopback_name(host.host()))
}

fn is_loopback_name(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The session cookie of this provider.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| Secret::new(value))
}

/// Hands out the session cookie. `Lax`, since the way here starts at another site.
pub(super) fn with_cookie(
    provider: &Provider,
    mut response: Response,
    session: &Secret,
) -> Response {
    let path = if provider.path.is_empty() {
        "/"
    } else {
        &provider.path
    };
    let cookie = format!(
        "{}={}; Path={path}; HttpOnly; SameSite=Lax",
        provider.cookie,
        session.expose()
    );
    // Our own base64url, name and checked path: always a header value.
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// 303, so that no form is ever posted on to the client (OAuth 2.1 §7.5.2).
pub(super) fn see_other(location: &str) -> Response {
    match HeaderValue::try_from(location) {
        Ok(location) => {
            let headers = [
                (LOCATION, location),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            ];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn allowed(uri: &str, hosts: &[&str]) -> bool {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        is_loopback_request(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for host in [
            "127.0.0.1:80",
            "localhost",
            "LOCALHOST:1",
            "[::1]:80",
            "127.9.9.9",
        ] {
            assert!(allowed("/", &[host]), "{host}");
        }
        for host in [
            "evil.test",
            "127.0.0.1.evil.test",
            "localhost.evil.test",
            "192.168.0.1",
            "0.0.0.0",
            "[::]:80",
            "",
            "a@127.0.0.1@evil.test",
        ] {
            assert!(!allowed("/", &[host]), "{host}");
        }
        assert!(!allowed("/", &[]));
        assert!(!allowed("/", &["localhost", "evil.test"]));
        assert!(
            !allowed("http://evil.test/", &["localhost"]),
            "the URI wins"
        );
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; dev-1=x; dev-12=y"));
        assert_eq!(cookie(&headers, "dev-1").unwrap().expose(), "x");
        assert_eq!(cookie(&headers, "dev-12").unwrap().expose(), "y");
        assert!(cookie(&headers, "dev").is_none());
    }
}
