//! Calls of the outside, by hand.

pub use reqwest::Client;

/// Posts at once.
pub fn post(order: u64) {
    send(Client::new(), order);
}

fn send(client: Client, order: u64) {
    client.post(order);
}
