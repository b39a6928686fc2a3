//! Judging at dispatch: every policy that an intent has passed on its way out, innermost first.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::context::{self, Kind, Node, Watch};
use crate::flush::FailureMode;
use crate::flush::error::{Failure, panic_message};
use crate::flush::report::{Dropped, Fate};
use crate::flush::run::Flush;
use crate::intent::Intent;
use crate::policy::{Judgement, Layer, Policy};

/// Lets each policy judge all the intents that pass it, starting with the innermost policies, so
/// that every policy sees a flush as one batch in the order of the buffer.
pub(super) fn judge(flush: &mut Flush) {
    let elsewhere = |intent: &Intent| intent.facts.node().is_some_and(|node| node.judges);
    let asked = flush.node.judges || (flush.special && flush.intents.iter().any(elsewhere));
    if !asked {
        return;
    }
    // Groups of intents at the node that judges them next, the deepest node last. They move
    // outwards from node to node and merge where their paths meet.
    let mut groups = Groups::new();
    for (position, intent) in flush.intents.iter().enumerate() {
        if intent.is_pending() {
            let node = intent.facts.node().unwrap_or(&flush.node);
            join(&mut groups, node, &[position as u32]);
        }
    }
    while let Some((node, group)) = next_group(&mut groups) {
        let kept = match policy_of(&node, flush.judged_to) {
            Some(policy) => ask(flush, policy, &group),
            None => group,
        };
        if flush.stopped {
            return;
        }
        if let Some(parent) = node.parent.as_ref().filter(|parent| parent.judges) {
            join(&mut groups, parent, &kept);
        }
    }
}

/// The deepest group; of several at one depth, that of the earliest intent.
fn next_group(groups: &mut Groups) -> Option<(Arc<Node>, Vec<u32>)> {
    let (deepest, _) = *groups.last_key_value()?.0;
    let level = groups.range((deepest, std::ptr::null())..);
    let (key, _) = level.min_by_key(|(_, (_, group))| group.first().copied())?;
    let key = *key;
    groups.remove(&key)
}

type Groups = BTreeMap<(u32, *const Node), (Arc<Node>, Vec<u32>)>;

fn join(groups: &mut Groups, node: &Arc<Node>, positions: &[u32]) {
    if positions.is_empty() {
        return;
    }
    let key = (node.depth, Arc::as_ptr(node));
    let (_, group) = groups
        .entry(key)
        .or_insert_with(|| (node.clone(), Vec::new()));
    let in_order = group.last().is_none_or(|last| *last < positions[0]);
    group.extend_from_slice(positions);
    if !in_order {
        group.sort_unstable();
    }
}

/// The policy that judges at this node: a scope's own only if the scope dispatches, or lies within
/// the one that does; one further out has released the intent and given up its judgement.
fn policy_of(node: &Node, judged_to: u32) -> Option<&Layer> {
    match &node.kind {
        Kind::Scope(core) if node.depth >= judged_to => core.policy(),
        Kind::Scope(_) | Kind::Idle => None,
        Kind::Policy(layer) => Some(layer),
        Kind::Airlock(settings) => settings.policy.as_ref(),
    }
}

/// Gives the positions that the policy lets pass, and notes the fate of the others.
fn ask(flush: &mut Flush, policy: &Layer, group: &[u32]) -> Vec<u32> {
    let asking = Cell::new(None);
    let judged = {
        let _watching = context::watching(Watch::Judging);
        catch_unwind(AssertUnwindSafe(|| {
            let mut judgement = Judgement::new(&flush.intents, group.to_vec(), &asking);
            policy.judge(&mut judgement);
            judgement.finish()
        }))
    };
    let judged = match judged {
        Ok(judged) => judged,
        Err(panic) => {
            let failure = Failure::PolicyPanicked {
                policy: policy.name().into_owned(),
                message: panic_message(&*panic),
            };
            give_up(flush, group, asking.get(), failure);
            return Vec::new();
        }
    };
    drop_all(flush, policy, judged.dropped);
    judged.kept
}

fn drop_all(flush: &mut Flush, policy: &Layer, dropped: Vec<(u32, Option<Cow<'static, str>>)>) {
    if dropped.is_empty() {
        return;
    }
    let name = policy.name();
    let plain = Arc::new(Dropped {
        policy: name.clone().into_owned(),
        reason: None,
    });
    for (position, reason) in dropped {
        let intent = &mut flush.intents[position as usize];
        tracing::debug!(
            target: "airlock",
            effect = intent.effect().id(),
            intent = intent.id().get(),
            at = %intent.location(),
            policy = %name,
            reason = reason.as_deref(),
            "dropped",
        );
        intent.facts.fate = Fate::Dropped(match reason {
            None => plain.clone(),
            Some(reason) => Arc::new(Dropped {
                policy: name.clone().into_owned(),
                reason: Some(reason.into_owned()),
            }),
        });
    }
}

/// A policy has panicked. The intent that it was asked about fails; the others that it had to judge
/// are not reached, since nobody has let them pass.
fn give_up(flush: &mut Flush, group: &[u32], asked: Option<u32>, failure: Failure) {
    let guilty = asked.or(group.first().copied());
    let failure = Arc::new(failure);
    for &position in group {
        flush.intents[position as usize].facts.fate = if guilty == Some(position) {
            Fate::Failed(failure.clone())
        } else {
            Fate::NotReached
        };
    }
    flush.special = true;
    flush.stopped |= flush.mode == FailureMode::Stop;
}
