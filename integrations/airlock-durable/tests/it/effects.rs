//! The effects of the tests.

use std::sync::Mutex;
use std::time::Duration;

/// The record of what the effects have done.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Vec<String>>);

impl Seen {
    pub(crate) fn note(&self, text: String) {
        self.0.lock().expect("no panic").push(text);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

#[airlock::effect(
    durable, name = "test.confirm", alias("test.confirm_before"), queue = "mail", priority = 3,
    key = order
)]
pub(crate) fn confirm(#[resource] seen: &Seen, order: u64, to: String) {
    let attempt = airlock::attempt().expect("an effect is performed");
    let tenant = attempt.header("tenant").unwrap_or("nobody").to_owned();
    seen.note(format!(
        "{order} {to} for {tenant}, attempt {}, key {}",
        attempt.number(),
        attempt.idempotency_key()
    ));
}

#[airlock::effect(durable, name = "test.pay", redact(card))]
pub(crate) fn pay(#[resource] seen: &Seen, order: u64, card: String) {
    seen.note(format!("{order} {card}"));
}

#[airlock::effect(
    durable,
    name = "test.fail",
    retry(attempts = 3, delay = "2s", factor = 3)
)]
pub(crate) fn fail(why: String) -> Result<(), airlock::BoxError> {
    Err(why.into())
}

#[airlock::effect(durable, name = "test.cause")]
pub(crate) fn cause(order: u64) {
    airlock::enqueue(confirm(order, "caused".to_owned()));
    airlock::enqueue(tell(order));
}

#[airlock::effect]
pub(crate) fn tell(#[resource] seen: &Seen, order: u64) {
    seen.note(format!("told {order}"));
}

#[airlock::effect(durable, name = "test.wait")]
pub(crate) async fn wait(#[resource] seen: &Seen, order: u64) {
    airlock::enqueue(tell(order));
    seen.note("begun".to_owned());
    std::future::pending::<()>().await;
}

#[airlock::effect(durable, name = "test.no_limit")]
pub(crate) async fn no_limit() {
    tokio::time::sleep(Duration::from_secs(3600)).await;
}

/// Panics when it is decoded.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Trap;

impl<'de> serde::Deserialize<'de> for Trap {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a trap")
    }
}

#[airlock::effect(durable, name = "test.step_on")]
pub(crate) fn step_on(trap: Trap) {
    let Trap = trap;
}

#[airlock::effect]
pub(crate) fn not_durable() {}

#[airlock::effect(durable, name = "test.wait_once", once)]
pub(crate) async fn wait_once(#[resource] seen: &Seen, order: u64) {
    seen.note(format!("begun {order} once"));
    std::future::pending::<()>().await;
}
