//! The answer to a request whose flush has failed, in the form of [RFC 9457].
//!
//! [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457

/// A problem of the server that tells nothing of what went wrong.
pub const PROBLEM_BODY: &str =
    r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#;

/// Its media type.
pub const PROBLEM_TYPE: &str = "application/problem+json";
