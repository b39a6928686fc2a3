//! Stage 7: which executor takes each intent: the nearest, from its enqueue outwards, that is named
//! (R16). And which intents of a batch effect are performed by one call.

use std::collections::HashMap;
use std::sync::Arc;

use crate::context::{Around, Place};
use crate::effect::EffectDescriptor;
use crate::executor::{Executor, Identity, Inline};
use crate::flush::judge::Leaving;
use crate::flush::limit::Limited;
use crate::intent::{Intent, Schedule};
use crate::unwind::guarded;

/// The executors of a flush, and the intents that each one takes.
#[derive(Default)]
pub(super) struct Routes {
    /// `None` performs where the scope ends, as [`Inline`] does.
    executors: Vec<Option<Arc<dyn Executor>>>,
    by_identity: HashMap<Identity, u32>,
    /// By the address of the place, and whether the effect is durable.
    by_place: HashMap<(usize, bool), u32>,
    /// For each intent its place in `executors`; shorter or empty where the rest have the first.
    of: Vec<u32>,
    units: Units,
}

/// The intents of batch effects, by the call that performs them.
#[derive(Default)]
struct Units {
    members: Vec<Vec<u32>>,
    by_kind: HashMap<Kind, u32>,
    /// The kind that was looked up last, and its unit: most are the same.
    last: Option<(Kind, u32)>,
    /// The intents of batch effects and the unit of each, by position.
    of: Vec<(u32, u32)>,
}

/// What the intents of a unit have in common: the effect, the executor and the schedule.
type Kind = (&'static EffectDescriptor, u32, Schedule);

impl Routes {
    /// Finds the executor of each intent. The first of them is number `offset` of the flush.
    pub(super) fn add(&mut self, Limited(leaving): Limited<'_>, offset: usize) -> bool {
        let Leaving {
            intents,
            around,
            special,
            stopped,
            ..
        } = leaving;
        self.units.forget_kinds(); // What one effect caused is not in a unit with what another did.
        if special.is_nothing()
            && self.executors.is_empty()
            && let Some(only) = around.only_executor()
        {
            self.route_of_executor(only.cloned());
            return stopped;
        }
        let mut last: Option<((Option<*const Place>, bool), u32)> = None;
        for (index, intent) in intents.iter().enumerate() {
            if !intent.data.is_pending() {
                continue;
            }
            let place = Place::of_ref(&intent.data);
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

    /// The route to the executor with this identity, if something takes it.
    pub(super) fn with_identity(&self, identity: Identity) -> Option<u32> {
        self.by_identity.get(&identity).copied()
    }

    /// One executor for all, named before.
    pub(super) fn only(executor: Option<Arc<dyn Executor>>) -> Self {
        let mut routes = Self::default();
        routes.route_of_executor(executor);
        routes
    }

    /// Lets these intents be one unit, if their effect is a batch effect.
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

    #[inline]
    pub(super) fn of(&self, position: usize) -> u32 {
        self.of.get(position).copied().unwrap_or(0)
    }

    /// Whether all intents have one executor.
    pub(super) fn is_one(&self) -> bool {
        self.of.is_empty()
    }

    pub(super) fn executor(&self, route: u32) -> Option<&Arc<dyn Executor>> {
        self.executors.get(route as usize)?.as_ref()
    }

    /// Whether an executor performs where the scope ends.
    pub(super) fn is_in_place(&self, route: u32) -> bool {
        match self.executor(route) {
            None => true,
            Some(executor) => identity_of(executor) == Inline::IDENTITY,
        }
    }

    /// The other intents of the unit that this one of a batch effect is in, from it on.
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

pub(super) fn identity_of(executor: &Arc<dyn Executor>) -> Identity {
    let named = guarded("Executor::identity", || (**executor).identity());
    named.flatten().unwrap_or_else(|| Identity::new(executor))
}

impl Units {
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

    fn unit_of(&mut self, kind: Kind) -> u32 {
        let next = self.members.len() as u32;
        let unit = *self.by_kind.entry(kind).or_insert(next);
        if unit == next {
            self.members.push(Vec::new());
        }
        unit
    }

    fn forget_kinds(&mut self) {
        self.by_kind.clear();
        self.last = None;
    }
}
