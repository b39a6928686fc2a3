//! The origin of a request's intents (R4).

use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};
use actix_web::{App, web};
use airlock::policy::drop_all;
use airlock_actix::{RequestScope, ScopeMiddleware};

use crate::fixture::{World, get, mail};

/// Returns a middleware that drops all intents.
fn quiet() -> ScopeMiddleware {
    ScopeMiddleware::new().policy(drop_all())
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Returns the origins of the intents that it has enqueued.
async fn origins(RequestScope(scope): RequestScope) -> String {
    airlock::enqueue(mail(1));
    scope.inspect(|intents| {
        let origins = intents.iter().map(|intent| intent.origin());
        let origins = origins.map(|origin| {
            let origin = origin.expect("it has one");
            format!("{origin}, {}", origin.trace_parent().unwrap_or("no trace"))
        });
        origins.collect()
    })
}

#[actix_web::test]
async fn an_intent_knows_method_and_matched_route_and_not_the_path() {
    let orders = web::scope("/orders").service(web::resource("/{id}/items/{item}").to(origins));
    let app = App::new().service(orders).default_service(web::to(origins));
    let app = init_service(app.wrap(quiet())).await;
    for (request, shown) in [
        (
            TestRequest::post().uri("/orders/7/items/3?token=secret"),
            "POST /orders/{id}/items/{item}, no trace",
        ),
        (
            TestRequest::get().uri("/orders/7/items/3"),
            "GET /orders/{id}/items/{item}, no trace",
        ),
        (
            TestRequest::delete().uri("/nothing/here"),
            "DELETE, no trace",
        ),
    ] {
        assert_eq!(call_and_read_body(&app, request.to_request()).await, shown);
    }
}

#[actix_web::test]
async fn a_valid_traceparent_is_kept() {
    let app = App::new().route("/", web::get().to(origins)).wrap(quiet());
    let app = init_service(app).await;
    for (header, shown) in [
        (TRACE, format!("GET /, {TRACE}")),
        ("<script>", "GET /, no trace".to_owned()),
    ] {
        let request = TestRequest::get().insert_header(("traceparent", header));
        assert_eq!(call_and_read_body(&app, request.to_request()).await, shown);
    }
}

#[actix_web::test]
async fn a_middleware_of_a_resource_says_the_same_as_the_apps() {
    let resource = web::resource("/orders/{id}").wrap(quiet()).to(origins);
    let app = App::new().service(resource).wrap(quiet());
    let app = init_service(app).await;
    let request = TestRequest::get().uri("/orders/7").to_request();
    assert_eq!(
        call_and_read_body(&app, request).await,
        "GET /orders/{id}, no trace"
    );
}

#[actix_web::test]
async fn an_effect_can_read_the_trace_of_its_request() {
    #[airlock::effect]
    fn tell_trace(#[resource] log: &crate::fixture::Log) {
        let origin = airlock::current().and_then(|scope| scope.origin());
        let trace = origin.as_ref().and_then(airlock::Origin::trace_parent);
        log.add(trace.unwrap_or("none"));
    }
    async fn handler() -> &'static str {
        airlock::enqueue(tell_trace());
        "done"
    }
    let world = World::new();
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(world.middleware());
    let request = TestRequest::get().insert_header(("traceparent", TRACE));
    call_and_read_body(&init_service(app).await, request.to_request()).await;
    assert_eq!(world.log.lines(), [TRACE]);
}

#[actix_web::test]
async fn a_route_is_known_on_other_threads_when_the_request_has_been_answered() {
    let (told, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let airlock = airlock::Airlock::builder()
        .policy(drop_all())
        .on_report(move |report| {
            let _ = told.send(report.origin().cloned().expect("it has one"));
        })
        .skip_resource_check()
        .build()
        .expect("it builds");
    let app = App::new().route("/orders/{id}", web::get().to(origins));
    let app = app.wrap(ScopeMiddleware::new().airlock(&airlock));
    let request = TestRequest::get().uri("/orders/7").to_request();
    call_and_read_body(&init_service(app).await, request).await;
    let origin = reports.recv().await.expect("one");
    let shown = std::thread::spawn(move || origin.to_string());
    assert_eq!(shown.join().expect("no panic"), "GET /orders/{id}");
}

#[actix_web::test]
async fn an_origin_outlives_its_app() {
    async fn hand_out(RequestScope(scope): RequestScope, out: web::Data<Out>) -> &'static str {
        let origin = scope.origin().expect("it has one");
        *out.lock().expect("no panic") = Some(origin);
        "nothing was enqueued"
    }
    let out = web::Data::new(Out::default());
    let app = App::new()
        .app_data(out.clone())
        .route("/orders/{id}", web::get().to(hand_out));
    let app = init_service(app.wrap(quiet())).await;
    let request = || TestRequest::get().uri("/orders/7").to_request();
    call_and_read_body(&app, request()).await;
    let taken = || out.lock().expect("no panic").take().expect("it ran");
    assert_eq!(taken().to_string(), "GET /orders/{id}");
    call_and_read_body(&app, request()).await;
    drop(app);
    assert_eq!(taken().to_string(), "GET /orders/{id}");
}

type Out = std::sync::Mutex<Option<airlock::Origin>>;

#[actix_web::test]
async fn another_thread_shows_the_route_of_a_report_whatever_the_request_enqueued() {
    let (told, shown) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let airlock = airlock::Airlock::builder()
        .on_report(move |report| {
            // A thread that writes logs displays origins like this, while the request's scope is still
            // ending.
            let report = report.clone();
            let shown = std::thread::spawn(move || report.origin().map(ToString::to_string));
            let shown = shown.join().ok().flatten();
            let _ = told.lock().expect("no panic").send(shown);
        })
        .skip_resource_check()
        .build()
        .expect("it builds");
    let app = App::new()
        .route("/nothing/{id}", web::get().to(async || "nothing"))
        .route(
            "/something/{id}",
            web::get().to(async || {
                airlock::enqueue(nap());
                "something"
            }),
        );
    let app = init_service(app.wrap(ScopeMiddleware::new().airlock(&airlock))).await;
    for (path, route) in [
        ("/nothing/7", "GET /nothing/{id}"),
        ("/something/7", "GET /something/{id}"),
    ] {
        call_service(&app, get(path)).await;
        assert_eq!(shown.recv().ok().flatten().as_deref(), Some(route));
    }
}

#[airlock::effect]
fn nap() {}
