//! The app, called without a socket.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use shop::Shop;
use shop::settings::DEMO_KEY;
use shop_checks::{Answer, Call, Client, TemporaryFile, table};

struct Direct<S>(S);

impl<S, B> Client for Direct<S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    async fn send(&mut self, call: Call) -> Answer {
        let Call {
            method,
            path,
            form,
            accept,
        } = call;
        let request = TestRequest::with_uri(path)
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .insert_header((header::ACCEPT, accept))
            .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
            .set_payload(form.unwrap_or_default());
        let response = call_service(&self.0, request.to_request()).await;
        let header = |name: header::HeaderName| {
            let value = response.headers().get(name);
            let text = value.and_then(|value| value.to_str().ok());
            text.unwrap_or_default().to_owned()
        };
        Answer {
            status: response.status().as_u16(),
            content_type: header(header::CONTENT_TYPE),
            location: header(header::LOCATION),
            allow: header(header::ALLOW),
            body: String::from_utf8(read_body(response).await.to_vec()).expect("text"),
        }
    }
}

#[actix_web::test]
async fn every_request_of_the_table_is_answered_as_it_says() {
    let database = TemporaryFile::new();
    let shop = Shop::open(database.url(), DEMO_KEY).await.expect("a shop");
    let scopes = shop_actix::Scopes::new(&shop);
    let app = init_service(shop_actix::app(&shop, &scopes)).await;
    table::check(&mut Direct(app)).await;
}
