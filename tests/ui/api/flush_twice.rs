fn main() {
    let scope = airlock::scope().enter();
    let _ = scope.flush();
    let _ = scope.discard();
}
