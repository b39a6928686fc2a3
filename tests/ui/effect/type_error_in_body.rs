#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn send(n: u32) -> Result<(), String> {
    let text: String = n;
    Ok(())
}

fn main() {}
