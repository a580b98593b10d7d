//! A call as it came: decoded once.

use http_client::Url;
use http_server::body::to_bytes;
use http_server::extract::Request as HttpRequest;
use http_server::http::header::AUTHORIZATION;
use json::Value;

use super::reply::Reply;

pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    segments: Vec<String>,
    query: Vec<(String, String)>,
    pub(super) authorization: String,
    body: Vec<u8>,
}

impl Request {
    pub(super) async fn read(request: HttpRequest) -> Self {
        let (parts, body) = request.into_parts();
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let mut read = Self::internal(parts.method.as_str(), target);
        let authorization = parts.headers.get(AUTHORIZATION);
        let authorization = authorization.and_then(|value| value.to_str().ok());
        read.authorization = authorization.unwrap_or_default().to_owned();
        read.body = to_bytes(body, 1 << 20).await.unwrap_or_default().to_vec();
        read
    }

    /// A call without a sender.
    pub(super) fn internal(method: &str, target: &str) -> Self {
        let url = Url::parse(&format!("http://host{target}")).expect("a path");
        let decode = |segment: &str| {
            // The query's rules read a path segment, once its plus signs are safe.
            let query = format!("http://host/?{}", segment.replace('+', "%2B"));
            let url = Url::parse(&query).expect("a query");
            url.query_pairs().next().map(|(name, _)| name.into_owned())
        };
        let segments = url.path_segments().expect("a path");
        Self {
            method: method.to_owned(),
            path: url.path().to_owned(),
            segments: segments
                .map(|segment| decode(segment).unwrap_or_default())
                .collect(),
            query: url
                .query_pairs()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            authorization: String::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }

    /// The decoded segments of the path below `/api`.
    pub(super) fn below_api(&self) -> Vec<&str> {
        self.segments.iter().skip(1).map(String::as_str).collect()
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().filter(|(own, _)| own == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub(super) fn form(&self, name: &str) -> Option<String> {
        let body = String::from_utf8_lossy(&self.body);
        let url = Url::parse(&format!("http://host/?{body}")).ok()?;
        let found = url.query_pairs().find(|(own, _)| own == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// The body, as Logto's guard lets it through.
    pub(super) fn json(&self) -> Result<Value, Reply> {
        let body = json::from_slice::<Value>(&self.body);
        let body = body.ok().filter(Value::is_object);
        body.ok_or_else(|| Reply::invalid("the body is no JSON object"))
    }
}

/// A member that must be a text that is not empty.
pub(super) fn text(body: &Value, name: &str) -> Result<String, Reply> {
    let text = body[name].as_str().filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Reply::invalid(name))?;
    Ok(text.to_owned())
}

/// A member that may be a list of texts.
pub(super) fn texts(body: &Value, name: &str) -> Result<Vec<String>, Reply> {
    let Some(value) = body.get(name) else {
        return Ok(Vec::new());
    };
    let list = value.as_array().ok_or_else(|| Reply::invalid(name))?;
    let texts = list.iter().map(|one| one.as_str().map(str::to_owned));
    texts
        .collect::<Option<_>>()
        .ok_or_else(|| Reply::invalid(name))
}
