//! What an executor is given.

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
/// asked to [carry on](crate::FailureMode::CarryOn). What an executor leaves undone fails.
///
/// Intents of a batch effect form one unit, in the place of the first of them.
pub struct Batch<'a> {
    flush: &'a mut dyn FlushInProgress,
    part: Part,
}

/// What something that stores intents answers for one of them.
#[derive(Debug)]
pub enum Receipt {
    /// It has the intent, and will perform it.
    Accepted,
    /// It has one with the same key already, which represents this one.
    Duplicate {
        /// Which one.
        reason: String,
    },
    /// It does not take the intent.
    Rejected(BoxError),
}

/// The part of a flush that a batch is about.
pub(crate) struct Part {
    pub(crate) positions: Positions,
    /// The executor, as a number of the flush.
    pub(crate) route: u32,
    /// Everything before it is decided.
    pub(crate) cursor: usize,
}

/// Where the intents of a batch are in the flush.
pub(crate) enum Positions {
    /// Those in this range that have the batch's route.
    Range(Range<usize>),
    /// These, ascending.
    Listed(Vec<u32>),
}

/// A flush under way, as its executors see it. Implemented where effects are performed.
pub(crate) trait FlushInProgress: Send {
    fn intent(&self, position: usize) -> &Intent;
    /// The positions of a part, ascending, from `from` on.
    fn positions<'c>(&'c self, part: &'c Part, from: usize)
    -> Box<dyn Iterator<Item = usize> + 'c>;
    fn perform_all(&mut self, part: &mut Part);
    fn perform_all_async<'c>(&'c mut self, part: &'c mut Part) -> BoxFuture<'c, ()>;
    /// The next unit, on its way to where it will be performed.
    fn hand_over_next(&mut self, part: &mut Part) -> Option<Delivery>;
    /// What the taker has said of that unit.
    fn handed_over(&mut self, part: &Part, taken: Result<(), (Delivery, BoxError)>);
    /// Enters what a store said of each pending intent.
    fn complete(&mut self, part: &Part, receipt: &mut dyn FnMut(&Intent) -> Option<Receipt>);
    /// The positions of the next unit.
    fn next_unit(&mut self, part: &mut Part) -> Option<Vec<u32>>;
    /// Makes failed intents pending that `again` accepts.
    fn retry_failed(
        &mut self,
        part: &mut Part,
        should_retry: &mut dyn FnMut(&Intent, &Failure) -> bool,
    ) -> usize;
    fn fail_rest(&mut self, part: &Part, error: BoxError);
    /// Fails what an attempt that was dropped has not finished.
    fn time_out(&mut self, part: &Part, limit: Duration);
    fn timer(&self) -> &Arc<dyn Timer>;
    /// Whether anybody waits for this flush: not for that of a dropped future.
    fn may_wait(&self) -> bool;
}

impl<'a> Batch<'a> {
    pub(crate) fn new(flush: &'a mut dyn FlushInProgress, part: Part) -> Self {
        Self { flush, part }
    }

    /// The intents that are still to be dispatched, in order.
    pub fn intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents_from(0).map(|(_, intent)| intent)
    }

    /// The intents that are still to be dispatched, each with its position, from a position on: for executors that take
    /// some, await, and go on behind the last of them.
    pub fn intents_from(&self, position: usize) -> impl Iterator<Item = (usize, &Intent)> {
        let from = position.max(self.part.cursor);
        let positions = self.flush.positions(&self.part, from);
        let intents = positions.map(|position| (position, self.flush.intent(position)));
        intents.filter(|(_, intent)| intent.data.is_pending())
    }

    /// How many those are.
    pub fn len(&self) -> usize {
        self.intents().count()
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.intents().next().is_none()
    }

    /// The intents of this batch that have failed so far, with the reason.
    pub fn failed(&self) -> impl Iterator<Item = (&Intent, &Failure)> {
        let positions = self.flush.positions(&self.part, 0);
        positions.filter_map(|position| {
            let intent = self.flush.intent(position);
            match intent.data.fate() {
                crate::intent::Fate::Failed(failure) => Some((intent, failure)),
                _ => None,
            }
        })
    }

    /// Performs every intent here and now, each in a scope of its own, with what it causes. Async
    /// effects fail with [`Failure::NeedsAwait`].
    pub fn perform_all(&mut self) {
        self.flush.perform_all(&mut self.part);
    }

    /// As [`perform_all`](Self::perform_all), awaiting async effects. Dropped half-way, the effect under
    /// way fails.
    pub async fn perform_all_async(&mut self) {
        self.flush.perform_all_async(&mut self.part).await;
    }

    /// Hands each unit to something that will perform it elsewhere or later, without awaiting.
    ///
    /// `take` gives an error together with the delivery if it could not take it.
    pub fn hand_over(
        &mut self,
        mut take: impl FnMut(Delivery) -> Result<(), (Delivery, BoxError)>,
    ) {
        while let Some(delivery) = self.flush.hand_over_next(&mut self.part) {
            let taken = take(delivery);
            self.flush.handed_over(&self.part, taken);
        }
    }

    /// As [`hand_over`](Self::hand_over), awaiting the taker. If it is dropped meanwhile, the delivery
    /// under way counts as failed, and its intents come back if the taker has dropped it, too.
    pub async fn hand_over_async(
        &mut self,
        mut take: impl AsyncFnMut(Delivery) -> Result<(), (Delivery, BoxError)>,
    ) {
        while let Some(delivery) = self.flush.hand_over_next(&mut self.part) {
            let taken = take(delivery).await;
            self.flush.handed_over(&self.part, taken);
        }
    }

    /// Enters what became of each pending intent, in order, after all of them were given to something that
    /// takes them in a form of its own, such as rows of a table.
    pub fn complete(&mut self, mut receipt: impl FnMut(&Intent) -> Receipt) {
        self.complete_some(|intent| Some(receipt(intent)));
    }

    /// As [`complete`](Self::complete), with the answers in the order of the intents. One without an answer is rejected.
    pub fn complete_in_order(&mut self, receipts: impl IntoIterator<Item = Receipt>) {
        let mut receipts = receipts.into_iter();
        let unanswered = || Receipt::Rejected("the engine gave no answer for it".into());
        self.complete(|_| receipts.next().unwrap_or_else(unanswered));
    }

    /// Fails the pending intents that a closure has an error for, and leaves the others.
    pub fn reject(&mut self, mut error: impl FnMut(&Intent) -> Option<BoxError>) {
        self.complete_some(|intent| error(intent).map(Receipt::Rejected));
    }

    fn complete_some(&mut self, mut receipt: impl FnMut(&Intent) -> Option<Receipt>) {
        self.flush.complete(&self.part, &mut receipt);
    }

    /// Makes the intents that failed here pending again where `again` says so and their arguments are
    /// still there, for another attempt. Returns how many those are.
    ///
    /// Under [`FailureMode::Stop`](crate::executor::FailureMode::Stop) all of them are tried again or
    /// none: one that stays failed has stopped the flush.
    pub fn retry_failed(
        &mut self,
        mut should_retry: impl FnMut(&Intent, &Failure) -> bool,
    ) -> usize {
        self.flush.retry_failed(&mut self.part, &mut should_retry)
    }

    /// The next unit alone, as a batch of its own; `None` if none is left.
    pub fn next_alone(&mut self) -> Option<Batch<'_>> {
        let unit = self.flush.next_unit(&mut self.part)?;
        Some(self.part_of(unit))
    }

    /// The pending intents that a closure accepts, as a batch of their own; `None` if it accepts none.
    pub fn only(&mut self, accepts: impl Fn(&Intent) -> bool) -> Option<Batch<'_>> {
        let positions = self.flush.positions(&self.part, self.part.cursor);
        let accepted = |position: &usize| {
            let intent = self.flush.intent(*position);
            intent.data.is_pending() && accepts(intent)
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

    /// Fails every intent that is still to be dispatched, as when a broker cannot be reached.
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
