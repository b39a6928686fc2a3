//! Performing sync effects in a row, each in a scope that is opened only on demand: most effects enqueue nothing.

use std::cell::Cell;
use std::panic::Location;
use std::sync::Arc;

use crate::context::frame::{Frame, Parent};
use crate::context::head::Head;
use crate::context::place::Around;
use crate::context::stack::{Frames, Local, Mode};
use crate::effect::EffectDescriptor;
use crate::executor::FailureMode;
use crate::intent::{Cause, IntentId, IntentInfo, Origin, ScopeId, Stored, next_id};

/// The settings that the scopes of effects have in common.
#[derive(Clone, Default)]
pub(crate) struct Stage {
    pub(crate) around: Around,
    /// The cause of the intent.
    pub(crate) cause: Option<Arc<Cause>>,
    pub(crate) origin: Option<Origin>,
    pub(crate) mode: FailureMode,
    /// The smallest depth at which policies of scopes judge what the effects enqueue.
    pub(crate) judges_from: u32,
    /// The other intents of a batch, and their causes.
    pub(crate) others: Vec<(IntentId, Option<Arc<Cause>>)>,
    /// The span of the one effect that is performed here, if tracing is enabled.
    pub(crate) span: Option<Arc<tracing::Span>>,
    /// The number of attempts before this one.
    pub(crate) attempts_before: u32,
    /// The stored data of the intent, if a worker performs it. Otherwise its headers in the same form, if it has any.
    pub(crate) stored: Option<Arc<Stored>>,
}

impl Stage {
    /// Sets up the head of the scope of an effect.
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

    /// Makes the frame of the scope of an async effect.
    pub(crate) fn frame(&self, data: &IntentInfo) -> Box<Frame> {
        let frame = Local::with(Local::spare_frame);
        let mut frame = frame.unwrap_or_else(Frame::idle);
        self.set_up(&mut frame.head, data.effect, data.id, data.location);
        frame.hold_own(Parent::None);
        frame
    }

    /// The stage of the plain flush of a scope that is on the stack. Its intents have no cause.
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

/// The effect under way on a thread.
///
/// One `Cell` for each word: a struct that is moved as a whole is read back before its stores have settled. That
/// stall costs more than everything else around a small effect.
pub(super) struct UnderWay {
    effect: Cell<Option<&'static EffectDescriptor>>,
    intent: Cell<Option<IntentId>>,
    location: Cell<Option<&'static Location<'static>>>,
    /// `None` means the scope on top of the stack.
    stage: Cell<Option<Box<Stage>>>,
    /// The key of the scope that was opened for it, or 0.
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

    /// Sets up the head of the scope for the effect under way.
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

    /// Notes the scope that was opened for the effect.
    pub(super) fn made(&self, key: u64) {
        self.made.set(key);
    }
}

/// Sets up a stage on this thread, until it is dropped. Saves the one before: a flush may run in an effect's body.
pub(crate) struct OnStage {
    before: Option<Box<Stage>>,
    made_before: u64,
}

impl OnStage {
    /// Sets up a stage. `None` means the scope on top of the stack.
    #[inline]
    pub(crate) fn enter(stage: Option<Box<Stage>>) -> Self {
        let mut stage = Some(stage);
        let before = Local::with(|local| {
            // An effect may be under way here. Its scope needs the stage that is replaced below.
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

    /// Runs the body of an effect. Returns its scope, if one was opened.
    ///
    /// `body` must not unwind: the mode would stay that of the effect.
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
            // Nothing needed a scope, or this runs in a policy or an inspection, which refuse enqueues.
            return (value, None);
        }
        (value, take_made())
    }
}

/// Takes the scope that was opened for the effect that has just been performed.
#[cold]
fn take_made() -> Option<Box<Frame>> {
    let made = Local::with(|local| local.pop(local.under_way.made.replace(0)));
    let (frame, above) = made.unwrap_or_default();
    // The frames of guards that outlived the effect, dropped outside of the borrow of the stack.
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

/// An ended scope that stays on the stack while its effects are performed.
///
/// Enqueues by destructors of arguments are refused there. The scopes of its effects are set up from its head,
/// which saves making a [`Stage`] for each flush.
pub(crate) struct Standing {
    key: u64,
    kept: Option<Box<Frame>>,
    stage: OnStage,
}

impl Standing {
    /// Ends the scope and puts it on the stack.
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

    /// Returns the stage on which its effects are performed.
    pub(crate) fn stage(&self) -> &OnStage {
        &self.stage
    }

    /// Takes the scope off the stack.
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
