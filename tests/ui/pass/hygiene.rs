//! Modules of the user's with the names that expansions rely on, and no prelude.
#![no_implicit_prelude]
#![deny(warnings)]
#![forbid(unsafe_code)]

extern crate airlock as renamed;

mod core {}
mod std {}
mod airlock {}

#[derive(::std::clone::Clone)]
pub struct OrderId(pub u32);

#[renamed::effect(crate = ::renamed, name = "hygiene.send", key = order.0, redact(note))]
pub fn send(order: OrderId, note: ::std::string::String) -> ::std::result::Result<(), ::std::string::String> {
    ::std::mem::drop((order, note));
    ::std::result::Result::Ok(())
}

#[renamed::effect(crate = ::renamed, batch)]
pub async fn index(#[resource] resources: &u32, batch: ::std::vec::Vec<u32>) {
    let _ = (resources, batch);
}

#[renamed::effect(crate = renamed, once)]
fn f(f: u32, shown: u32, value: u32, intent: u32) {
    let _ = (f, shown, value, intent);
}

#[renamed::boundary(crate = ::renamed, policy = renamed::policy::drop_all())]
pub fn run(value: u32) -> ::std::result::Result<u32, renamed::FlushError> {
    renamed::enqueue(send(OrderId(value), ::std::string::String::new()));
    renamed::enqueue(f(1, 2, 3, 4));
    renamed::enqueue(index(1));
    ::std::result::Result::Ok(value)
}

#[renamed::boundary(crate = ::renamed, on_flush_error = log)]
pub async fn run_async() {}

fn main() {
    ::std::assert!(::std::matches!(run(1), ::std::result::Result::Ok(1)));
}
