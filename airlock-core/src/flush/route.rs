//! Stage 7: finds the executor of each intent, the nearest one named from its enqueue outwards (R16), and groups
//! the intents of batch effects into units that one call performs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::context::{Around, Place};
use crate::effect::EffectDescriptor;
use crate::executor::{Executor, Identity, Inline};
use crate::flush::judge::Leaving;
use crate::flush::limit::Limited;
use crate::intent::{Intent, Schedule};
use crate::unwind::guarded;

/// The executors of a flush, and the executor of each intent.
#[derive(Default)]
pub(super) struct Routes {
    /// The executors by route. `None` performs where the scope ends, as [`Inline`] does.
    executors: Vec<Option<Arc<dyn Executor>>>,
    by_identity: HashMap<Identity, u32>,
    /// The routes by the address of the place and whether the effect is durable. Saves a call of
    /// `Executor::identity` for each intent.
    by_place: HashMap<(usize, bool), u32>,
    /// The route of each intent. Intents beyond its end have route 0, so that it is empty while all have one executor.
    of: Vec<u32>,
    units: Units,
}

/// The intents of batch effects, by the unit that performs them.
#[derive(Default)]
struct Units {
    members: Vec<Vec<u32>>,
    by_kind: HashMap<Kind, u32>,
    /// The kind that was looked up last, and its unit. Neighbours mostly have the same.
    last: Option<(Kind, u32)>,
    /// The position of each intent of a batch effect, and its unit. Ascending, for a binary search.
    of: Vec<(u32, u32)>,
}

/// The effect, executor and schedule that the intents of a unit share. With different schedules, an intent without
/// a delay would wait for a delayed one.
type Kind = (&'static EffectDescriptor, u32, Schedule);

impl Routes {
    /// Finds the executor of each intent. The first one is at position `offset` of the flush. Returns whether a
    /// failure has stopped the flush.
    pub(super) fn add(&mut self, Limited(leaving): Limited<'_>, offset: usize) -> bool {
        let Leaving {
            intents,
            around,
            special,
            stopped,
            ..
        } = leaving;
        self.units.forget_kinds(); // Units of one cascade are not merged with those of another.
        // The intents keep the places of this call alive, but not those of earlier ones: their addresses may be reused.
        self.by_place.clear();
        // Fast path: nothing is batched, and all intents are directly in the scope.
        if special.is_nothing()
            && self.executors.is_empty()
            && let Some(only) = around.only_executor()
        {
            self.route_of_executor(only.cloned());
            return stopped;
        }
        // Neighbours mostly have the same place, so one comparison skips most lookups.
        let mut last: Option<((Option<*const Place>, bool), u32)> = None;
        for (index, intent) in intents.iter().enumerate() {
            if !intent.info.is_pending() {
                continue;
            }
            let place = Place::of_ref(&intent.info);
            let durable = intent.effect().is_durable();
            let at = (place.map(std::ptr::from_ref), durable);
            let route = match last {
                Some((same, route)) if same == at => route,
                _ => self.route_at(place, around, durable),
            };
            last = Some((at, route));
            let position = offset + index;
            if route > 0 {
                self.of.resize(position, 0);
                self.of.push(route);
            }
            if intent.effect().is_batch() {
                self.units.add(intent, route, position as u32);
            }
        }
        stopped
    }

    /// Returns the route from a place.
    fn route_at(&mut self, place: Option<&Place>, around: &Around, durable: bool) -> u32 {
        let Some(place) = place.or_else(|| around.place().map(|place| &**place)) else {
            return self.route_of_executor(None);
        };
        let at = (std::ptr::from_ref(place) as usize, durable);
        if let Some(route) = self.by_place.get(&at) {
            return *route;
        }
        let route = self.route_of_executor(place.executor(durable).cloned());
        self.by_place.insert(at, route);
        route
    }

    /// Returns the route to an executor, and adds the executor if it is new. Clones of one executor have one identity,
    /// so that they get one batch.
    fn route_of_executor(&mut self, executor: Option<Arc<dyn Executor>>) -> u32 {
        let identity = match &executor {
            None => Inline::IDENTITY,
            Some(executor) => identity_of(executor),
        };
        let next = self.executors.len() as u32;
        let route = *self.by_identity.entry(identity).or_insert(next);
        if route == next {
            self.executors.push(executor);
        }
        route
    }

    /// Returns the route to the executor with this identity, if an intent has it.
    pub(super) fn with_identity(&self, identity: Identity) -> Option<u32> {
        self.by_identity.get(&identity).copied()
    }

    /// Routes all intents to one executor.
    pub(super) fn only(executor: Option<Arc<dyn Executor>>) -> Self {
        let mut routes = Self::default();
        routes.route_of_executor(executor);
        routes
    }

    /// Makes these intents one unit, if their effect is a batch effect.
    pub(super) fn one_unit(&mut self, intents: &[Intent], positions: Vec<u32>) {
        if intents
            .first()
            .is_some_and(|first| first.effect().is_batch())
        {
            self.units
                .of
                .extend(positions.iter().map(|position| (*position, 0)));
            self.units.members = vec![positions];
        }
    }

    /// Returns the route of an intent.
    #[inline]
    pub(super) fn of(&self, position: usize) -> u32 {
        self.of.get(position).copied().unwrap_or(0)
    }

    /// Returns whether all intents have one executor.
    pub(super) fn is_one(&self) -> bool {
        self.of.is_empty()
    }

    /// Returns the executor of a route. `None` performs where the scope ends.
    pub(super) fn executor(&self, route: u32) -> Option<&Arc<dyn Executor>> {
        self.executors.get(route as usize)?.as_ref()
    }

    /// Returns whether the executor of a route performs where the scope ends.
    pub(super) fn is_in_place(&self, route: u32) -> bool {
        match self.executor(route) {
            None => true,
            Some(executor) => identity_of(executor) == Inline::IDENTITY,
        }
    }

    /// Returns the intents of a batch effect that are in the same unit as this one, and after it.
    pub(super) fn unit_after(&self, position: usize) -> &[u32] {
        let of = &self.units.of;
        let Ok(found) = of.binary_search_by_key(&(position as u32), |(position, _)| *position)
        else {
            return &[];
        };
        let members = &self.units.members[of[found].1 as usize];
        let after = members.partition_point(|member| *member as usize <= position);
        &members[after..]
    }
}

/// Returns the identity of an executor: its own, or the address of its `Arc`.
pub(super) fn identity_of(executor: &Arc<dyn Executor>) -> Identity {
    let named = guarded("Executor::identity", || (**executor).identity());
    named.flatten().unwrap_or_else(|| Identity::new(executor))
}

impl Units {
    /// Adds an intent of a batch effect.
    fn add(&mut self, intent: &Intent, route: u32, position: u32) {
        let kind = (intent.effect(), route, intent.schedule());
        let unit = match self.last {
            Some((last, unit)) if last == kind => unit,
            _ => self.unit_of(kind),
        };
        self.last = Some((kind, unit));
        self.members[unit as usize].push(position);
        self.of.push((position, unit));
    }

    /// Returns the unit of a kind, and makes one if there is none.
    fn unit_of(&mut self, kind: Kind) -> u32 {
        let next = self.members.len() as u32;
        let unit = *self.by_kind.entry(kind).or_insert(next);
        if unit == next {
            self.members.push(Vec::new());
        }
        unit
    }

    /// Makes later intents start new units.
    fn forget_kinds(&mut self) {
        self.by_kind.clear();
        self.last = None;
    }
}
