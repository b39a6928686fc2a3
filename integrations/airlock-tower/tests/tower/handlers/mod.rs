//! `#[airlock::boundary]` on axum's handlers, without a layer.

mod forms;
mod values;

use airlock::FlushError;
use airlock::tower::problem;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceExt;

use crate::fixture::{World, get as get_request};

#[derive(Debug)]
enum AppError {
    NoSuchOrder,
    Flush(FlushError),
}

impl From<FlushError> for AppError {
    fn from(error: FlushError) -> Self {
        Self::Flush(error)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::NoSuchOrder => StatusCode::NOT_FOUND.into_response(),
            Self::Flush(error) => problem(error),
        }
    }
}

/// The result that a request asks of the handler.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    Good,
    Bad,
    Error,
}

impl<S: Sync> FromRequestParts<S> for Wish {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        match parts.uri.query() {
            Some("bad") => Ok(Self::Bad),
            Some("error") => Ok(Self::Error),
            _ => Ok(Self::Good),
        }
    }
}

impl Wish {
    fn status(self) -> StatusCode {
        match self {
            Self::Good => StatusCode::ACCEPTED,
            _ => StatusCode::CONFLICT,
        }
    }
}

/// Returns the outcome of the boundary's scope and the response's status, for each of the three wishes.
async fn outcomes<H, T>(handler: H) -> Vec<String>
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    let mut told = Vec::new();
    for wish in ["/?good", "/?bad", "/?error"] {
        let mut world = World::new();
        let app = Router::new().route("/", get(handler.clone()));
        let call = world.airlock.bind(app.oneshot(get_request(wish)));
        let response = call.await.unwrap_or_else(|error| match error {});
        let ended = world.ended_by_now().pop().unwrap_or_default();
        let outcome = ended.split([' ', ':']).nth(1).unwrap_or_default();
        told.push(format!("{outcome} {}", response.status().as_u16()));
        let mailed = world.log.lines() == ["mail 1"];
        assert_eq!(mailed, outcome == "success", "{ended}");
    }
    told
}
