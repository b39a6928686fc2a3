//! Durable effects on a private server of NATS.

mod effects;
mod engine;
mod executors;
mod forwarding;
mod streams;
mod working;
mod world;
