//! Frames that a future or a stream carries from one step to the next.

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

/// A context that is carried by its owner, and put on the stack of whatever thread runs a step of it.
///
/// Guards that are held at the end of one step are in force again in the next: they stay with their owner
/// instead of leaking into whoever runs next on the thread.
pub(crate) struct Carried {
    frames: Exclusive<Frames>,
    /// The key of the outermost frame, which is the id of its scope if it has one of its own.
    base: u64,
    /// Entered with each step.
    span: Option<Arc<tracing::Span>>,
}

impl Carried {
    #[inline]
    pub(crate) fn new(frame: Box<Frame>) -> Self {
        Self {
            base: frame.key(),
            span: None,
            frames: Exclusive::new(Frames::from_frame(frame)),
        }
    }

    /// As `new`; each step also runs in the span of the frame's scope.
    #[inline]
    pub(crate) fn traced(frame: Box<Frame>) -> Self {
        let span = frame.span();
        let mut carried = Self::new(frame);
        carried.span = span;
        carried
    }

    /// Nothing, until something is put in its place.
    #[inline]
    pub(crate) fn nothing() -> Self {
        Self {
            frames: Exclusive::new(Frames::default()),
            base: 0,
            span: None,
        }
    }

    /// The id of its scope.
    pub(crate) fn scope(&self) -> ScopeId {
        ScopeId(NonZeroU64::new(self.base).unwrap_or(NonZeroU64::MIN))
    }

    /// Runs one step under the frames. If it panics, the next one is under them all the same.
    #[inline]
    pub(crate) fn run<T>(&mut self, step: impl FnOnce() -> T) -> T {
        let _polled = Polled::enter(self.frames.get_mut(), self.base);
        let _span = self.span.as_ref().map(|span| span.enter());
        step()
    }

    /// Polls a future under the frames, and drops it there when it has finished.
    ///
    /// # Panics
    ///
    /// If it is polled after that.
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

    /// The outermost frame, the one given to `new`. `None` while a step runs, or once it was taken.
    pub(crate) fn frame(&mut self) -> Option<&mut Frame> {
        let mut frame = self.frames.get_mut().0.as_deref_mut()?;
        while frame.outer.is_some() {
            frame = frame.outer.as_deref_mut()?;
        }
        Some(frame)
    }

    /// Takes that frame. Guards that are still held are out of force.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Box<Frame>> {
        self.frames.get_mut().take_base(self.base)
    }

    /// Lets the scope accept nothing more from code, such as the destructors of work that is given up.
    pub(crate) fn close(&mut self) {
        if let Some(frame) = self.frame() {
            frame.close();
        }
    }
}
