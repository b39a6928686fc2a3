//! The response to a request whose flush has failed, in the format of [RFC 9457].
//!
//! [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457

/// The body: a server error that reveals nothing about its cause.
pub const PROBLEM_BODY: &str =
    r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#;

/// The media type of [`PROBLEM_BODY`].
pub const PROBLEM_TYPE: &str = "application/problem+json";
