pub fn send<T>(_: &str, _: T) -> SendIntent {
    SendIntent {}
}
#[doc(hidden)]
pub struct SendIntent {}
::airlock::__private::stub!(SendIntent);
::core::compile_error! {
    "an effect has one id and one intent type, so it cannot be generic: write one function for each type, which may call a generic one"
}
::core::compile_error! {
    "an effect is stored and run later, so its arguments are owned: take `String`; if the body borrows it from the program (a mailer, a pool), mark it `#[resource]`"
}
