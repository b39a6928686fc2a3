//! Clients and their aliases, outside the domain.

use std::ops::Deref;
use std::sync::Arc;

pub use lettre::SmtpTransport as Smtp;
pub use reqwest::blocking::Client as Http;

/// A shared client.
pub type SharedHttp = Arc<Http>;
/// Anything that is shared.
pub type Shared<T> = Arc<Option<T>>;

/// A wrapper that dereferences.
pub struct Payments(Http);

impl Deref for Payments {
    type Target = Http;

    fn deref(&self) -> &Http { //~ deny-path
        &self.0
    }
}

/// A wrapper that forwards.
pub struct Gateway {
    http: Http,
}

impl Gateway {
    pub fn send(&self, id: u64) {
        self.http.post("charge").json(&id).send(); //~ deny-path
    }

    pub fn get(&self, id: u64) -> u64 {
        self.http.get("charge").json(&id).send(); //~ deny-path
        id
    }

    pub fn http(&self) -> &Http { //~ deny-path
        &self.http
    }

    pub fn unused(&self) {
        self.http.delete("everything").send();
    }
}

/// Has methods with the names of clients, and acts on nothing.
pub struct Draft;

impl Draft {
    pub fn send(&self, _id: u64) {}
    pub fn post(&self, _id: u64) {}
    pub fn execute(&self, _id: u64) {}
}

pub fn shared() -> SharedHttp {
    Arc::new(Http::new()) //~ deny-path
}
