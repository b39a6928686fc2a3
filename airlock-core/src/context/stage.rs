//! Performing sync effects one after the other, each in a scope of its own that is made only if
//! something needs it: most effects enqueue nothing.

use std::cell::Cell;
use std::panic::Location;
use std::sync::Arc;

use crate::catalogue::EffectDescriptor;
use crate::cause::Cause;
use crate::context::local::Local;
use crate::context::{Kind, Node, Swap, swap};
use crate::flush::FailureMode;
use crate::intent::{Intent, IntentId};
use crate::origin::Origin;
use crate::scope::{EffectScope, ScopeCore};

/// What the scope of an effect would be made of.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) effect: &'static EffectDescriptor,
    pub(crate) intent: IntentId,
    pub(crate) location: &'static Location<'static>,
    pub(crate) mode: FailureMode,
    /// Scope policies judge what it enqueues outwards to this depth.
    pub(crate) judged_to: u32,
}

impl Frame {
    pub(crate) fn of(intent: &Intent, mode: FailureMode, judged_to: u32) -> Self {
        Self {
            effect: intent.facts.effect,
            intent: intent.facts.id,
            location: intent.facts.location,
            mode,
            judged_to,
        }
    }

    /// The span in which the effect is performed.
    pub(crate) fn span(&self) -> tracing::Span {
        tracing::debug_span!(
            target: "airlock",
            "perform",
            effect = self.effect.id(),
            intent = self.intent.get(),
        )
    }
}

/// A [`Frame`] in a thread-local, word by word: moved as a whole it would be read back before its
/// stores have settled, which costs more than all else that happens around a small effect.
pub(super) struct FrameCells {
    effect: Cell<Option<&'static EffectDescriptor>>,
    intent: Cell<Option<IntentId>>,
    location: Cell<Option<&'static Location<'static>>>,
    mode: Cell<FailureMode>,
    judged_to: Cell<u32>,
}

impl FrameCells {
    pub(super) const fn none() -> Self {
        Self {
            effect: Cell::new(None),
            intent: Cell::new(None),
            location: Cell::new(None),
            mode: Cell::new(FailureMode::Stop),
            judged_to: Cell::new(0),
        }
    }

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        self.effect.get().is_some()
    }

    #[inline]
    fn set(&self, frame: Frame) {
        self.effect.set(Some(frame.effect));
        self.intent.set(Some(frame.intent));
        self.location.set(Some(frame.location));
        self.mode.set(frame.mode);
        self.judged_to.set(frame.judged_to);
    }

    #[inline]
    pub(super) fn take(&self) -> Option<Frame> {
        Some(Frame {
            effect: self.effect.take()?,
            intent: self.intent.get()?,
            location: self.location.get()?,
            mode: self.mode.get(),
            judged_to: self.judged_to.get(),
        })
    }
}

/// The scope in which an effect is performed.
pub(crate) fn scope_of(
    parent: Option<Arc<Node>>,
    frame: Frame,
    cause: Option<Arc<Cause>>,
    origin: Option<Origin>,
) -> Arc<Node> {
    let mut core = ScopeCore::new();
    core.effect = Some(Box::new(EffectScope::new(frame, cause, origin)));
    core.trace();
    Node::new(parent, Kind::Scope(core))
}

/// A node under which sync effects are performed. What was current before returns when it is dropped.
pub(crate) struct Stage {
    under: Arc<Node>,
    /// The scope of an effect around this stage.
    made_before: Option<Arc<Node>>,
    _swap: Swap,
}

impl Stage {
    pub(crate) fn under(node: &Arc<Node>) -> Self {
        let swap = swap(Some(node.clone()));
        Self {
            under: node.clone(),
            made_before: Local::with(|local| local.made.take()).flatten(),
            _swap: swap,
        }
    }

    pub(crate) fn is_under(&self, node: &Arc<Node>) -> bool {
        Arc::ptr_eq(&self.under, node)
    }

    /// Runs an effect's body, which must not unwind. Gives its scope, if one was made.
    #[inline]
    pub(crate) fn perform<T>(
        &self,
        frame: Frame,
        cause: Option<&Arc<Cause>>,
        origin: Option<&Origin>,
        body: impl FnOnce() -> T,
    ) -> (T, Option<Arc<Node>>) {
        Local::with(|local| {
            local.frame.set(frame);
            if let Some(cause) = cause {
                local.frame_cause.replace(Some(cause.clone()));
            }
            if let Some(origin) = origin {
                local.frame_origin.replace(Some(origin.clone()));
            }
        });
        let value = body();
        let made = Local::with(|local| {
            if local.frame.take().is_some() {
                if cause.is_some() {
                    local.frame_cause.take();
                }
                if origin.is_some() {
                    local.frame_origin.take();
                }
                return None;
            }
            local.current.replace(Some(self.under.clone()));
            local.made.take()
        });
        (value, made.flatten())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let made = self.made_before.take();
        let _ = Local::with(|local| local.made.replace(made));
    }
}
