//! Stage 4: lets policies judge the intents. Each policy that an intent has passed on its way out judges it once,
//! innermost first (R10).

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::context::{self, Around, Place, PlaceKind};
use crate::executor::FailureMode;
use crate::intent::{Decision, Dropped, Failure, Intent, Special};
use crate::policy::{self, Judgement, Layer, Policy};
use crate::unwind::catch;

/// Intents that want to leave, with the settings of the scope that dispatches them.
pub(super) struct Leaving<'a> {
    pub(super) intents: &'a mut [Intent],
    /// The places of intents that remember none.
    pub(super) around: &'a Around,
    /// The smallest depth at which policies of scopes judge. Scopes further out have released the intents.
    pub(super) judges_from: u32,
    pub(super) mode: FailureMode,
    /// The features of the intents that the stages must look for.
    pub(super) special: Special,
    /// `true` if a failure has stopped the flush.
    pub(super) stopped: bool,
}

/// Intents that the policies have judged. Those still pending may leave.
pub(super) struct Judged<'a>(pub(super) Leaving<'a>);

/// Lets each policy judge all intents that pass it at once: every policy sees a flush as one batch in the order of
/// the buffer, so that `dedupe` needs no state outside of one call.
pub(super) fn judge(mut leaving: Leaving<'_>) -> Judged<'_> {
    let elsewhere = |intent: &Intent| Place::of_ref(&intent.info).is_some_and(|it| it.judges);
    let asked = leaving.around.judges()
        || (leaving.special.is_marked() && leaving.intents.iter().any(elsewhere));
    if asked && !leaving.stopped {
        leaving.ask_all();
    }
    Judged(leaving)
}

/// Groups of intents at the places that judge them next, by depth.
///
/// Groups move outwards from place to place, and merge where their paths meet. Taking the deepest place first makes
/// sure that all groups have arrived at a place before it judges.
#[derive(Default)]
struct Groups(BTreeMap<u32, Level>);

/// The groups at one depth.
#[derive(Default)]
struct Level {
    groups: Vec<Group>,
    by_place: HashMap<*const Place, usize>,
}

/// The intents that a place judges next.
struct Group {
    place: Arc<Place>,
    positions: Vec<u32>,
    in_order: bool,
}

impl Groups {
    /// Adds intents to the group at a place.
    fn join(&mut self, place: &Arc<Place>, positions: &[u32]) {
        if positions.is_empty() {
            return;
        }
        let level = self.0.entry(place.depth).or_default();
        let index = *level
            .by_place
            .entry(Arc::as_ptr(place))
            .or_insert(level.groups.len());
        if index == level.groups.len() {
            level.groups.push(Group {
                place: place.clone(),
                positions: Vec::new(),
                in_order: true,
            });
        }
        let group = &mut level.groups[index];
        group.in_order &= group
            .positions
            .last()
            .is_none_or(|last| *last < positions[0]);
        group.positions.extend_from_slice(positions);
    }

    /// Takes the groups of the deepest level, sorted by their first intent.
    fn deepest(&mut self) -> Option<Vec<Group>> {
        let (_, mut level) = self.0.pop_last()?;
        for group in &mut level.groups {
            // Only groups that merged can be out of order.
            if !group.in_order {
                group.positions.sort_unstable();
            }
        }
        level
            .groups
            .sort_unstable_by_key(|group| group.positions[0]);
        Some(level.groups)
    }
}

impl Leaving<'_> {
    /// Lets all policies judge, innermost first.
    fn ask_all(&mut self) {
        let mut groups = self.grouped();
        while let Some(level) = groups.deepest() {
            for Group {
                place, positions, ..
            } in level
            {
                let mut left = positions;
                for policy in policies_of(&place, self.judges_from) {
                    left = self.ask(policy, left);
                    if self.stopped {
                        return;
                    }
                }
                if let Some(outer) = place.outer.as_ref().filter(|outer| outer.judges) {
                    groups.join(outer, &left);
                }
            }
        }
    }

    /// Groups the pending intents by their place. Neighbours with the same place join as one run.
    fn grouped(&self) -> Groups {
        let mut groups = Groups::default();
        let mut run: Vec<u32> = Vec::new();
        let mut at: Option<&Place> = None;
        let mut flush = |run: &mut Vec<u32>| {
            let Some(first) = run.first() else { return };
            let data = &self.intents[*first as usize].info;
            let place = Place::from_intent(data).or_else(|| self.around.place().cloned());
            if let Some(place) = place.filter(|place| place.judges) {
                groups.join(&place, run);
            }
            run.clear();
        };
        for (position, intent) in self.intents.iter().enumerate() {
            if !intent.info.is_pending() {
                continue;
            }
            let place = Place::of_ref(&intent.info);
            if !same(place, at) {
                flush(&mut run);
                at = place;
            }
            run.push(position as u32);
        }
        flush(&mut run);
        groups
    }

    /// Lets one policy judge. Returns the positions that it lets pass, and decides the fate of the others.
    fn ask(&mut self, policy: &Layer, positions: Vec<u32>) -> Vec<u32> {
        if positions.is_empty() {
            return positions;
        }
        // Outlives the judgement, so that a panic can be attributed to the intent that was being judged.
        let asking = Cell::new(None);
        let judged = {
            let _judging = context::judging();
            catch(|| {
                // Cloned: after a panic `give_up` needs the positions, and the judgement is gone.
                let mut judgement = Judgement::new(self.intents, positions.clone(), &asking);
                policy.judge(&mut judgement);
                judgement.finish()
            })
        };
        match judged {
            Ok(judged) => {
                self.drop_all(policy, judged.dropped);
                judged.kept
            }
            Err(panicked) => {
                let failure = Failure::PolicyPanicked {
                    policy: policy.shown_name(),
                    message: panicked.message,
                };
                self.give_up(&positions, asking.get(), failure);
                Vec::new()
            }
        }
    }

    /// Decides the fate of the intents that a policy dropped.
    fn drop_all(&mut self, policy: &Layer, dropped: Vec<policy::Drop>) {
        if dropped.is_empty() {
            return;
        }
        let name = policy.shown_name();
        // Shared by all intents that were dropped without a reason.
        let plain = Arc::new(Dropped {
            policy: name.clone(),
            reason: None,
        });
        for policy::Drop {
            position,
            reason,
            policy,
        } in dropped
        {
            let policy = policy.as_deref().unwrap_or(&name);
            let intent = &mut self.intents[position as usize];
            tracing::debug!(
                target: "airlock",
                effect = intent.effect().id(),
                intent = intent.id().get(),
                at = %intent.location(),
                policy = %policy,
                reason = reason.as_deref(),
                "dropped",
            );
            let shared = reason.is_none() && policy == name;
            intent.info.decide(Decision::Dropped(match shared {
                true => plain.clone(),
                false => Arc::new(Dropped {
                    policy: policy.to_owned(),
                    reason: reason.map(Cow::into_owned),
                }),
            }));
        }
    }

    /// Decides the fate of intents whose policy panicked. The intent that was being judged fails. The others are not
    /// reached, since the policy has not let them pass.
    fn give_up(&mut self, positions: &[u32], asked: Option<u32>, failure: Failure) {
        let guilty = asked.or(positions.first().copied());
        let failure = Arc::new(failure);
        for &position in positions {
            let decision = match guilty == Some(position) {
                true => Decision::Failed(failure.clone()),
                false => Decision::NotReached,
            };
            self.intents[position as usize].info.decide(decision);
        }
        self.stopped |= self.mode == FailureMode::Stop;
    }
}

/// Returns whether both are the same place.
fn same(one: Option<&Place>, other: Option<&Place>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        _ => false,
    }
}

/// Returns the policies that judge at this place. Those of a scope judge only if the scope dispatches, or is within
/// the one that does. A scope further out has released the intent and given up its judgement.
fn policies_of(place: &Place, judges_from: u32) -> &[Layer] {
    match &place.kind {
        PlaceKind::Scope { .. } if place.depth < judges_from => &[],
        _ => place.policies(),
    }
}
