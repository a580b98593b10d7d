//! The embedded provider: a person signs in and agrees, and a client gets its tokens.

use base64url::Engine as _;
use base64url::engine::general_purpose::STANDARD;
use http_client::{RequestBuilder, Url};
use json::{Value, json};
use support::{Lab, Person, hash};

use crate::lab;
use crate::secrets::Secrets;

const HOME: &str = "http://127.0.0.1:4711/callback";

/// A registered client with a secret.
struct Client<'a> {
    lab: &'a Lab,
    id: String,
    secret: String,
}

pub async fn run(secrets: &mut Secrets) {
    let lab = lab(|server| server).await;
    let client = Client::register(&lab).await;
    let mut alice = Person::named("alice").allowing();
    let verifier = hash("a verifier of this test");
    let code = client.code(&mut alice, &verifier).await;
    let wrong = client.redeem(&code, &hash("another verifier")).await;
    assert_eq!(wrong["error"], "invalid_grant", "{wrong}");

    let code_again = client.code(&mut alice, &verifier).await;
    let tokens = client.redeem(&code_again, &verifier).await;
    let access = text(&tokens, "access_token");
    let reply = lab.call(Some(&access), "read_mail").await;
    assert_eq!(reply.text(), "alice's mail");

    let old = text(&tokens, "refresh_token");
    let fresh = client.refresh(&old).await;
    for token in [access.as_str(), &old, "unknown"] {
        client.ask("/introspect", &[("token", token)]).await;
    }
    let userinfo = lab.http.get(client.url("/userinfo"));
    answer(userinfo.bearer_auth(text(&fresh, "access_token"))).await;
    let misused = client.refresh(&old).await;
    assert_eq!(misused["error"], "invalid_grant", "{misused}");
    let replayed = client.redeem(&code_again, &verifier).await;
    assert_eq!(replayed["error"], "invalid_grant", "{replayed}");
    client
        .ask("/revoke", &[("token", &text(&fresh, "refresh_token"))])
        .await;

    for (what, tokens) in [("first", &tokens), ("fresh", &fresh)] {
        for name in ["access_token", "refresh_token", "id_token"] {
            if tokens[name].is_string() {
                secrets.add(format!("{what} {name}"), text(tokens, name));
            }
        }
    }
    let cookies = alice.cookies(lab.provider.issuer());
    let (_, cookie) = cookies.split_once('=').expect("a cookie");
    secrets.add("the cookie", cookie);
    secrets.add("a code", code);
    secrets.add("another code", code_again);
    secrets.add("the verifier", verifier);
    let pair = format!("{}:{}", client.id, client.secret);
    secrets.add("the client's secret, encoded", STANDARD.encode(pair));
    secrets.add("the client's secret", client.secret);
}

impl<'a> Client<'a> {
    async fn register(lab: &'a Lab) -> Self {
        let wanted = json!({
            "redirect_uris": [HOME], "client_name": "Agent",
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let register = lab.http.post(format!("{}/register", lab.provider.issuer()));
        let registered = answer(register.json(&wanted)).await;
        Self {
            lab,
            id: text(&registered, "client_id"),
            secret: text(&registered, "client_secret"),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.lab.provider.issuer())
    }

    /// Sends the person to sign in and agree.
    async fn code(&self, person: &mut Person, verifier: &str) -> String {
        let params = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", HOME),
            ("scope", "openid mail:read offline_access"),
            ("state", "xyz"),
            ("code_challenge", &hash(verifier)),
            ("code_challenge_method", "S256"),
            ("resource", &self.lab.url),
        ];
        let page = Url::parse_with_params(&self.url("/authorize"), params).expect("a URL");
        let back = person
            .visit(page.as_str())
            .await
            .expect("the person comes back");
        let back = Url::parse(&back).expect("a URL");
        let code = back.query_pairs().find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("no code: {back}"))
            .1
            .into_owned()
    }

    async fn redeem(&self, code: &str, verifier: &str) -> Value {
        let form = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", HOME),
            ("code", code),
            ("code_verifier", verifier),
        ];
        self.ask("/token", &form).await
    }

    async fn refresh(&self, token: &str) -> Value {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.ask("/token", &form).await
    }

    async fn ask(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let request = self.lab.http.post(self.url(path));
        let request = request.basic_auth(&self.id, Some(&self.secret));
        answer(request.form(form)).await
    }
}

async fn answer(request: RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    response.json().await.unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    let text = value[name].as_str();
    text.unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}
