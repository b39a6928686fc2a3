//! Loops, and the jumps out of them.

use std::collections::BTreeSet;

use syn::{Label, Lifetime};

use super::{Guard, Variable, Walk};

type Alive = BTreeSet<(Variable, Guard)>;

/// A loop or a labelled block that encloses the code.
pub(super) struct Jump {
    label: Option<String>,
    is_loop: bool,
    /// The guards that may be alive where it is left.
    left: Alive,
    /// The guards that may be alive where its next iteration starts.
    continued: Alive,
}

/// The ways in which a loop ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// Only by `break`.
    ByBreak,
    /// After any iteration, or before the first.
    ByItself,
}

impl Walk<'_> {
    pub(super) fn repeated(
        &mut self,
        label: Option<&Label>,
        ends: Ends,
        mut round: impl FnMut(&mut Self),
    ) {
        let mut before = self.alive.clone();
        self.enter(label, true);
        round(self);
        let next = self.round_ends();
        let is_more = !next.is_subset(&before);
        before.extend(next);
        if is_more {
            // A variable outside the loop holds another guard, which is alive in the next
            // iteration.
            self.alive.clone_from(&before);
            round(self);
            before.extend(self.round_ends());
        }
        let jump = self.jumps.pop();
        self.alive = match ends {
            Ends::ByBreak => Alive::new(),
            Ends::ByItself => before,
        };
        self.alive
            .extend(jump.into_iter().flat_map(|jump| jump.left));
    }

    pub(super) fn labelled<T>(&mut self, label: &Label, block: impl FnOnce(&mut Self) -> T) -> T {
        self.enter(Some(label), false);
        let value = block(self);
        let jump = self.jumps.pop();
        self.alive
            .extend(jump.into_iter().flat_map(|jump| jump.left));
        value
    }

    fn enter(&mut self, label: Option<&Label>, is_loop: bool) {
        self.jumps.push(Jump {
            label: label.map(|label| label.name.ident.to_string()),
            is_loop,
            left: Alive::new(),
            continued: Alive::new(),
        });
    }

    fn round_ends(&mut self) -> Alive {
        let mut alive = std::mem::take(&mut self.alive);
        if let Some(jump) = self.jumps.last_mut() {
            alive.append(&mut jump.continued);
        }
        alive
    }

    pub(super) fn breaks(&mut self, label: Option<&Lifetime>) {
        let alive = std::mem::take(&mut self.alive);
        if let Some(jump) = self.target(label) {
            jump.left.extend(alive);
        }
    }

    pub(super) fn continues(&mut self, label: Option<&Lifetime>) {
        let alive = std::mem::take(&mut self.alive);
        if let Some(jump) = self.target(label) {
            jump.continued.extend(alive);
        }
    }

    fn target(&mut self, label: Option<&Lifetime>) -> Option<&mut Jump> {
        let label = label.map(|label| label.ident.to_string());
        let mut jumps = self.jumps.iter_mut().rev();
        jumps.find(|jump| match &label {
            Some(_) => jump.label == label,
            None => jump.is_loop,
        })
    }
}
