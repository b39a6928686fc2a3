//! What browsers get instead of JSON.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};
use shop::{Problem, Shop, page};

use crate::error::AppError;

/// For a browser, a change that was made leads back to the page, and a problem stands on top of it, with
/// its status. The other way round it would not do: a redirect is a success, and flushes.
pub(crate) async fn serve(
    shop: Data<Shop>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let accept = request.headers().get(header::ACCEPT);
    let wanted = page::wanted(accept.and_then(|accept| accept.to_str().ok()));
    let changes = request.method() == Method::POST;
    let response = next.call(request).await?;
    let status = response.status();
    if !wanted {
        return Ok(response.map_into_boxed_body());
    }
    if status.is_client_error() || status.is_server_error() {
        let error = response.response().error();
        let error = error.and_then(|error| error.as_error::<AppError>());
        let problem = error.map(|AppError(problem)| problem.clone());
        let problem = problem.unwrap_or_else(|| Problem::new(status.as_u16(), None));
        let mut page = self::page(&shop, Some(&problem)).await;
        *page.status_mut() = status;
        return Ok(response.into_response(page));
    }
    if changes {
        let home = HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/"))
            .finish();
        return Ok(response.into_response(home));
    }
    Ok(response.map_into_boxed_body())
}

/// The page.
pub(crate) async fn page(shop: &Shop, problem: Option<&Problem>) -> HttpResponse {
    match page::render(shop, problem).await {
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
