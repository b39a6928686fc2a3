//! Moves captured intents below another airlock. Their policies are kept; the executors that were
//! configured around them are not.

use std::collections::HashMap;
use std::sync::Arc;

use crate::context::{Around, Place, PlaceKind};
use crate::executor::{Executor, FailureMode};
use crate::intent::Intent;
use crate::lifecycle::FlushOnSuccess;
use crate::policy::Layer;
use crate::scope::{OpenScope, ScopeBuilder};

/// Moves the intents into a scope below `root`, whose flush lets their policies judge, and hands what they
/// allow to `executor`. Leaves out the policies of `airlock`, which is the airlock that `root` stands for.
pub(crate) fn reparent(
    intents: Vec<Intent>,
    captured_in: &Around,
    (airlock, root): (&Arc<Place>, Around),
    name: &'static str,
    executor: impl Executor,
) -> OpenScope {
    let mut around = root;
    for layer in policies_around(captured_in, airlock).into_iter().rev() {
        around = around.with(PlaceKind::Policy(layer));
    }
    let open = ScopeBuilder::new()
        .name(name)
        .executor(executor)
        .failure_mode(FailureMode::CarryOn)
        .lifecycle(FlushOnSuccess)
        .within(around)
        .open();
    let mut places = NewPlaces {
        old: captured_in.place(),
        new: open.around().clone(),
        known: HashMap::new(),
    };
    for mut intent in intents {
        match Place::from_intent(&intent.info) {
            Some(place) => places.rebuilt(&place).remember(&mut intent.info),
            None => intent.info.set_place(None),
        }
        open.hold(intent);
    }
    open
}

/// Returns the policies around the capture, innermost first, without those of the given airlock.
fn policies_around(captured_in: &Around, airlock: &Arc<Place>) -> Vec<Layer> {
    let others = captured_in
        .outwards()
        .take_while(|place| !Arc::ptr_eq(place, airlock));
    let policies = others.flat_map(|place| place.policies().iter());
    policies.cloned().collect()
}

/// The places between the capture and its intents, rebuilt with only their policies.
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
