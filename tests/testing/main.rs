//! The testing kit, through the public API.

mod assertions;
mod attribute;
mod broken_executors;
mod capture;
mod drain;
mod endless;
mod executors;
mod fates;
mod fixture;
mod hygiene;
mod interruptions;
mod interruptions_told;
mod messages;
mod once;
mod parallel;
mod snapshots;
mod verdicts;
mod virtual_time;
