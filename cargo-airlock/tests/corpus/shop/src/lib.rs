//! A shop that has grown for years, without async code.

mod checkout;
mod clients;
mod legacy;
#[macro_use]
mod macros;
mod orders;
mod pool;
mod ports;
mod raw;
mod state;
