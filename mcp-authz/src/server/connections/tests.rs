//! With less patience than `serve` has, so that nobody has to wait for it to end.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use axum::body::{Body as Reply, to_bytes};
use axum::routing::{get, post};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(400);
const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const NO_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

const PATIENT: Patience = Patience {
    first: LONG,
    next: LONG,
    body: LONG,
    ping: LONG,
};

struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
}

async fn served(patience: Patience) -> Served {
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/panic", get(async || -> &str { panic!("as asked") }))
        .route("/stream", get(halting))
        .route(
            "/length",
            post(async |body: Reply| match to_bytes(body, 1024).await {
                Ok(bytes) => bytes.len().to_string(),
                Err(error) => error.to_string(),
            }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(serve(listener, router, patience, pending()));
    Served { address, task }
}

/// A body that says nothing for longer than anybody is waited for.
async fn halting() -> Reply {
    Reply::from_stream(stream::unfold(0, async |piece| {
        if piece == 1 {
            sleep(SHORT * 4).await;
        }
        let text = ["begins", "ends"].get(piece)?;
        Some((Ok::<_, io::Error>(*text), piece + 1))
    }))
}

impl Served {
    async fn sent(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }
}

/// What comes until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let _ = timeout(LONG / 6, read).await.expect("it is closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What comes up to these words.
async fn until(stream: &mut TcpStream, words: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(words.as_bytes()) {
        let byte = timeout(LONG / 6, stream.read_u8()).await;
        bytes.push(byte.expect("in time").expect("an answer"));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn who_does_not_come_to_a_request_is_not_waited_for() {
    let server = served(Patience {
        first: SHORT,
        ..PATIENT
    })
    .await;
    let half_of_a_head = b"GET / HTTP/1.1\r\nHost: a\r\n";
    for begun in [b"".as_slice(), b"P", PREFACE, half_of_a_head] {
        let began = Instant::now();
        let mut stream = server.sent(begun).await;
        assert!(!rest(&mut stream).await.contains("hello"));
        assert!(began.elapsed() >= SHORT / 2, "{begun:?}");
    }
}

#[tokio::test]
async fn a_head_that_comes_in_drips_is_not_waited_for_either() {
    let server = served(Patience {
        first: SHORT,
        ..PATIENT
    })
    .await;
    let mut stream = server.sent(b"GET / HTTP/1.1\r\nA: ").await;
    let drips = async {
        while stream.write_all(b"a").await.is_ok() {
            sleep(SHORT / 8).await;
        }
    };
    timeout(LONG / 6, drips).await.expect("it is closed");
}

#[tokio::test]
async fn a_slow_request_is_answered_and_its_connection_kept() {
    let server = served(Patience {
        first: SHORT * 3,
        ..PATIENT
    })
    .await;
    let (begin, end) = HELLO.split_at(10);
    let mut stream = server.sent(begin).await;
    sleep(SHORT).await;
    stream.write_all(end).await.unwrap();
    until(&mut stream, "hello").await;
    sleep(SHORT * 4).await;
    stream.write_all(begin).await.unwrap();
    sleep(SHORT).await;
    stream.write_all(end).await.unwrap();
    until(&mut stream, "hello").await;
}

#[tokio::test]
async fn a_kept_connection_ends_without_a_word() {
    let server = served(Patience {
        next: SHORT,
        ..PATIENT
    })
    .await;
    let mut stream = server.sent(HELLO).await;
    until(&mut stream, "hello").await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_silent_stream_goes_on() {
    let impatient = Patience {
        first: SHORT,
        next: SHORT,
        body: SHORT,
        ping: SHORT,
    };
    let server = served(impatient).await;
    let request = b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut stream = server.sent(request).await;
    until(&mut stream, "begins").await;
    until(&mut stream, "ends").await;
}

#[tokio::test]
async fn a_body_may_come_slowly_and_not_stop() {
    let server = served(Patience {
        body: SHORT,
        ..PATIENT
    })
    .await;
    let head = b"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n";
    let mut slow = server.sent(head).await;
    for _ in 0..8 {
        sleep(SHORT / 4).await;
        slow.write_all(b"a").await.unwrap();
    }
    until(&mut slow, "\r\n8").await;
    let mut stopped = server.sent(head).await;
    stopped.write_all(b"aaaa").await.unwrap();
    let answer = rest(&mut stopped).await;
    assert!(answer.contains("nothing more of the body"), "{answer}");
}

#[tokio::test]
async fn over_http2_who_is_gone_is_found_out() {
    let server = served(Patience {
        first: SHORT / 2,
        ping: SHORT,
        ..PATIENT
    })
    .await;
    // GET, http, /, and a for the host, as the static table of HPACK has them.
    let request = [0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41, 1, b'a'];
    let began = Instant::now();
    let mut stream = server.sent(PREFACE).await;
    stream.write_all(&NO_SETTINGS).await.unwrap();
    stream.write_all(&request).await.unwrap();
    until(&mut stream, "hello").await;
    // It answers no ping.
    rest(&mut stream).await;
    assert!(began.elapsed() >= SHORT * 2, "the first wait is over then");
}

#[tokio::test]
async fn a_panic_ends_one_connection() {
    let server = served(PATIENT).await;
    let mut other = server.sent(HELLO).await;
    until(&mut other, "hello").await;
    let request = b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut stream = server.sent(request).await;
    assert_eq!(rest(&mut stream).await, "");
    other.write_all(HELLO).await.unwrap();
    until(&mut other, "hello").await;
}

#[tokio::test]
async fn who_drops_the_server_ends_its_connections() {
    let server = served(PATIENT).await;
    let mut stream = server.sent(HELLO).await;
    until(&mut stream, "hello").await;
    server.task.abort();
    assert_eq!(rest(&mut stream).await, "");
}
