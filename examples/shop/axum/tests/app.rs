//! The app, called without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, Request, header};
use shop::Shop;
use shop::settings::DEMO_KEY;
use shop_checks::{Answer, Call, Client, TemporaryFile, table};
use tower::ServiceExt;

struct Direct(Router);

impl Client for Direct {
    async fn send(&mut self, call: Call) -> Answer {
        let Call {
            method,
            path,
            form,
            accept,
        } = call;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.unwrap_or_default()))
            .expect("a request");
        let response = self
            .0
            .clone()
            .oneshot(request)
            .await
            .expect("axum never fails");
        let header = |name: HeaderName| {
            let value = response.headers().get(name);
            let text = value.and_then(|value| value.to_str().ok());
            text.unwrap_or_default().to_owned()
        };
        Answer {
            status: response.status().as_u16(),
            content_type: header(header::CONTENT_TYPE),
            location: header(header::LOCATION),
            allow: header(header::ALLOW),
            body: {
                let body = to_bytes(response.into_body(), usize::MAX).await;
                String::from_utf8(body.expect("a body").to_vec()).expect("text")
            },
        }
    }
}

#[tokio::test]
async fn every_request_of_the_table_is_answered_as_it_says() {
    let database = TemporaryFile::new();
    let shop = Shop::open(database.url(), DEMO_KEY).await.expect("a shop");
    let scopes = shop_axum::Scopes::new(&shop);
    table::check(&mut Direct(shop_axum::app(&shop, &scopes))).await;
}
