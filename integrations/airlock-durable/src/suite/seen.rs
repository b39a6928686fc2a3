//! The record of what the effects of the suite have done.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

/// The resource in which the effects of the suite record their attempts. Clones share the same record.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Vec<Performed>>>);

/// One attempt of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Performed {
    /// The function's name.
    pub effect: &'static str,
    /// Its argument.
    pub number: i64,
    /// The number of the attempt.
    pub attempt: u32,
    /// The idempotency key.
    pub key: Uuid,
    /// The header `tenant`.
    pub tenant: Option<String>,
    /// The ids of the effects that led to it, nearest first.
    pub causes: Vec<String>,
}

impl Seen {
    /// Records that an effect is performed, and returns the number of the attempt.
    ///
    /// # Panics
    ///
    /// Panics outside an effect.
    pub fn note(&self, effect: &'static str, number: i64) -> u32 {
        let attempt = airlock_core::attempt().expect("an effect is performed");
        let stored = attempt.cause().stored();
        let causes = stored.into_iter().flat_map(|stored| &stored.causes);
        let performed = Performed {
            effect,
            number,
            attempt: attempt.number(),
            key: attempt.idempotency_key(),
            tenant: attempt.header("tenant").map(str::to_owned),
            causes: causes.map(|cause| cause.effect.clone()).collect(),
        };
        let number = performed.attempt;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(performed);
        number
    }

    /// Records an attempt, and never completes if it is the first one with this effect and number.
    ///
    /// # Panics
    ///
    /// Panics outside an effect.
    pub async fn hang_at_first(&self, effect: &'static str, number: i64) {
        let is_first = !self.of(effect).iter().any(|it| it.number == number);
        self.note(effect, number);
        if is_first {
            std::future::pending::<()>().await;
        }
    }

    /// Returns all attempts, in order.
    pub fn all(&self) -> Vec<Performed> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the attempts of one effect, in order.
    pub fn of(&self, effect: &str) -> Vec<Performed> {
        let all = self.all().into_iter();
        all.filter(|it| it.effect == effect).collect()
    }
}
