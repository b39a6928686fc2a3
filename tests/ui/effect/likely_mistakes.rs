use std::error::Error;

#[airlock::effect("shop.ship")]
fn ship(order: u64) {}

#[airlock::effect(id = "shop.pack")]
fn pack(order: u64) {}

#[airlock::effect(retries = 3, dedupe = order)]
fn post(order: u64) {}

#[airlock::effect(retry = 3)]
fn retried(order: u64) -> Result<(), String> {
    Ok(())
}

#[airlock::effect(name = "shop.mail", alias("shop.mail"))]
fn mail(order: u64) {}

#[airlock::effect]
fn boxed(order: u64) -> Result<(), Box<dyn Error>> {
    Ok(())
}

#[airlock::effect]
fn conditional(#[cfg_attr(feature = "x", serde(default))] order: u64) {}

fn main() {
    airlock::enqueue(boxed(1));
}
