//! Over HTTP on loopback: the servers saturated, by turns.

use std::fmt::Write as _;
use std::time::Duration;

use mcp_authz::dev::AuthorizationServer;

use crate::calls::{Revision, bytes};
use crate::load::{Bounds, Requests};
use crate::rounds::{Outcome, Side, alternate, median};
use crate::servers::{RESOURCE, Running, start_bare, start_gated, start_office, start_protected};

pub(crate) const ROTATING: usize = 2_000;
const TIME: Duration = Duration::from_millis(250);
/// More than any server answers in a turn.
const MANY: usize = 100_000;
/// Tokens that nobody has seen are used up: so many in a turn.
const UNSEEN: usize = 1_000;

struct Lab {
    provider: AuthorizationServer,
    rounds: usize,
    table: String,
}

pub(crate) async fn measure(rounds: usize) -> String {
    let provider = AuthorizationServer::builder().start().await.unwrap();
    let json = (start_bare(true).await, start_gated(&provider, true).await);
    let events = (start_bare(false).await, start_gated(&provider, false).await);
    let table = heading();
    let mut lab = Lab {
        provider,
        rounds,
        table,
    };
    for revision in [Revision::Modern, Revision::Legacy] {
        let name = revision.name();
        lab.compare(&format!("{name}, one token"), json, revision, 1)
            .await;
        let rotating = format!("{name}, {ROTATING} tokens by turns");
        lab.compare(&rotating, json, revision, ROTATING).await;
        lab.compare(&format!("{name}, SSE reply"), events, revision, 1)
            .await;
    }
    let office = (start_office().await, start_protected(&lab.provider).await);
    for revision in [Revision::Modern, Revision::Legacy] {
        let name = format!("{}, fifty rules around a handler", revision.name());
        lab.compare(&name, office, revision, ROTATING).await;
    }
    lab.unseen(json).await;
    lab.refused(json).await;
    lab.table
}

impl Lab {
    fn tokens(&self, scopes: &str, count: usize) -> Vec<String> {
        mint(&self.provider, scopes, count)
    }

    /// Both sides get the same bytes, token included: bare rmcp does not look at it.
    async fn compare(
        &mut self,
        name: &str,
        (bare, gated): (Running, Running),
        revision: Revision,
        tokens: usize,
    ) {
        let calls: Vec<_> = self.tokens("math", tokens);
        let calls: Vec<_> = calls.iter().map(|token| bytes(revision, token)).collect();
        let calls = Requests::repeating(calls);
        let mut bare = Side::new(bare, calls.clone(), "200").await;
        let mut gated = Side::new(gated, calls, "200").await;
        bare.warm(2 * ROTATING).await;
        gated.warm(2 * ROTATING).await;
        let bounds = Bounds {
            requests: MANY,
            time: TIME,
        };
        let outcome = alternate(&mut bare, &mut gated, self.rounds, bounds).await;
        self.row(name, &outcome);
    }

    async fn unseen(&mut self, (bare, gated): (Running, Running)) {
        let tokens = self.tokens("math", UNSEEN * (self.rounds + 1));
        let calls: Vec<_> = tokens
            .iter()
            .map(|token| bytes(Revision::Modern, token))
            .collect();
        let some = Requests::repeating(calls[..1].to_vec());
        let mut bare = Side::new(bare, some, "200").await;
        let mut gated = Side::new(gated, Requests::once(calls), "200").await;
        bare.warm(ROTATING).await;
        let bounds = Bounds {
            requests: UNSEEN,
            time: 4 * TIME,
        };
        let outcome = alternate(&mut bare, &mut gated, self.rounds, bounds).await;
        self.row("2026-07-28, every token new (ES256)", &outcome);
    }

    async fn refused(&mut self, (bare, gated): (Running, Running)) {
        let call = |scopes| {
            let token = self.tokens(scopes, 1).remove(0);
            Requests::repeating(vec![bytes(Revision::Modern, &token)])
        };
        let mut bare = Side::new(bare, call("math"), "200").await;
        let mut gated = Side::new(gated, call("other"), "403").await;
        bare.warm(ROTATING).await;
        gated.warm(ROTATING).await;
        let bounds = Bounds {
            requests: MANY,
            time: TIME,
        };
        let outcome = alternate(&mut bare, &mut gated, self.rounds, bounds).await;
        self.row(
            "2026-07-28, refused (403) against allowed on bare",
            &outcome,
        );
    }

    fn row(&mut self, name: &str, outcome: &Outcome) {
        let Outcome {
            bare,
            gated,
            ratios,
            busy_ratio,
        } = outcome;
        let part = |part: f64| ratios[((ratios.len() - 1) as f64 * part) as usize];
        eprintln!("{name}: {:.3}", median(ratios.iter().copied()));
        let _ = writeln!(
            self.table,
            "| {name} | {:.0} | {:.0} | {:.0} / {:.0} | {:.0} / {:.0} | {:.1} | {:.1} | **{:.3}** ({:.2}–{:.2}) | **{busy_ratio:.3}** |",
            bare.per_second,
            gated.per_second,
            bare.p50,
            bare.p99,
            gated.p50,
            gated.p99,
            bare.busy,
            gated.busy,
            median(ratios.iter().copied()),
            part(0.25),
            part(0.75),
        );
    }
}

fn heading() -> String {
    "| call | bare /s | gated /s | bare p50 / p99 µs | gated p50 / p99 µs | bare CPU µs | gated CPU µs | ratio by rate (middle half) | ratio by CPU |\n\
     |---|---|---|---|---|---|---|---|---|\n"
        .to_owned()
}

/// Tokens of different people.
pub(crate) fn mint(provider: &AuthorizationServer, scopes: &str, count: usize) -> Vec<String> {
    let one = |index| {
        let mint = provider.mint(format!("user-{index}")).resource(RESOURCE);
        mint.scopes(scopes).sign().unwrap()
    };
    (0..count).map(one).collect()
}
