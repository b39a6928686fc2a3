//! Tests may perform effects directly.

#[test]
fn it_performs() {
    let _ = legacy::notify(1).perform_now(&airlock());
}
