//! Requests and responses, independent of the server.

use std::future::Future;

use serde_json::Value;

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// The fields of a form, encoded.
    pub form: Option<&'static str>,
    /// The header `accept`.
    pub accept: &'static str,
}

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header `content-type`, or an empty string.
    pub content_type: String,
    /// The header `location`, or an empty string.
    pub location: String,
    /// The header `allow`, or an empty string.
    pub allow: String,
    /// The body.
    pub body: String,
}

/// A client that sends requests to a shop.
pub trait Client {
    /// Sends a request.
    fn send(&mut self, call: Call) -> impl Future<Output = Answer>;
}

impl Call {
    /// Creates a `GET` request, as a program sends it.
    #[must_use]
    pub const fn get(path: &'static str) -> Self {
        Self {
            method: "GET",
            path,
            form: None,
            accept: "*/*",
        }
    }

    /// Creates a request with another method, without a body.
    #[must_use]
    pub const fn by(method: &'static str, path: &'static str) -> Self {
        Self {
            method,
            ..Self::get(path)
        }
    }

    /// Creates a `POST` request with a form, as a program sends it.
    #[must_use]
    pub const fn post(path: &'static str, form: &'static str) -> Self {
        Self {
            method: "POST",
            path,
            form: Some(form),
            accept: "*/*",
        }
    }

    /// Makes this the request of a browser.
    #[must_use]
    pub const fn from_browser(mut self) -> Self {
        self.accept = "text/html,application/xhtml+xml,*/*;q=0.8";
        self
    }
}

impl Answer {
    /// Parses the body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let read = serde_json::from_str(&self.body);
        read.unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }
}
