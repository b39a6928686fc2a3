//! The effect that all drivers store.

/// Confirms an order to whoever placed it. This one sends nothing.
#[airlock::effect(durable, name = "drivers.send_confirmation")]
pub fn send_confirmation(order: i64, to: String) {
    drop((order, to));
}
