//! Scopes around the transactions of other drivers.

use std::borrow::Cow;
use std::sync::Arc;

use airlock_core::executor::{Batch, Executor, Identity};
use airlock_core::{BoxError, Intent, Receipt, Recording, ScopeBuilder};
use airlock_durable::Keys;

use crate::Rows;
use crate::sql::capabilities;

/// Collects the durable intents of a scope, to be stored in a transaction of any driver. Clones are one.
///
/// What [`River::transaction`](crate::River::transaction) does with sqlx, in steps: the work runs in a scope; its
/// durable intents become [`Rows`], which are stored by the statement of the database; then the commit; then the
/// other effects leave.
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
/// If the work or the commit fails, drop the recording, or release it as `Outcome::Failure`: nothing leaves.
#[derive(Clone, Debug, Default)]
pub struct ByHand {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    keys: Option<Keys>,
}

impl ByHand {
    /// Without keys: an effect that redacts arguments cannot be stored.
    pub fn new() -> Self {
        Self::default()
    }

    /// Seals the arguments that effects redact.
    pub fn with_keys(keys: Keys) -> Self {
        Self {
            inner: Arc::new(Inner { keys: Some(keys) }),
        }
    }

    /// Describes a scope for the work of a transaction. Open it by
    /// [`open_owned`](airlock_core::ScopeBuilder::open_owned).
    pub fn scope(&self) -> ScopeBuilder {
        airlock_core::scope()
            .name("transaction")
            .executor(self.clone())
    }

    /// The rows of the durable intents; none if there are none.
    ///
    /// # Errors
    ///
    /// As [`Rows::push`].
    pub fn rows(&self, recording: &mut Recording) -> Result<Rows, BoxError> {
        let mut rows = Rows::new();
        if let Some(batch) = recording.batch() {
            for intent in batch.intents() {
                rows.push(intent, self.inner.keys.as_ref())?;
            }
        }
        Ok(rows)
    }

    /// Notes that the transaction with the rows was committed.
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
