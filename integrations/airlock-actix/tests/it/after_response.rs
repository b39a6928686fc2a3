//! The end of the scope: before the response, or after its body.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::test::{call_service, init_service};
use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, web};

use futures_util::stream::{self, StreamExt};

use crate::fixture::{World, fail, get, mail, panic_of, ship};

async fn answer() -> &'static str {
    airlock::enqueue(mail(1));
    airlock::enqueue(ship(2));
    "a body"
}

#[actix_web::test]
async fn after_the_response_effects_run_when_the_body_has_ended() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let app = init_service(app.wrap(world.middleware().after_response())).await;
    let response = call_service(&app, get("/")).await;
    assert!(world.log.lines().is_empty());
    assert_eq!(
        to_bytes(response.into_body()).await.expect("it ends"),
        "a body"
    );
    assert_eq!(
        world.report().await,
        "success: mail dispatched, ship dispatched"
    );
    assert_eq!(world.log.lines(), ["mail 1", "ship 2"]);
}

#[actix_web::test]
async fn the_backlog_counts_flushes_under_way_and_failed_ones() {
    async fn handler(n: web::Path<u32>) -> &'static str {
        airlock::enqueue(ship(*n));
        if *n == 2 {
            airlock::enqueue(fail(*n));
        }
        "sent"
    }
    let world = World::new();
    let middleware = world.middleware().after_response();
    let tasks = middleware.tasks();
    let app = App::new().route("/{n}", web::get().to(handler));
    let app = init_service(app.wrap(middleware)).await;
    for path in ["/1", "/2"] {
        drop(call_service(&app, get(path)).await);
    }
    assert_eq!((tasks.running(), world.log.lines().len()), (2, 0));
    tasks.drained().await;
    assert_eq!(tasks.running(), 0);
    assert_eq!(tasks.failed(), 1);
    assert_eq!(world.log.lines().len(), 3);
}

#[actix_web::test]
async fn after_the_response_a_panic_of_a_body_around_it_discards() {
    /// A body that another middleware may wrap around ours.
    struct Explodes<B>(B);
    impl<B: MessageBody> MessageBody for Explodes<B> {
        type Error = B::Error;

        fn size(&self) -> BodySize {
            self.0.size()
        }

        fn poll_next(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Bytes, B::Error>>> {
            panic!("boom")
        }
    }
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let app = init_service(app.wrap(world.middleware().after_response())).await;
    let body = Explodes(call_service(&app, get("/")).await.into_body());
    let message = panic_of(async move {
        let _ = to_bytes(body).await;
    });
    assert_eq!(message.await, "boom");
    assert_eq!(
        world.report().await,
        "panic: mail discarded, ship discarded"
    );
}

#[test]
fn after_the_response_and_after_the_runtime_sync_effects_run_and_async_ones_are_reported_as_unhandled()
 {
    let mut world = World::new();
    let middleware = world.middleware().after_response();
    let response = actix_web::rt::System::new().block_on(async {
        let app = App::new()
            .route("/", web::get().to(answer))
            .wrap(middleware);
        call_service(&init_service(app).await, get("/")).await
    });
    drop(response);
    assert_eq!(
        world.reports(),
        ["success: mail dispatched, ship not reached"]
    );
    assert_eq!(world.unhandled(), 1);
}

#[actix_web::test]
async fn the_size_of_a_body_is_passed_on_and_a_held_body_can_only_be_polled() {
    for after in [false, true] {
        let world = World::new();
        let middleware = match after {
            true => world.middleware().after_response(),
            false => world.middleware(),
        };
        let app = App::new()
            .route("/", web::get().to(answer))
            .wrap(middleware);
        let app = init_service(app).await;
        let body = call_service(&app, get("/")).await.into_body();
        assert_eq!(body.size(), BodySize::Sized(6));
        assert_eq!(body.try_into_bytes().is_ok(), !after);
    }
}

#[actix_web::test]
async fn a_body_that_has_ended_may_be_polled_again() {
    let world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let app = init_service(app.wrap(world.middleware().after_response())).await;
    let mut body = pin!(call_service(&app, get("/")).await.into_body());
    let mut chunks = 0;
    for _ in 0..5 {
        let chunk = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await;
        chunks += usize::from(chunk.is_some());
    }
    assert_eq!(chunks, 1);
}

#[actix_web::test]
async fn sync_effects_run_where_the_body_ends_up_to_the_first_async_one() {
    async fn handler() -> &'static str {
        airlock::enqueue(mail(1));
        airlock::enqueue(ship(2));
        airlock::enqueue(mail(3));
        "a body"
    }
    let world = World::new();
    let middleware = world.middleware().after_response();
    let tasks = middleware.tasks();
    let app = App::new().route("/", web::get().to(handler));
    let response = call_service(&init_service(app.wrap(middleware)).await, get("/")).await;
    assert!(world.log.lines().is_empty());
    drop(response);
    assert_eq!(world.log.lines(), ["mail 1"]);
    tasks.drained().await;
    assert_eq!(world.log.lines(), ["mail 1", "ship 2", "mail 3"]);
}

#[test]
fn a_flush_that_its_runtime_drops_has_failed() {
    async fn handler() -> &'static str {
        airlock::enqueue(ship(1));
        "a body"
    }
    let mut world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("it starts");
    let middleware = runtime.block_on(async { world.middleware().after_response() });
    let tasks = middleware.tasks();
    drop(runtime);
    actix_web::rt::System::new().block_on(async {
        let app = App::new().route("/", web::get().to(handler));
        drop(call_service(&init_service(app.wrap(middleware)).await, get("/")).await);
    });
    assert_eq!(world.reports(), ["success: ship not reached"]);
    assert_eq!((world.unhandled(), tasks.failed()), (1, 1));
}

#[actix_web::test]
async fn a_scope_for_each_item_of_a_stream_is_flushed_at_once_in_both_modes() {
    for after in [false, true] {
        let mut world = World::new();
        let airlock = world.airlock.clone();
        let handler = move || {
            let airlock = airlock.clone();
            let chunks = stream::iter(1..=3).map(move |n| {
                let scope = match airlock::current() {
                    Some(_) => airlock::scope(),
                    None => airlock.scope(), // Before the response, no scope is around the body.
                };
                let ended = scope.run_infallible(|_| airlock::enqueue(mail(n)));
                let sent = ended.map(|ended| ended.report.dispatched().count());
                let told = format!("{} sent;", sent.unwrap_or_default());
                Ok::<_, io::Error>(Bytes::from(told))
            });
            std::future::ready(HttpResponse::Ok().streaming(chunks))
        };
        let app = App::new().route("/", web::get().to(handler));
        let middleware = match after {
            true => world.middleware().after_response(),
            false => world.middleware(),
        };
        let app = init_service(app.wrap(middleware)).await;
        let response = call_service(&app, get("/")).await;
        world.reports();
        let mut body = pin!(response.into_body());
        for n in 1..=3 {
            let chunk = poll_fn(|cx| body.as_mut().poll_next(cx)).await;
            let chunk = chunk.expect("a chunk").expect("it is whole");
            assert_eq!(chunk, "1 sent;");
            assert_eq!(world.reports(), ["success: mail dispatched"]);
            assert_eq!(world.log.lines().len(), n);
        }
    }
}
