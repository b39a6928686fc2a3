//! Tests of the envelope, sealing, and the worker's side without an engine.

mod effects;
mod envelope;
mod perform;
mod random;
mod seal;
