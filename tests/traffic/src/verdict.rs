//! Checks that the effects did what they had to do.

use std::fmt;

use super::ledger::Ledger;
use super::plan::{Ending, Fate, Plan};

pub(super) struct Verdict {
    pub(super) counts: Counts,
    /// Descriptions of everything that went wrong.
    pub(super) wrong: Vec<String>,
}

/// Counts of requests by their ending, and of the effects that ran.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) succeeded: usize,
    pub(super) failed: usize,
    pub(super) panicked: usize,
    pub(super) left_all: usize,
    pub(super) left_none: usize,
    pub(super) left_cut_short: usize,
    /// Effects that ran.
    done: usize,
    /// Effects that ran although the client of their request had left.
    done_for_left: usize,
}

/// The result for the effects of one request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CameTo {
    All,
    Nothing,
    /// The first effects ran, and the rest was handed back.
    CutShort,
    Wrong,
}

impl Verdict {
    pub(super) fn new(ledger: &Ledger, plans: &[Plan]) -> Self {
        let mut counts = Counts::default();
        let mut wrong = ledger.strays();
        for (request, plan) in plans.iter().enumerate() {
            let (done, unhandled) = (ledger.done(request), ledger.unhandled(request));
            let came_to = CameTo::new(plan.expected(), &done, &unhandled);
            if !came_to.is(plan.fate()) {
                wrong.push(format!(
                    "request {request}: {done:?} ran, {unhandled:?} were handed back, of {plan:?}"
                ));
            }
            counts.add(plan.ending, came_to, done.len());
        }
        Self { counts, wrong }
    }
}

impl CameTo {
    fn new(expected: &[u32], done: &[u32], unhandled: &[u32]) -> Self {
        match (done, unhandled) {
            (_, []) if done == expected => Self::All,
            ([], []) => Self::Nothing,
            _ if [done, unhandled].concat() == expected => Self::CutShort,
            _ => Self::Wrong,
        }
    }

    fn is(self, fate: Fate) -> bool {
        match fate {
            Fate::All => self == Self::All,
            Fate::Nothing => self == Self::Nothing,
            Fate::AllOrNothing => matches!(self, Self::All | Self::Nothing),
            Fate::CutShort => self != Self::Wrong,
        }
    }
}

impl Counts {
    fn add(&mut self, ending: Ending, came_to: CameTo, done: usize) {
        self.done += done;
        let count = match (ending, came_to) {
            (Ending::Succeeds, _) => &mut self.succeeded,
            (Ending::FailsWith(_) | Ending::Refuses, _) => &mut self.failed,
            (Ending::Panics, _) => &mut self.panicked,
            (Ending::Left(_), CameTo::All) => &mut self.left_all,
            (Ending::Left(_), CameTo::Nothing) => &mut self.left_none,
            (Ending::Left(_), CameTo::CutShort | CameTo::Wrong) => &mut self.left_cut_short,
        };
        *count += 1;
        if let Ending::Left(_) = ending {
            self.done_for_left += done;
        }
    }

    /// Returns whether each case occurred, except a flush that was cut short, which depends on timing.
    pub(super) fn cover_every_case(&self) -> bool {
        let Self {
            succeeded,
            failed,
            panicked,
            left_all,
            left_none,
            ..
        } = *self;
        ![succeeded, failed, panicked, left_all, left_none].contains(&0)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} succeeded, {} failed, {} panicked; of {} the client left: all effects of {} ran, none of {}, \
             the first of {}; {} effects ran, {} of them without a client",
            self.succeeded,
            self.failed,
            self.panicked,
            self.left_all + self.left_none + self.left_cut_short,
            self.left_all,
            self.left_none,
            self.left_cut_short,
            self.done,
            self.done_for_left,
        )
    }
}
