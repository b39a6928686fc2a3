//! The page: flush reports, jobs, orders, and the catalogue. Plain HTML with forms, without scripts or external
//! resources.

mod catalogue;
mod html;
mod jobs;
mod notice;
mod orders;
mod reports;

use std::fmt::{self, Write as _};

use airlock::catalogue::Catalogue;

use crate::error::ShopError;
use crate::jobs::JobQuery;
use crate::notices::{Form, Notice};
use crate::problem::Problem;
use crate::shop::Shop;

/// The stylesheet, to be served at `/style.css` as `text/css`.
pub const STYLE: &str = include_str!("style.css");

/// The header `content-security-policy` of the page: it allows the stylesheet, but no script.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Returns whether the `accept` header asks for pages, as browsers do.
#[must_use]
pub fn wanted(accept: Option<&str>) -> bool {
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The section at the top of the page.
#[derive(Clone, Debug, Default)]
pub enum Top {
    /// Nothing.
    #[default]
    Nothing,
    /// The outcome of the form that led here.
    Notice(Notice),
    /// The problem with the requested URL.
    Problem(Problem),
}

/// Renders the page.
///
/// # Errors
///
/// [`ShopError::Database`], [`ShopError::Jobs`].
pub async fn render(shop: &Shop, top: &Top) -> Result<String, ShopError> {
    let (orders, items, sent, key) = (
        shop.orders().await?,
        shop.items().await?,
        shop.sent().await?,
        shop.new_key().await?,
    );
    let jobs = shop.jobs(JobQuery::default()).await?;
    let mail_works = shop.outside().mail_works().await?;
    let reports = shop.reports();
    let mut page = String::new();
    let written = (|| -> fmt::Result {
        page.write_str(HEAD)?;
        let shown = notice::show(&mut page, top, &reports)?;
        // A failed form is shown again with its values.
        let failed = match top {
            Top::Notice(notice) if notice.problem.is_some() => notice.form.clone(),
            _ => Form::default(),
        };
        // The reports and the jobs are the point of this page, so they come first.
        let others: Vec<_> = reports
            .iter()
            .filter(|it| !shown.contains(&it.number))
            .collect();
        reports::list(&mut page, others.into_iter())?;
        jobs::list(&mut page, &jobs)?;
        orders::place(&mut page, &items, &failed, &key)?;
        orders::list(&mut page, &orders)?;
        orders::stock(&mut page, &items)?;
        match shop.forwards() {
            true => reports::sent(&mut page, &sent, FORWARDED)?,
            false => {
                reports::sent(&mut page, &sent, "")?;
                reports::mail_server(&mut page, mail_works)?;
            }
        }
        if let Ok(catalogue) = Catalogue::global() {
            catalogue::tables(&mut page, catalogue)?;
        }
        page.write_str(FOOT)
    })();
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    Ok(page)
}

/// The note on the page of a shop that forwards its durable effects.
const FORWARDED: &str =
    "<p>Mails and parcels leave from the workers of the stream, which print each of them.</p>";

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
<p>Orders say what should follow from them. It is stored with them, and a worker performs it.</p></header>
<main>
"#;

const FOOT: &str = "</main>\n</body>\n</html>\n";
