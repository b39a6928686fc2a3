//! All the ways in which a request can end, through actix-web.

use actix_web::body::MessageBody;
use actix_web::dev::Service;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, error};
use airlock_actix::ScopeMiddleware;
use airlock_test_endings::{self as endings, Answer, Ending, Ends, When, World};
use futures_util::stream::{self, StreamExt};

async fn respond(ending: &'static Ending) -> HttpResponse {
    let status = endings::work(ending).await;
    let status = StatusCode::from_u16(status).expect("it is a status");
    HttpResponse::build(status).streaming(endings::body(ending).map(|chunk| chunk.map(Bytes::from)))
}

/// Returns a future that does not borrow the world.
fn call(ending: &'static Ending, world: &World) -> impl Future<Output = Option<Answer>> + use<> {
    let middleware = ScopeMiddleware::new().airlock(&world.airlock);
    let middleware = match ending.when {
        When::BeforeResponse => middleware,
        When::AfterResponse => middleware.after_response(),
    };
    async move {
        let app = App::new()
            .default_service(web::to(move || respond(ending)))
            .wrap_fn(move |request, service| {
                let call = service.call(request);
                async move {
                    let response = call.await?;
                    match ending.ends {
                        Ends::Error => Err(error::ErrorForbidden("on purpose")),
                        _ => Ok(response),
                    }
                }
            })
            .wrap(middleware);
        let app = init_service(app).await;
        let response = app.call(TestRequest::get().to_request()).await.ok()?;
        let status = response.status().as_u16();
        let mut body = Box::pin(response.into_body());
        let chunks = stream::poll_fn(move |cx| body.as_mut().poll_next(cx));
        let chunks = chunks.map(|chunk| chunk.map(|chunk| chunk.to_vec()).map_err(drop));
        Some(Answer {
            status,
            body: Box::pin(chunks),
        })
    }
}

#[actix_web::test]
async fn a_request_ends_in_each_way_as_the_table_says() {
    endings::check(call).await;
}
