//! The response body, which may hold its request's scope until it ends.

use std::error::Error;
use std::fmt;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use airlock_core::lifecycle::Outcome;
use airlock_http::HeldScope;
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response that has passed a [`ScopeMiddleware`](crate::ScopeMiddleware).
    ///
    /// With [`after_response`](crate::ScopeMiddleware::after_response) it runs in the request's scope, and
    /// the scope ends with it.
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
        /// Replaces a response whose flush has failed.
        Answer { #[pin] body: BoxBody },
    }
}

pin_project! {
    /// A body in the scope of its request.
    struct Held<B> {
        #[pin]
        body: Option<B>,
        scope: Option<HeldScope>,
    }

    impl<B> PinnedDrop for Held<B> {
        fn drop(this: Pin<&mut Self>) {
            let outcome = this.scope.as_ref().map(HeldScope::outcome);
            if let Some(outcome) = outcome {
                this.end_as(outcome);
            }
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

    /// Creates a body that ends this scope.
    pub(crate) fn held(body: B, scope: HeldScope) -> Self {
        let held = Held {
            body: Some(body),
            scope: Some(scope),
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

    /// A body that holds a scope has to be polled to its end.
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
        let (polled, ends_as) = scope.poll(|| body.poll_next(cx));
        if let Some(outcome) = ends_as {
            self.end_as(outcome);
        }
        match polled {
            Ok(polled) => polled.map_err(Into::into),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<B> Held<B> {
    /// Drops the body, then ends its scope with this outcome.
    fn end_as(self: Pin<&mut Self>, outcome: Outcome) {
        let mut this = self.project();
        if let Some(mut scope) = this.scope.take() {
            scope.run(|| this.body.set(None));
            scope.end_as(outcome);
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
