//! A code base that acts around airlock.

pub mod http;
mod mail;
pub mod orders;

/// Not of the domain, and nobody of the domain calls it.
pub fn serve() {
    tokio::spawn(async {});
    let _ = reqwest::Client::new();
}

/// An effect: here it is right to act.
#[airlock::effect]
pub async fn notify(#[resource] client: &reqwest::Client, order: u64) {
    tokio::spawn(async move {});
    client.post(order).await;
}

/// Around every scope.
pub fn hurry(airlock: &airlock::Airlock) {
    let _ = notify(1).perform_now(airlock);
    let _ = airlock::Effect::perform_now_async(notify(2), airlock);
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_right_in_tests() {
        let _ = super::notify(1).perform_now(&airlock());
    }
}

#[test]
fn here_too() {
    let _ = notify(1).perform_now(&airlock());
}
