//! A stand-in for Logto's Management API: its order of things, its codes, its ids and pages, on a
//! loopback port. Written from what Logto 1.42 answers; it holds one tenant in memory and issues no
//! token to people.

mod applications;
mod configs;
mod consent;
mod reply;
mod request;
mod resources;
mod roles;
mod tenant;
mod users;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_server::Router;
use http_server::extract::Request as HttpRequest;
use http_server::response::Response;
use json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use reply::Reply;
use request::Request;
use tenant::Tenant;

/// The indicator of the Management API of a Logto of one's own.
const MANAGEMENT_API: &str = "https://default.logto.app/api";

/// A tenant on a loopback port. Stops when dropped.
pub struct Logto {
    site: Arc<Mutex<Site>>,
    endpoint: String,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Site {
    tenant: Tenant,
    asked: Vec<String>,
    faults: Vec<Fault>,
    delays: Vec<(String, Duration)>,
    /// Paths that the proxy in front of the tenant leads elsewhere.
    led: Vec<(String, String)>,
}

/// What is answered instead, so many times.
struct Fault {
    call: String,
    status: u16,
    retry_after: Option<u64>,
    times: usize,
    /// Whether it happens behind the tenant, which has carried the call out.
    is_carried_out: bool,
}

impl Logto {
    /// The machine-to-machine app that may do everything.
    pub const APP: (&'static str, &'static str) = ("m2m-operator", "operator-secret");

    /// A machine-to-machine app without a role.
    pub const POWERLESS: (&'static str, &'static str) = ("m2m-powerless", "powerless-secret");

    /// A tenant with its Management API, the two apps, and nobody in it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let endpoint = format!("http://{address}");
        let site = Arc::new(Mutex::new(Site::default()));
        site.lock().expect("nobody else").tenant.endpoint = endpoint.clone();
        let served = Arc::clone(&site);
        let app = Router::new().fallback(async move |request: HttpRequest| {
            let request = Request::read(request).await;
            if request.is("POST", "/oidc/token") {
                // So that callers who come together meet.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let (delay, led) = {
                let site = served.lock().unwrap_or_else(PoisonError::into_inner);
                (site.delay(&request), site.led(&request))
            };
            tokio::time::sleep(delay).await;
            if let Some(url) = led {
                return Reply::fetched(&url).await;
            }
            let mut site = served.lock().unwrap_or_else(PoisonError::into_inner);
            site.answer(&request)
        });
        let task = tokio::spawn(async move {
            let _ = http_server::serve(listener, app).await;
        });
        Self {
            site,
            endpoint,
            task,
        }
    }

    /// Where it is: `http://127.0.0.1:…`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How often it was asked, as in `POST /api/resources`; the query does not count.
    pub fn asked(&self, call: &str) -> usize {
        self.site()
            .asked
            .iter()
            .filter(|asked| *asked == call)
            .count()
    }

    /// How many calls changed something, or would have.
    pub fn changes(&self) -> usize {
        let site = self.site();
        let changes = site.asked.iter().filter(|asked| !asked.starts_with("GET "));
        changes.filter(|asked| *asked != "POST /oidc/token").count()
    }

    /// From now on it answers `call` so many times with this status instead.
    pub fn fail(&self, call: &str, status: u16, retry_after: Option<u64>, times: usize) {
        self.site().faults.push(Fault {
            call: call.to_owned(),
            status,
            retry_after,
            times,
            is_carried_out: false,
        });
    }

    /// From now on it carries `call` out so many times, and its answer is lost.
    pub fn lose_answers(&self, call: &str, times: usize) {
        self.site().faults.push(Fault {
            call: call.to_owned(),
            status: 502,
            retry_after: None,
            times,
            is_carried_out: true,
        });
    }

    /// From now on it takes its time for `call`.
    pub fn delay(&self, call: &str, time: Duration) {
        self.site().delays.push((call.to_owned(), time));
    }

    /// The proxy in front of the tenant leads this path to another server.
    pub fn lead(&self, path: &str, url: &str) {
        self.site().led.push((path.to_owned(), url.to_owned()));
    }

    /// The tokens that it issued are good no more, as after a rotation of its keys.
    pub fn forget_tokens(&self) {
        self.site().tenant.tokens.clear();
    }

    /// Somebody signs up, with every default role; returns their id.
    pub fn sign_up(&self, username: &str) -> String {
        self.site().tenant.sign_up(username)
    }

    /// The same, under an id that somebody else gives out.
    pub fn sign_up_as(&self, id: &str, username: &str) {
        self.site().tenant.sign_up_as(id, username);
    }

    /// Sets members of somebody's record, as an operator would in the console; whatever is set is said.
    pub fn edit(&self, user_id: &str, changes: &Value) {
        self.site().tenant.edit(user_id, changes);
    }

    /// Somebody leaves.
    pub fn delete_user(&self, user_id: &str) {
        self.site().tenant.users.retain(|(id, _)| id != user_id);
    }

    /// The keys that it signs tokens of people with; it has none by itself.
    pub fn publish(&self, keys: &[Value]) {
        self.site().tenant.keys = keys.to_vec();
    }

    /// The names of the roles that somebody has.
    pub fn roles_of(&self, user_id: &str) -> Vec<String> {
        self.site().tenant.roles_of(user_id)
    }

    /// Somebody allows an app these scopes of a resource; returns the grant's id.
    pub fn grant(&self, user_id: &str, client_id: &str, resource: &str, scope: &str) -> String {
        let payload = json!({
            "openid": { "scope": "openid profile" }, "resources": { resource: scope },
        });
        self.site().tenant.grant(user_id, client_id, payload)
    }

    /// A first-party app; returns its id.
    pub fn first_party_app(&self, name: &str) -> String {
        self.site().tenant.application(name, "Traditional", false)
    }

    /// So many third-party apps are all that the tenant's plan has.
    pub fn limit_third_party_apps(&self, limit: usize) {
        self.site().tenant.app_limit = Some(limit);
    }

    /// A version that takes no custom data with a new application.
    pub fn without_custom_data(&self) {
        self.site().tenant.drops_custom_data = true;
    }

    /// A version that knows no third parties: every application is the operator's own.
    pub fn without_third_parties(&self) {
        self.site().tenant.knows_no_third_parties = true;
    }

    /// A version that does not know client ID metadata documents.
    pub fn without_metadata_documents(&self) {
        self.site().tenant.has_metadata_documents = false;
    }

    /// Its protection against requests to private addresses is off.
    pub fn without_address_protection(&self) {
        self.site().tenant.protects_addresses = false;
    }

    /// What `GET` says at this path, for a look at the tenant past the client.
    pub fn look(&self, path: &str) -> Value {
        let request = Request::internal("GET", path);
        let reply = self.site().tenant.route(&request);
        reply.body
    }

    fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Logto {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    fn answer(&mut self, request: &Request) -> Response {
        let call = format!("{} {}", request.method, request.path);
        self.asked.push(call.clone());
        let fault = self
            .faults
            .iter_mut()
            .find(|one| one.call == call && one.times > 0);
        if let Some(fault) = fault {
            fault.times -= 1;
            if fault.is_carried_out {
                drop(self.tenant.answer(request));
            }
            return Reply::fault(fault.status, fault.retry_after);
        }
        self.tenant.answer(request).into_response()
    }

    fn delay(&self, request: &Request) -> Duration {
        let call = format!("{} {}", request.method, request.path);
        let found = self.delays.iter().find(|(own, _)| *own == call);
        found.map_or(Duration::ZERO, |(_, time)| *time)
    }

    fn led(&self, request: &Request) -> Option<String> {
        let found = self.led.iter().find(|(path, _)| *path == request.path);
        found.map(|(_, url)| url.clone())
    }
}
