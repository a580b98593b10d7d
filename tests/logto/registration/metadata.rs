//! Clients that know nothing but dynamic registration: what they are told, and that rmcp believes it.

use http_client::{Method, Url};
use json::{Value, json};
use mcp_authz::danger;
use mcp_authz::logto::ApplicationType;
use rmcp_client::transport::auth::{AuthError, AuthorizationRequest, OAuthState};

use super::place::{Answer, Place, policy};

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server/oidc";

/// A place to which the tenant's proxy leads the one path that Logto leaves unanswered.
async fn open() -> Place {
    let place = Place::with(policy(), |own| own.open(danger::open_registration(5))).await;
    place
        .logto
        .lead(WELL_KNOWN, &format!("{}{WELL_KNOWN}", place.origin()));
    place
}

#[tokio::test]
async fn the_issuer_says_all_that_it_says_elsewhere_and_where_agents_register() {
    let place = open().await;
    let issuer = format!("{}/oidc", place.logto.endpoint());
    let get = |url: String| Answer::of(place.http.get(url));
    let own = get(format!("{issuer}/.well-known/openid-configuration")).await;
    assert_eq!(own.body["registration_endpoint"], Value::Null);
    let answer = get(format!("{}{WELL_KNOWN}", place.logto.endpoint())).await;
    assert_eq!(answer.status, 200);
    let mut expected = own.body;
    expected["registration_endpoint"] = json!(format!("{}/register", place.url));
    assert_eq!(answer.body, expected);
    assert_eq!(answer.text("issuer"), issuer);
    // For clients in a browser, and for a while.
    let direct = get(format!("{}{WELL_KNOWN}", place.origin())).await;
    assert_eq!(direct.headers["access-control-allow-origin"], "*");
    assert_eq!(direct.headers["cache-control"], "public, max-age=300");
    let asked = "GET /oidc/.well-known/openid-configuration";
    let before = place.logto.asked(asked);
    for _ in 0..50 {
        get(format!("{}{WELL_KNOWN}", place.origin())).await;
    }
    assert_eq!(place.logto.asked(asked), before);
}

#[tokio::test]
async fn a_document_of_another_issuer_is_not_passed_on() {
    // The tenant is reached under another name than the one it gives itself.
    let place = Place::elsewhere(policy()).await;
    let answer = Answer::of(place.http.get(format!("{}{WELL_KNOWN}", place.origin()))).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
}

#[tokio::test]
async fn an_outage_is_503_and_not_asked_about_by_everybody() {
    let place = open().await;
    let asked = "GET /oidc/.well-known/openid-configuration";
    place.logto.fail(asked, 500, None, usize::MAX);
    let before = place.logto.asked(asked);
    for _ in 0..20 {
        let answer = Answer::of(place.http.get(format!("{}{WELL_KNOWN}", place.origin()))).await;
        assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
    }
    assert_eq!(place.logto.asked(asked), before + 1);
}

/// rmcp at a server whose issuer is the tenant.
async fn rmcp(place: &Place) -> OAuthState {
    let server = place.server_of_the_tenant().await;
    let mut oauth = OAuthState::new(server.as_str(), None)
        .await
        .expect("a client");
    let request = AuthorizationRequest::new("http://127.0.0.1:4711/callback")
        .with_client_name("SmartMail AI")
        .with_scopes(["profile", "mail:send"]);
    oauth
        .start_authorization(request)
        .await
        .expect("it registers");
    oauth
}

#[tokio::test]
async fn rmcp_registers_and_takes_the_answer_of_the_issuer_alone() {
    let place = open().await;
    let mut oauth = rmcp(&place).await;
    let page = oauth.get_authorization_url().await.expect("a page");
    let page = Url::parse(&page).expect("a URL");
    let parameter = |name: &str| {
        let found = page.query_pairs().find(|(own, _)| own == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    // It sends the person to Logto itself.
    assert!(
        page.as_str()
            .starts_with(&format!("{}/oidc/auth?", place.logto.endpoint()))
    );
    let app = place
        .client
        .application(&parameter("client_id"))
        .await
        .expect("it is registered");
    assert_eq!(app.application_type, ApplicationType::Native);
    assert_eq!(app.name, "SmartMail AI");
    assert_eq!(
        app.oidc_client_metadata.redirect_uris,
        [parameter("redirect_uri")]
    );
    let allowed = place.client.consent_scopes(&app.id).await.unwrap();
    assert_eq!(allowed.of_resource(&place.resource).count(), 2);

    // RFC 9207: `iss` is Logto's, which is what the metadata said. Another one is refused before the
    // code goes anywhere.
    let state = parameter("state");
    let tokens = "POST /oidc/token";
    let before = place.logto.asked(tokens);
    let callback = |issuer: &str| {
        let query = [("code", "c0de"), ("state", &*state), ("iss", issuer)];
        Url::parse_with_params("http://127.0.0.1:4711/callback", query).expect("a URL")
    };
    let wrong = oauth
        .handle_callback_url(callback("https://evil.example").as_str())
        .await;
    assert!(
        matches!(wrong, Err(AuthError::AuthorizationServerMismatch { .. })),
        "{wrong:?}"
    );
    assert_eq!(place.logto.asked(tokens), before);
    let issuer = format!("{}/oidc", place.logto.endpoint());
    let right = oauth.handle_callback_url(callback(&issuer).as_str()).await;
    // The stand-in gives people no token; that it was asked for one is what counts.
    assert!(
        !matches!(right, Err(AuthError::AuthorizationServerMismatch { .. })),
        "{right:?}"
    );
    assert_eq!(place.logto.asked(tokens), before + 1);
}

#[tokio::test]
async fn rmcp_is_told_where_it_cannot_register() {
    let place = Place::with(policy(), |own| own.open(danger::open_registration(5))).await;
    // The proxy leads nothing here: Logto's own document has no such endpoint.
    let server = place.server_of_the_tenant().await;
    let mut oauth = OAuthState::new(server.as_str(), None)
        .await
        .expect("a client");
    let request = AuthorizationRequest::new("http://127.0.0.1:4711/callback");
    let refused = oauth.start_authorization(request).await;
    assert!(
        matches!(refused, Err(AuthError::RegistrationFailed(_))),
        "{refused:?}"
    );
    assert_eq!(place.apps(), 0);
    let options = place
        .http
        .request(Method::OPTIONS, format!("{}/register", place.url));
    let options = options.header("origin", "https://agent.example");
    let options = options
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(options.headers()["access-control-allow-origin"], "*");
    assert!(
        options
            .headers()
            .get("access-control-allow-credentials")
            .is_none()
    );
}
