//! Moves captured intents into the airlock of a drain. Their policies are kept; the executors that were
//! configured around them are not.

use std::collections::HashMap;
use std::sync::Arc;

use crate::airlock::Airlock;
use crate::context::{Around, Place, PlaceKind};
use crate::executor::FailureMode;
use crate::intent::Intent;
use crate::lifecycle::FlushOnSuccess;
use crate::policy::Layer;
use crate::report::FlushError;
use crate::scope::{OpenScope, ScopeBuilder};
use crate::settings::Settings;
use crate::testing::drain::clock::Clock;
use crate::testing::drain::entry::DrainEntry;
use crate::testing::drain::queue::{Collect, Queue};

/// A scope that holds the captured intents, ready to be flushed.
pub(super) struct Reparented {
    open: OpenScope,
    entries: Vec<DrainEntry>,
}

impl Reparented {
    /// Flushes the scope, so that the policies judge the intents. Intents that pass go to the queue.
    /// Returns the entries of the others.
    pub(super) fn flush(self) -> Vec<DrainEntry> {
        let Self { open, mut entries } = self;
        let report = open.flush().unwrap_or_else(FlushError::into_report);
        for (entry, reported) in entries.iter_mut().zip(report.buffered()) {
            entry.set_fate_of(reported);
        }
        entries.retain(|entry| !entry.is_dispatched());
        entries
    }
}

/// Moves the intents into a scope whose flush hands them to the queue.
pub(super) fn reparent(
    intents: Vec<Intent>,
    captured_in: &Around,
    airlock: &Airlock,
    queue: &Arc<Queue>,
) -> Reparented {
    let mut around = root(airlock, queue);
    for layer in policies_around(captured_in, airlock.place())
        .into_iter()
        .rev()
    {
        around = around.with(PlaceKind::Policy(layer));
    }
    let open = ScopeBuilder::new()
        .name("drain")
        .executor(Collect(queue.clone()))
        .failure_mode(FailureMode::CarryOn)
        .lifecycle(FlushOnSuccess)
        .within(around)
        .open();
    let mut places = NewPlaces {
        old: captured_in.place(),
        new: open.around().clone(),
        known: HashMap::new(),
    };
    let mut entries = Vec::with_capacity(intents.len());
    for mut intent in intents {
        entries.push(DrainEntry::performed(&intent, queue.now()));
        match Place::from_intent(&intent.info) {
            Some(place) => places.rebuilt(&place).remember(&mut intent.info),
            None => intent.info.set_place(None),
        }
        open.hold(intent);
    }
    Reparented { open, entries }
}

/// Returns the given airlock with the clock of the drain, and without executor, lifecycle and `on_report`.
fn root(airlock: &Airlock, queue: &Arc<Queue>) -> Around {
    let unhandled = airlock.settings().on_unhandled_error.clone().map(|take| {
        let queue = queue.clone();
        let take = move |error| {
            // An intent that waits for a retry when the drain stops is left, not unhandled.
            if !queue.has_stopped() {
                take(error);
            }
        };
        Arc::new(take) as _
    });
    Around::Within(Place::airlock(Settings {
        timer: Arc::new(Clock(queue.clone())),
        executor: None,
        lifecycle: None,
        on_report: None,
        on_unhandled_error: unhandled,
        ..airlock.settings().clone()
    }))
}

/// Returns the policies around the capture, innermost first, without those of the given airlock.
fn policies_around(captured_in: &Around, airlock: &Arc<Place>) -> Vec<Layer> {
    let others = captured_in
        .outwards()
        .take_while(|place| !Arc::ptr_eq(place, airlock));
    let policies = others.flat_map(|place| place.policies().iter());
    policies.cloned().collect()
}

/// The places between the capture and its intents, rebuilt under the drain with only their policies.
struct NewPlaces<'a> {
    old: Option<&'a Arc<Place>>,
    new: Around,
    known: HashMap<*const Place, Around>,
}

impl NewPlaces<'_> {
    fn rebuilt(&mut self, place: &Arc<Place>) -> Around {
        let mut within = Vec::new();
        let mut home = self.new.clone();
        for place in place.outwards() {
            if self.old.is_some_and(|old| Arc::ptr_eq(old, place)) {
                break;
            }
            if let Some(known) = self.known.get(&Arc::as_ptr(place)) {
                home = known.clone();
                break;
            }
            within.push(place);
        }
        for place in within.into_iter().rev() {
            for layer in place.policies().iter().rev() {
                home = home.with(PlaceKind::Policy(layer.clone()));
            }
            self.known.insert(Arc::as_ptr(place), home.clone());
        }
        home
    }
}
