//! The layer in a server, with connections over loopback.

mod connections;
mod grpc;
mod responses;
mod streams;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

/// Serves the app on a free port until the test's runtime ends.
async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address)
        .await
        .expect("the server listens")
}

/// Opens a connection that is kept alive.
async fn http1(address: SocketAddr) -> http1::SendRequest<Body> {
    let io = TokioIo::new(connect(address).await);
    let (send, connection) = http1::handshake(io).await.expect("HTTP/1");
    tokio::spawn(connection);
    send
}

async fn http2(address: SocketAddr) -> http2::SendRequest<Body> {
    let io = TokioIo::new(connect(address).await);
    let handshake = http2::handshake(TokioExecutor::new(), io).await;
    let (send, connection) = handshake.expect("HTTP/2");
    tokio::spawn(connection);
    send
}
