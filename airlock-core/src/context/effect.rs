//! Performing sync effects one after the other, each in a scope that is made only if something needs it:
//! most effects enqueue nothing.

use std::cell::Cell;
use std::panic::Location;
use std::sync::Arc;

use crate::context::frame::{Frame, Parent};
use crate::context::head::Head;
use crate::context::place::Around;
use crate::context::stack::{Frames, Local, Mode};
use crate::effect::EffectDescriptor;
use crate::executor::FailureMode;
use crate::intent::{Cause, IntentData, IntentId, Origin, ScopeId, Stored, next_id};

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
    /// The span of the one effect that is performed here, where somebody traces.
    pub(crate) span: Option<Arc<tracing::Span>>,
    /// Which attempt this is, less one.
    pub(crate) attempts_before: u32,
    /// What was stored of the intent.
    pub(crate) stored: Option<Arc<Stored>>,
}

impl Stage {
    /// Sets the head of an effect's scope up that is performed here.
    fn set_up(
        &self,
        head: &mut Head,
        effect: &'static EffectDescriptor,
        intent: IntentId,
        location: &'static Location<'static>,
    ) {
        let mut cause = Cause::new(effect, intent, location, self.cause.clone())
            .in_attempt(self.attempts_before + 1, self.stored.clone());
        if !self.others.is_empty() {
            let ids = self.others.iter().map(|(id, _)| *id).collect();
            let causes = self.others.iter().filter_map(|(_, cause)| cause.clone());
            cause = cause.with_others(ids, causes.collect());
        }
        head.id = ScopeId(next_id());
        head.boundary = None;
        head.origin = self.origin.clone();
        head.around = self.around.effect(Some(Arc::new(cause)));
        head.judges_from = self.judges_from;
        head.effect = Some(self.mode);
        head.span = self.span.clone();
    }

    /// The frame of an effect's scope, for a future.
    pub(crate) fn frame(&self, data: &IntentData) -> Box<Frame> {
        let frame = Local::with(Local::spare_frame);
        let mut frame = frame.unwrap_or_else(Frame::idle);
        self.set_up(&mut frame.head, data.effect, data.id, data.location);
        frame.hold_own(Parent::None);
        frame
    }

    /// That of a flush whose scope stands on the stack: of plain intents, which nothing caused.
    fn of_scope(head: &Head) -> Self {
        Self {
            around: head.around.clone(),
            cause: None,
            origin: head.origin.clone(),
            mode: head.failure_mode(),
            judges_from: head.judges_from,
            others: Vec::new(),
            span: None,
            attempts_before: 0,
            stored: None,
        }
    }
}

/// The effect under way on a thread, word by word: moved as a whole it would be read back before its
/// stores have settled, which costs more than all else that happens around a small effect.
pub(super) struct UnderWay {
    effect: Cell<Option<&'static EffectDescriptor>>,
    intent: Cell<Option<IntentId>>,
    location: Cell<Option<&'static Location<'static>>>,
    /// `None` stands for the scope on top of the stack.
    stage: Cell<Option<Box<Stage>>>,
    /// The key of the scope that was made for it.
    made: Cell<u64>,
}

impl UnderWay {
    pub(super) const fn new() -> Self {
        Self {
            effect: Cell::new(None),
            intent: Cell::new(None),
            location: Cell::new(None),
            stage: Cell::new(None),
            made: Cell::new(0),
        }
    }

    /// Sets up the head of the scope of the effect under way.
    pub(super) fn set_up(&self, head: &mut Head, stack: &Frames) {
        let (Some(effect), Some(intent), Some(location)) =
            (self.effect.get(), self.intent.get(), self.location.get())
        else {
            unreachable!("an effect is under way")
        };
        let stage = self.stage.take();
        match (&stage, stack.0.as_deref()) {
            (Some(stage), _) => stage.set_up(head, effect, intent, location),
            (None, Some(scope)) => {
                Stage::of_scope(&scope.head).set_up(head, effect, intent, location);
            }
            (None, None) => unreachable!("a scope without a stage is on the stack"),
        }
        self.stage.set(stage);
    }

    pub(super) fn made(&self, key: u64) {
        self.made.set(key);
    }
}

/// A stage that is set up on this thread until it is dropped.
pub(crate) struct OnStage {
    before: Option<Box<Stage>>,
    made_before: u64,
}

impl OnStage {
    /// `None` stands for the scope on top of the stack.
    #[inline]
    pub(crate) fn enter(stage: Option<Box<Stage>>) -> Self {
        let mut stage = Some(stage);
        let before = Local::with(|local| {
            local.open_effect_scope();
            let before = local.under_way.stage.replace(stage.take().flatten());
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
        data: (
            &'static EffectDescriptor,
            IntentId,
            &'static Location<'static>,
        ),
        body: impl FnOnce() -> T,
    ) -> (T, Option<Box<Frame>>) {
        let mode = Local::with(|local| {
            let mode = local.mode.get();
            if mode == Mode::Plain {
                local.under_way.effect.set(Some(data.0));
                local.under_way.intent.set(Some(data.1));
                local.under_way.location.set(Some(data.2));
                local.mode.set(Mode::Effect);
            }
            mode
        });
        let value = body();
        let still = Local::with(|local| local.mode.replace(mode.unwrap_or(Mode::Plain)));
        if still == Some(Mode::Effect) || mode != Some(Mode::Plain) {
            // Nothing needed a scope. Or this is in a policy, where what it enqueued was refused.
            return (value, None);
        }
        (value, take_made())
    }
}

/// The scope that was made for the effect that has just been performed.
#[cold]
fn take_made() -> Option<Box<Frame>> {
    let made = Local::with(|local| local.pop(local.under_way.made.replace(0)));
    let (frame, above) = made.unwrap_or_default();
    drop(above);
    frame
}

impl Drop for OnStage {
    #[inline]
    fn drop(&mut self) {
        let mut before = self.before.take();
        let stage = Local::with(|local| {
            local.under_way.made.set(self.made_before);
            local.under_way.stage.replace(before.take())
        });
        drop(stage);
    }
}

/// An ended scope that stands on the stack while its effects are performed: what its arguments'
/// destructors enqueue is refused, and the scopes of its effects are made from it.
pub(crate) struct Standing {
    key: u64,
    kept: Option<Box<Frame>>,
    stage: OnStage,
}

impl Standing {
    #[inline]
    pub(crate) fn enter(mut frame: Box<Frame>) -> Self {
        frame.end();
        let key = frame.key;
        let mut kept = Some(frame);
        let before = Local::with(|local| {
            if let Some(frame) = kept.take() {
                local.push(frame);
            }
            let made = local.under_way.made.replace(0);
            (local.under_way.stage.take(), made)
        });
        let (before, made_before) = before.unwrap_or_default();
        let stage = OnStage {
            before,
            made_before,
        };
        Self { key, kept, stage }
    }

    pub(crate) fn stage(&self) -> &OnStage {
        &self.stage
    }

    /// Takes the scope off the stack again.
    #[inline]
    pub(crate) fn leave(self) -> Box<Frame> {
        let Self { key, kept, stage } = self;
        drop(stage);
        match kept {
            Some(frame) => frame,
            None => {
                let popped = Local::with(|local| local.pop(key));
                let (frame, above) = popped.unwrap_or_default();
                drop(above);
                frame.unwrap_or_else(Frame::idle)
            }
        }
    }
}
