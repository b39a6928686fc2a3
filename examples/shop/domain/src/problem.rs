//! The representation of an error for clients, independent of the web framework.

use airlock::river::TransactionError;
use serde::Serialize;

use crate::error::ShopError;

/// An error response: RFC 9457, as `application/problem+json`. It contains no details of internal errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Always `about:blank`: the status is sufficient.
    pub r#type: &'static str,
    /// The title of the status.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// The problem with this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

const UNKNOWN: &str = "It is unknown whether the request was saved, because the connection to the database broke. If you send an order again with its idempotency key, you get the existing one";

impl Problem {
    /// The content type.
    pub const CONTENT_TYPE: &str = "application/problem+json";

    /// Creates a problem with this status.
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

    /// Returns the problem as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Logs internal errors. A flush error is passed to the airlock's `on_unhandled_error`.
impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Self {
        let status = match &error {
            ShopError::NoSuchOrder(_) | ShopError::NoSuchItem(_) => 404,
            ShopError::OutOfStock { .. }
            | ShopError::WrongStatus { .. }
            | ShopError::KeyInUse
            | ShopError::NoMailServer => 409,
            ShopError::PaymentRefused(_) => 402,
            ShopError::Invalid(_) | ShopError::KeyUsed(_) => 422,
            ShopError::Unreachable(_)
            | ShopError::Effects(_)
            | ShopError::Transaction(_)
            | ShopError::Database(_)
            | ShopError::Jobs(_) => 500,
        };
        if status != 500 {
            return Self::new(status, error.to_string());
        }
        tracing::error!(error = &error as &dyn std::error::Error, "a request failed");
        match error {
            ShopError::Transaction(TransactionError::Unknown { .. }) => {
                Self::new(status, UNKNOWN.to_owned())
            }
            ShopError::Effects(error)
            | ShopError::Transaction(
                TransactionError::NotStored(error) | TransactionError::Flush(error),
            ) => {
                error.report_unhandled();
                Self::new(status, None)
            }
            _ => Self::new(status, None),
        }
    }
}
