//! The testing kit, through the public API.

mod assertions;
mod attribute;
mod capture;
mod drain;
mod fixture;
mod messages;
mod snapshots;
