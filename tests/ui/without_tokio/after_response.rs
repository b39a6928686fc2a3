//! A flush after the response needs something to run on.

fn main() {
    let _ = airlock::tower::ScopeLayer::new().after_response();
}
