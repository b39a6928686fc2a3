//! Records the events of a run, and checks them against the promise.
//!
//! Intents are identified by the numbers that the run assigned, in the order of their enqueues.

use crate::program::Kind;

/// An event, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// `try_enqueue` accepted the intent, perhaps again after it was handed back.
    Accepted(u32),
    /// An attempt at its body began.
    Begun(u32),
    /// Its body returned successfully.
    Succeeded(u32),
    /// An executor received its delivery, and awaits something before it takes it.
    Offered(u32),
    /// An executor panicked while it held its delivery.
    Lost(u32),
    /// An executor took its delivery.
    HandedOver(u32),
    /// A report shows its fate.
    Reported {
        intent: u32,
        fate: Fate,
        by: Reporter,
    },
    /// A flush error handed it back.
    HandedBack(u32),
}

/// The fate in a report: its word, and the name of the failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) word: &'static str,
    pub(crate) failure: Option<&'static str>,
}

/// The source of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reporter {
    Flush,
    /// The delivery that was performed.
    Delivery,
}

/// A broken promise. Two violations of the same rule are assumed to have the same cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) about: String,
}

/// The state of one intent from its enqueue to its final fate.
#[derive(Default)]
struct Life {
    begun: u32,
    succeeded: bool,
    offered: bool,
    lost: bool,
    handed_over: bool,
    fate: Option<Fate>,
    /// The final fate in the report of its delivery.
    delivered: Option<Fate>,
    handed_back: bool,
}

/// Checks all events of a finished run. `kinds` has the kind of each intent.
pub(crate) fn check(events: &[Event], kinds: &[Kind]) -> Result<(), Violation> {
    let mut lives: Vec<Option<Life>> = Vec::new();
    lives.resize_with(kinds.len(), || None);
    for event in events {
        let number = event.intent();
        let kind = kinds[number as usize];
        let slot = &mut lives[number as usize];
        let checked = match event {
            Event::Accepted(_) => accept(slot, kind),
            _ => match slot {
                Some(life) => life.take(event),
                None => Err("it was never accepted"),
            },
        };
        checked.map_err(|rule| Violation {
            rule,
            about: format!("intent {number} ({kind:?}), at {event:?}"),
        })?;
    }
    for (number, (life, kind)) in lives.iter().zip(kinds).enumerate() {
        let Some(life) = life else { continue };
        life.end(*kind).map_err(|rule| Violation {
            rule,
            about: format!("intent {number} ({kind:?}), at the end of the program"),
        })?;
    }
    Ok(())
}

fn accept(slot: &mut Option<Life>, kind: Kind) -> Result<(), &'static str> {
    if let Some(life) = slot {
        life.end(kind)?;
    }
    *slot = Some(Life::default());
    Ok(())
}

impl Life {
    fn take(&mut self, event: &Event) -> Result<(), &'static str> {
        match event {
            Event::Accepted(_) => Ok(()),
            Event::Begun(_) => {
                self.begun += 1;
                self.may_perform()
            }
            Event::Succeeded(_) if self.succeeded => Err("its body succeeded twice"),
            Event::Succeeded(_) => {
                self.succeeded = true;
                Ok(())
            }
            Event::Offered(_) => {
                self.offered = true;
                self.may_perform()
            }
            Event::Lost(_) => {
                self.lost = true;
                self.may_perform()
            }
            Event::HandedOver(_) => {
                self.handed_over = true;
                self.may_perform()
            }
            Event::Reported { fate, by, .. } => self.report(fate, *by),
            Event::HandedBack(_) => self.hand_back(),
        }
    }

    /// Checks that an attempt, or a delivery to another place, may happen now.
    fn may_perform(&self) -> Result<(), &'static str> {
        let waits_elsewhere = self.handed_over && self.delivered.is_none();
        if self.succeeded {
            Err("it was performed again after its body had succeeded")
        } else if self.handed_back {
            Err("it was performed after it had been handed back")
        } else if self.fate.is_some() && !waits_elsewhere {
            Err("it was performed after a report had shown its fate")
        } else {
            Ok(())
        }
    }

    fn report(&mut self, fate: &Fate, by: Reporter) -> Result<(), &'static str> {
        let slot = match by {
            Reporter::Flush => &mut self.fate,
            Reporter::Delivery if !self.handed_over => {
                return Err("a delivery reports it, but nobody took its delivery");
            }
            Reporter::Delivery => &mut self.delivered,
        };
        if slot.is_some() {
            return Err("two reports show its fate");
        }
        if fate.word != "captured" {
            *slot = Some(fate.clone());
        }
        Ok(())
    }

    fn hand_back(&mut self) -> Result<(), &'static str> {
        let failed = |fate: &&Fate| fate.is_failure();
        if self.last_fate().filter(failed).is_none() {
            return Err("it was handed back, but it has neither failed nor been left out");
        }
        if std::mem::replace(&mut self.handed_back, true) {
            return Err("it was handed back twice");
        }
        Ok(())
    }

    fn last_fate(&self) -> Option<&Fate> {
        self.delivered.as_ref().or(self.fate.as_ref())
    }

    /// Checks that nothing is missing.
    fn end(&self, kind: Kind) -> Result<(), &'static str> {
        let Some(fate) = self.last_fate() else {
            return Err("it vanished: no report shows its fate");
        };
        let performed_here = !self.handed_over || self.delivered.is_some();
        if fate.word == "dispatched" && performed_here && !self.succeeded {
            return Err("a report says dispatched, but its body has not succeeded");
        }
        if fate.word != "dispatched" && self.succeeded {
            return Err("its body succeeded, but a report says otherwise");
        }
        if fate.is_failure() && !self.handed_back && self.must_come_back(kind, fate) {
            return Err("it failed or was not reached, and did not come back");
        }
        Ok(())
    }

    /// Returns whether its arguments certainly still exist.
    fn must_come_back(&self, kind: Kind, fate: &Fate) -> bool {
        if self.offered && fate.failure == Some("Interrupted") {
            return false; // The future that takes it was dropped, possibly after taking it.
        }
        if self.lost {
            return kind.is_copy();
        }
        // A body that was started may have consumed what it cannot repeat. A future may be started
        // and never polled.
        kind.keeps_arguments() || (self.begun == 0 && !self.offered && fate.failure.is_none())
    }
}

impl Fate {
    fn is_failure(&self) -> bool {
        matches!(self.word, "failed" | "not reached")
    }
}

impl Event {
    fn intent(&self) -> u32 {
        match *self {
            Event::Accepted(intent)
            | Event::Begun(intent)
            | Event::Succeeded(intent)
            | Event::Offered(intent)
            | Event::Lost(intent)
            | Event::HandedOver(intent)
            | Event::HandedBack(intent)
            | Event::Reported { intent, .. } => intent,
        }
    }
}

#[cfg(test)]
mod tests;
