//! Responses for browsers, instead of JSON.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use shop::page::Top;
use shop::{Form, Problem, Shop, page};

use crate::error::AppError;

/// The id of a request's scope, stored in the response's extensions.
#[derive(Clone)]
struct ScopeId(String);

/// Stores the id of the request's scope in its response. It must be inside the layer that opens scopes.
pub(crate) async fn note_scope(request: Request, next: Next) -> Response {
    let scope = airlock::current().map(|scope| ScopeId(scope.id().to_string()));
    let mut response = next.run(request).await;
    if let Some(scope) = scope {
        response.extensions_mut().insert(scope);
    }
    response
}

/// Answers every form of a browser with a redirect to the page, which shows the outcome and can be reloaded. This
/// must be outside of the scopes: inside, a redirect would count as a success, and flush.
pub(crate) async fn serve(State(shop): State<Shop>, request: Request, next: Next) -> Response {
    let accept = request.headers().get(header::ACCEPT);
    if !page::wanted(accept.and_then(|accept| accept.to_str().ok())) {
        return next.run(request).await;
    }
    if request.method() == Method::POST {
        return sent(&shop, request, next).await;
    }
    let response = next.run(request).await;
    match problem_of(&response) {
        None => response,
        Some(problem) => {
            let status = response.status();
            (status, self::page(&shop, &Top::Problem(problem)).await).into_response()
        }
    }
}

/// Keeps the sent form as a notice, and answers with a redirect to the page that shows it.
async fn sent(shop: &Shop, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, Form::LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let form = Form::read(head.uri.path(), &body);
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    let scope = response.extensions().get().map(|ScopeId(id)| id.clone());
    let page = shop.notices().add(form, problem_of(&response), scope);
    Redirect::to(&page).into_response()
}

fn problem_of(response: &Response) -> Option<Problem> {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let told = response.extensions().get().cloned();
    failed.then(|| told.unwrap_or_else(|| Problem::new(status.as_u16(), None)))
}

/// Renders the page.
pub(crate) async fn page(shop: &Shop, top: &Top) -> Response {
    let header = [(
        header::CONTENT_SECURITY_POLICY,
        page::CONTENT_SECURITY_POLICY,
    )];
    match page::render(shop, top).await {
        Ok(html) => (header, Html(html)).into_response(),
        Err(error) => AppError::from(error).into_response(),
    }
}
