fn main() {
    let scope = airlock::scope().open();
    scope.enter(|| scope.flush().is_ok());
}
