//! A code base that bypasses airlock.

pub mod http;
mod mail;
pub mod orders;

/// Is outside the domain, and not called from it.
pub fn serve() {
    tokio::spawn(async {});
    let _ = reqwest::Client::new();
}

/// An effect, whose body may act.
#[airlock::effect]
pub async fn notify(#[resource] client: &reqwest::Client, order: u64) {
    tokio::spawn(async move {});
    client.post(order).await;
}

/// Performs an effect outside every scope.
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
