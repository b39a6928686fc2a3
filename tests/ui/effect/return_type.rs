#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn gives(n: u32) -> u32 {
    n
}

#[airlock::effect]
async fn gives_in_result(n: u32) -> Result<u32, String> {
    Ok(n)
}

fn main() {}
