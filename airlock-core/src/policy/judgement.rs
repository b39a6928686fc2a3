//! What a policy sees of one flush, and where it says what to drop.

use std::borrow::Cow;
use std::cell::Cell;

use crate::intent::Intent;
use crate::policy::Verdict;

/// The intents that one policy judges in one flush, in the order of the buffer.
pub struct Judgement<'a> {
    intents: &'a [Intent],
    /// Positions in `intents` that are still to be dispatched.
    left: Vec<u32>,
    dropped: Vec<(u32, Option<Cow<'static, str>>)>,
    /// The position that is being asked about, so that a panic can be laid at the right intent.
    asking: &'a Cell<Option<u32>>,
}

impl<'a> Judgement<'a> {
    pub(crate) fn new(
        intents: &'a [Intent],
        left: Vec<u32>,
        asking: &'a Cell<Option<u32>>,
    ) -> Self {
        Self {
            intents,
            left,
            dropped: Vec::new(),
            asking,
        }
    }

    /// Asks `verdict` about each intent in order.
    pub fn each(&mut self, mut verdict: impl FnMut(&Intent) -> Verdict) {
        let Self {
            intents,
            left,
            dropped,
            asking,
        } = self;
        left.retain(|&position| {
            asking.set(Some(position));
            match verdict(&intents[position as usize]) {
                Verdict::Allow => true,
                Verdict::Drop(reason) => {
                    dropped.push((position, reason));
                    false
                }
            }
        });
        asking.set(None);
    }

    /// As [`each`](Self::each), from the last intent to the first.
    pub fn each_from_last(&mut self, verdict: impl FnMut(&Intent) -> Verdict) {
        self.left.reverse();
        self.each(verdict);
        self.left.reverse();
    }

    /// The intents that nobody has dropped yet, in order.
    pub fn intents(&self) -> impl Iterator<Item = &'a Intent> + '_ {
        self.left
            .iter()
            .map(|&position| &self.intents[position as usize])
    }

    /// How many those are.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether nothing is left to judge.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Lets `judge` decide about a copy; gives what it kept and what it dropped.
    pub(crate) fn trial(&self, left: Vec<u32>, judge: impl FnOnce(&mut Judgement<'a>)) -> Judged {
        let mut trial = Judgement::new(self.intents, left, self.asking);
        judge(&mut trial);
        trial.finish()
    }

    pub(crate) fn left(&self) -> &[u32] {
        &self.left
    }

    /// Replaces the outcome so far by another one about the same intents.
    pub(crate) fn apply(&mut self, judged: Judged) {
        self.left = judged.kept;
        self.dropped.extend(judged.dropped);
    }

    pub(crate) fn finish(mut self) -> Judged {
        self.dropped.sort_unstable_by_key(|(position, _)| *position);
        Judged {
            kept: self.left,
            dropped: self.dropped,
        }
    }
}

impl std::fmt::Debug for Judgement<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.intents()).finish()
    }
}

/// What one policy decided: positions, in order.
#[derive(Default)]
pub(crate) struct Judged {
    pub(crate) kept: Vec<u32>,
    pub(crate) dropped: Vec<(u32, Option<Cow<'static, str>>)>,
}
