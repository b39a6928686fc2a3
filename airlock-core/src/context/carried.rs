//! The frames that a future or a stream carries between its steps.

use std::future::Future;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::context::entered::Polled;
use crate::context::exclusive::Exclusive;
use crate::context::frame::Frame;
use crate::context::stack::Frames;
use crate::intent::ScopeId;

/// A context that its owner carries and puts on the stack of the thread that runs a step.
///
/// Guards that are held at the end of one step are active again in the next. They stay with their owner instead
/// of leaking into the next task on the thread.
pub(crate) struct Carried {
    frames: Exclusive<Frames>,
    /// The key of the outermost frame: the id of its scope if the frame was made for one.
    base: u64,
    /// The span that is entered for each step.
    span: Option<Arc<tracing::Span>>,
}

impl Carried {
    /// Carries one frame.
    #[inline]
    pub(crate) fn new(frame: Box<Frame>) -> Self {
        Self {
            base: frame.key(),
            span: None,
            frames: Exclusive::new(Frames::from_frame(frame)),
        }
    }

    /// Like `new`, and runs each step in the span of the frame's scope.
    #[inline]
    pub(crate) fn traced(frame: Box<Frame>) -> Self {
        let span = frame.span();
        let mut carried = Self::new(frame);
        carried.span = span;
        carried
    }

    /// Carries nothing, as a placeholder.
    #[inline]
    pub(crate) fn nothing() -> Self {
        Self {
            frames: Exclusive::new(Frames::default()),
            base: 0,
            span: None,
        }
    }

    /// Returns the id of its scope.
    pub(crate) fn scope(&self) -> ScopeId {
        ScopeId(NonZeroU64::new(self.base).unwrap_or(NonZeroU64::MIN))
    }

    /// Runs one step with the frames on the stack. A panic leaves them in place for the next step.
    #[inline]
    pub(crate) fn run<T>(&mut self, step: impl FnOnce() -> T) -> T {
        // Dropped in reverse order, also on panic: the span is left first, then the frames come back.
        let _polled = Polled::enter(self.frames.get_mut(), self.base);
        let _span = self.span.as_ref().map(|span| span.enter());
        step()
    }

    /// Polls a future with the frames on the stack, and drops it there when it has finished.
    ///
    /// # Panics
    ///
    /// Panics if it is called again after that.
    #[inline]
    pub(crate) fn poll<F: Future>(
        &mut self,
        mut inner: Pin<&mut Option<F>>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        self.run(|| {
            let Some(running) = inner.as_mut().as_pin_mut() else {
                panic!("a future was polled after it had finished");
            };
            let poll = running.poll(cx);
            if poll.is_ready() {
                inner.set(None);
            }
            poll
        })
    }

    /// Returns the outermost frame, which was given to `new`. `None` while a step runs, or after `take`.
    pub(crate) fn frame(&mut self) -> Option<&mut Frame> {
        let mut frame = self.frames.get_mut().0.as_deref_mut()?;
        while frame.outer.is_some() {
            frame = frame.outer.as_deref_mut()?;
        }
        Some(frame)
    }

    /// Takes the outermost frame. Drops the frames of guards that are still held.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Box<Frame>> {
        self.frames.get_mut().take_base(self.base)
    }

    /// Makes the scope refuse enqueues, such as those of the destructors of abandoned work.
    pub(crate) fn close(&mut self) {
        if let Some(frame) = self.frame() {
            frame.close();
        }
    }
}
