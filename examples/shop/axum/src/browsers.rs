//! What browsers get instead of JSON.

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use shop::{Problem, Shop, page};

use crate::error::AppError;

/// For a browser, a change that was made leads back to the page, and a problem stands on top of it, with
/// its status. The other way round it would not do: a redirect is a success, and flushes.
pub(crate) async fn serve(State(shop): State<Shop>, request: Request, next: Next) -> Response {
    let accept = request.headers().get(header::ACCEPT);
    let wanted = page::wanted(accept.and_then(|accept| accept.to_str().ok()));
    let changes = request.method() == Method::POST;
    let response = next.run(request).await;
    let status = response.status();
    if !wanted {
        return response;
    }
    if status.is_client_error() || status.is_server_error() {
        let problem = response.extensions().get().cloned();
        let problem = problem.unwrap_or_else(|| Problem::new(status.as_u16(), None));
        return (status, self::page(&shop, Some(&problem)).await).into_response();
    }
    if changes {
        return Redirect::to("/").into_response();
    }
    response
}

/// The page.
pub(crate) async fn page(shop: &Shop, problem: Option<&Problem>) -> Response {
    let header = [(
        header::CONTENT_SECURITY_POLICY,
        page::CONTENT_SECURITY_POLICY,
    )];
    match page::render(shop, problem).await {
        Ok(html) => (header, Html(html)).into_response(),
        Err(error) => AppError::from(error).into_response(),
    }
}
