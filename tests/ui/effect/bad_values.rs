#![allow(unused_variables, dead_code)]

#[airlock::effect(timeout = "5 seconds")]
async fn a(n: u32) {}

#[airlock::effect(priority = 40000)]
fn b(n: u32) {}

#[airlock::effect(retry(attempts = 1))]
fn c(n: u32) {}

#[airlock::effect(retry(delay = "1s"))]
fn d(n: u32) {}

#[airlock::effect(key = n, coalesce = both)]
fn e(n: u32) {}

#[airlock::effect(name = "has space")]
fn f(n: u32) {}

#[airlock::effect(retry(attempts = 3, jitter = "1s"))]
fn g(n: u32) {}

#[airlock::effect(timeout = 5, retry = 3)]
async fn h(n: u32) {}

#[airlock::effect(tags = "mail", name("h"), durable = true, once(yes))]
fn i(n: u32) {}

fn main() {}
