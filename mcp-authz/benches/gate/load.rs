//! A load generator that costs little: keep-alive connections, bytes made beforehand.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Requests to send, in turn over all connections; each is sent once unless they may repeat.
#[derive(Clone)]
pub(crate) struct Requests {
    all: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    repeat: bool,
}

impl Requests {
    pub(crate) fn repeating(all: Vec<Vec<u8>>) -> Self {
        Self::new(all, true)
    }

    pub(crate) fn once(all: Vec<Vec<u8>>) -> Self {
        Self::new(all, false)
    }

    fn new(all: Vec<Vec<u8>>, repeat: bool) -> Self {
        Self {
            all: Arc::new(all),
            next: Arc::default(),
            repeat,
        }
    }

    fn take(&self) -> Option<&[u8]> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let at = if self.repeat { at % self.all.len() } else { at };
        self.all.get(at).map(Vec::as_slice)
    }
}

/// When to stop: whichever comes first.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) requests: usize,
    pub(crate) time: Duration,
}

/// What one run of requests took.
pub(crate) struct Sample {
    pub(crate) elapsed: Duration,
    /// Sorted.
    pub(crate) latencies: Vec<Duration>,
}

/// Connections to one server.
pub(crate) struct Client(Vec<Connection>);

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr, connections: usize) -> Self {
        let mut all = Vec::with_capacity(connections);
        for _ in 0..connections {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let buffer = Vec::with_capacity(8 * 1024);
            all.push(Connection { stream, buffer });
        }
        Self(all)
    }

    /// Sends until a bound is met; every answer must have `status`.
    pub(crate) async fn run(
        &mut self,
        requests: &Requests,
        bounds: Bounds,
        status: &'static str,
    ) -> Sample {
        let begun = Instant::now();
        let share = bounds.requests.div_ceil(self.0.len());
        let mut tasks = JoinSet::new();
        for mut connection in self.0.drain(..) {
            let requests = requests.clone();
            tasks.spawn(async move {
                let end = begun + bounds.time;
                let latencies = connection.run(&requests, share, end, status).await;
                (connection, latencies)
            });
        }
        let mut latencies = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            let (connection, own) = ended.unwrap();
            self.0.push(connection);
            latencies.extend(own);
        }
        let elapsed = begun.elapsed();
        latencies.sort_unstable();
        Sample { elapsed, latencies }
    }
}

impl Connection {
    async fn run(
        &mut self,
        requests: &Requests,
        count: usize,
        end: Instant,
        status: &str,
    ) -> Vec<Duration> {
        let mut latencies = Vec::with_capacity(count);
        let mut now = Instant::now();
        while latencies.len() < count && now < end {
            let Some(request) = requests.take() else {
                break;
            };
            self.stream.write_all(request).await.unwrap();
            self.answer(status).await;
            let done = Instant::now();
            latencies.push(done - now);
            now = done;
        }
        latencies
    }

    async fn answer(&mut self, status: &str) {
        self.buffer.clear();
        while end_of_answer(&self.buffer).is_continue() {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server hung up");
        }
        let got = self.buffer.get(9..12);
        assert!(
            got == Some(status.as_bytes()),
            "wanted {status}: {}",
            String::from_utf8_lossy(&self.buffer)
        );
    }
}

fn end_of_answer(answer: &[u8]) -> ControlFlow<()> {
    let Some(head) = find(answer, b"\r\n\r\n") else {
        return ControlFlow::Continue(());
    };
    let (head, body) = answer.split_at(head + 4);
    let whole = match find(head, b"content-length: ") {
        Some(at) => {
            let digits = head[at + 16..].iter().take_while(|byte| **byte != b'\r');
            let length = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            body.len() >= length
        }
        None => body.ends_with(b"0\r\n\r\n"),
    };
    if whole {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
