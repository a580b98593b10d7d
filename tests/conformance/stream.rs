//! Event streams, read as they come.

use std::time::Duration;

use http_client::Response;
use json::Value;
use support::Result;
use tokio::time::timeout;

/// Reads a stream until what has come is enough.
pub(crate) async fn read(
    stream: &mut Response,
    is_enough: impl Fn(&str) -> bool,
) -> Result<String> {
    let mut text = String::new();
    let reading = async {
        while !is_enough(&text) {
            let Some(chunk) = stream.chunk().await? else {
                break;
            };
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        Ok::<_, http_client::Error>(())
    };
    timeout(Duration::from_secs(10), reading).await??;
    Ok(text)
}

/// The messages in what has come.
pub(crate) fn messages(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|message| json::from_str(message).ok())
        .collect()
}
