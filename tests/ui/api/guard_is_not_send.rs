fn main() {
    let scope = airlock::scope().enter();
    std::thread::spawn(move || scope.discard());
}
