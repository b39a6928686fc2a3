//! Responses for browsers, instead of JSON.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use shop::page::Top;
use shop::{Form, Problem, Shop, page};

use crate::error::AppError;

/// The id of a request's scope, stored in the request's extensions.
#[derive(Clone)]
struct ScopeId(String);

/// Stores the id of the scope in the request. It must be inside the middleware that opens scopes.
pub(crate) async fn note_scope(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(scope) = airlock::current() {
        let id = ScopeId(scope.id().to_string());
        request.extensions_mut().insert(id);
    }
    next.call(request).await
}

/// Answers every form of a browser with a redirect to the page, which shows the outcome and can be reloaded. This
/// must be outside of the scopes: inside, a redirect would count as a success, and flush.
pub(crate) async fn serve(
    shop: Data<Shop>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let accept = request.headers().get(header::ACCEPT);
    if !page::wanted(accept.and_then(|accept| accept.to_str().ok())) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    if request.method() == Method::POST {
        return sent(&shop, request, next).await;
    }
    let response = next.call(request).await?;
    let Some(problem) = problem_of(&response) else {
        return Ok(response.map_into_boxed_body());
    };
    let status = response.status();
    let mut page = self::page(&shop, &Top::Problem(problem)).await;
    *page.status_mut() = status;
    Ok(response.into_response(page))
}

/// Keeps the sent form as a notice, and answers with a redirect to the page that shows it.
async fn sent(
    shop: &Shop,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let body = request.extract::<Bytes>().await?;
    let form = Form::read(request.path(), &body);
    request.set_payload(Payload::from(body));
    let response = next.call(request).await?;
    let scope = response
        .request()
        .extensions()
        .get()
        .map(|ScopeId(id)| id.clone());
    let page = shop.notices().add(form, problem_of(&response), scope);
    let page = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, page))
        .finish();
    Ok(response.into_response(page))
}

fn problem_of(response: &ServiceResponse<impl MessageBody>) -> Option<Problem> {
    let status = response.status();
    let error = response.response().error();
    let told = error.and_then(|error| error.as_error::<AppError>());
    let told = told.map(|AppError(problem)| problem.clone());
    let failed = status.is_client_error() || status.is_server_error();
    failed.then(|| told.unwrap_or_else(|| Problem::new(status.as_u16(), None)))
}

/// Renders the page.
pub(crate) async fn page(shop: &Shop, top: &Top) -> HttpResponse {
    match page::render(shop, top).await {
        Ok(html) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((
                header::CONTENT_SECURITY_POLICY,
                page::CONTENT_SECURITY_POLICY,
            ))
            .body(html),
        Err(error) => AppError::from(error).error_response(),
    }
}
