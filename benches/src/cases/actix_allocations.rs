//! Allocations per request through an actix-web app with our middleware and two effects, minus
//! those of the bare app.

use actix_web::rt::System;

use super::actix_layer::{answer, layered, plain};
use super::axum_allocations::per_request;
use crate::harness::{Budget, Measured};
use crate::run::Places;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let system = System::new();
    let (layered, plain) = (system.block_on(layered()), system.block_on(plain()));
    let ours = || system.block_on(answer(&layered));
    let peer = || system.block_on(answer(&plain));
    let name = "actix_allocations_per_request";
    Ok(vec![
        per_request(name, ours, peer).budget(Budget::AtMost(3.0)),
    ])
}
