//! Performing sync effects one after the other, each in a scope that is made only if something needs it:
//! most effects enqueue nothing.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::sync::Arc;

use crate::context::frame::{Frame, Holds, Parent};
use crate::context::head::Head;
use crate::context::place::Around;
use crate::context::stack::{Local, Mode};
use crate::effect::EffectDescriptor;
use crate::executor::FailureMode;
use crate::intent::{Cause, Facts, IntentId, Origin, ScopeId, next_id};

/// Where effects are performed: what their scopes have in common.
#[derive(Clone, Default)]
pub(crate) struct Stage {
    pub(crate) around: Around,
    /// What led to the intent.
    pub(crate) cause: Option<Arc<Cause>>,
    pub(crate) origin: Option<Origin>,
    pub(crate) mode: FailureMode,
    pub(crate) judges_from: u32,
    /// The other intents of a batch, and what led to them.
    pub(crate) others: Vec<(IntentId, Option<Arc<Cause>>)>,
}

impl Stage {
    /// The scope of an effect that is performed here.
    pub(crate) fn head(
        &self,
        effect: &'static EffectDescriptor,
        intent: IntentId,
        location: &'static Location<'static>,
    ) -> Head {
        let mut cause = Cause::new(effect, intent, location, self.cause.clone());
        if !self.others.is_empty() {
            let ids = self.others.iter().map(|(id, _)| *id).collect();
            let causes = self.others.iter().filter_map(|(_, cause)| cause.clone());
            cause = cause.with_others(ids, causes.collect());
        }
        let around = self.around.effect(Some(Arc::new(cause)));
        let span = tracing::level_enabled!(tracing::Level::DEBUG);
        Head {
            id: ScopeId(next_id()),
            boundary: None,
            config: None,
            origin: self.origin.clone(),
            around,
            judges_from: self.judges_from,
            effect: Some(self.mode),
            span: span.then(|| Box::new(span_of(effect, intent))),
        }
    }

    /// The frame of that scope, for a future.
    pub(crate) fn frame(&self, facts: &Facts) -> Box<Frame> {
        let frame = Local::with(Local::spare_frame);
        let mut frame = frame.unwrap_or_else(Frame::idle);
        let head = self.head(facts.effect, facts.id, facts.location);
        frame.set(Holds::Own(head), Parent::None);
        frame
    }
}

/// The span in which an effect is performed.
pub(crate) fn span_of(effect: &EffectDescriptor, intent: IntentId) -> tracing::Span {
    tracing::debug_span!(
        target: "airlock",
        "perform",
        effect = effect.id(),
        intent = intent.get(),
    )
}

/// The effect under way on a thread, word by word: moved as a whole it would be read back before its
/// stores have settled, which costs more than all else that happens around a small effect.
pub(super) struct UnderWay {
    effect: Cell<Option<&'static EffectDescriptor>>,
    intent: Cell<Option<IntentId>>,
    location: Cell<Option<&'static Location<'static>>>,
    stage: RefCell<Stage>,
    /// The key of the scope that was made for it.
    made: Cell<u64>,
}

impl UnderWay {
    pub(super) const fn new() -> Self {
        Self {
            effect: Cell::new(None),
            intent: Cell::new(None),
            location: Cell::new(None),
            stage: RefCell::new(Stage {
                around: Around::Nothing,
                cause: None,
                origin: None,
                mode: FailureMode::Stop,
                judges_from: 1,
                others: Vec::new(),
            }),
            made: Cell::new(0),
        }
    }

    /// The scope of the effect under way.
    pub(super) fn head(&self) -> Head {
        let (Some(effect), Some(intent), Some(location)) =
            (self.effect.get(), self.intent.get(), self.location.get())
        else {
            unreachable!("an effect is under way")
        };
        self.stage.borrow().head(effect, intent, location)
    }

    pub(super) fn made(&self, key: u64) {
        self.made.set(key);
    }
}

/// A stage that is set up on this thread until it is dropped.
pub(crate) struct OnStage {
    before: Stage,
    made_before: u64,
}

impl OnStage {
    pub(crate) fn enter(stage: Stage) -> Self {
        let mut stage = Some(stage);
        let before = Local::with(|local| {
            local.settle();
            let before = local
                .under_way
                .stage
                .replace(stage.take().unwrap_or_default());
            (before, local.under_way.made.replace(0))
        });
        let (before, made_before) = before.unwrap_or_default();
        Self {
            before,
            made_before,
        }
    }

    /// Runs an effect's body, which must not unwind. Returns its scope, if one was made.
    #[inline]
    pub(crate) fn perform<T>(
        &self,
        facts: (
            &'static EffectDescriptor,
            IntentId,
            &'static Location<'static>,
        ),
        body: impl FnOnce() -> T,
    ) -> (T, Option<Box<Frame>>) {
        let mode = Local::with(|local| {
            let mode = local.mode.get();
            if mode == Mode::Plain {
                local.under_way.effect.set(Some(facts.0));
                local.under_way.intent.set(Some(facts.1));
                local.under_way.location.set(Some(facts.2));
                local.mode.set(Mode::Effect);
            }
            mode
        });
        let value = body();
        if mode != Some(Mode::Plain) {
            // In a policy: what the effect enqueues has been refused.
            return (value, None);
        }
        let made = Local::with(|local| {
            if local.mode.replace(Mode::Plain) == Mode::Effect {
                return (None, Default::default());
            }
            local.pop(local.under_way.made.replace(0))
        });
        let (frame, above) = made.unwrap_or_default();
        drop(above);
        (value, frame)
    }
}

impl Drop for OnStage {
    fn drop(&mut self) {
        let before = std::mem::take(&mut self.before);
        let mut before = Some(before);
        let stage = Local::with(|local| {
            local.under_way.made.set(self.made_before);
            local
                .under_way
                .stage
                .replace(before.take().unwrap_or_default())
        });
        drop(stage); // Outside of the borrow.
    }
}
