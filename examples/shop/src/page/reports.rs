//! What became of the last wishes, and what has reached the world outside.

use std::fmt::{self, Write};

use super::html::text;
use crate::journal::{JournalEntry, JournalReport};
use crate::outside::Sent;

pub(super) fn list(page: &mut String, reports: &[JournalReport]) -> fmt::Result {
    page.write_str(r#"<section id="reports"><h2>The last flush reports</h2>"#)?;
    if reports.is_empty() {
        page.write_str("<p>Nothing has been wished yet.</p>")?;
    }
    for JournalReport {
        origin,
        outcome,
        intents,
    } in reports
    {
        write!(
            page,
            r#"<article class="report"><h3>{} <span class="status">{}</span></h3><ul>"#,
            text(origin.as_deref().unwrap_or("the shop")),
            text(outcome)
        )?;
        for JournalEntry {
            effect,
            fate,
            why,
            at,
        } in intents
        {
            write!(
                page,
                r#"<li><code>{}</code> <span class="fate {}">{fate}</span> {}<br><small>{}</small></li>"#,
                text(effect),
                fate.replace(' ', "-"),
                text(why),
                text(at)
            )?;
        }
        page.write_str("</ul></article>\n")?;
    }
    page.write_str("</section>\n")
}

pub(super) fn sent(page: &mut String, sent: &[Sent]) -> fmt::Result {
    page.write_str(r#"<section id="sent"><h2>What has left the shop</h2>"#)?;
    if sent.is_empty() {
        page.write_str("<p>Nothing.</p>")?;
    }
    page.write_str("<ul>\n")?;
    for Sent { via, what } in sent {
        writeln!(page, "<li><b>{}</b> {}</li>", text(via), text(what))?;
    }
    page.write_str("</ul></section>\n")
}

pub(super) fn mail_server(page: &mut String, works: bool, parked: usize) -> fmt::Result {
    let (state, next, button) = if works {
        (
            "works",
            "false",
            r#"<button class="fail">Break it</button>"#,
        )
    } else {
        ("is broken", "true", "<button>Repair it</button>")
    };
    write!(
        page,
        r#"<section id="mail-server"><h2>The mail server {state}</h2>
<form id="mail" method="post" action="/mail-server"><input type="hidden" name="works" value="{next}">{button}</form>
<p>Parked, because it could not be dispatched: <b id="parked">{parked}</b></p>
"#
    )?;
    if parked > 0 {
        page.write_str(
            r#"<form id="again" method="post" action="/parked"><button>Try again</button></form>"#,
        )?;
    }
    page.write_str("</section>\n")
}
