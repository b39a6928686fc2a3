//! Flushes after the response: intents that the body enqueues, and the end of the scope with the body.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use airlock::tower::{AfterResponse, ScopeBody, ScopeLayer};
use airlock::{EnqueueErrorKind, try_enqueue};
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::Response;
use futures_util::stream::{self, Stream, StreamExt};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{Layer, ServiceExt};

use crate::fixture::{
    Log, World, app, call, charge, gated, gated_world, hang_guard, mail, ship, text,
};
use airlock_test_support::{errors_of, problems_of_async};

pub(crate) fn after(world: &World) -> ScopeLayer<AfterResponse> {
    ScopeLayer::new().airlock(&world.airlock).after_response()
}

type Chunk = Result<Bytes, std::io::Error>;

/// A body of three chunks, each of which enqueues.
pub(crate) fn streamed() -> impl Stream<Item = Chunk> {
    stream::iter(1..=3).map(|n| {
        airlock::enqueue(mail(n));
        Ok(Bytes::from(format!("{n};")))
    })
}

#[tokio::test]
async fn the_client_has_the_response_before_the_effects_run() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(ship(1));
        "done"
    };
    let response = call(app(handler).layer(after(&world))).await;
    assert!(world.log.lines().is_empty());
    assert_eq!(text(response.into_body()).await, "done");
    assert_eq!(world.ended().await, "request success: ship dispatched");
}

#[tokio::test]
async fn a_handle_that_the_body_kept_is_refused_before_the_response() {
    let world = World::new();
    let handler = async || {
        let scope = airlock::current().expect("it runs in one");
        Body::from_stream(stream::iter([()]).map(move |()| {
            let refused = scope.enter(|| try_enqueue(mail(1)));
            let refusal = refused.expect_err("the scope has ended").kind().clone();
            assert!(
                matches!(refusal, EnqueueErrorKind::ScopeEnded { .. }),
                "{refusal:?}"
            );
            Chunk::Ok(Bytes::from("refused"))
        }))
    };
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let response = call(app(handler).layer(layer)).await;
    assert_eq!(text(response.into_body()).await, "refused");
}

/// Logs whether it could enqueue while it was dropped.
struct EnqueuesOnDrop(Log);

impl Drop for EnqueuesOnDrop {
    fn drop(&mut self) {
        let accepted = try_enqueue(mail(9)).is_ok();
        self.0.add(if accepted { "accepted" } else { "refused" });
    }
}

#[tokio::test]
async fn a_body_is_dropped_within_its_scope_however_it_ends() {
    for (fails, expected) in [
        (false, "success: mail dispatched"),
        (true, "failure: mail discarded"),
    ] {
        let mut world = World::new();
        let dropped = Log::default();
        let on_drop = EnqueuesOnDrop(dropped.clone());
        let body = || {
            let frames =
                stream::iter(fails.then(|| Err(std::io::Error::other("the disk is gone"))));
            StreamBody::new(frames.map(move |frame: std::io::Result<Frame<Bytes>>| {
                let _ = &on_drop;
                frame
            }))
        };
        let mut response = respond(after(&world), body).await.into_body();
        let ended = response.frame().await;
        assert_eq!(ended.is_some(), fails);
        assert_eq!(
            dropped.lines(),
            ["accepted"],
            "at its end, not when the server drops it"
        );
        assert!(response.frame().await.is_none());
        assert_eq!(world.ended().await, format!("request {expected}"));
    }
}

#[tokio::test]
async fn a_body_that_panics_discards_and_the_panic_goes_on() {
    let mut world = World::new();
    let handler = async || {
        let panics = stream::iter([()]).map(|()| -> Chunk { panic!("in the body") });
        Body::from_stream(streamed().chain(panics))
    };
    let response = call(app(handler).layer(after(&world))).await;
    let read = tokio::spawn(response.into_body().collect());
    let panic = read.await.expect_err("it panics").into_panic();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"in the body"));
    let expected = "request panic: mail discarded, mail discarded, mail discarded";
    assert_eq!(world.ended().await, expected);
}

#[tokio::test]
async fn a_body_that_is_dropped_by_a_panic_around_it_discards() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(mail(0));
        Body::from_stream(streamed())
    };
    let response = call(app(handler).layer(after(&world))).await;
    let sent = tokio::spawn(async move {
        let mut body = response.into_body();
        body.frame().await.expect("a chunk").expect("it is whole");
        panic!("in a wrapper of the body");
    });
    assert!(sent.await.is_err_and(|error| error.is_panic()));
    let expected = "request panic: mail discarded, mail discarded";
    assert_eq!(world.ended().await, expected);
}

#[tokio::test]
async fn a_response_that_is_replaced_outside_of_the_layer_counts_as_sent() {
    let mut world = World::new();
    let handler = async || airlock::enqueue(mail(0)).to_string();
    let replace = map_response(async |_: Response| StatusCode::BAD_GATEWAY);
    let response = call(app(handler).layer(after(&world)).layer(replace)).await;
    assert_eq!(response.status(), 502);
    assert_eq!(world.ended().await, "request success: mail dispatched");
}

#[tokio::test]
async fn a_failed_flush_is_counted_and_reported_as_unhandled_and_the_client_does_not_know() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(charge(1));
        "done"
    };
    let layer = after(&world);
    let tasks = layer.tasks();
    let response = call(app(handler).layer(layer)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response.into_body()).await, "done");
    assert_eq!(world.ended().await, "request success: charge failed");
    hang_guard(tasks.drained()).await;
    assert_eq!(world.unhandled.lines(), ["charge"]);
    assert_eq!(tasks.failed(), 1);
}

#[tokio::test]
async fn a_shutdown_can_wait_for_what_runs_on() {
    let (mut world, gate) = gated_world();
    let handler = async || {
        airlock::enqueue(gated());
    };
    let layer = after(&world);
    let tasks = layer.tasks();
    drop(call(app(handler).layer(layer)).await);
    assert_eq!(tasks.running(), 1);
    let mut drained = polling(tasks.drained());
    assert!(drained().is_pending());
    gate.open();
    hang_guard(tasks.drained()).await;
    assert!(drained().is_ready());
    assert_eq!(tasks.running(), 0);
    assert_eq!(world.ended_by_now(), ["request success: gated dispatched"]);
}

/// Returns a closure that polls a future.
fn polling<F: Future>(future: F) -> impl FnMut() -> Poll<F::Output> {
    let mut future = Box::pin(future);
    move || {
        let mut cx = Context::from_waker(Waker::noop());
        future.as_mut().poll(&mut cx)
    }
}

/// Returns the response of a service with this body, which is created in the request's scope.
async fn respond<B>(
    layer: ScopeLayer<AfterResponse>,
    body: impl FnOnce() -> B,
) -> axum::http::Response<ScopeBody<B>> {
    let mut body = Some(body);
    let service = tower::service_fn(move |_: axum::http::Request<()>| {
        let body = body.take().expect("called once");
        std::future::ready(Ok::<_, String>(axum::http::Response::new(body())))
    });
    let called = layer.layer(service).oneshot(axum::http::Request::new(()));
    called.await.expect("it succeeds")
}

#[tokio::test]
async fn a_local_policy_of_a_stream_holds_from_chunk_to_chunk() {
    let mut world = World::new();
    let body = || {
        let mut quiet = None;
        let chunks = stream::iter(1..=3).map(move |n| {
            if n == 2 {
                quiet = Some(airlock::policy(airlock::policy::drop_all()).enter());
            }
            airlock::enqueue(mail(n));
            assert_eq!(quiet.is_some(), n > 1);
            Chunk::Ok(Bytes::from("."))
        });
        StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data)))
    };
    let response = respond(after(&world), body).await;
    assert_eq!(text(response.into_body()).await, "...");
    let expected = "request success: mail dispatched, mail dropped, mail dropped";
    assert_eq!(world.ended().await, expected);
}

#[tokio::test]
async fn size_and_end_of_the_body_are_those_of_the_inner_one() {
    let world = World::new();
    let handler = async || airlock::enqueue(mail(1)).to_string().len().to_string();
    let response: Response = call(app(handler).layer(after(&world))).await;
    let mut body = response.into_body();
    let length = body.size_hint().exact().expect("it is known");
    assert!(!body.is_end_stream());
    let frame = body.frame().await.expect("one").expect("whole");
    assert_eq!(frame.into_data().expect("data").len() as u64, length);
    assert!(body.frame().await.is_none());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut body).poll_frame(&mut cx).is_ready());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.is_end_stream());
}

/// A timeout around the layer needs a body of the same type for its response.
#[tokio::test]
async fn a_body_of_no_request_is_the_default_of_the_inner_one() {
    let body = ScopeBody::<Full<Bytes>>::default();
    assert!(body.is_end_stream());
    assert_eq!(text(body).await, "");
}

#[tokio::test]
async fn trailers_are_passed_on() {
    let world = World::new();
    let body = || {
        airlock::enqueue(mail(1));
        let mut trailers = axum::http::HeaderMap::new();
        trailers.insert("grpc-status", axum::http::HeaderValue::from_static("0"));
        Full::new(Bytes::from("message")).with_trailers(std::future::ready(Some(Ok(trailers))))
    };
    let response = respond(after(&world), body).await;
    let collected = response.into_body().collect().await.expect("it is whole");
    assert_eq!(
        collected
            .trailers()
            .map(|all| all["grpc-status"].as_bytes()),
        Some(&b"0"[..])
    );
}

#[test]
fn a_runtime_that_has_shut_down_reports_what_was_to_leave() {
    let mut world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("it starts");
    let layer = after(&world);
    let tasks = layer.tasks();
    let response = runtime.block_on(respond(layer, || {
        airlock::enqueue(ship(1));
        "done".to_owned()
    }));
    drop(runtime);
    drop(response);
    assert_eq!(world.ended_by_now(), ["request success: ship not reached"]);
    assert_eq!(world.unhandled.lines(), ["ship"]);
    assert_eq!(tasks.failed(), 1);
}

#[test]
fn without_tokio_the_flush_is_driven_by_whatever_it_is_given_to() {
    let world = World::new();
    let (send, flushes) = std::sync::mpsc::channel();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.after_response_with(move |flush| send.send(flush).expect("the test runs"));
    let call = respond(layer, || {
        airlock::enqueue(ship(1));
        "done".to_owned()
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("it starts");
    let response = runtime.block_on(call);
    drop(runtime); // The body is dropped outside of every runtime.
    drop(response);
    let mut flush = polling(flushes.recv().expect("one"));
    assert!(flush().is_pending()); // `ship` yields once.
    assert!(flush().is_ready());
    assert_eq!(world.log.lines(), ["ship 1"]);
}

#[tokio::test]
async fn a_panic_of_what_spawns_the_flush_reports_it_and_leaves_the_response() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.after_response_with(|_| panic!("no thread left"));
    let tasks = layer.tasks();
    let told = errors_of(async {
        let handler = async || {
            airlock::enqueue(ship(1));
            "done"
        };
        let response = call(app(handler).layer(layer)).await;
        assert_eq!(text(response.into_body()).await, "done");
    });
    let told = told.await;
    let expected =
        r#" message=user code panicked what="after_response_with" message="no thread left""#;
    assert!(told.iter().any(|line| line == expected), "{told:#?}");
    assert_eq!(world.ended_by_now(), ["request success: ship not reached"]);
    assert_eq!(world.unhandled.lines(), ["ship"]);
    assert_eq!((tasks.running(), tasks.failed()), (0, 1));
}

#[tokio::test]
async fn sync_effects_run_where_the_body_ends_up_to_the_first_async_one() {
    let world = World::new();
    let handler = async || {
        airlock::enqueue(mail(1));
        airlock::enqueue(ship(2));
        airlock::enqueue(mail(3));
        "done"
    };
    let layer = after(&world);
    let tasks = layer.tasks();
    let response = call(app(handler).layer(layer)).await;
    assert!(world.log.lines().is_empty());
    drop(response);
    assert_eq!(world.log.lines(), ["mail 1"]);
    tasks.drained().await;
    assert_eq!(world.log.lines(), ["mail 1", "ship 2", "mail 3"]);
}

/// An effect without visible results, which panics outside of tokio.
#[airlock::effect]
fn needs_tokio() {
    drop(tokio::spawn(async {}));
}

#[test]
fn sync_effects_find_the_runtime_where_a_body_is_dropped_outside_of_it() {
    let mut world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("it starts");
    let response = runtime.block_on(respond(after(&world), || {
        airlock::enqueue(needs_tokio());
        "done".to_owned()
    }));
    drop(response);
    assert_eq!(
        world.ended_by_now(),
        ["request success: needs_tokio dispatched"]
    );
}

/// A body of three chunks, each of which is created in its own scope.
fn streamed_in_scopes(airlock: &airlock::Airlock) -> impl Stream<Item = Chunk> + use<> {
    let airlock = airlock.clone();
    stream::iter(1..=3).map(move |n| {
        let scope = match airlock::current() {
            Some(_) => airlock::scope(),
            None => airlock.scope(), // Before the response, no scope is around the body.
        };
        let ended = scope
            .name("item")
            .run_infallible(|_| airlock::enqueue(mail(n)));
        let sent = ended.map(|ended| ended.report.dispatched().count());
        Ok(Bytes::from(format!("{} sent;", sent.unwrap_or_default())))
    })
}

#[tokio::test]
async fn a_scope_for_each_item_of_a_stream_is_flushed_at_once_in_both_modes() {
    for after in [false, true] {
        let mut world = World::new();
        let airlock = world.airlock.clone();
        let app = app(async move || Body::from_stream(streamed_in_scopes(&airlock)));
        let layer = ScopeLayer::new().airlock(&world.airlock);
        let app = match after {
            true => app.layer(layer.after_response()),
            false => app.layer(layer),
        };
        let mut body = call(app).await.into_body();
        world.ended_by_now();
        for n in 1..=3 {
            let chunk = body.frame().await.expect("a chunk").expect("it is whole");
            assert_eq!(chunk.into_data().expect("data"), "1 sent;");
            assert_eq!(world.ended_by_now(), ["item success: mail dispatched"]);
            assert_eq!(world.log.lines().len(), n);
        }
        assert!(body.frame().await.is_none());
    }
}

#[tokio::test]
async fn r10_the_policies_of_a_layer_judge_the_scopes_of_a_body_too() {
    let mut world = World::new();
    let airlock = world.airlock.clone();
    let app = app(async move || Body::from_stream(streamed_in_scopes(&airlock)));
    let layer = after(&world).policy(airlock::policy::drop_all());
    text(call(app.layer(layer)).await.into_body()).await;
    let items = ["item success: mail dropped"; 3];
    assert_eq!(world.ended_by_now()[..3], items);
    assert!(world.log.lines().is_empty());
}

#[tokio::test]
async fn a_body_that_piles_intents_up_is_warned_about_once() {
    let logged = problems_of_async(async {
        let world = World::new();
        let handler = async || {
            Body::from_stream(stream::iter(0..3).map(|_| {
                for n in 0..400 {
                    airlock::enqueue(mail(n));
                }
                Chunk::Ok(Bytes::from_static(b"."))
            }))
        };
        let app = app(handler).layer(after(&world).name("export"));
        text(call(app).await.into_body()).await;
    });
    let logged = logged.await;
    let [line] = &logged[..] else {
        panic!("one line: {logged:#?}");
    };
    for part in [
        "WARN",
        "holds=1200",
        "export",
        "GET",
        "a scope for each item",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[tokio::test]
async fn a_handler_that_enqueues_much_is_not_told_about_its_body() {
    let logged = problems_of_async(async {
        let world = World::new();
        let handler = async || {
            for n in 0..1_200 {
                airlock::enqueue(mail(n));
            }
            "imported"
        };
        text(call(app(handler).layer(after(&world))).await.into_body()).await;
    });
    assert_eq!(logged.await, Vec::<String>::new());
}
