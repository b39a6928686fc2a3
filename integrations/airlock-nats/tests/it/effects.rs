//! The effects of the tests, and their journal.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use airlock::{Airlock, BoxError};

/// The name of an effect, its number, and the attempt.
type Performed = (&'static str, i64, u32);

/// The effects that were performed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<Performed>>>);

impl Journal {
    fn note(&self, effect: &'static str, number: i64) -> u32 {
        let attempt = airlock::attempt().map_or(0, |it| it.number());
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push((effect, number, attempt));
        attempt
    }

    pub(crate) fn all(&self) -> Vec<Performed> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn numbers(&self) -> Vec<i64> {
        self.all().into_iter().map(|it| it.1).collect()
    }

    /// Returns an airlock whose effects write to this journal.
    pub(crate) fn airlock(&self) -> Airlock {
        let builder = Airlock::builder().resource(self.clone());
        builder.skip_resource_check().build().expect("an airlock")
    }

    pub(crate) async fn wait_until(&self, notes: usize) {
        wait_until(async || self.all().len() >= notes).await;
    }
}

#[airlock::effect(durable, name = "test.note", timeout = "5s")]
pub(crate) async fn note(#[resource] journal: &Journal, number: i64) {
    journal.note("note", number);
}

#[airlock::effect(durable, name = "test.slow", timeout = "30s")]
pub(crate) async fn slow(#[resource] journal: &Journal, number: i64, millis: u64) {
    journal.note("slow", number);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Fails in its first two attempts if its number is divisible by three.
#[airlock::effect(
    durable,
    name = "test.stumble",
    timeout = "5s",
    retry(attempts = 3, delay = "20ms", max_delay = "20ms")
)]
pub(crate) async fn stumble(#[resource] journal: &Journal, number: i64) -> Result<(), BoxError> {
    let attempt = airlock::attempt().map_or(0, |it| it.number());
    if number % 3 == 0 && attempt < 3 {
        return Err("not yet".into());
    }
    journal.note("stumble", number);
    Ok(())
}

#[airlock::effect(durable, name = "test.once", timeout = "5s", once)]
pub(crate) async fn once(#[resource] journal: &Journal, number: i64) {
    journal.note("once", number);
}

#[airlock::effect(durable, name = "test.keyed", timeout = "5s", key = number)]
pub(crate) async fn keyed(#[resource] journal: &Journal, number: i64) {
    journal.note("keyed", number);
}

#[airlock::effect(durable, name = "test.large", timeout = "5s")]
pub(crate) async fn large(#[resource] journal: &Journal, text: String) {
    journal.note("large", i64::try_from(text.len()).unwrap_or(0));
}

/// Waits for something that happens in another task, for at most a minute.
pub(crate) async fn wait_until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    for _ in 0..6000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it has not happened within a minute");
}
