//! A table of requests, with the expected response, the fate of each intent, everything that is sent, and the
//! remaining jobs.

mod rows;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::call::{Answer, Call, Client};

/// A request, and everything that it does.
struct Row {
    call: Call,
    status: u16,
    answer: Expected,
    /// The reports of its request: `effect fate`. Empty if nothing was enqueued.
    wishes: &'static [&'static str],
    /// Everything that is sent. Jobs are performed in no order.
    leaves: &'static [&'static str],
    /// The jobs of this and of earlier requests that are not performed: `effect state`.
    left_over: &'static [&'static str],
}

enum Expected {
    Json(Value),
    /// A part of the JSON, by its pointer.
    Part(&'static str, Value),
    Problem(Option<&'static str>),
    /// A problem with the header `allow`.
    Allowed(&'static str),
    /// The head of a page.
    Head,
    Redirect(&'static str),
    Page {
        shows: &'static [&'static str],
        lacks: &'static [&'static str],
    },
}

/// Everything that can be observed after a request.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    wishes: Vec<String>,
    left: Vec<String>,
    left_over: Vec<String>,
}

/// Sends every request of the table, in order, to a new shop.
pub async fn check(client: &mut impl Client) {
    let mut before = 0;
    for row in rows::all() {
        let call = row.call;
        let answer = client.send(call).await;
        assert_eq!(answer.status, row.status, "{call:?}\n{answer:?}");
        row.answer.check(call, &answer);
        let expected = Seen {
            wishes: owned(row.wishes),
            left: sorted(owned(row.leaves)),
            left_over: owned(row.left_over),
        };
        let seen = settled(client, before, &expected).await;
        assert_eq!(seen, expected, "{call:?}");
        before += expected.left.len();
    }
}

/// Polls until the observed state matches: some effects are dispatched after the response, and the retry of a job is
/// delayed. Only a failing test reaches the deadline.
async fn settled(client: &mut impl Client, before: usize, expected: &Seen) -> Seen {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let tried = client.send(Call::get("/jobs?wait=tried")).await.json();
        let mut left = left(client).await;
        let seen = Seen {
            wishes: match expected.wishes.is_empty() {
                true => Vec::new(),
                false => wishes(client).await,
            },
            left: sorted(left.split_off(before.min(left.len()))),
            left_over: left_over(&tried),
        };
        if seen == *expected || Instant::now() > deadline {
            return seen;
        }
    }
}

/// Returns the reports of the newest request, oldest first.
async fn wishes(client: &mut impl Client) -> Vec<String> {
    let reports = client.send(Call::get("/reports")).await.json();
    let reports = array(&reports);
    let newest = reports.first().map(|report| report["request"].clone());
    let of_request = reports
        .iter()
        .filter(|report| Some(&report["request"]) == newest.as_ref());
    let intents = of_request
        .rev()
        .flat_map(|report| array(&report["intents"]));
    let line = |intent: &Value| format!("{} {}", text(&intent["effect"]), text(&intent["fate"]));
    intents.map(line).collect()
}

/// Returns everything that was sent, oldest first.
async fn left(client: &mut impl Client) -> Vec<String> {
    let sent = client.send(Call::get("/sent")).await.json();
    let line = |sent: &Value| format!("{}: {}", text(&sent["via"]), text(&sent["what"]));
    array(&sent).iter().rev().map(line).collect()
}

/// Returns the jobs that are not performed, oldest first.
fn left_over(jobs: &Value) -> Vec<String> {
    let jobs = array(jobs).iter().rev();
    let line = |job: &Value| format!("{} {}", text(&job["effect"]), text(&job["state"]));
    jobs.filter(|job| job["state"] != "performed")
        .map(line)
        .collect()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|&line| line.to_owned()).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
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
            // Without a socket the body is present: the server omits it.
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
