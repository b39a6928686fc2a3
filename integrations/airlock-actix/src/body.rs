//! The body of a response, and the scope that may wait for its end.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use airlock_core::lifecycle::Outcome;
use airlock_core::{Backlog, FlushError, FlushReport, OwnedScope, Released, Running};
use pin_project_lite::pin_project;
use tokio::runtime::Handle;

use crate::settings::Settings;

pin_project! {
    /// The body of a response that has passed a [`ScopeMiddleware`](crate::ScopeMiddleware).
    ///
    /// With [`after_response`](crate::ScopeMiddleware::after_response) it runs in the
    /// request's scope, which ends with it.
    pub struct ScopeBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<B> {
        Plain { #[pin] body: B },
        Held { #[pin] held: Held<B> },
        /// In place of a response whose flush has failed.
        Answer { #[pin] body: BoxBody },
    }
}

pin_project! {
    /// A body in the scope of its request.
    struct Held<B> {
        #[pin]
        body: Option<B>,
        scope: Option<OwnedScope>,
        // How it ends if it ends now.
        outcome: Outcome,
        settings: Rc<Settings>,
    }

    impl<B> PinnedDrop for Held<B> {
        fn drop(mut this: Pin<&mut Self>) {
            // A body around it, or what sends them: the client gets no whole response.
            if std::thread::panicking() {
                *this.as_mut().project().outcome = Outcome::Panic;
            }
            this.end();
        }
    }
}

impl<B> ScopeBody<B> {
    pub(crate) fn plain(body: B) -> Self {
        Self {
            kind: Kind::Plain { body },
        }
    }

    pub(crate) fn answer(body: BoxBody) -> Self {
        Self {
            kind: Kind::Answer { body },
        }
    }

    /// The body of a response whose scope ends with it, with this outcome unless the body fails.
    pub(crate) fn held(
        body: B,
        scope: OwnedScope,
        outcome: Outcome,
        settings: &Rc<Settings>,
    ) -> Self {
        let held = Held {
            body: Some(body),
            scope: Some(scope),
            outcome,
            settings: settings.clone(),
        };
        Self {
            kind: Kind::Held { held },
        }
    }
}

impl<B: MessageBody> MessageBody for ScopeBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        match &self.kind {
            Kind::Plain { body } => body.size(),
            Kind::Held { held } => {
                let body = held.body.as_ref();
                body.map_or(BodySize::None, MessageBody::size)
            }
            Kind::Answer { body } => body.size(),
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match self.project().kind.project() {
            KindProjection::Plain { body } => body.poll_next(cx).map_err(Into::into),
            KindProjection::Held { held } => held.poll_next(cx),
            KindProjection::Answer { body } => body.poll_next(cx),
        }
    }

    /// A body that its scope waits for has to be polled to its end.
    fn try_into_bytes(self) -> Result<Bytes, Self> {
        match self.kind {
            Kind::Plain { body } => body.try_into_bytes().map_err(Self::plain),
            Kind::Answer { body } => body.try_into_bytes().map_err(Self::answer),
            kind @ Kind::Held { .. } => Err(Self { kind }),
        }
    }
}

impl<B: MessageBody> Held<B> {
    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error>>>> {
        let this = self.as_mut().project();
        let (Some(body), Some(scope)) = (this.body.as_pin_mut(), this.scope) else {
            return Poll::Ready(None);
        };
        // Stays if the body panics.
        let outcome = std::mem::replace(this.outcome, Outcome::Panic);
        let polled = scope.run(|| body.poll_next(cx));
        *this.outcome = match &polled {
            Poll::Ready(Some(Err(_))) => Outcome::Failure,
            _ => outcome,
        };
        if let Poll::Ready(None) = polled {
            self.end();
        }
        polled.map_err(Into::into)
    }
}

impl<B> Held<B> {
    /// Drops the body, and ends its scope.
    fn end(self: Pin<&mut Self>) {
        let mut this = self.project();
        if let Some(mut scope) = this.scope.take() {
            scope.run(|| this.body.set(None));
            end(scope, *this.outcome, this.settings);
        }
    }
}

/// Ends a scope. Performs what need not be awaited here, and spawns the rest if there is any.
fn end(scope: OwnedScope, outcome: Outcome, settings: &Settings) {
    let mut released = scope.release(outcome);
    if released.is_settled() {
        return conclude(released.dispatch(), &settings.backlog);
    }
    let runtime = settings.runtime.clone();
    let runtime = runtime.or_else(|| Handle::try_current().ok());
    let entered = runtime.as_ref().map(Handle::enter);
    // Effects do not run within a destructor that is called by a panic.
    if !std::thread::panicking() {
        released.dispatch_ready();
    }
    drop(entered);
    match runtime {
        Some(runtime) if !released.is_settled() => {
            let running = Flushing {
                _running: settings.backlog.run(),
                unless_ended: Some(settings.backlog.clone()),
            };
            runtime.spawn(running.until(released));
        }
        _ => conclude(released.dispatch(), &settings.backlog),
    }
}

fn conclude(flushed: Result<FlushReport, FlushError>, backlog: &Backlog) {
    if let Err(error) = flushed {
        backlog.count_failure();
        error.strand();
    }
}

/// A flush that runs on. It has failed unless it has ended well.
struct Flushing {
    _running: Running,
    unless_ended: Option<Backlog>,
}

impl Flushing {
    async fn until(mut self, released: Released) {
        match released.dispatch_async().await {
            Ok(_) => self.unless_ended = None,
            Err(error) => error.strand(),
        }
    }
}

impl Drop for Flushing {
    fn drop(&mut self) {
        if let Some(backlog) = &self.unless_ended {
            backlog.count_failure();
        }
    }
}

impl<B> fmt::Debug for ScopeBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeBody")
            .field("held", &matches!(self.kind, Kind::Held { .. }))
            .finish_non_exhaustive()
    }
}
