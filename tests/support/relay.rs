//! What stands between a server and its authorization server: it counts, delays, and lies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use http_client::Client;
use http_server::Router;
use http_server::body::{Body, to_bytes};
use http_server::extract::{Request, State};
use http_server::http::{HeaderName, HeaderValue, StatusCode, header};
use http_server::response::Response;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Hands requests on to an authorization server, unless a test wants another answer. It ends when
/// this is dropped.
pub struct Relay {
    origin: String,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

struct Desk {
    target: String,
    http: Client,
    asked: Mutex<HashMap<String, usize>>,
    answers: Mutex<HashMap<String, Answer>>,
    open: watch::Sender<bool>,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Relay {
    /// One in front of `target`, the origin of an authorization server.
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let desk = Arc::new(Desk {
            target: target.to_owned(),
            http: Client::builder().no_proxy().build().expect("a client"),
            asked: Mutex::default(),
            answers: Mutex::default(),
            open: watch::Sender::new(true),
        });
        let router = Router::new().fallback(handle).with_state(desk.clone());
        let task = tokio::spawn(async move { drop(http_server::serve(listener, router).await) });
        Self {
            origin: format!("http://{address}"),
            desk,
            task,
        }
    }

    /// Where it takes what is meant for `path` of its target.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// How often somebody asked there.
    pub fn asked(&self, path: &str) -> usize {
        lock(&self.desk.asked)
            .get(path)
            .copied()
            .unwrap_or_default()
    }

    /// Answers `path` itself from now on, with this document.
    pub fn says(&self, path: &str, document: &json::Value) {
        let headers = vec![("content-type", "application/json".to_owned())];
        self.answers(path, 200, headers, &document.to_string());
    }

    /// Answers `path` itself from now on.
    pub fn answers(
        &self,
        path: &str,
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: &str,
    ) {
        let (path, body) = (path.to_owned(), body.to_owned());
        let answer = Answer {
            status,
            headers,
            body,
        };
        lock(&self.desk.answers).insert(path, answer);
    }

    /// Hands everything on again.
    pub fn forwards(&self) {
        lock(&self.desk.answers).clear();
    }

    /// Whether anybody gets an answer; nobody does while it is shut.
    pub fn open(&self, open: bool) {
        self.desk.open.send_replace(open);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    desk.count(&path);
    let mut open = desk.open.subscribe();
    // Its sender lives as long as the desk.
    drop(open.wait_for(|open| *open).await);
    match desk.own_answer(&path) {
        Some(answer) => answer.response(),
        None => forward(&desk, request).await,
    }
}

impl Desk {
    fn count(&self, path: &str) {
        let mut asked = lock(&self.asked);
        *asked.entry(path.to_owned()).or_default() += 1;
    }

    fn own_answer(&self, path: &str) -> Option<Answer> {
        lock(&self.answers).get(path).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while holding it")
}

impl Answer {
    fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status");
        for (name, value) in self.headers {
            let value = HeaderValue::try_from(value).expect("a header value");
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        response
    }
}

async fn forward(desk: &Desk, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    // The target is another host, and the body has its length already.
    for name in [header::HOST, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    let url = format!("{}{}", desk.target, parts.uri);
    let request = desk.http.request(parts.method, url).headers(parts.headers);
    let answer = request.body(body).send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.expect("a body");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}
