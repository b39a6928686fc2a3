//! One table of requests: what each server answers, what becomes of each wish, and what leaves.

mod rows;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::call::{Answer, Call, Client};

/// A request, and all that it does.
struct Row {
    call: Call,
    status: u16,
    answer: Expected,
    /// The report of its request: `effect fate`. None if nothing was wished.
    wishes: &'static [&'static str],
    /// What leaves, in order.
    leaves: &'static [&'static str],
}

enum Expected {
    Json(Value),
    /// A part of the JSON, by its pointer.
    Part(&'static str, Value),
    Problem(Option<&'static str>),
    /// A problem that tells which methods there are.
    Allowed(&'static str),
    /// The head of a page.
    Head,
    Redirect(&'static str),
    Page {
        shows: &'static [&'static str],
        lacks: &'static [&'static str],
    },
}

/// Sends every request of the table, in order, to a new shop.
pub async fn check(client: &mut impl Client) {
    let mut sent = Vec::new();
    for row in rows::all() {
        let call = row.call;
        let answer = client.send(call).await;
        assert_eq!(answer.status, row.status, "{call:?}\n{answer:?}");
        row.answer.check(call, &answer);
        sent.extend(row.leaves.iter().map(|&line| line.to_owned()));
        // Some leave only after the response.
        let expected = (row.wishes, sent.as_slice());
        let (wishes, left) = settled(client, expected).await;
        assert_eq!(left, sent, "what has left the shop after {call:?}");
        if !row.wishes.is_empty() {
            assert_eq!(wishes, row.wishes, "what became of the wishes of {call:?}");
        }
    }
}

/// Asks again until all is as it should be. Nothing waits for the deadline unless something is wrong.
async fn settled(
    client: &mut impl Client,
    (expected, sent): (&[&str], &[String]),
) -> (Vec<String>, Vec<String>) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (left, wishes) = (left(client).await, wishes(client).await);
        let as_expected = left == sent && (expected.is_empty() || wishes == expected);
        if as_expected || Instant::now() > deadline {
            return (wishes, left);
        }
    }
}

/// The newest report.
async fn wishes(client: &mut impl Client) -> Vec<String> {
    let reports = client.send(Call::get("/reports")).await.json();
    let intents = reports[0]["intents"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let line = |intent: &Value| format!("{} {}", text(&intent["effect"]), text(&intent["fate"]));
    intents.iter().map(line).collect()
}

/// All that has left, the oldest first.
async fn left(client: &mut impl Client) -> Vec<String> {
    let sent = client.send(Call::get("/sent")).await.json();
    let sent = sent.as_array().cloned().unwrap_or_default();
    let line = |sent: &Value| format!("{}: {}", text(&sent["via"]), text(&sent["what"]));
    sent.iter().rev().map(line).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Expected {
    fn check(&self, call: Call, answer: &Answer) {
        match self {
            Self::Json(expected) => {
                assert!(
                    answer.content_type.starts_with("application/json"),
                    "{answer:?}"
                );
                assert_eq!(answer.json(), *expected, "{call:?}");
            }
            Self::Part(pointer, expected) => {
                assert_eq!(answer.json().pointer(pointer), Some(expected), "{call:?}");
            }
            Self::Problem(detail) => {
                assert_eq!(answer.content_type, "application/problem+json", "{call:?}");
                let problem = answer.json();
                assert_eq!(problem["status"], json!(answer.status), "{call:?}");
                if let Some(detail) = detail {
                    assert_eq!(problem["detail"], json!(detail), "{call:?}");
                }
            }
            Self::Allowed(methods) => {
                let told = (answer.content_type.as_str(), answer.allow.as_str());
                let expected = ("application/problem+json", *methods);
                assert_eq!(told, expected, "{call:?}");
            }
            // Without a socket the body is there: the server leaves it out.
            Self::Head => assert_eq!(answer.content_type, "text/html; charset=utf-8", "{call:?}"),
            Self::Redirect(to) => {
                let told = (answer.location.as_str(), answer.body.as_str());
                assert_eq!(told, (*to, ""), "{call:?}");
            }
            Self::Page { shows, lacks } => {
                assert_eq!(answer.content_type, "text/html; charset=utf-8", "{call:?}");
                for part in *shows {
                    assert!(
                        answer.body.contains(part),
                        "{part} is not in\n{}",
                        answer.body
                    );
                }
                for part in *lacks {
                    assert!(!answer.body.contains(part), "{part} is in\n{}", answer.body);
                }
            }
        }
    }
}
