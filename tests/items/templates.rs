//! Templates: what a URI is one of, and access that is about its variables.

use json::json;
use mcp_authz::{Hierarchy, ServerBuilder};

use crate::client::{assert_asked_for, everywhere};
use crate::resources::{assert_not_found, contents, read, server, text};

#[tokio::test]
async fn a_scope_can_name_a_variable() {
    let server = |builder: ServerBuilder| {
        server(builder).hierarchy(Hierarchy::new().includes("files:all", ["files:a:read"]))
    };
    everywhere(server, async |client| {
        let token = client.token("files:a:read");
        let reply = read(client, Some(&token), "files://a/x/y%20z.csv").await;
        let expected = json!([
            { "uri": "files://a/x/y%20z.csv", "mimeType": "text/csv", "text": "x/y z.csv of a" }
        ]);
        assert_eq!(contents(&reply), expected, "{reply:?}");
        let wide = client.token("files:all");
        assert_eq!(
            text(&read(client, Some(&wide), "files://a/x").await),
            "x of a"
        );
        assert_eq!(client.ran(), 2);
        assert_asked_for(
            &read(client, Some(&token), "files://b/x").await,
            "files:b:read",
        );
        // As if the value were a part of the scope.
        let odd = client
            .token("files:a:read files:{bucket}:read files:%7Bbucket%7D:read files:a%20b:read");
        for bucket in ["%7Bbucket%7D", "a%20b", "a:b", "%C3%A9"] {
            assert_not_found(
                client,
                &read(client, Some(&odd), &format!("files://{bucket}/x")).await,
            );
        }
        assert_eq!(client.ran(), 2);
    })
    .await;
}

#[tokio::test]
async fn another_spelling_is_another_resource_or_none() {
    everywhere(server, async |client| {
        let token = client.token("files:a:read files:A:read notes");
        for uri in [
            "files://a/../a/x",
            "files://a/./x",
            "files://a//x",
            "files://a/x/",
            "files://a/",
            "files://a/%2e%2e/x",
            "files://a/%2E%2E/x",
            "files://a/x%2Fy",
            "files://a/%78",
            "files://a/x%00",
            "files://a/x?y",
            "files://a/x#y",
            "FILES://a/x",
            "Files://a/x",
            "files:/a/x",
            "files://a%2Fx/y",
            "notes://Today",
            "NOTES://today",
            "notes://today/",
            "notes://today?",
            "notes:today",
            "notes://%74oday",
            "",
        ] {
            let reply = read(client, Some(&token), uri).await;
            assert_not_found(client, &reply);
        }
        assert_eq!(client.ran(), 0);
        assert_eq!(
            text(&read(client, Some(&token), "files://A/x").await),
            "x of A"
        );
    })
    .await;
}

#[tokio::test]
async fn where_templates_overlap_all_rules_hold_and_the_more_specific_runs() {
    everywhere(server, async |client| {
        let uri = "files://public/x";
        for (scopes, asked) in [
            ("", "files:public:read published"),
            ("published", "files:public:read"),
            ("files:public:read", "published"),
        ] {
            let reply = read(client, Some(&client.token(scopes)), uri).await;
            assert_eq!(reply.status, 403, "{scopes}: {reply:?}");
            for scope in asked.split(' ') {
                assert!(
                    reply.challenge().contains(scope),
                    "{asked} in {}",
                    reply.challenge()
                );
            }
        }
        assert_eq!(client.ran(), 0);
        let both = client.token("published files:public:read");
        assert_eq!(text(&read(client, Some(&both), uri).await), "published");
    })
    .await;
}

#[tokio::test]
async fn variables_are_typed_and_a_value_of_another_type_is_no_resource() {
    everywhere(server, async |client| {
        let token = client.token("books books:all");
        for uri in [
            "books://x/pages/1",
            "books://1/pages/one",
            "books://1/pages/-1",
            "books://1/pages/1.0",
            "books://1/pages/4294967296",
            "books://broken/pages/1",
            "books://%2B1/pages/1x",
        ] {
            assert_not_found(client, &read(client, Some(&token), uri).await);
            assert_not_found(client, &read(client, None, uri).await);
        }
        assert_eq!(client.ran(), 0);
        let reply = read(client, Some(&token), "books://1/pages/7").await;
        let expected = json!([
            { "uri": "books://elsewhere", "mimeType": "text/plain", "text": "page 7 of 1" }
        ]);
        assert_eq!(contents(&reply), expected, "{reply:?}");
    })
    .await;
}

#[tokio::test]
async fn requirements_and_policies_can_be_about_variables() {
    everywhere(server, async |client| {
        let token = client.token("books");
        let read = async |token: &str, book: u32, page: u32| {
            read(client, Some(token), &format!("books://{book}/pages/{page}")).await
        };
        assert_asked_for(&read(&client.token(""), 1, 11).await, "books");
        assert_asked_for(&read(&token, 1, 11).await, "books books:all");
        assert_eq!(read(&token, 1, 0).await.status, 500);
        assert_eq!(read(&token, 13, 1).await.status, 500);
        let reply = read(&token, 14, 1).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("retry-after")),
            (503, "5")
        );
        let reply = read(&token, 2, 2).await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (403, ""),
            "{reply:?}"
        );
        assert!(reply.body.contains("Not your book."), "{reply:?}");
        assert_eq!(client.ran(), 0);
        assert_eq!(text(&read(&token, 2, 1).await), "page 1 of 2");
        assert_eq!(
            text(&read(&client.token("books books:all"), 1, 11).await),
            "page 11 of 1"
        );
    })
    .await;
}
