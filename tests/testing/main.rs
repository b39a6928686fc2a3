//! The testing kit, through the public API.

mod assertions;
mod capture;
mod fixture;
mod messages;
