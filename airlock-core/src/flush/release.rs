//! What a finished scope may dispatch, and what its ancestors capture.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::context::{self, Node, Watch};
use crate::flush::FailureMode;
use crate::flush::error::Failure;
use crate::flush::report::{CapturedBy, Fate};
use crate::flush::run::Flush;
use crate::intent::Intent;
use crate::lifecycle::{Outcome, Release};
use crate::options::FireOn;
use crate::scope::{Phase, ScopeCore};

/// Asks each ancestor in turn, nearest first. What it holds moves into its buffer, in order; what
/// all release stays in the flush.
pub(super) fn release(flush: &mut Flush) {
    if flush.node.parent.is_none() {
        return;
    }
    let node = flush.node.clone();
    for (ancestor, core) in ancestors(&node) {
        let holds = held_by(ancestor, core, &flush.intents);
        capture(flush, core, &holds);
    }
}

/// The scopes that may capture what `node`'s scope wants to dispatch. An effect's own scope has
/// none: what was released once stays released, and so does what it causes.
fn ancestors(node: &Arc<Node>) -> impl Iterator<Item = (&Arc<Node>, &ScopeCore)> {
    let mut beyond = false;
    node.outwards()
        .filter_map(|node| node.core().map(|core| (node, core)))
        .take_while(move |(_, core)| !std::mem::replace(&mut beyond, core.effect.is_some()))
        .skip(1)
}

fn held_by(node: &Arc<Node>, core: &ScopeCore, intents: &[Intent]) -> Vec<usize> {
    let pending = intents
        .iter()
        .enumerate()
        .filter(|(_, intent)| intent.is_pending());
    let Some(lifecycle) = core.lifecycle().or(node.settings().lifecycle.as_ref()) else {
        return pending.map(|(position, _)| position).collect();
    };
    let _watching = context::watching(Watch::Judging);
    let is_held = |intent: &Intent| {
        let asked = catch_unwind(AssertUnwindSafe(|| lifecycle.release(intent)));
        // What a lifecycle cannot judge it has not released.
        asked.unwrap_or(Release::Hold) == Release::Hold
    };
    pending
        .filter(|(_, intent)| is_held(intent))
        .map(|(position, _)| position)
        .collect()
}

fn capture(flush: &mut Flush, core: &ScopeCore, holds: &[usize]) {
    if holds.is_empty() {
        return;
    }
    let failed = flush.outcome() != Outcome::Success;
    let by = Arc::new(CapturedBy {
        scope: core.id,
        name: core.label(),
    });
    if context::inspected(core.id).is_some() {
        // While a closure that looks at its buffer panics: nobody can take them.
        for &position in holds {
            flush.intents[position].facts.fate = Fate::Discarded;
        }
        return;
    }
    let mut state = core.state();
    let is_open = state.phase != Phase::Ended;
    for &position in holds {
        let intent = &mut flush.intents[position];
        if !is_open {
            intent.facts.fate = Fate::Failed(Arc::new(Failure::AncestorEnded {
                scope: core.label(),
            }));
            flush.special = true;
            flush.stopped |= flush.mode == FailureMode::Stop;
            continue;
        }
        let mut captured = intent.move_out();
        intent.facts.fate = Fate::Captured(by.clone());
        captured.facts.set_captured();
        captured.facts.keep_node(&flush.node);
        if failed && captured.fire_on() == FireOn::Failure {
            // What it waited for has happened: now it leaves whatever becomes of the ancestor.
            captured.options_mut().fire_on = FireOn::Always;
        }
        state.accept(captured);
    }
}
