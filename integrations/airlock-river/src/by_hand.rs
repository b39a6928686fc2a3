//! Scopes around the transactions of other drivers.

use std::borrow::Cow;
use std::sync::Arc;

use airlock_core::executor::{Batch, Executor, Identity};
use airlock_core::{BoxError, Intent, Receipt, Recording, ScopeBuilder};
use airlock_durable::Keys;

use crate::Rows;
use crate::sql::capabilities;

/// A collector of a scope's durable intents, which are then stored in a transaction of any driver. All clones are the
/// same executor.
///
/// It splits [`River::transaction`](crate::River::transaction), which needs sqlx, into steps. The work runs in a scope,
/// and its durable intents become [`Rows`]. The statement of the database stores them, and the transaction is
/// committed. Then the other effects are released.
///
/// ```
/// use airlock::lifecycle::Outcome;
/// use airlock::river::ByHand;
///
/// #[airlock::effect(durable, name = "shop.send_confirmation")]
/// fn send_confirmation(order: u64) {}
///
/// let by_hand = ByHand::new();
/// let mut scope = by_hand.scope().open_owned();
/// scope.run(|| {
///     // Your transaction, and your code.
///     airlock::enqueue(send_confirmation(7));
/// });
/// let mut recording = scope.record();
/// let rows = by_hand.rows(&mut recording)?;
/// assert_eq!(rows.len(), 1);
/// // Execute `SQL_POSTGRES` with `rows.to_json()`, and commit. Then:
/// by_hand.committed(&mut recording);
/// let report = recording.release(Outcome::Success).dispatch()?;
/// assert_eq!(report.dispatched().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
///
/// If the work or the commit fails, drop the recording, or release it with `Outcome::Failure`: then only
/// intents marked *on failure* or *always* are released.
#[derive(Clone, Debug, Default)]
pub struct ByHand {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    keys: Option<Keys>,
}

impl ByHand {
    /// Creates a collector without keys. Effects with redacted arguments cannot be stored.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a collector that seals redacted arguments with these keys.
    pub fn with_keys(keys: Keys) -> Self {
        Self {
            inner: Arc::new(Inner { keys: Some(keys) }),
        }
    }

    /// Returns a builder of the scope for the work of a transaction. Open it with
    /// [`open_owned`](airlock_core::ScopeBuilder::open_owned).
    #[track_caller]
    pub fn scope(&self) -> ScopeBuilder {
        airlock_core::scope()
            .name("transaction")
            .executor(self.clone())
    }

    /// Returns the rows of the durable intents, which are empty if there are none.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Rows::push`].
    pub fn rows(&self, recording: &mut Recording) -> Result<Rows, BoxError> {
        let mut rows = Rows::new();
        if let Some(batch) = recording.batch() {
            for intent in batch.intents() {
                rows.push(intent, self.inner.keys.as_ref())?;
            }
        }
        Ok(rows)
    }

    /// Records that the transaction with the rows was committed.
    pub fn committed(&self, recording: &mut Recording) {
        if let Some(mut batch) = recording.batch() {
            batch.complete(|_| Receipt::Accepted);
        }
    }
}

impl Executor for ByHand {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        capabilities().check(intent)
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest(
            "a durable intent has to be stored in the transaction: see `airlock::river::ByHand`",
        );
    }

    fn only_durable(&self) -> bool {
        true
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::new(&self.inner))
    }

    fn name(&self) -> Cow<'static, str> {
        "river by hand".into()
    }
}
