//! The settings of a layer.

use airlock::FlushError;
use airlock::executor::Recorder;
use airlock::lifecycle::{AlwaysFlush, Outcome};
use airlock::policy::{drop_all, limit};
use airlock::tower::{ScopeLayer, problem};
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use tower::ServiceExt;

use crate::fixture::{Log, Mail, World, app, call, charge, get, mail, status, text};
use airlock_test_support::errors_of;

async fn mails() -> StatusCode {
    airlock::enqueue(mail(1));
    StatusCode::OK
}

async fn conflicts() -> (StatusCode, [(&'static str, &'static str); 1]) {
    airlock::enqueue(mail(1));
    (StatusCode::CONFLICT, [("x-keep", "yes")])
}

#[tokio::test]
async fn flush_when_decides_by_the_head_and_by_what_the_status_says() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.flush_when(|head, outcome| {
        outcome == Outcome::Success || head.headers.contains_key("x-keep")
    });
    assert_eq!(status(app(mails).layer(layer.clone())).await, 200);
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
    assert_eq!(status(app(conflicts).layer(layer)).await, 409);
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
}

#[tokio::test]
async fn flush_when_can_refuse_what_the_status_allows() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let app = app(mails).layer(layer.flush_when(|_, _| false));
    assert_eq!(status(app).await, 200);
    assert_eq!(world.ended_by_now(), ["request failure: mail discarded"]);
}

#[tokio::test]
async fn flush_when_for_decides_by_the_request_too() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.flush_when_for(|request| {
        let rehearses = request.headers.contains_key("rehearse");
        move |head, outcome| !rehearses && head.status == 200 && outcome == Outcome::Success
    });
    let app = app(mails).layer(layer);
    assert_eq!(status(app.clone()).await, 200);
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
    let mut rehearsal = get("/");
    let yes = axum::http::HeaderValue::from_static("yes");
    rehearsal.headers_mut().insert("rehearse", yes);
    let response = app.oneshot(rehearsal).await.expect("axum never fails");
    assert_eq!(response.status(), 200);
    assert_eq!(world.ended_by_now(), ["request failure: mail discarded"]);
}

#[tokio::test]
async fn a_panic_of_flush_when_for_leaves_the_response_and_the_status_decides() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.flush_when_for(|request| {
        assert_ne!(request.uri.path(), "/", "no rule for that");
        |_, _| false
    });
    let told = errors_of(async {
        assert_eq!(status(app(mails).layer(layer)).await, 200);
    });
    let told = told.await;
    assert!(
        told.len() == 1 && told[0].contains("flush_when_for"),
        "{told:?}"
    );
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
}

#[tokio::test]
async fn a_panic_of_flush_when_leaves_the_response_and_the_status_decides() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.flush_when(|_, _| panic!("no rule for that"));
    let told = errors_of(async {
        assert_eq!(status(app(mails).layer(layer.clone())).await, 200);
        assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
        assert_eq!(status(app(conflicts).layer(layer)).await, 409);
        assert_eq!(world.ended_by_now(), ["request failure: mail discarded"]);
    });
    let expected = r#" message=user code panicked what="flush_when" message="no rule for that""#;
    assert_eq!(told.await, [expected, expected]);
}

#[tokio::test]
async fn a_panic_of_route_leaves_the_request_and_the_method_alone_names_it() {
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.route(|_, _| panic!("no route"));
    let handler = async || {
        let origin = airlock::current().and_then(|scope| scope.origin());
        origin.expect("it has one").to_string()
    };
    let told = errors_of(async {
        let response = call(app(handler).layer(layer)).await;
        assert_eq!(text(response.into_body()).await, "GET");
    });
    let expected = r#" message=user code panicked what="route" message="no route""#;
    assert_eq!(told.await, [expected]);
}

#[tokio::test]
async fn a_panic_of_on_flush_error_goes_on_to_the_server() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.on_flush_error(|_| -> Response<Body> { panic!("no words") });
    let tasks = layer.tasks();
    let handler = async || _ = airlock::enqueue(charge(1));
    let called = tokio::spawn(call(app(handler).layer(layer))).await;
    assert!(
        called
            .expect_err("no response tells of a success")
            .is_panic()
    );
    assert_eq!(world.ended_by_now(), ["request success: charge failed"]);
    assert_eq!(tasks.failed(), 1);
    assert_eq!(world.unhandled.lines(), ["charge"]);
}

#[tokio::test]
async fn what_on_flush_error_does_not_take_is_reported_as_unhandled() {
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.on_flush_error(|_| StatusCode::SERVICE_UNAVAILABLE.into_response());
    let handler = async || {
        airlock::enqueue(charge(1));
        airlock::enqueue(mail(2));
    };
    assert_eq!(status(app(handler).layer(layer)).await, 503);
    assert_eq!(world.unhandled.lines(), ["charge,mail"]);
}

#[tokio::test]
async fn one_failure_is_logged_once_with_its_cause() {
    let world = World::new();
    let handler = async || _ = airlock::enqueue(charge(1));
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    let logged = errors_of(async { assert_eq!(status(app).await, 500) }).await;
    let [line] = &logged[..] else {
        panic!("one event: {logged:#?}");
    };
    assert!(
        line.contains("effect failed") && line.contains("declined"),
        "{line}"
    );
}

#[tokio::test]
async fn the_lifecycle_still_decides_under_the_outcome() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let app = app(conflicts).layer(layer.lifecycle(AlwaysFlush));
    assert_eq!(status(app).await, 409);
    assert_eq!(world.ended_by_now(), ["request failure: mail dispatched"]);
}

#[tokio::test]
async fn name_policy_and_executor_are_those_of_the_layer() {
    let mut world = World::new();
    let recorder = Recorder::new();
    let layer = ScopeLayer::new().airlock(&world.airlock).name("api");
    let layer = layer.executor(recorder.clone()).policy(limit(1));
    for _ in 0..2 {
        assert_eq!(status(app(mails).layer(layer.clone())).await, 200);
    }
    assert_eq!(
        recorder.enqueued::<Mail>().len(),
        1,
        "requests share the policy"
    );
    let expected = ["api success: mail dispatched", "api success: mail dropped"];
    assert_eq!(world.ended_by_now(), expected);
}

#[tokio::test]
async fn without_an_airlock_of_its_own_a_layer_takes_the_one_around_the_call() {
    let mut world = World::new();
    let app = app(mails).layer(ScopeLayer::new());
    assert_eq!(world.airlock.bind(status(app)).await, 200);
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
}

#[tokio::test]
async fn settings_of_one_clone_do_not_reach_another() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let quiet = layer.clone().policy(drop_all());
    assert_eq!(status(app(mails).layer(layer)).await, 200);
    assert_eq!(status(app(mails).layer(quiet)).await, 200);
    let expected = [
        "request success: mail dispatched",
        "request success: mail dropped",
    ];
    assert_eq!(world.ended_by_now(), expected);
}

#[tokio::test]
async fn on_flush_error_gives_the_response_and_owns_the_error() {
    let world = World::new();
    let parked = Log::default();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.on_flush_error({
        let parked = parked.clone();
        move |error: FlushError| {
            let origin = error.report().origin().map(ToString::to_string);
            let intents = error.into_intents().len();
            parked.add(format!("{intents} of {}", origin.unwrap_or_default()));
            (StatusCode::SERVICE_UNAVAILABLE, "later").into_response()
        }
    });
    let handler = async || airlock::enqueue(charge(1)).to_string();
    let response = call(app(handler).layer(layer)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(response.into_body()).await, "later");
    assert_eq!(parked.lines(), ["1 of GET /"]);
    assert!(world.unhandled.lines().is_empty(), "the closure took it");
}

#[tokio::test]
async fn problem_by_hand_gives_the_intents_to_the_airlock_around_it() {
    let world = World::new();
    let response: Response<Body> = world.airlock.run(|| {
        let failed = airlock::scope().run_infallible(|_| airlock::enqueue(charge(1)));
        problem(failed.expect_err("it fails"))
    });
    assert_eq!(response.status(), 500);
    assert_eq!(world.unhandled.lines(), ["charge"]);
}

#[tokio::test]
async fn a_policy_can_be_chosen_for_each_request() {
    use airlock::policy::{Policy, allow_all, drop_all};
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.policy_for(|request| -> Box<dyn Policy> {
        match request.uri.query() {
            Some("dry") => Box::new(drop_all()),
            _ => Box::new(allow_all()),
        }
    });
    for (path, fate) in [
        ("/", "dispatched"),
        ("/?dry", "dropped"),
        ("/", "dispatched"),
    ] {
        let request = axum::http::Request::get(path).body(Body::empty());
        let response = app(mails).layer(layer.clone());
        let response = tower::ServiceExt::oneshot(response, request.expect("a request")).await;
        assert_eq!(response.expect("infallible").status(), 200);
        let expected = format!("request success: mail {fate}");
        assert_eq!(world.ended_by_now(), [expected]);
    }
}

#[tokio::test]
async fn policies_that_are_chosen_for_a_request_add_up() {
    use airlock::policy::drop_all;
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.policy_for(|_| Some(drop_all()));
    let layer = layer.policy_for(|_| airlock::policy::allow_all());
    assert_eq!(status(app(mails).layer(layer)).await, 200);
    assert_eq!(world.ended_by_now(), ["request success: mail dropped"]);
}
