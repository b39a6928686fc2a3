//! An error as a client reads it, whichever framework answers.

use serde::Serialize;

use crate::error::ShopError;

/// What a client is told: RFC 9457, as `application/problem+json`. Of what is our own fault it tells
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Always `about:blank`: the status says enough.
    pub r#type: &'static str,
    /// What the status means.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// What is the matter with this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

const AFTER_COMMIT: &str = "It is saved, but not all that follows from it was done: that is parked, to be tried again. Sent again with its idempotency key, an order is answered with the one that exists";

impl Problem {
    /// The content type.
    pub const CONTENT_TYPE: &str = "application/problem+json";

    /// One with this status.
    #[must_use]
    pub fn new(status: u16, detail: impl Into<Option<String>>) -> Self {
        let title = match status {
            400 => "Bad Request",
            402 => "Payment Required",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            415 => "Unsupported Media Type",
            422 => "Unprocessable Content",
            _ => "Internal Server Error",
        };
        Self {
            r#type: "about:blank",
            title,
            status,
            detail: detail.into(),
        }
    }

    /// What a client is told when what it asked for was done, and what follows from that was not. It must
    /// not take the error for a request that failed.
    #[must_use]
    pub fn after_commit() -> Self {
        Self::new(500, AFTER_COMMIT.to_owned())
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<&ShopError> for Problem {
    fn from(error: &ShopError) -> Self {
        let status = match error {
            ShopError::NoSuchOrder(_) | ShopError::NoSuchItem(_) => 404,
            ShopError::OutOfStock { .. }
            | ShopError::WrongStatus { .. }
            | ShopError::Changed(_) => 409,
            ShopError::PaymentRefused(_) => 402,
            ShopError::Invalid(_) | ShopError::KeyUsed(_) => 422,
            ShopError::Unreachable(_) | ShopError::Effects(_) | ShopError::Database(_) => 500,
        };
        if status == 500 {
            tracing::error!(error = error as &dyn std::error::Error, "a request failed");
            return Self::new(status, None);
        }
        Self::new(status, error.to_string())
    }
}
