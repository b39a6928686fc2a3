//! A durable effect in a crate without serde, without the prelude, under another name of the facade.
#![no_implicit_prelude]
#![deny(warnings)]
#![forbid(unsafe_code)]

extern crate airlock as renamed;

mod core {}
mod std {}
mod serde {}
mod airlock {}

#[renamed::effect(crate = ::renamed, durable, name = "hygiene.durable")]
pub fn send(order: u32, note: ::std::option::Option<::std::string::String>) {
    ::std::mem::drop((order, note));
}

fn main() {
    let intent = renamed::Intent::new(send(7, ::std::option::Option::None));
    let text = intent.encode().ok();
    ::std::assert_eq!(text.as_deref(), ::std::option::Option::Some(r#"{"order":7,"note":null}"#));
}
