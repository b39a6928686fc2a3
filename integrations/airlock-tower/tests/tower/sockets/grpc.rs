//! gRPC: tonic on both ends of a connection, without generated code.

use std::convert::Infallible;

use airlock::lifecycle::Outcome;
use airlock::tower::ScopeLayer;
use axum::http;
use axum::http::uri::PathAndQuery;
use bytes::{Buf, BufMut};
use futures_util::stream::{self, BoxStream, StreamExt};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Response, Status};
use tower::util::BoxCloneService;
use tower::{Layer, ServiceExt, service_fn};

use super::connect;
use crate::fixture::{World, charge, hang_guard, mail};

/// A codec for text messages.
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;
    fn encode(&mut self, item: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

async fn place(request: Request<String>) -> Result<Response<String>, Status> {
    airlock::enqueue(mail(1));
    match request.get_ref().as_str() {
        "sold out" => return Err(Status::failed_precondition("sold out")),
        "on credit" => airlock::enqueue(charge(2)),
        _ => airlock::enqueue(mail(2)),
    };
    Ok(Response::new("placed".to_owned()))
}

/// A streaming call that fails after its head has been sent.
async fn watch(
    _: Request<String>,
) -> Result<Response<BoxStream<'static, Result<String, Status>>>, Status> {
    airlock::enqueue(mail(1));
    let messages = [Ok("packed".to_owned()), Err(Status::data_loss("lost"))];
    Ok(Response::new(stream::iter(messages).boxed()))
}

async fn shop(
    request: http::Request<Incoming>,
) -> Result<http::Response<tonic::body::Body>, Infallible> {
    let mut grpc = tonic::server::Grpc::new(Text);
    Ok(match request.uri().path() {
        "/shop.Orders/Watch" => grpc.server_streaming(service_fn(watch), request).await,
        _ => grpc.unary(service_fn(place), request).await,
    })
}

type Shop = BoxCloneService<http::Request<Incoming>, http::Response<tonic::body::Body>, Infallible>;

fn layer(world: &World) -> ScopeLayer {
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.flush_when(|head, outcome| {
        let status = head.headers.get("grpc-status");
        outcome == Outcome::Success && status.is_none_or(|status| status == "0")
    });
    layer.route(|uri, _| Some(uri.path().to_owned().into()))
}

/// Returns the service with the layer from the guide.
fn before(world: &World) -> Shop {
    let layer = layer(world).on_flush_error(|error| {
        error.report_unhandled();
        Status::internal("the order was not passed on").into_http()
    });
    BoxCloneService::new(layer.layer(service_fn(shop)))
}

fn after(world: &World) -> Shop {
    let service = layer(world).after_response().layer(service_fn(shop));
    BoxCloneService::new(service.map_response(|response| response.map(tonic::body::Body::new)))
}

/// Serves one connection and returns tonic's client for it.
async fn client(shop: Shop) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let served = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(shop));
        served.await
    });
    let io = TokioIo::new(connect(address).await);
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
    let (send, connection) = handshake.expect("HTTP/2");
    tokio::spawn(connection);
    let origin = format!("http://{address}").parse().expect("it is a URI");
    Client { send, origin }
}

struct Client {
    send: SendRequest<tonic::body::Body>,
    origin: http::Uri,
}

impl Client {
    async fn place(&self, order: &str) -> Result<String, Status> {
        let mut send = self.send.clone();
        let send = service_fn(move |request| send.send_request(request));
        let mut grpc = tonic::client::Grpc::with_origin(send, self.origin.clone());
        let request = Request::new(order.to_owned());
        let called = grpc.unary(
            request,
            PathAndQuery::from_static("/shop.Orders/Place"),
            Text,
        );
        Ok(hang_guard(called).await?.into_inner())
    }

    /// Reads the stream to its end.
    async fn watch(&self) -> Result<(), Status> {
        let mut send = self.send.clone();
        let send = service_fn(move |request| send.send_request(request));
        let mut grpc = tonic::client::Grpc::with_origin(send, self.origin.clone());
        let request = Request::new(String::new());
        let path = PathAndQuery::from_static("/shop.Orders/Watch");
        let mut messages = hang_guard(grpc.server_streaming(request, path, Text))
            .await?
            .into_inner();
        while hang_guard(messages.message()).await?.is_some() {}
        Ok(())
    }
}

#[tokio::test]
async fn a_call_that_succeeds_flushes() {
    let mut world = World::new();
    for shop in [before(&world), after(&world)] {
        let placed = client(shop).await.place("a mug").await;
        assert_eq!(placed.expect("it succeeds"), "placed");
        let expected = "request success: mail dispatched, mail dispatched";
        assert_eq!(world.ended().await, expected);
    }
}

#[tokio::test]
async fn a_call_that_fails_at_once_discards() {
    let mut world = World::new();
    for shop in [before(&world), after(&world)] {
        let refused = client(shop).await.place("sold out").await;
        assert_eq!(
            refused.expect_err("it fails").code(),
            Code::FailedPrecondition
        );
        assert_eq!(world.ended().await, "request failure: mail discarded");
    }
}

#[tokio::test]
async fn a_failed_flush_is_a_status_of_grpc() {
    let mut world = World::new();
    let failed = client(before(&world)).await.place("on credit").await;
    let status = failed.expect_err("the charge fails");
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), "the order was not passed on");
    let expected = "request success: mail dispatched, charge failed";
    assert_eq!(world.ended().await, expected);
    assert_eq!(world.unhandled.lines(), ["charge"]);
}

/// The layer judges the head of a response, so an error in the trailers comes too late.
#[tokio::test]
async fn a_stream_that_fails_later_has_succeeded_by_its_head() {
    let mut world = World::new();
    for shop in [before(&world), after(&world)] {
        let lost = client(shop).await.watch().await;
        assert_eq!(lost.expect_err("it breaks off").code(), Code::DataLoss);
        assert_eq!(world.ended().await, "request success: mail dispatched");
    }
}
