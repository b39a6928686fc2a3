//! The tables, for diesel.

diesel::table! {
    orders {
        id -> BigInt,
    }
}
