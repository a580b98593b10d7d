//! Two sides by turns: what disturbs one round disturbs both of its sides.

use std::time::Duration;

use crate::load::{Bounds, Client, Requests, Sample};
use crate::servers::Running;

const CONNECTIONS: usize = 16;

/// One server under one kind of request.
pub(crate) struct Side {
    server: Running,
    client: Client,
    requests: Requests,
    status: &'static str,
}

/// One turn of a side.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Microseconds of the server's thread for each request.
    pub(crate) busy: f64,
}

/// The medians of one side.
pub(crate) type Medians = Turn;

/// What came out of all rounds.
pub(crate) struct Outcome {
    pub(crate) bare: Medians,
    pub(crate) gated: Medians,
    /// Requests per second, gated over bare, of each round; sorted.
    pub(crate) ratios: Vec<f64>,
    /// Processor time of the server, bare over gated: the median of the rounds.
    pub(crate) busy_ratio: f64,
}

impl Side {
    pub(crate) async fn new(server: Running, requests: Requests, status: &'static str) -> Self {
        let client = Client::connect(server.address, CONNECTIONS).await;
        Self {
            server,
            client,
            requests,
            status,
        }
    }

    /// Sends `requests` requests that nobody counts.
    pub(crate) async fn warm(&mut self, requests: usize) {
        let time = Duration::from_secs(5);
        let bounds = Bounds { requests, time };
        self.client.run(&self.requests, bounds, self.status).await;
    }

    async fn turn(&mut self, bounds: Bounds) -> Turn {
        let before = self.server.worker.busy();
        let sample = self.client.run(&self.requests, bounds, self.status).await;
        Turn::of(&sample, self.server.worker.busy() - before)
    }
}

impl Turn {
    fn of(sample: &Sample, busy: Duration) -> Self {
        let count = sample.latencies.len();
        assert!(count > 0, "no request was left to send");
        let at = |part: f64| sample.latencies[((count - 1) as f64 * part) as usize];
        Self {
            per_second: count as f64 / sample.elapsed.as_secs_f64(),
            p50: micros(at(0.50)),
            p99: micros(at(0.99)),
            busy: micros(busy) / count as f64,
        }
    }

    fn medians(turns: &[Self]) -> Medians {
        let of = |field: fn(&Self) -> f64| median(turns.iter().map(field));
        Self {
            per_second: of(|turn| turn.per_second),
            p50: of(|turn| turn.p50),
            p99: of(|turn| turn.p99),
            busy: of(|turn| turn.busy),
        }
    }
}

/// Bare and gated, then gated and bare, and so on.
pub(crate) async fn alternate(
    bare: &mut Side,
    gated: &mut Side,
    rounds: usize,
    bounds: Bounds,
) -> Outcome {
    let (mut of_bare, mut of_gated) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round % 2 == 0 {
            of_bare.push(bare.turn(bounds).await);
            of_gated.push(gated.turn(bounds).await);
        } else {
            of_gated.push(gated.turn(bounds).await);
            of_bare.push(bare.turn(bounds).await);
        }
    }
    let pairs = || of_bare.iter().zip(&of_gated);
    let ratio = |(bare, gated): (&Turn, &Turn)| gated.per_second / bare.per_second;
    let busy_ratio = |(bare, gated): (&Turn, &Turn)| bare.busy / gated.busy;
    Outcome {
        bare: Turn::medians(&of_bare),
        gated: Turn::medians(&of_gated),
        ratios: sorted(pairs().map(ratio)),
        busy_ratio: median(pairs().map(busy_ratio)),
    }
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(values);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
