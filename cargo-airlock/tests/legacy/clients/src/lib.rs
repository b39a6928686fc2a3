//! Clients for the outside.

mod inner {
    /// A client.
    pub fn http_client() -> reqwest::Client {
        reqwest::Client::new()
    }
}

pub use inner::http_client;

/// Answers.
pub fn ping(n: u64) -> u64 {
    n
}
