//! The part of a flush that a policy judges.

use std::borrow::Cow;
use std::cell::Cell;

use crate::intent::Intent;
use crate::policy::{Policy, Verdict, shown_name};

/// The intents that one policy judges in one flush, in the order of the buffer.
///
/// Passed to [`Policy::judge`](crate::policy::Policy::judge). Each call of [`each`](Self::each) or
/// [`each_from_last`](Self::each_from_last) covers the intents that earlier calls did not drop.
pub struct Judgement<'a> {
    intents: &'a [Intent],
    /// The positions in `intents` that have not been dropped.
    left: Vec<u32>,
    dropped: Vec<Drop>,
    /// The position being judged, so that a panic fails the right intent.
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

    /// Calls `verdict` for each remaining intent in order, and drops the intents that it refuses.
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
                    dropped.push(Drop {
                        position,
                        reason,
                        policy: None,
                    });
                    false
                }
            }
        });
        asking.set(None);
    }

    /// Like [`each`](Self::each), from the last intent to the first.
    pub fn each_from_last(&mut self, verdict: impl FnMut(&Intent) -> Verdict) {
        self.left.reverse();
        self.each(verdict);
        self.left.reverse();
    }

    /// Returns the intents that have not been dropped, in order.
    pub fn intents(&self) -> impl Iterator<Item = &'a Intent> + '_ {
        self.left
            .iter()
            .map(|&position| &self.intents[position as usize])
    }

    /// Returns the number of intents that have not been dropped.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Returns `true` if no intent is left to judge.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Lets one of several policies judge, and names it in what it drops.
    pub(crate) fn ask(&mut self, policy: &(impl Policy + ?Sized)) {
        let before = self.dropped.len();
        policy.judge(self);
        for drop in &mut self.dropped[before..] {
            drop.policy.get_or_insert_with(|| shown_name(policy));
        }
    }

    /// Runs `judge` on a copy with these positions, and returns what it kept and dropped.
    pub(crate) fn trial(&self, left: Vec<u32>, judge: impl FnOnce(&mut Judgement<'a>)) -> Judged {
        let mut trial = Judgement::new(self.intents, left, self.asking);
        judge(&mut trial);
        trial.finish()
    }

    pub(crate) fn left(&self) -> &[u32] {
        &self.left
    }

    /// Replaces the remaining intents by those of another outcome, and adds its drops.
    pub(crate) fn apply(&mut self, judged: Judged) {
        self.left = judged.kept;
        self.dropped.extend(judged.dropped);
    }

    pub(crate) fn finish(mut self) -> Judged {
        // `each_from_last` adds its drops in reverse order.
        self.dropped.sort_unstable_by_key(|drop| drop.position);
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

impl Drop {
    /// Removes the name of the policy.
    pub(crate) fn anonymous(self) -> Self {
        Self {
            policy: None,
            ..self
        }
    }
}

/// The decision of one policy, as positions in order.
#[derive(Default)]
pub(crate) struct Judged {
    pub(crate) kept: Vec<u32>,
    pub(crate) dropped: Vec<Drop>,
}

/// An intent that a policy dropped.
pub(crate) struct Drop {
    pub(crate) position: u32,
    pub(crate) reason: Option<Cow<'static, str>>,
    /// The policy within a combination of policies that dropped it.
    pub(crate) policy: Option<String>,
}
