use actix_web::{Either, HttpResponse, HttpResponseBuilder, web};

#[airlock::boundary(on_flush_error = log)]
async fn builder() -> HttpResponseBuilder {
    HttpResponse::Conflict()
}

#[airlock::boundary]
async fn result() -> actix_web::Result<HttpResponseBuilder> {
    Ok(HttpResponse::Conflict())
}

#[airlock::boundary(on_flush_error = log)]
async fn option() -> Option<HttpResponseBuilder> {
    None
}

#[airlock::boundary(on_flush_error = log)]
async fn either() -> Either<web::Json<u32>, HttpResponseBuilder> {
    Either::Right(HttpResponse::Conflict())
}

fn main() {}
