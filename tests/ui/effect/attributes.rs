#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn login(#[redact] token: String) {}

#[airlock::effect]
fn logout(#[doc = "Whose."] #[serde(default)] user: u32, #[deprecated] token: String) {}

#[airlock::effect(derive(Clone, Debug))]
fn greet(name: String) {}

#[airlock::effect]
#[derive(Clone)]
fn leave(name: String) {}

fn main() {
    let _ = login(String::new());
}
