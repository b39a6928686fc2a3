//! The domain.

mod shipping;

use std::thread;

use tokio::task::{self, spawn_blocking as in_background};

use crate::http;
use crate::mail::Outgoing;

/// Holds a client, which it should not.
pub struct Order {
    id: u64,
    client: Option<http::Client>,
}

impl Order {
    /// Does too much.
    pub fn process(&mut self) {
        tokio::spawn(async {});
        in_background(|| ());
        thread::spawn(|| ());
        task::spawn_local(async {});
        http::post(self.id);
        Outgoing::new().deliver_mail();
        airlock::enqueue(crate::notify(self.id));
        Self::finish();
    }

    fn finish() {
        println!("{}", clients::ping(1));
        let _ = vec![actix_web::rt::spawn(async {})];
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn tests_may_spawn() {
        std::thread::spawn(|| ());
    }
}
