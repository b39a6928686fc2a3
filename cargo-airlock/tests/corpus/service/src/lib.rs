//! An async service.

mod domain;
mod infra;
