#![allow(unused_variables, dead_code)]

#[airlock::effect(timeout = "5s")]
fn sync_timeout(n: u32) {}

#[airlock::effect(retry(3), once)]
fn once_and_retry(n: u32) -> Result<(), String> {
    Ok(())
}

#[airlock::effect(coalesce = first)]
fn without_key(n: u32) {}

fn main() {}
