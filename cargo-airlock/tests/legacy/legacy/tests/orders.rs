//! Tests act as they like.

#[test]
fn it_performs() {
    let _ = legacy::notify(1).perform_now(&airlock());
}
