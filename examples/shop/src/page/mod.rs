//! The page: orders, what became of the last wishes, and the catalogue. Plain HTML with forms; no
//! script, nothing from elsewhere.

mod catalogue;
mod html;
mod orders;
mod reports;

use std::fmt::{self, Write as _};

use airlock::Catalogue;

use self::html::text;
use crate::error::ShopError;
use crate::problem::Problem;
use crate::shop::Shop;

/// The stylesheet, to be served at `/style.css` as `text/css`.
pub const STYLE: &str = include_str!("style.css");

/// The header `content-security-policy` of the page: nothing but the stylesheet, no script.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether a client asks for pages, as browsers do, by its header `accept`.
#[must_use]
pub fn wanted(accept: Option<&str>) -> bool {
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Makes the page. A problem stands on top of it.
///
/// # Errors
///
/// [`ShopError::Database`].
pub async fn render(shop: &Shop, problem: Option<&Problem>) -> Result<String, ShopError> {
    let (orders, items, sent) = (
        shop.orders().await?,
        shop.items().await?,
        shop.sent().await?,
    );
    let mut page = String::new();
    let written = (|| -> fmt::Result {
        page.write_str(HEAD)?;
        notice(&mut page, problem)?;
        orders::place(&mut page, &items)?;
        orders::list(&mut page, &orders)?;
        orders::stock(&mut page, &items)?;
        reports::list(&mut page, &shop.reports())?;
        reports::sent(&mut page, &sent)?;
        reports::mail_server(&mut page, shop.outside().mail_works(), shop.parked().len())?;
        if let Ok(catalogue) = Catalogue::global() {
            catalogue::tables(&mut page, catalogue)?;
        }
        page.write_str(FOOT)
    })();
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    Ok(page)
}

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The shop</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><h1><a href="/">The shop</a></h1>
<p>Orders say what should follow from them. Whether it leaves is decided when the request ends.</p></header>
<main>
"#;

const FOOT: &str = "</main>\n</body>\n</html>\n";

fn notice(page: &mut String, problem: Option<&Problem>) -> fmt::Result {
    let Some(problem) = problem else {
        return Ok(());
    };
    let detail = match (&problem.detail, problem.status) {
        (Some(detail), _) => format!("{detail}. Nothing has left the shop."),
        (None, 500) => "The order may have been saved, but not all that follows from it was done. See the reports, and what is parked.".to_owned(),
        (None, _) => String::new(),
    };
    writeln!(
        page,
        r#"<section id="notice" role="alert"><h2>{} {}</h2><p>{}</p></section>"#,
        problem.status,
        text(problem.title),
        text(detail)
    )
}
