//! Hand-written HTTP calls.

pub use reqwest::Client;

/// Posts immediately.
pub fn post(order: u64) {
    send(Client::new(), order);
}

fn send(client: Client, order: u64) {
    client.post(order);
}
