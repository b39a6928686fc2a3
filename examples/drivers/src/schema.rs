//! The tables, as diesel knows them.

diesel::table! {
    orders {
        id -> BigInt,
    }
}
