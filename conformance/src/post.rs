//! One request to a server that speaks JSON by plain HTTP, by hand: what the suite knows of a server shares no code with
//! the backend under test.

use serde_json::Value;
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Posts a message to `address`, which is `host:port`, and reads the answer.
///
/// # Errors
/// As of [`ask`].
pub(crate) async fn post(address: &str, path: &str, message: &Value) -> io::Result<Value> {
    ask(address, "POST", path, &[], &message.to_string()).await
}

/// Sends a request to `address`, which is `host:port`, and reads the answer; an empty one is `null`.
///
/// # Errors
/// If there is no answer in JSON, or one whose status tells of no success.
pub(crate) async fn ask(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Value> {
    // By 1.0 the answer comes in one piece, and ends with the connection.
    let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all((head + "\r\n" + body).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).unwrap_or("no status");
    if !status.starts_with('2') {
        return Err(io::Error::other(format!("HTTP: {status}")));
    }
    if body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(body)?) }
}
