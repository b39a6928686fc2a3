#[airlock::test]
struct Order;

struct Shop;

impl Shop {
    #[airlock::test]
    fn buys(&self) {}
}

#[airlock::test]
const fn at_compile_time() {}

fn main() {}
