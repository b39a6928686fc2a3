fn needs_send<T: Send>(_: T) {}

#[airlock::boundary]
async fn checkout() -> Result<u32, airlock::FlushError> {
    let here = std::rc::Rc::new(1);
    std::future::ready(()).await;
    Ok(*here)
}

pub fn spawn() {
    needs_send(checkout());
}

fn main() {}
