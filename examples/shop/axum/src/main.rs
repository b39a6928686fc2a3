//! The shop on axum.
//!
//! ```text
//! cargo run -p shop-axum           # http://127.0.0.1:3000, with its orders in shop.db
//! cargo run -p shop-axum -- 8080 --database postgres://localhost/shop
//! ```

#![allow(clippy::print_stdout, reason = "it tells where it listens")]

use std::error::Error;

use shop::Shop;
use shop::settings::{self, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    settings::log();
    let settings = Settings::read()?;
    let shop = Shop::from_settings(&settings).await?;
    let listener = tokio::net::TcpListener::bind(settings.address).await?;
    let stopped = settings::stopped()?;
    println!("the shop is at http://{}", listener.local_addr()?);
    shop_axum::serve(listener, &shop, settings::PATIENCE, stopped).await?;
    Ok(())
}
