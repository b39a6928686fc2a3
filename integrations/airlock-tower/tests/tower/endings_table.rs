//! All the ways in which a request can end, through tower.

use airlock::tower::ScopeLayer;
use airlock_test_endings::{self as endings, Answer, Ending, Ends, When, World};
use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::StreamExt;
use tower::{Layer, ServiceExt, service_fn};

async fn respond(ending: &'static Ending) -> Result<Response<Body>, &'static str> {
    let status = endings::work(ending).await;
    if ending.ends == Ends::Error {
        return Err("on purpose");
    }
    let response = Response::builder().status(status);
    let response = response.body(Body::from_stream(endings::body(ending)));
    Ok(response.expect("a response"))
}

/// Returns a future that does not borrow the world.
fn call(ending: &'static Ending, world: &World) -> impl Future<Output = Option<Answer>> + use<> {
    let service = service_fn(move |_: Request<Body>| respond(ending));
    let layer = ScopeLayer::new().airlock(&world.airlock);
    async move {
        let request = Request::new(Body::empty());
        let response = match ending.when {
            When::BeforeResponse => layer.layer(service).oneshot(request).await,
            When::AfterResponse => {
                let service = layer.after_response().layer(service);
                let response = service.oneshot(request).await;
                response.map(|response| response.map(Body::new))
            }
        };
        let response = response.ok()?;
        let status = response.status().as_u16();
        let chunks = response.into_body().into_data_stream();
        let chunks = chunks.map(|chunk| chunk.map(|chunk| chunk.to_vec()).map_err(drop));
        Some(Answer {
            status,
            body: Box::pin(chunks),
        })
    }
}

#[tokio::test]
async fn a_request_ends_in_each_way_as_the_table_says() {
    endings::check(call).await;
}
