//! Requests per second that actix-web answers over loopback sockets, with our middleware and two
//! effects, and without.

use std::io;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, rt, web};
use airlock::actix::ScopeMiddleware;
use futures_util::future::try_join;

use super::actix_layer::{bare, ours};
use crate::cpu::Thread;
use crate::harness::{Budget, Measured};
use crate::loopback::{self, Server};
use crate::run::Places;

/// Measures with a flush before the response.
pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let budget = Budget::AtLeast(0.95);
    measure("actix_socket_vs_bare", ScopeMiddleware::new, budget)
}

/// Measures with a flush after the response, on the runtime of the server's own thread.
pub(super) fn run_after_response(_: &Places) -> Result<Vec<Measured>, String> {
    let middleware = || ScopeMiddleware::new().after_response();
    let budget = Budget::AtLeast(0.90);
    measure("actix_socket_after_response_vs_bare", middleware, budget)
}

fn measure(
    name: &str,
    middleware: fn() -> ScopeMiddleware,
    budget: Budget,
) -> Result<Vec<Measured>, String> {
    compare(name, middleware, budget).map_err(|error| error.to_string())?
}

fn compare(
    name: &str,
    middleware: fn() -> ScopeMiddleware,
    budget: Budget,
) -> io::Result<Result<Vec<Measured>, String>> {
    let listeners = [
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    ];
    let addresses = [listeners[0].local_addr()?, listeners[1].local_addr()?];
    let (send, started) = mpsc::channel();
    let (send_thread, threads) = mpsc::channel();
    let servers = thread::spawn(move || serve(listeners, middleware, &send, &send_thread));
    // The worker of each server sends its thread before it serves.
    let mut of_each: Vec<_> = threads.iter().take(2).collect();
    of_each.sort_by_key(|(is_ours, _)| !is_ours);
    let mut of_each = of_each.into_iter().zip(addresses);
    let mut server = || {
        let ((_, thread), address) = of_each.next()?;
        Some(Server { address, thread })
    };
    let measured = match (server(), server()) {
        (Some(ours), Some(peer)) => loopback::compare(name, &ours, &peer, budget),
        _ => Err("the servers have not started".to_owned()),
    };
    for handle in started.iter().take(2) {
        // The server is told to stop immediately; its thread ends when it has stopped.
        drop(handle.stop(false));
    }
    match servers.join() {
        Ok(served) => served.map(|()| measured),
        Err(_) => Err(io::Error::other("a server panicked")),
    }
}

/// Serves both apps, each on one thread, until they are told to stop.
fn serve(
    listeners: [TcpListener; 2],
    middleware: fn() -> ScopeMiddleware,
    started: &mpsc::Sender<ServerHandle>,
    threads: &mpsc::Sender<(bool, Option<Thread>)>,
) -> io::Result<()> {
    let [layered_at, plain_at] = listeners;
    rt::System::new().block_on(async {
        let middleware = middleware();
        let told = threads.clone();
        let app = move || {
            let _ = told.send((true, Thread::current()));
            let app = App::new().route("/", web::get().to(ours));
            app.wrap(middleware.clone())
        };
        let layered = HttpServer::new(app).workers(1).disable_signals();
        let layered = layered.listen(layered_at)?.run();
        let told = threads.clone();
        let app = move || {
            let _ = told.send((false, Thread::current()));
            App::new().route("/", web::get().to(bare))
        };
        let plain = HttpServer::new(app).workers(1).disable_signals();
        let plain = plain.listen(plain_at)?.run();
        for server in [&layered, &plain] {
            // The receiver is gone if the measurement has failed.
            let _ = started.send(server.handle());
        }
        try_join(layered, plain).await.map(|_| ())
    })
}
