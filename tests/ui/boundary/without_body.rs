trait Checkout {
    #[airlock::boundary]
    fn checkout(&self) -> Result<(), airlock::FlushError>;
}

#[airlock::boundary]
struct Shop;

fn main() {}
