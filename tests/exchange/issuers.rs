//! Several who vouch for callers: each is asked about its own tokens alone, and no credentials go to
//! another.

use mcp_authz::{BearerToken, TokenVerifier, VerifyError};

use super::*;

const NOT_POSSIBLE: &str = "no token can be exchanged";

/// Two authorization servers, each with a relay in front of its token endpoint.
struct Two {
    world: World,
    other: AuthorizationServer,
    other_relay: Relay,
}

impl Two {
    /// The server exchanges with both, or with the first alone.
    async fn start(both: bool) -> Self {
        let second = Client::first_party("second-client", "The server").secret("another secret");
        let other = AuthorizationServer::builder().client(second.may_exchange(RESOURCE));
        let other = other.start().await.expect("the provider starts");
        let other_relay = Relay::before(other.issuer()).await;
        let first = provider(RESOURCE)
            .start()
            .await
            .expect("the provider starts");
        let relay = Relay::before(first.issuer()).await;
        let calendar = calendar().await;
        let trusted = Issuer::new(first.issuer()).audience(RESOURCE);
        let by_first = TokenExchange::new(auth())
            .issuer(first.issuer())
            .endpoint(relay.url(TOKEN));
        let by_second = ClientAuth::secret_post("second-client", "another secret");
        let by_second = TokenExchange::new(by_second)
            .issuer(other.issuer())
            .endpoint(other_relay.url(TOKEN));
        let too = Issuer::new(other.issuer()).audience(RESOURCE);
        let lab = Lab::beside(first, trusted, |server| {
            let server = server.state(at(&calendar)).tools([agenda::tool()]);
            let server = server.issuer(too).token_exchange(by_first);
            if both {
                server.token_exchange(by_second)
            } else {
                server
            }
        })
        .await;
        Self {
            world: World {
                lab,
                relay,
                calendar,
            },
            other,
            other_relay,
        }
    }

    fn other_s_token(&self) -> String {
        let mint = self
            .other
            .mint("alice")
            .client("smartmail")
            .resource(RESOURCE);
        mint.scopes("calendar:read").sign().expect("a token")
    }
}

#[tokio::test]
async fn each_token_goes_to_its_own_issuer_with_its_own_credentials() {
    let two = Two::start(true).await;
    let (relay, other) = (&two.world.relay, &two.other_relay);
    two.world.lab.call(Some(&two.world.token()), "agenda").await;
    assert_eq!((relay.asked(TOKEN), other.asked(TOKEN)), (1, 0));
    two.world
        .lab
        .call(Some(&two.other_s_token()), "agenda")
        .await;
    assert_eq!((relay.asked(TOKEN), other.asked(TOKEN)), (1, 1));
    let clients = two
        .world
        .arrived()
        .into_iter()
        .map(|one| claims(&one)["client_id"].clone());
    assert_eq!(clients.collect::<Vec<_>>(), ["mcp-server", "second-client"]);
}

#[tokio::test]
async fn a_token_of_an_issuer_without_credentials_goes_nowhere() {
    let two = Two::start(false).await;
    let token = two.other_s_token();
    for _ in ["new", "known"] {
        let reply = two.world.lab.call(Some(&token), "agenda").await;
        two.world
            .assert_failed(&reply, NOT_POSSIBLE, "no credentials");
    }
    assert_eq!(
        (two.world.relay.asked(TOKEN), two.other_relay.asked(TOKEN)),
        (0, 0)
    );
}

/// Says that its callers are the issuer's, which its tokens are not.
struct Pretender(String);

impl TokenVerifier for Pretender {
    async fn verify(&self, _: &BearerToken) -> Result<AuthInfo, VerifyError> {
        let caller = AuthInfo::builder(&self.0).subject("alice");
        Ok(caller
            .scopes([mcp_authz::Scope::new("calendar:read")])
            .build())
    }
}

#[tokio::test]
async fn what_a_verifier_of_one_s_own_knows_is_shown_to_no_issuer() {
    let first = provider(RESOURCE)
        .start()
        .await
        .expect("the provider starts");
    let relay = Relay::before(first.issuer()).await;
    let calendar = calendar().await;
    let (trusted, pretender) = (
        Issuer::new(first.issuer()),
        Pretender(first.issuer().into()),
    );
    let lab = Lab::beside(first, trusted, |server| {
        let server = server
            .state(at(&calendar))
            .tools([agenda::tool()])
            .verifier(pretender);
        server.token_exchange(TokenExchange::new(auth()).endpoint(relay.url(TOKEN)))
    })
    .await;
    let world = World {
        lab,
        relay,
        calendar,
    };
    let reply = world.lab.call(Some("an-api-key"), "agenda").await;
    world.assert_failed(&reply, NOT_POSSIBLE, "custom");
    assert_eq!(world.relay.asked(TOKEN), 0);
}
