//! Answers that never end: each is waited for as long as for silence, and read up to its bound.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::fetch::{DEADLINE, Fetch as _, FetchError, HttpFetch};

/// What comes first, and what comes again and again, with a pause in milliseconds.
async fn fetched(first: &'static str, again: impl Into<String>, pause: u64) -> FetchError {
    let again = again.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        let mut sent = stream.write_all(first.as_bytes()).await;
        while sent.is_ok() {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            sent = stream.write_all(again.as_bytes()).await;
        }
    });
    let request = Request::get(url).body(Bytes::new()).unwrap();
    let outcome = HttpFetch::new().send(request).await;
    served.abort();
    outcome.unwrap_err()
}

#[tokio::test]
async fn what_never_ends_is_cut_off() {
    let (ok, body) = (
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n",
    );
    let drips = [
        fetched(ok, "x: y\r\n", 100),
        fetched(body, "x", 100),
        fetched("", "HTTP/1.1 100 Continue\r\n\r\n", 100),
        fetched(ok, "", 100),
    ];
    let in_time = DEADLINE + Duration::from_secs(2);
    let dripped = tokio::time::timeout(in_time, join_all(drips)).await;
    for outcome in dripped.unwrap() {
        assert_eq!(outcome, FetchError::Timeout);
    }
    let bytes = "x".repeat(4096);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("1000\r\n{bytes}\r\n");
    let (head, header) = ("HTTP/1.1 200 OK\r\n\r\n", format!("x: {bytes}\r\n"));
    for (first, again) in [(chunked, &chunk), (head, &bytes)] {
        assert_eq!(fetched(first, again, 0).await, FetchError::TooLarge);
    }
    for (first, again) in [(ok, &header), ("HTTP/1.1 200 ", &bytes)] {
        let outcome = fetched(first, again, 0).await;
        assert!(matches!(outcome, FetchError::Failed(_)), "{outcome:?}");
    }
}
