//! Requests and responses, whoever serves them.

use std::future::Future;

use serde_json::Value;

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// `GET`, `POST` and the like.
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
    /// The header `content-type`, or nothing.
    pub content_type: String,
    /// The header `location`, or nothing.
    pub location: String,
    /// The header `allow`, or nothing.
    pub allow: String,
    /// The body.
    pub body: String,
}

/// Sends requests to a shop.
pub trait Client {
    /// Sends one.
    fn send(&mut self, call: Call) -> impl Future<Output = Answer>;
}

impl Call {
    /// Reads, as a program does.
    #[must_use]
    pub const fn get(path: &'static str) -> Self {
        Self {
            method: "GET",
            path,
            form: None,
            accept: "*/*",
        }
    }

    /// Asks by another method, without a body.
    #[must_use]
    pub const fn by(method: &'static str, path: &'static str) -> Self {
        Self {
            method,
            ..Self::get(path)
        }
    }

    /// Sends a form, as a program does.
    #[must_use]
    pub const fn post(path: &'static str, form: &'static str) -> Self {
        Self {
            method: "POST",
            path,
            form: Some(form),
            accept: "*/*",
        }
    }

    /// The same, as a browser does it.
    #[must_use]
    pub const fn from_browser(mut self) -> Self {
        self.accept = "text/html,application/xhtml+xml,*/*;q=0.8";
        self
    }
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let read = serde_json::from_str(&self.body);
        read.unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }
}
