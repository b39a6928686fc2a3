//! `Clone` and the auto traits follow the inner service.

use std::future::Future;
use std::marker::PhantomPinned;
use std::rc::Rc;
use std::task::{Context, Poll};

use airlock::tower::{
    AfterResponse, BeforeResponse, HttpExchange, ScopeBody, ScopeFuture, ScopeLayer, ScopeService,
    ShieldFuture, ShieldLayer, ShieldService,
};
use axum::http::{Request, Response};
use tower::{Layer, Service};

fn all<T: Send + Sync + Unpin>() {}
fn cloneable<T: Clone>() {}

/// Evaluates to `true` if a type has a trait: an inherent constant then shadows the one of a trait.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code, reason = "dead where the type has the trait")]
        trait No { const HAS: bool = false; }
        impl<T: ?Sized> No for T {}
        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "dead where the type does not have the trait")]
        impl<T: ?Sized + $($bound)+> Asked<T> { const HAS: bool = true; }
        <Asked<$type>>::HAS
    }};
}

type Ready = std::future::Ready<Result<Response<String>, String>>;
type Future_<F, M = BeforeResponse, B = String> = ScopeFuture<F, HttpExchange<M, B>, String>;

/// A future that is only type-checked.
struct Idle<T>(T);

impl<T> Future for Idle<T> {
    type Output = Result<Response<String>, String>;
    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

#[test]
fn layers_and_services_have_what_the_inner_service_has() {
    all::<ScopeLayer>();
    all::<ScopeLayer<AfterResponse>>();
    all::<ShieldLayer<BeforeResponse>>();
    all::<ScopeService<()>>();
    all::<ShieldService<ScopeService<()>>>();
    cloneable::<ScopeLayer>();
    cloneable::<ScopeLayer<AfterResponse>>();
    cloneable::<ShieldLayer<AfterResponse>>();
    cloneable::<ScopeService<()>>();
    cloneable::<ShieldService<ScopeService<()>>>();
    assert!(!has!(ScopeService<Rc<()>>: Send));
    assert!(!has!(ScopeService<std::cell::Cell<()>>: Sync));
    assert!(!has!(ScopeService<PhantomPinned>: Unpin));
    struct NotClone;
    assert!(!has!(ScopeService<NotClone>: Clone));
}

#[test]
fn futures_and_bodies_have_what_the_inner_ones_have() {
    all::<Future_<Ready>>();
    all::<Future_<Ready, AfterResponse>>();
    all::<ShieldFuture<Result<String, String>>>();
    all::<ScopeBody<String>>();

    assert!(!has!(Future_<Idle<Rc<()>>>: Send));
    assert!(has!(Future_<Idle<std::cell::Cell<()>>>: Send));
    assert!(!has!(Future_<Idle<std::cell::Cell<()>>>: Sync));
    assert!(!has!(Future_<Idle<PhantomPinned>>: Unpin));
    assert!(has!(Future_<Idle<PhantomPinned>>: Send));
    assert!(!has!(ScopeBody<Rc<()>>: Send));
    assert!(!has!(ScopeBody<PhantomPinned>: Unpin));
    // The future is `Sync` even if the response's body is not.
    all::<Future_<Ready, BeforeResponse, axum::body::Body>>();
}

#[derive(Clone)]
struct Local(Rc<()>);

impl Service<Request<()>> for Local {
    type Response = Response<String>;
    type Error = String;
    type Future = Ready;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, _: Request<()>) -> Ready {
        let _ = &self.0;
        std::future::ready(Ok(Response::new(String::new())))
    }
}

#[tokio::test]
async fn a_service_that_is_not_send_is_served() {
    let mut service = ScopeLayer::new().layer(Local(Rc::new(()))).clone();
    let response = service.call(Request::new(())).await.expect("it succeeds");
    assert_eq!(response.status(), 200);
}
