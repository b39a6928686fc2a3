//! The batch of intents that a flush passes to an executor.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::effect::{BoxError, BoxFuture};
use crate::executor::{Delivery, Timer};
use crate::intent::{Failure, Intent};

/// The intents that one flush hands to one executor, in order.
///
/// An executor either performs them here ([`perform_all`](Self::perform_all)), or hands each over
/// to something else ([`hand_over`](Self::hand_over)). After a failure both stop, unless the scope
/// is configured to [carry on](crate::FailureMode::CarryOn). Intents that the executor does not
/// decide fail.
///
/// The intents of a batch effect form one unit, at the position of the first one.
pub struct Batch<'a> {
    flush: &'a mut dyn FlushInProgress,
    part: Part,
}

/// The answer of something that stores intents, for one intent.
#[derive(Debug)]
pub enum Receipt {
    /// It has stored the intent, and will perform it.
    Accepted,
    /// It already has an intent with the same key, which represents this one. The report shows this
    /// one as dropped.
    Duplicate {
        /// Names the existing intent, for the report.
        reason: String,
    },
    /// It refuses the intent, which fails with this error.
    Rejected(BoxError),
}

/// The part of a flush that a batch covers.
pub(crate) struct Part {
    pub(crate) positions: Positions,
    /// The executor, as a number within the flush.
    pub(crate) route: u32,
    /// Everything before this position is decided.
    pub(crate) cursor: usize,
}

/// The positions of a batch's intents in the flush.
pub(crate) enum Positions {
    /// The positions in this range that have the batch's route.
    Range(Range<usize>),
    /// These positions, ascending.
    Listed(Vec<u32>),
}

/// A flush in progress, as executors see it. Implemented where effects are performed.
pub(crate) trait FlushInProgress: Send {
    fn intent(&self, position: usize) -> &Intent;
    /// Returns the positions of a part that are at least `from`, ascending.
    fn positions<'c>(&'c self, part: &'c Part, from: usize)
    -> Box<dyn Iterator<Item = usize> + 'c>;
    fn perform_all(&mut self, part: &mut Part);
    fn perform_all_async<'c>(&'c mut self, part: &'c mut Part) -> BoxFuture<'c, ()>;
    /// Moves the next unit into a delivery.
    fn hand_over_next(&mut self, part: &mut Part) -> Option<Delivery>;
    /// Records the taker's answer for that unit.
    fn handed_over(&mut self, part: &Part, taken: Result<(), (Delivery, BoxError)>);
    /// Records a store's answer for each pending intent.
    fn complete(&mut self, part: &Part, receipt: &mut dyn FnMut(&Intent) -> Option<Receipt>);
    /// Returns the positions of the next unit.
    fn next_unit(&mut self, part: &mut Part) -> Option<Vec<u32>>;
    /// Makes the failed intents that `should_retry` accepts pending again, and returns their
    /// number.
    fn retry_failed(
        &mut self,
        part: &mut Part,
        should_retry: &mut dyn FnMut(&Intent, &Failure) -> bool,
    ) -> usize;
    fn fail_rest(&mut self, part: &Part, error: BoxError);
    /// Fails the intents that a dropped attempt did not finish.
    fn time_out(&mut self, part: &Part, limit: Duration);
    fn timer(&self) -> &Arc<dyn Timer>;
    /// Returns whether a caller waits for this flush. Nobody waits for that of a dropped future.
    fn may_wait(&self) -> bool;
}

impl<'a> Batch<'a> {
    pub(crate) fn new(flush: &'a mut dyn FlushInProgress, part: Part) -> Self {
        Self { flush, part }
    }

    /// Returns the pending intents, in order.
    pub fn intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents_from(0).map(|(_, intent)| intent)
    }

    /// Returns the pending intents from a position on, each with its position. For executors that
    /// take some intents, await, and continue after the last one.
    pub fn intents_from(&self, position: usize) -> impl Iterator<Item = (usize, &Intent)> {
        let from = position.max(self.part.cursor);
        let positions = self.flush.positions(&self.part, from);
        let intents = positions.map(|position| (position, self.flush.intent(position)));
        intents.filter(|(_, intent)| intent.info.is_pending())
    }

    /// Returns the number of pending intents.
    pub fn len(&self) -> usize {
        self.intents().count()
    }

    /// Returns `true` if no intent is pending.
    pub fn is_empty(&self) -> bool {
        self.intents().next().is_none()
    }

    /// Returns the intents of this batch that have failed so far, with the reason.
    pub fn failed(&self) -> impl Iterator<Item = (&Intent, &Failure)> {
        let positions = self.flush.positions(&self.part, 0);
        positions.filter_map(|position| {
            let intent = self.flush.intent(position);
            match intent.info.fate() {
                crate::intent::Fate::Failed(failure) => Some((intent, failure)),
                _ => None,
            }
        })
    }

    /// Performs every pending intent on the caller's thread, each in its own scope, including the
    /// intents that effects enqueue. Async effects fail with [`Failure::NeedsAwait`].
    pub fn perform_all(&mut self) {
        self.flush.perform_all(&mut self.part);
    }

    /// Like [`perform_all`](Self::perform_all), but awaits async effects. If the returned future is
    /// dropped, the effect in progress fails.
    pub async fn perform_all_async(&mut self) {
        self.flush.perform_all_async(&mut self.part).await;
    }

    /// Hands each unit to something that performs it elsewhere or later, without awaiting.
    ///
    /// If `take` cannot take a delivery, it returns the delivery with an error. The intents of that
    /// delivery then fail and keep their arguments.
    pub fn hand_over(
        &mut self,
        mut take: impl FnMut(Delivery) -> Result<(), (Delivery, BoxError)>,
    ) {
        while let Some(delivery) = self.flush.hand_over_next(&mut self.part) {
            let taken = take(delivery);
            self.flush.handed_over(&self.part, taken);
        }
    }

    /// Like [`hand_over`](Self::hand_over), but awaits `take`.
    ///
    /// If the returned future is dropped, the delivery in progress counts as failed. Its intents
    /// are handed back if `take` has dropped the delivery, too.
    pub async fn hand_over_async(
        &mut self,
        mut take: impl AsyncFnMut(Delivery) -> Result<(), (Delivery, BoxError)>,
    ) {
        while let Some(delivery) = self.flush.hand_over_next(&mut self.part) {
            let taken = take(delivery).await;
            self.flush.handed_over(&self.part, taken);
        }
    }

    /// Records the answer for each pending intent, in order.
    ///
    /// For executors that pass all intents on at once in their own form, such as rows of a table.
    pub fn complete(&mut self, mut receipt: impl FnMut(&Intent) -> Receipt) {
        self.complete_some(|intent| Some(receipt(intent)));
    }

    /// Like [`complete`](Self::complete), with the answers in the order of the pending intents. An
    /// intent without an answer is rejected.
    pub fn complete_in_order(&mut self, receipts: impl IntoIterator<Item = Receipt>) {
        let mut receipts = receipts.into_iter();
        let unanswered = || Receipt::Rejected("the engine returned no answer for it".into());
        self.complete(|_| receipts.next().unwrap_or_else(unanswered));
    }

    /// Fails the pending intents for which a closure returns an error, and leaves the others
    /// pending.
    pub fn reject(&mut self, mut error: impl FnMut(&Intent) -> Option<BoxError>) {
        self.complete_some(|intent| error(intent).map(Receipt::Rejected));
    }

    fn complete_some(&mut self, mut receipt: impl FnMut(&Intent) -> Option<Receipt>) {
        self.flush.complete(&self.part, &mut receipt);
    }

    /// Makes failed intents pending again, for another attempt, and returns their number.
    ///
    /// Retries the intents that `should_retry` accepts and whose arguments still exist. Under
    /// [`FailureMode::Stop`](crate::executor::FailureMode::Stop), retries all failed intents or
    /// none: one that stays failed has stopped the flush.
    pub fn retry_failed(
        &mut self,
        mut should_retry: impl FnMut(&Intent, &Failure) -> bool,
    ) -> usize {
        self.flush.retry_failed(&mut self.part, &mut should_retry)
    }

    /// Returns the next unit as a separate batch, or `None` if no intent is pending.
    pub fn next_alone(&mut self) -> Option<Batch<'_>> {
        let unit = self.flush.next_unit(&mut self.part)?;
        Some(self.part_of(unit))
    }

    /// Returns the pending intents that a closure accepts as a separate batch, or `None` if it
    /// accepts none.
    pub fn only(&mut self, accepts: impl Fn(&Intent) -> bool) -> Option<Batch<'_>> {
        let positions = self.flush.positions(&self.part, self.part.cursor);
        let accepted = |position: &usize| {
            let intent = self.flush.intent(*position);
            intent.info.is_pending() && accepts(intent)
        };
        let accepted: Vec<_> = positions
            .filter(accepted)
            .map(|position| position as u32)
            .collect();
        if accepted.is_empty() {
            return None;
        }
        Some(self.part_of(accepted))
    }

    fn part_of(&mut self, positions: Vec<u32>) -> Batch<'_> {
        let part = Part {
            cursor: positions.first().map_or(0, |first| *first as usize),
            positions: Positions::Listed(positions),
            route: self.part.route,
        };
        Batch {
            flush: &mut *self.flush,
            part,
        }
    }

    /// Fails every pending intent, for example if a broker cannot be reached.
    pub fn fail_rest(&mut self, error: impl Into<BoxError>) {
        self.flush.fail_rest(&self.part, error.into());
    }

    pub(crate) fn time_out(&mut self, limit: Duration) {
        self.flush.time_out(&self.part, limit);
    }

    pub(crate) fn may_wait(&self) -> bool {
        self.flush.may_wait()
    }

    pub(crate) fn timer(&self) -> &Arc<dyn Timer> {
        self.flush.timer()
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.intents()).finish()
    }
}
