//! One JSON request to a server that speaks plain HTTP, by hand: what the suite knows of a server shares no code with
//! the backend under test.

use serde_json::Value;
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Posts a message to `address`, which is `host:port`, and reads the answer. A status other than 200 is an error.
///
/// # Errors
/// If there is no such answer.
pub(crate) async fn post(address: &str, path: &str, message: &Value) -> io::Result<Value> {
    let body = message.to_string();
    // By 1.0 the answer comes in one piece, and ends with the connection.
    let head = format!("POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all((head + &body).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).unwrap_or("no status");
    if status == "200" { Ok(serde_json::from_str(body)?) } else { Err(io::Error::other(format!("HTTP: {status}"))) }
}
