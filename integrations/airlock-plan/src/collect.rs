//! The executor of a dry run: encodes each intent as a line of the plan.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airlock_core::executor::{Batch, Executor, Identity};
use airlock_core::{BoxError, Intent, Receipt};
use airlock_durable::{Envelope, Keys};
use serde_json::Value;

use crate::file::contract;

/// Encodes the intents that it is given.
#[derive(Clone)]
pub(crate) struct Collector {
    keys: Option<Keys>,
    collected: Arc<Mutex<Collected>>,
}

/// The lines of a plan, and the contracts of their effects.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) lines: Vec<String>,
    pub(crate) contracts: BTreeMap<String, Value>,
}

impl Collector {
    pub(crate) fn new(keys: Option<Keys>) -> Self {
        Self {
            keys,
            collected: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was collected.
    pub(crate) fn take(&self) -> Collected {
        std::mem::take(&mut self.lock())
    }

    fn encode(&self, intent: &Intent) -> Result<String, BoxError> {
        Ok(Envelope::from_intent(intent, self.keys.as_ref())?.to_json()?)
    }
}

impl Executor for Collector {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.complete(|intent| match self.encode(intent) {
            Ok(line) => {
                let mut collected = self.lock();
                collected.lines.push(line);
                let effect = intent.effect();
                if !collected.contracts.contains_key(effect.id()) {
                    let id = effect.id().to_owned();
                    collected.contracts.insert(id, contract(effect));
                }
                Receipt::Accepted
            }
            Err(error) => Receipt::Rejected(error),
        });
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::new(&self.collected))
    }

    fn name(&self) -> Cow<'static, str> {
        "plan".into()
    }
}
