//! A connection on which the bytes are written by hand, request after request.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub struct Wire {
    stream: TcpStream,
    host: String,
}

impl Wire {
    /// To `http://host:port`.
    pub async fn to(origin: &str) -> Self {
        let host = origin.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await.unwrap();
        Self { stream, host }
    }

    /// The head of a request, with these lines in it.
    pub async fn head(&mut self, request: &str, lines: &str) {
        let head = format!("{request} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", self.host);
        self.send(head.as_bytes()).await;
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The head of the next answer, in lower case; its body is read over.
    pub async fn answer(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = self.byte().await;
            head.push(byte.expect("an answer"));
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let (_, length) = head.split_once("content-length: ").expect("its length");
        for _ in 0..length.lines().next().unwrap().parse().unwrap() {
            self.byte().await.expect("the whole answer");
        }
        head
    }

    /// Whether the other end closed it after the last answer.
    pub async fn has_ended(&mut self) -> bool {
        self.byte().await.is_none()
    }

    async fn byte(&mut self) -> Option<u8> {
        let byte = timeout(Duration::from_secs(5), self.stream.read_u8()).await;
        byte.expect("in time").ok()
    }
}
