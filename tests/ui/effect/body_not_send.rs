#![allow(unused_variables, dead_code)]

#[airlock::effect]
async fn waits(n: u32) {
    let here = std::rc::Rc::new(n);
    std::future::ready(()).await;
    drop(here);
}

fn main() {}
