//! Client ID metadata documents: the client's id is the URL that describes it
//! (draft-ietf-oauth-client-id-metadata-document).

use bytes::Bytes;
use http::Request;
use serde::Deserialize;
use url::Url;

use super::client::{Client, Origin};
use super::redirect;
use super::register::Metadata;
use crate::World;
use crate::token::json;

/// The draft recommends 5 KB; a logo or a key set may need more.
const MOST_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_secret: Option<serde_json::Value>,
    #[serde(flatten)]
    metadata: Metadata,
}

/// The id as the URL of a document: https with a path, or http on this machine for development.
pub(super) fn url(id: &str) -> Option<Url> {
    let url = Url::parse(id).ok()?;
    let scheme = url.scheme() == "https" || url.scheme() == "http" && redirect::is_loopback(&url);
    let clean = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    // One document, one spelling: dot segments, tabs and the like are gone from what was parsed.
    (scheme && clean && url.path() != "/" && url.as_str() == id).then_some(url)
}

/// The host that the document is at, with its port unless that is the scheme's own.
pub(super) fn host(id: &str) -> Option<String> {
    let url = Url::parse(id).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Fetches and checks a document. The errors are for the person.
pub(super) async fn fetch(world: &World, url: Url) -> Result<Client, String> {
    let problem = |reason: String| format!("the application's document at {url} {reason}");
    let body = get(world, &url).await.map_err(problem)?;
    read(&body, url.as_str()).map_err(problem)
}

/// No redirect is followed (the document has to be where the id says), and neither size, time nor a
/// private address is the client's to choose: the one fetcher sees to that.
async fn get(world: &World, url: &Url) -> Result<Bytes, String> {
    let request = Request::get(url.as_str()).body(Bytes::new());
    let request = request.map_err(|_| "can't be fetched".to_owned())?;
    let answer = world.fetch.send(request).await;
    let answer = answer.map_err(|error| format!("can't be fetched ({error})"))?;
    if answer.status() != http::StatusCode::OK {
        return Err(format!("was answered with {}", answer.status()));
    }
    if answer.body().len() > MOST_BYTES {
        return Err("is too large".into());
    }
    Ok(answer.into_body())
}

fn read(body: &[u8], url: &str) -> Result<Client, String> {
    let no_metadata = || "is no client metadata".to_owned();
    let document = json::object(body).map_err(|_| no_metadata())?;
    let document: Document = serde_json::from_value(document.into()).map_err(|_| no_metadata())?;
    if document.client_id != url {
        return Err("describes another client_id".into());
    }
    // Anybody can read the document: a shared secret would be none.
    let method = document.metadata.auth_method();
    if document.client_secret.is_some() || method.is_some_and(|method| method != "none") {
        return Err("asks for an authentication other than none".into());
    }
    let client = document.metadata.client(url.to_owned(), Origin::Document);
    client.map_err(|error| format!("is wrong: {}", error.description))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn which_ids_are_urls_of_documents() {
        for id in [
            "https://app.test/client.json",
            "http://localhost:1/c",
            "http://127.0.0.1:1/c",
        ] {
            assert!(url(id).is_some(), "{id}");
        }
        for id in [
            "app",
            "https://app.test",
            "https://app.test/",
            "http://app.test/c",
            "ftp://app.test/c",
            "https://app.test/a/../c",
            "https://app.test/c#x",
            "https://a@app.test/c",
            "HTTPS://app.test/c",
            "https://app.test/\tc",
        ] {
            assert!(url(id).is_none(), "{id}");
        }
    }

    #[test]
    fn a_document_describes_its_own_url() {
        const URL: &str = "https://app.test/c";
        let reads =
            |document: serde_json::Value| read(document.to_string().as_bytes(), URL).is_ok();
        let uris = ["https://app.test/cb"];
        assert!(reads(json!({ "client_id": URL, "redirect_uris": uris })));
        assert!(!reads(
            json!({ "client_id": "https://app.test/d", "redirect_uris": uris })
        ));
        assert!(!reads(json!({ "client_id": URL })));
        assert!(!reads(json!({ "redirect_uris": uris })));
        assert!(!reads(
            json!({ "client_id": URL, "redirect_uris": uris, "client_secret": "x" })
        ));
        let basic = "client_secret_basic";
        assert!(!reads(json!({
            "client_id": URL, "redirect_uris": uris, "token_endpoint_auth_method": basic
        })));
        assert!(read(b"<html>", URL).is_err());
        // What would be read as a document of its own, however deep.
        let hidden = json!({ "$serde_json::private::RawValue": "[[1]]" });
        for member in ["client_secret", "x"] {
            let document = json!({ "client_id": URL, "redirect_uris": uris, member: hidden });
            assert!(!reads(document), "{member}");
        }
        assert!(reads(
            json!({ "client_id": URL, "redirect_uris": uris, "x": [[1]] })
        ));
    }
}
