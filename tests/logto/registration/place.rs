//! A tenant, a gated server beside it, and the registration that is mounted there.

use http_client::header::HeaderMap;
use http_client::{Client, Method, RequestBuilder, StatusCode};
use http_server::Router;
use http_server::extract::Request;
use http_server::middleware::{Next, from_fn};
use json::Value;
use mcp_authz::logto::{
    ClientRegistration, ClientRegistrationBuilder, Management, Registrant, RegistrationPolicy,
};
use mcp_authz::{Issuer, Server, dev};
use support::{Logto, Reply};
use tokio::net::TcpListener;

use crate::plan::{send_mail_server, send_mail_server_at};
use crate::{resource, tenant};

/// The operator's own application.
pub(super) const PORTAL: &str = "portal";

/// The operator gave it to a partner.
pub(super) const INITIAL: &str = "initial-token-of-the-partner-0123456789";

pub(super) struct Place {
    pub(super) logto: Logto,
    pub(super) client: Management,
    pub(super) provider: dev::AuthorizationServer,
    /// What the tokens of this server are for.
    pub(super) resource: String,
    /// Where the registration is.
    pub(super) url: String,
    pub(super) http: Client,
}

/// Who says which applications are the operator's own.
fn issuer(provider: &dev::AuthorizationServer) -> Issuer {
    Issuer::new(provider.issuer()).first_party([PORTAL])
}

/// What agents may be given here.
pub(super) fn policy() -> RegistrationPolicy {
    RegistrationPolicy::new(["profile", "mail:send"]).apps_per_owner(3)
}

impl Place {
    /// People of the portal may register here.
    pub(super) async fn open() -> Self {
        Self::with(policy(), |registration| registration.first_party()).await
    }

    pub(super) async fn with(
        policy: RegistrationPolicy,
        configure: impl FnOnce(ClientRegistrationBuilder) -> ClientRegistrationBuilder,
    ) -> Self {
        let (logto, client) = tenant().await;
        Self::at(logto, client, policy, None, configure).await
    }

    /// One whose pages are those of `signed_in`, whatever the request says.
    pub(super) async fn of(signed_in: &str) -> Self {
        let (logto, client) = tenant().await;
        Self::at(logto, client, policy(), Some(signed_in.to_owned()), |own| {
            own
        })
        .await
    }

    async fn at(
        logto: Logto,
        client: Management,
        policy: RegistrationPolicy,
        signed_in: Option<String>,
        configure: impl FnOnce(ClientRegistrationBuilder) -> ClientRegistrationBuilder,
    ) -> Self {
        resource(&client, &["profile", "mail:send", "mail:plan"]).await;
        let provider = dev::AuthorizationServer::builder().start().await;
        let provider = provider.expect("the provider starts");
        let server = send_mail_server(issuer(&provider)).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let url = format!("http://{address}/agents");
        let registration = configure(ClientRegistration::builder(&url, policy))
            .build(&server, client.clone())
            .expect("the registration is right");
        let router = router(&server, &registration, provider.issuer(), signed_in);
        tokio::spawn(async move { drop(http_server::serve(listener, router).await) });
        Self {
            resource: server.manifest().resource.clone(),
            logto,
            client,
            provider,
            url,
            http: Client::builder().no_proxy().build().expect("a client"),
        }
    }

    /// `http://127.0.0.1:…`.
    pub(super) fn origin(&self) -> &str {
        self.url.trim_end_matches("/agents")
    }

    /// A place whose tenant is reached by another name than the one that it gives itself.
    pub(super) async fn elsewhere(policy: RegistrationPolicy) -> Self {
        let logto = Logto::start().await;
        let other = logto.endpoint().replace("127.0.0.1", "localhost");
        let client = Management::builder(other).app(Logto::APP.0, Logto::APP.1);
        let client = client.build().expect("the configuration is right");
        Self::at(logto, client, policy, None, |own| own).await
    }

    /// Another process of the same service, as behind a balancer; returns where it is reached.
    pub(super) async fn another(&self, policy: RegistrationPolicy) -> String {
        let server = send_mail_server(issuer(&self.provider)).await;
        let registration = ClientRegistration::builder(&self.url, policy).first_party();
        let registration = registration.build(&server, self.client.clone());
        let router = registration.expect("the registration is right").router();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        tokio::spawn(async move { drop(http_server::serve(listener, router).await) });
        format!("http://{address}/agents")
    }

    /// A server whose issuer is the tenant itself; returns its URL.
    pub(super) async fn server_of_the_tenant(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!(
            "http://{}/mcp",
            listener.local_addr().expect("a bound address")
        );
        let issuer = Issuer::logto(self.logto.endpoint());
        let server = send_mail_server_at(&url, issuer).await;
        let router = server.router();
        tokio::spawn(async move { drop(http_server::serve(listener, router).await) });
        url
    }

    /// A token that `person` has for the server, in this application.
    pub(super) fn token(&self, person: &str, client: &str) -> String {
        let mint = self.provider.mint(person).client(client);
        mint.resource(&self.resource)
            .sign()
            .expect("the provider signs")
    }

    pub(super) fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
    ) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(super) async fn register(&self, token: Option<&str>, document: &Value) -> Answer {
        Answer::of(
            self.request(Method::POST, "/register", token)
                .json(document),
        )
        .await
    }

    /// Alice of the portal registers.
    pub(super) async fn register_as_alice(&self, document: &Value) -> Answer {
        let token = self.token("alice", PORTAL);
        self.register(Some(&token), document).await
    }

    pub(super) async fn ask(&self, method: Method, path: &str, token: Option<&str>) -> Answer {
        Answer::of(self.request(method, path, token)).await
    }

    /// How many third-party applications the tenant has.
    pub(super) fn apps(&self) -> usize {
        let apps = self
            .logto
            .look("/api/applications?isThirdParty=true&page_size=100");
        apps.as_array().map_or(0, Vec::len)
    }
}

/// The server, the registration, and a program around them that says who is signed in.
fn router(
    server: &Server,
    registration: &ClientRegistration,
    issuer: &str,
    signed_in: Option<String>,
) -> Router {
    let issuer = issuer.to_owned();
    let session = move |mut request: Request, next: Next| {
        let header = request.headers().get("x-signed-in");
        let header = header.and_then(|name| name.to_str().ok());
        if let Some(name) = header.or(signed_in.as_deref()) {
            let person = Registrant::person(&issuer, name);
            request.extensions_mut().insert(person);
        }
        next.run(request)
    };
    server
        .router()
        .merge(registration.router())
        .merge(registration.metadata_router())
        .merge(registration.pages().layer(from_fn(session)))
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let Reply {
            status,
            headers,
            body,
        } = Reply::of(request).await;
        let body = json::from_str(&body).unwrap_or_default();
        Self {
            status,
            headers,
            body,
        }
    }

    /// Status and code of a refusal.
    pub(super) fn refusal(&self) -> (u16, &str) {
        let code = self.body["error"].as_str().unwrap_or_default();
        (self.status.as_u16(), code)
    }

    #[track_caller]
    pub(super) fn text(&self, name: &str) -> &str {
        let text = self.body[name].as_str();
        text.unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub(super) fn id(&self) -> String {
        self.text("client_id").to_owned()
    }
}
