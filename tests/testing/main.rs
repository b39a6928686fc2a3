//! The testing kit, through the public API.

mod assertions;
mod attribute;
mod capture;
mod fixture;
mod messages;
