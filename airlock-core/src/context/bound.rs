//! Futures with a context of their own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::context::entered::{Context, Polled};
use crate::context::exclusive::Exclusive;
use crate::context::frame::Frame;
use crate::context::stack::Frames;

pin_project! {
    /// A future that is polled and dropped with a context of its own.
    ///
    /// It carries its frames and puts them on the stack of the thread that polls it. Guards that are
    /// held at the end of one poll are in force again in the next: one that is held across an await
    /// stays with its future instead of leaking into whoever runs next.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Bound<F> {
        #[pin]
        inner: Option<F>,
        frames: Exclusive<Frames>,
        base: u64,
        // Whether the scope accepts nothing more once the future is dropped.
        closes: Closes,
        span: Option<tracing::Span>,
    }

    impl<F> PinnedDrop for Bound<F> {
        fn drop(this: Pin<&mut Self>) {
            this.drop_inner();
        }
    }
}

/// Whether a scope ends with its future.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closes {
    Nothing,
    Scope,
}

impl<F> Bound<F> {
    /// Binds a future to a context that lives on without it.
    pub(crate) fn joining(context: Context, inner: F) -> Self {
        Self::new(context.frame(), Closes::Nothing, inner)
    }

    /// Binds a future to a frame.
    #[inline]
    pub(crate) fn new(frame: Box<Frame>, closes: Closes, inner: F) -> Self {
        let span = match closes {
            Closes::Scope => frame.span(),
            Closes::Nothing => None,
        };
        Self {
            inner: Some(inner),
            base: frame.key,
            frames: Exclusive::new(Frames::of(frame)),
            closes,
            span,
        }
    }

    /// Calls a closure under a frame, and binds the future that it returns to the frame.
    pub(crate) fn calling(frame: Box<Frame>, call: impl FnOnce() -> F) -> Self {
        let base = frame.key;
        let span = frame.span();
        let mut frames = Frames::of(frame);
        let inner = {
            let _polled = Polled::enter(&mut frames, base);
            let _span = span.as_ref().map(|span| span.enter());
            call()
        };
        Self {
            inner: Some(inner),
            base,
            frames: Exclusive::new(frames),
            closes: Closes::Scope,
            span,
        }
    }

    /// A future that is to be [opened](Self::open) at its first poll.
    #[inline]
    pub(crate) fn unopened(inner: F) -> Self {
        Self {
            inner: Some(inner),
            base: 0,
            frames: Exclusive::new(Frames::default()),
            closes: Closes::Scope,
            span: None,
        }
    }

    /// Gives the future its frame.
    #[inline]
    pub(crate) fn open(self: Pin<&mut Self>, frame: Box<Frame>) {
        let this = self.project();
        *this.base = frame.key;
        *this.span = frame.span();
        *this.frames.get_mut() = Frames::of(frame);
    }

    /// Drops the inner future within its context, if it has not finished. A scope that is its own
    /// accepts nothing from its destructors.
    pub(crate) fn drop_inner(self: Pin<&mut Self>) {
        let mut this = self.project();
        if this.inner.is_none() {
            return;
        }
        if *this.closes == Closes::Scope
            && let Some(frame) = base_of(this.frames.get_mut())
        {
            frame.close();
        }
        let _polled = Polled::enter(this.frames.get_mut(), *this.base);
        this.inner.set(None);
    }

    /// The frame that the future was bound to. Guards that it still holds are out of force.
    pub(crate) fn take_frame(self: Pin<&mut Self>) -> Option<Box<Frame>> {
        let this = self.project();
        std::mem::take(this.frames.get_mut()).into_base(*this.base)
    }
}

fn base_of(frames: &mut Frames) -> Option<&mut Frame> {
    let mut frame = frames.0.as_deref_mut()?;
    while frame.outer.is_some() {
        frame = frame.outer.as_deref_mut()?;
    }
    Some(frame)
}

impl<F: Future> Future for Bound<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            panic!("a future was polled after it had finished");
        };
        let _polled = Polled::enter(this.frames.get_mut(), *this.base);
        let _span = this.span.as_ref().map(|span| span.enter());
        let poll = inner.poll(cx);
        if poll.is_ready() {
            this.inner.set(None);
        }
        poll
    }
}

impl<F> fmt::Debug for Bound<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").finish_non_exhaustive()
    }
}
