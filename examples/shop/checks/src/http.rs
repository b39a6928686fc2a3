//! Requests over a socket.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::call::{Answer, Call};

/// Sends a request on a new connection.
pub(crate) fn call(address: &str, call: Call) -> Answer {
    try_call(address, call).expect("the shop listens and answers")
}

/// Sends a request to a shop that may be gone. Returns `None` unless a complete response arrives.
pub(crate) fn try_call(address: &str, call: Call) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(written(address, call).as_bytes()).ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    Some(read(head, body))
}

fn written(address: &str, call: Call) -> String {
    let Call {
        method,
        path,
        form,
        accept,
    } = call;
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: {accept}\r\nconnection: close\r\n"
    );
    let written = match form {
        None => write!(text, "\r\n"),
        Some(form) => write!(
            text,
            "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        ),
    };
    written.expect("writing to a string cannot fail");
    text
}

fn read(head: &str, body: &str) -> Answer {
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let header = |name: &str| {
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    assert_eq!(header("transfer-encoding"), "", "the shop streams nothing");
    Answer {
        status: status.and_then(|text| text.parse().ok()).expect("a status"),
        content_type: header("content-type"),
        location: header("location"),
        allow: header("allow"),
        body: body.to_owned(),
    }
}
