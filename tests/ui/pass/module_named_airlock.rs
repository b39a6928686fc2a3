//! A user's module called `airlock` does not stand in the way of the default path.
#![deny(warnings)]

pub mod airlock {
    pub fn enqueue() {}
}

#[::airlock::effect]
pub fn send(n: u32) {
    let _ = n;
}

#[::airlock::boundary]
pub fn run() -> Result<(), ::airlock::FlushError> {
    airlock::enqueue();
    ::airlock::enqueue(send(1));
    Ok(())
}

fn main() {
    assert!(run().is_ok());
}
