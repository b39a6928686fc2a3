//! `envelopes [--minutes N | --programs K] [--seed S]`: tests randomly modified envelopes against
//! the promise that no stored envelope stops a worker.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

use std::collections::BTreeMap;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use airlock::__private::block_on;
use airlock::Airlock;
use airlock_durable::{Envelope, Keys, Performer};
use airlock_fuzz::Arguments;
use fastrand::Rng;

/// Takes arguments of several types.
#[airlock::effect(
    durable,
    name = "fuzz.take",
    alias("fuzz.took"),
    redact(secret),
    retry(attempts = 3)
)]
fn take(number: i64, text: String, many: Vec<Option<f64>>, secret: String) -> Result<(), String> {
    match number % 3 {
        0 => Err(text),
        1 => {
            airlock::enqueue(take(number / 3, text, many, secret));
            Ok(())
        }
        _ => Ok(()),
    }
}

const SOUND: &str = r#"{"effect":"fuzz.take","args":{"number":7,"text":"a","many":[1.5,null],"secret":SECRET},"v":1,"id":"0199d2c4-7a40-7000-8000-00a1b2c3d4e5","at":"a.rs:1:1","causes":[{"effect":"fuzz.take","id":"0199d2c4-7a40-7000-8000-00a1b2c3d4e4"}],"depth":1,"origin":"x","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","key":"k","ordering_key":"o","queue":"q","priority":5,"run_at":"2026-12-01T08:00:00.000Z","headers":{"a":"b"}}"#;

const PIECES: [&str; 24] = [
    "",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "99999999999999999999",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "é",
    "{\"$sealed\":\"\"}",
    "[[[[[[[[[[[[",
    "\"fuzz.took\"",
    "\"secret\":\"clear\"",
    "\"v\":2",
    "\"number\":1",
];

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    let performer = match Airlock::builder().skip_resource_check().build() {
        Ok(airlock) => Performer::new(airlock).keys(Some(Keys::new([1; 32]))),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Panics are what this program looks for. It reports them itself, below.
    std::panic::set_hook(Box::new(|_| {}));
    let (begun, mut tried) = (Instant::now(), 0_u64);
    let mut verdicts = BTreeMap::new();
    while arguments.bound.goes_on(begun, tried) {
        let mut random = Rng::with_seed(arguments.seed.wrapping_add(tried));
        let json = changed(&mut random);
        let attempt = random.u32(0..40);
        let judged = catch_unwind(AssertUnwindSafe(|| judge(&performer, &json, attempt)));
        match judged {
            Ok(Ok(word)) => *verdicts.entry(word).or_insert(0_u64) += 1,
            Ok(Err(problem)) => return tell(&json, &problem),
            Err(_) => return tell(&json, "it panicked"),
        }
        tried += 1;
    }
    println!(
        "{tried} envelopes from seed {}: {verdicts:?}",
        arguments.seed
    );
    ExitCode::SUCCESS
}

fn tell(json: &str, problem: &str) -> ExitCode {
    println!("broken: {problem}\n{json}");
    ExitCode::FAILURE
}

/// Returns a valid envelope with some pieces replaced.
fn changed(random: &mut Rng) -> String {
    let secret = match random.bool() {
        true => r#"{"$sealed":"AAAA"}"#,
        false => "\"clear\"",
    };
    let mut json: Vec<char> = SOUND.replace("SECRET", secret).chars().collect();
    for _ in 0..random.u8(0..3) {
        let at = random.usize(0..=json.len());
        let end = (at + random.usize(0..12)).min(json.len());
        let piece = PIECES[random.usize(0..PIECES.len())];
        json.splice(at..end, piece.chars());
    }
    json.into_iter().collect()
}

/// Performs an envelope, and returns the verdict in a word.
fn judge(performer: &Performer, json: &str, attempt: u32) -> Result<&'static str, String> {
    let Ok(envelope) = Envelope::from_json(json) else {
        return Ok("unreadable");
    };
    let begun = Instant::now();
    let verdict = block_on(performer.perform(&envelope, attempt, None, pending()));
    if begun.elapsed() > Duration::from_secs(10) {
        return Err("it took longer than ten seconds".to_owned());
    }
    let again = envelope.to_json().map_err(|error| error.to_string())?;
    let read = Envelope::from_json(&again).map_err(|error| error.to_string())?;
    match read.to_json() {
        Ok(same) if same == again => Ok(verdict.word()),
        _ => Err("it is another one when it is written and read".to_owned()),
    }
}
