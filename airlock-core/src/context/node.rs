//! What encloses code: an immutable linked list, innermost first.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::airlock::Settings;
use crate::context::local::Displaced;
use crate::executor::Executor;
use crate::origin::Origin;
use crate::policy::{Layer, Policy};
use crate::scope::ScopeCore;

/// One enclosing thing: a scope, a local policy, or an entered airlock.
pub(crate) struct Node {
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) kind: Kind,
    /// How many nodes enclose this one.
    pub(crate) depth: u32,
    /// Whether an enqueue under this node has to ask anybody before it may buffer.
    pub(crate) asks: bool,
    /// Whether a dispatch of what was enqueued under this node has to ask a policy.
    pub(crate) judges: bool,
    /// Whether an effect's own scope encloses this node, so that intents here have a cause.
    pub(crate) in_effect: bool,
    /// Whether what is enqueued under this node may have an origin.
    pub(crate) has_origin: bool,
    /// What was current before the guard that entered this node, once that guard has left out of turn.
    pub(super) left: OnceLock<Displaced>,
}

#[allow(
    clippy::large_enum_variant,
    reason = "nearly every node is a scope, and is one allocation"
)]
pub(crate) enum Kind {
    Scope(ScopeCore),
    Policy(Layer),
    Airlock(Arc<Settings>),
    /// Waiting to serve again.
    Idle,
}

impl Node {
    pub(super) fn enclosed(parent: Option<Arc<Node>>, kind: Kind) -> Self {
        let (mut asks, mut judges, in_effect) = match &kind {
            Kind::Scope(core) => {
                let judges = core.policy().is_some();
                let asks = judges || core.executor().is_some() || core.emits().is_some();
                (asks || core.effect.is_some(), judges, core.effect.is_some())
            }
            Kind::Policy(_) => (true, true, false),
            Kind::Airlock(settings) => {
                let judges = settings.policy.is_some();
                let asks = judges || settings.executor.is_some() || settings.probe.is_some();
                (asks, judges, false)
            }
            Kind::Idle => (true, false, false),
        };
        let mut depth = 0;
        let mut parent_in_effect = false;
        let mut has_origin = match &kind {
            Kind::Scope(core) => core.own_origin().is_some(),
            _ => false,
        };
        if let Some(parent) = &parent {
            asks |= parent.asks;
            judges |= parent.judges;
            parent_in_effect = parent.in_effect;
            has_origin |= parent.has_origin;
            depth = parent.depth + 1;
        }
        Self {
            parent,
            kind,
            depth,
            asks,
            judges,
            in_effect: in_effect || parent_in_effect,
            has_origin,
            left: OnceLock::new(),
        }
    }

    /// One that stands for nothing.
    pub(super) fn idle() -> Self {
        Self {
            parent: None,
            kind: Kind::Idle,
            depth: 0,
            asks: true,
            judges: false,
            in_effect: false,
            has_origin: false,
            left: OnceLock::new(),
        }
    }

    /// This node and all that enclose it, innermost first.
    pub(crate) fn outwards(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Node>> {
        std::iter::successors(Some(self), |node| node.parent.as_ref())
    }

    #[inline]
    pub(crate) fn core(&self) -> Option<&ScopeCore> {
        match &self.kind {
            Kind::Scope(core) => Some(core),
            _ => None,
        }
    }

    /// The node of the scope that encloses this node, or is it.
    pub(crate) fn scope_node(self: &Arc<Self>) -> Option<&Arc<Node>> {
        self.outwards()
            .find(|node| matches!(node.kind, Kind::Scope(_)))
    }

    /// The origin given nearest, from this node outwards. What an effect causes has the origin of
    /// the intent that is performed.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        if !self.has_origin {
            return None;
        }
        let outwards = std::iter::successors(Some(self), |node| node.parent.as_deref());
        outwards
            .filter_map(|node| node.core())
            .find_map(ScopeCore::own_origin)
    }

    /// The executor named nearest, from this node outwards.
    pub(crate) fn executor(self: &Arc<Self>) -> Option<&Arc<dyn Executor>> {
        self.outwards().find_map(|node| match &node.kind {
            Kind::Scope(core) => core.executor(),
            Kind::Airlock(settings) => settings.executor.as_ref(),
            Kind::Policy(_) | Kind::Idle => None,
        })
    }

    /// The settings of the nearest entered airlock, else of the installed one, else the plain ones.
    pub(crate) fn settings(self: &Arc<Self>) -> &Arc<Settings> {
        self.outwards()
            .find_map(|node| match &node.kind {
                Kind::Airlock(settings) => Some(settings),
                _ => None,
            })
            .unwrap_or_else(|| Settings::plain())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Scope(core) => write!(f, "scope {}", core.id),
            Kind::Policy(layer) => write!(f, "policy {}", layer.name()),
            Kind::Airlock(_) => f.write_str("airlock"),
            Kind::Idle => f.write_str("idle"),
        }
    }
}
