//! The shop on actix-web.
//!
//! ```text
//! cargo run -p shop-actix           # http://127.0.0.1:3000, or on the port in PORT
//! cargo run -p shop-actix -- 8080
//! SHOP_DATABASE=shop.db cargo run -p shop-actix   # keeps its orders
//! ```

#![allow(clippy::print_stdout, reason = "it tells where it listens")]

use std::error::Error;
use std::net::TcpListener;

use shop::Shop;
use shop::settings::{self, Settings};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    settings::log();
    let settings = Settings::read()?;
    let shop = Shop::open(settings.database.as_deref()).await?;
    let listener = TcpListener::bind(settings.address)?;
    let stopped = settings::stopped()?;
    println!("the shop is at http://{}", listener.local_addr()?);
    shop_actix::serve(listener, &shop, settings::PATIENCE, stopped).await?;
    Ok(())
}
