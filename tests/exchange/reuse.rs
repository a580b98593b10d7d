//! Exchanged tokens that are used again, where the author says so.

use std::time::Duration;

use super::*;

/// Ask for what is planned, and for all that is planned.
#[tool(scopes = ["calendar:read"])]
async fn plans(auth: AuthInfo, ran: State<Ran>, calendar: State<Calendar>) -> String {
    ran.note();
    let wide = ["calendar:read", "mail:read"];
    match auth.exchange(&calendar.url, wide).await {
        Ok(token) => calendar.today(&token).await,
        Err(error) => error.to_string(),
    }
}

async fn reusing() -> World {
    let open = |server: ServerBuilder| server.tool(plans::tool());
    World::exchanging(
        provider(RESOURCE),
        |issuer| issuer,
        open,
        |server, relay| {
            let exchange = TokenExchange::new(auth()).endpoint(relay.url(TOKEN));
            server.token_exchange(exchange.reuse(Duration::from_secs(300)))
        },
    )
    .await
}

impl World {
    /// Calls; says how often the authorization server was asked for that.
    async fn asks(&self, token: &str, tool: &str) -> usize {
        let before = self.relay.asked(TOKEN);
        let reply = self.lab.call(Some(token), tool).await;
        assert_eq!(reply.text(), "with Bob at ten", "{}", reply.body);
        self.relay.asked(TOKEN) - before
    }
}

#[tokio::test]
async fn a_caller_s_next_call_uses_the_same_token_and_nobody_else_s_does() {
    let world = reusing().await;
    let token = world.token();
    assert_eq!(world.asks(&token, "agenda").await, 1);
    for _ in 0..3 {
        assert_eq!(world.asks(&token, "agenda").await, 0);
    }
    let arrived = world.arrived();
    assert_eq!(arrived.len(), 4);
    assert!(arrived.iter().all(|one| *one == arrived[0]));
    // With other scopes it is another one; so it is for another token and another person.
    assert_eq!(world.asks(&token, "plans").await, 1);
    assert_eq!(world.asks(&world.token(), "agenda").await, 1);
    let mint = world.lab.provider.mint("bob").client("smartmail");
    let bob = mint.resource(RESOURCE).scopes("calendar:read").sign();
    assert_eq!(world.asks(&bob.expect("a token"), "agenda").await, 1);
    let last = world.arrived().pop().expect("a token");
    assert_eq!(claims(&last)["sub"], "bob");
}

#[tokio::test]
async fn who_may_not_call_is_refused_all_the_same() {
    let world = reusing().await;
    let token = world.token();
    assert_eq!(world.asks(&token, "agenda").await, 1);
    let mint = world.lab.provider.mint("alice").client("smartmail");
    let narrow = mint.resource(RESOURCE).scopes("mail:read").sign();
    let narrow = narrow.expect("a token");
    let reply = world.lab.call(Some(&narrow), "agenda").await;
    assert_eq!(reply.status, 403);
    assert_eq!((world.arrived().len(), world.lab.ran.times()), (1, 1));
}

#[tokio::test]
async fn what_is_forgotten_of_a_token_or_a_person_is_exchanged_again() {
    let world = reusing().await;
    let (token, other) = (world.token(), world.token());
    for token in [&token, &other] {
        assert_eq!(world.asks(token, "agenda").await, 1);
    }
    let cache = &world.lab.token_cache;
    cache.evict(&token);
    assert_eq!(world.asks(&token, "agenda").await, 1);
    assert_eq!(world.asks(&other, "agenda").await, 0);
    cache.evict_subject("https://as.example.com", "alice");
    assert_eq!(world.asks(&other, "agenda").await, 0);
    cache.evict_subject(world.lab.provider.issuer(), "alice");
    for token in [&token, &other] {
        assert_eq!(world.asks(token, "agenda").await, 1);
    }
    // What was taken back is noticed then: the token itself is signed, and good until it ends.
    world.revoke(&token).await;
    assert_eq!(world.asks(&token, "agenda").await, 0);
    cache.evict(&token);
    world.lab.ran.reset();
    let reply = world.lab.call(Some(&token), "agenda").await;
    assert!(reply.text().contains("(invalid_request)"), "{}", reply.body);
}

#[tokio::test]
async fn calls_that_come_together_exchange_once() {
    let world = reusing().await;
    let token = world.token();
    let calls = (0..8).map(|_| {
        let request = world
            .lab
            .post(Some(&token))
            .header("mcp-protocol-version", "2025-11-25");
        let call = json!({ "name": "agenda", "arguments": {} });
        let body = support::legacy_body("tools/call", call);
        tokio::spawn(Reply::of(request.body(body)))
    });
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.expect("an answer");
        assert_eq!(reply.text(), "with Bob at ten", "{}", reply.body);
    }
    assert_eq!((world.relay.asked(TOKEN), world.arrived().len()), (1, 8));
}

#[tokio::test]
async fn what_soon_ends_is_not_used_again_and_trouble_is_not_remembered() {
    let world = reusing().await;
    let token = world.token();
    world.relay.answers(TOKEN, 503, Vec::new(), "");
    let reply = world.lab.call(Some(&token), "agenda").await;
    world.assert_failed(&reply, "cannot be asked right now", "trouble");
    let mut body = json!({
        "access_token": "a-token-for-the-calendar", "token_type": "Bearer", "expires_in": 30,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    });
    world.relay.says(TOKEN, &body);
    for _ in 0..2 {
        assert_eq!(world.asks(&token, "agenda").await, 1);
    }
    body["expires_in"] = json!(60);
    world.relay.says(TOKEN, &body);
    assert_eq!(world.asks(&token, "agenda").await, 1);
    assert_eq!(world.asks(&token, "agenda").await, 0);
}
