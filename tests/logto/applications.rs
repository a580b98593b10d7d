//! Third-party applications, their secrets, and how they are shown.

use std::time::{Duration, SystemTime};

use mcp_authz::logto::{ApplicationType, NewThirdPartyApp, SignInBranding, ThirdPartyType};

use crate::{agent, refusal, tenant};

#[tokio::test]
async fn an_app_is_made_listed_and_deleted() {
    let (logto, client) = tenant().await;
    let own = logto.first_party_app("Ours");
    for (wanted, made) in [
        (ThirdPartyType::Traditional, ApplicationType::Traditional),
        (ThirdPartyType::Spa, ApplicationType::Spa),
        (ThirdPartyType::Native, ApplicationType::Native),
    ] {
        let new = NewThirdPartyApp::new("SmartMail", wanted)
            .redirect_uri("https://smartmail.example.com/callback")
            .post_logout_redirect_uri("https://smartmail.example.com/")
            .description("Sorts your mail")
            .custom_data("owner", "dave");
        let app = client.create_third_party_app(&new).await.unwrap();
        assert_eq!((app.application_type, app.is_third_party), (made, true));
        assert_eq!(app.description.as_deref(), Some("Sorts your mail"));
        assert_eq!(app.custom_data["owner"], "dave");
        let metadata = &app.oidc_client_metadata;
        assert_eq!(
            metadata.redirect_uris,
            ["https://smartmail.example.com/callback"]
        );
        assert_eq!(client.application(&app.id).await.unwrap(), app);
    }
    let apps = client.third_party_apps().await.unwrap();
    assert_eq!(apps.len(), 3);
    assert!(apps.iter().all(|app| app.id != own));
    assert!(!client.application(&own).await.unwrap().is_third_party);
    client.delete_application(&apps[0].id).await.unwrap();
    assert_eq!(refusal(client.application(&apps[0].id).await).0, 404);
    assert_eq!(refusal(client.delete_application(&apps[0].id).await).0, 404);
}

#[tokio::test]
async fn what_logto_does_not_make() {
    let (logto, client) = tenant().await;
    let app = |uri: &str| NewThirdPartyApp::new("x", ThirdPartyType::Native).redirect_uri(uri);
    let bad = client.create_third_party_app(&app("not a uri")).await;
    assert_eq!(refusal(bad), (400, "guard.invalid_input".into()));
    let unnamed = NewThirdPartyApp::new("", ThirdPartyType::Native);
    assert_eq!(
        refusal(client.create_third_party_app(&unnamed).await).0,
        400
    );
    logto.limit_third_party_apps(1);
    client
        .create_third_party_app(&app("https://a.example/"))
        .await
        .unwrap();
    let full = client
        .create_third_party_app(&app("https://b.example/"))
        .await;
    assert_eq!(refusal(full).0, 403);
}

#[tokio::test]
async fn a_secret_is_made_rotated_and_deleted() {
    let (_logto, client) = tenant().await;
    let app = agent(&client).await;
    let first = client.application_secrets(&app).await.unwrap();
    let [first] = first.as_slice() else {
        panic!("{first:?}")
    };
    assert_eq!(
        (first.name.as_str(), first.expires_at),
        ("Default secret", None)
    );
    assert!(!format!("{first:?}").contains(first.expose()), "{first:?}");

    let end = SystemTime::now() + Duration::from_secs(3600);
    let second = client
        .create_secret(&app, "second", Some(end))
        .await
        .unwrap();
    let kept = second.expires_at.unwrap();
    assert!(end.duration_since(kept).unwrap() < Duration::from_millis(1));
    let again = client.create_secret(&app, "second", None).await;
    assert_eq!(
        refusal(again),
        (422, "application.secret_name_exists".into())
    );
    let past = client
        .create_secret(&app, "past", Some(SystemTime::UNIX_EPOCH))
        .await;
    assert_eq!(refusal(past), (400, "request.invalid_input".into()));

    let rotation = client.rotate_secret(&app, "third", None).await.unwrap();
    assert_eq!(rotation.deleted, ["Default secret", "second"]);
    assert!(rotation.failed.is_empty());
    let left = client.application_secrets(&app).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].expose(), rotation.secret.expose());
    assert_ne!(left[0].expose(), first.expose());
    assert!(!format!("{rotation:?} {rotation}").contains(rotation.secret.expose()));

    client.delete_secret(&app, "third").await.unwrap();
    assert_eq!(refusal(client.delete_secret(&app, "third").await).0, 404);
}

#[tokio::test]
async fn a_rotation_that_fails_leaves_no_app_without_a_secret() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    // No new secret: the old one stays.
    logto.fail(
        &format!("POST /api/applications/{app}/secrets"),
        500,
        None,
        1,
    );
    assert_eq!(
        refusal(client.rotate_secret(&app, "new", None).await).0,
        500
    );
    let names = |secrets: &[mcp_authz::logto::ApplicationSecret]| {
        secrets
            .iter()
            .map(|one| one.name.clone())
            .collect::<Vec<_>>()
    };
    let left = client.application_secrets(&app).await.unwrap();
    assert_eq!(names(&left), ["Default secret"]);
    // An old one that stays: the new one is told all the same.
    let delete = format!("DELETE /api/applications/{app}/secrets/Default%20secret");
    logto.fail(&delete, 500, None, 1);
    let rotation = client.rotate_secret(&app, "new", None).await.unwrap();
    assert_eq!(rotation.failed.len(), 1);
    assert!(
        rotation
            .to_string()
            .contains(r#""Default secret" is still good"#),
        "{rotation}"
    );
    let left = client.application_secrets(&app).await.unwrap();
    assert_eq!(names(&left), ["Default secret", "new"]);
}

#[tokio::test]
async fn an_app_is_shown_as_it_is_told() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    assert_eq!(refusal(client.sign_in_branding(&app).await).0, 404);
    let branding = SignInBranding::new()
        .display_name("SmartMail")
        .logo("https://smartmail.example.com/logo.png")
        .dark_logo("https://smartmail.example.com/dark.png")
        .terms_of_use("https://smartmail.example.com/terms");
    assert_eq!(
        client.set_sign_in_branding(&app, &branding).await.unwrap(),
        branding
    );
    // What is not said stays.
    let more = SignInBranding::new().privacy_policy("https://smartmail.example.com/privacy");
    let now = client.set_sign_in_branding(&app, &more).await.unwrap();
    assert_eq!(now.display_name.as_deref(), Some("SmartMail"));
    assert_eq!(now.branding, branding.branding);
    assert_eq!(client.sign_in_branding(&app).await.unwrap(), now);
    let bad = SignInBranding::new().terms_of_use("nowhere");
    assert_eq!(
        refusal(client.set_sign_in_branding(&app, &bad).await).0,
        400
    );
    let own = logto.first_party_app("Ours");
    let refused = client.set_sign_in_branding(&own, &branding).await;
    assert_eq!(
        refusal(refused),
        (422, "application.third_party_application_only".into())
    );
}
