//! Moving captured intents under an airlock of the drain: their policies stay, the executors that were
//! named around them do not.

use std::collections::HashMap;
use std::sync::Arc;

use crate::airlock::{Airlock, Settings};
use crate::context::{Kind, Node};
use crate::flush::{FailureMode, FlushError};
use crate::intent::Intent;
use crate::lifecycle::FlushOnSuccess;
use crate::policy::Layer;
use crate::scope::{OpenScope, scope};
use crate::testing::drain::clock::Clock;
use crate::testing::drain::performed::Performed;
use crate::testing::drain::queue::{Collect, Queue};

/// A scope that holds what was captured, ready to be flushed.
pub(super) struct Rehomed {
    open: OpenScope,
    entries: Vec<Performed>,
}

impl Rehomed {
    /// Lets the policies judge. What they let pass goes to the queue, the rest to the report.
    pub(super) fn flush_into(self, queue: &Queue) {
        let Self { open, mut entries } = self;
        let report = open.flush().unwrap_or_else(FlushError::into_report);
        let fates = report.buffered().iter().map(|entry| entry.fate().clone());
        for (entry, fate) in entries.iter_mut().zip(fates) {
            entry.set_fate(fate);
        }
        entries.retain(|entry| !entry.is_dispatched());
        queue.note(entries);
    }
}

/// The intents in a scope whose flush hands them to the queue.
pub(super) fn rehome(
    intents: Vec<Intent>,
    captured_in: &Arc<Node>,
    airlock: &Airlock,
    queue: &Arc<Queue>,
) -> Rehomed {
    let mut parent = root(airlock, queue);
    let mut around: Vec<_> = policies_around(captured_in, airlock.node()).collect();
    while let Some(layer) = around.pop() {
        parent = Node::new(Some(parent), Kind::Policy(layer));
    }
    let open = scope()
        .name("drain")
        .executor(Collect(queue.clone()))
        .failure_mode(FailureMode::CarryOn)
        .lifecycle(FlushOnSuccess)
        .under(parent)
        .open();
    let mut homes = Homes {
        old: captured_in,
        new: open.node().clone(),
        known: HashMap::new(),
    };
    let mut entries = Vec::with_capacity(intents.len());
    for mut intent in intents {
        entries.push(Performed::of(&intent, queue.now()));
        let home = intent.facts.node().map(|node| homes.of(node));
        let home = home.filter(|home| !Arc::ptr_eq(home, open.node()));
        intent.facts.set_node(home);
        open.core().state().accept(intent);
    }
    Rehomed { open, entries }
}

/// The given airlock with a clock of the drain's; its reports are the drain's affair.
fn root(airlock: &Airlock, queue: &Arc<Queue>) -> Arc<Node> {
    let settings = Settings {
        timer: Arc::new(Clock(queue.clone())),
        executor: None,
        lifecycle: None,
        on_report: None,
        ..Settings::clone(airlock.node().settings())
    };
    Node::new(None, Kind::Airlock(Arc::new(settings)))
}

/// The policies that enclosed the capture, innermost first, without those of the given airlock.
fn policies_around<'a>(
    captured_in: &'a Arc<Node>,
    airlock: &'a Arc<Node>,
) -> impl Iterator<Item = Layer> + 'a {
    let around = captured_in.outwards().skip(1);
    let others = around.take_while(|node| !Arc::ptr_eq(node, airlock));
    others.filter_map(|node| policy_of(node))
}

fn policy_of(node: &Node) -> Option<Layer> {
    match &node.kind {
        Kind::Scope(core) => core.policy().cloned(),
        Kind::Policy(layer) => Some(layer.clone()),
        Kind::Airlock(settings) => settings.policy.clone(),
        Kind::Idle => None,
    }
}

/// Nodes between the capture and its intents, rebuilt under the drain with their policies alone.
struct Homes<'a> {
    old: &'a Arc<Node>,
    new: Arc<Node>,
    known: HashMap<*const Node, Arc<Node>>,
}

impl Homes<'_> {
    fn of(&mut self, node: &Arc<Node>) -> Arc<Node> {
        if let Some(home) = self.known.get(&Arc::as_ptr(node)) {
            return home.clone();
        }
        let Some(parent) = node
            .parent
            .as_ref()
            .filter(|_| !Arc::ptr_eq(node, self.old))
        else {
            return self.new.clone();
        };
        let parent = self.of(parent);
        let home = match policy_of(node) {
            Some(layer) => Node::new(Some(parent), Kind::Policy(layer)),
            None => parent,
        };
        self.known.insert(Arc::as_ptr(node), home.clone());
        home
    }
}
