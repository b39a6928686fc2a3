//! Tests of durable effects on a private NATS server.

mod effects;
mod engine;
mod executors;
mod forwarding;
mod streams;
mod working;
mod world;
