//! Requests per second that axum answers over loopback sockets, with our layer and two effects, and
//! without.

use airlock::tower::ScopeLayer;
use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::axum_layer::{layered, plain, under};
use crate::cpu::Thread;
use crate::harness::{Budget, Measured};
use crate::loopback::{self, Server};
use crate::run::Places;

/// Measures with a flush before the response.
pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    compare("axum_socket_vs_bare", layered(), Budget::AtLeast(0.95))
}

/// Measures with a flush after the response.
pub(super) fn run_after_response(_: &Places) -> Result<Vec<Measured>, String> {
    let app = under(ScopeLayer::new().after_response());
    let budget = Budget::AtLeast(0.90);
    compare("axum_socket_after_response_vs_bare", app, budget)
}

fn compare(name: &str, app: Router, budget: Budget) -> Result<Vec<Measured>, String> {
    // One thread for both servers, since the clients occupy another one.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (ours, peer) = (serve(&runtime, app)?, serve(&runtime, plain())?);
    let measured = loopback::compare(name, &ours, &peer, budget)?;
    runtime.shutdown_background();
    Ok(measured)
}

/// Serves the app on a free port until the runtime is shut down.
fn serve(runtime: &Runtime, app: Router) -> Result<Server, String> {
    let bound = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async { axum::serve(listener, app).await });
        let thread = tokio::spawn(async { Thread::current() }).await;
        let thread = thread.ok().flatten();
        std::io::Result::Ok(Server { address, thread })
    });
    bound.map_err(|error| error.to_string())
}
