//! The last flush reports, and everything that was sent to the outside world.

use std::fmt::{self, Write};

use super::html::text;
use crate::journal::{JournalEntry, JournalReport};
use crate::outside::Sent;

/// Writes the newest report, and the earlier ones behind a click, so that a phone user does not have to scroll far to
/// the form.
pub(super) fn list<'r>(
    page: &mut String,
    mut reports: impl ExactSizeIterator<Item = &'r JournalReport>,
) -> fmt::Result {
    page.write_str(r#"<section id="reports"><h2>The last flush reports</h2>"#)?;
    match reports.next() {
        None => page.write_str("<p>Nothing was enqueued yet.</p>")?,
        Some(newest) => self::report(page, newest)?,
    }
    if reports.len() > 0 {
        write!(
            page,
            "<details><summary>{} earlier</summary>",
            reports.len()
        )?;
        for report in reports {
            self::report(page, report)?;
        }
        page.write_str("</details>")?;
    }
    page.write_str("</section>\n")
}

/// Writes one report.
pub(super) fn report(page: &mut String, report: &JournalReport) -> fmt::Result {
    let JournalReport {
        number,
        time,
        scope,
        name,
        origin,
        result,
        intents,
        ..
    } = report;
    let name = name.as_deref().unwrap_or("the request");
    let title = origin.as_deref().unwrap_or("the shop");
    write!(
        page,
        r#"<article class="report" id="report-{number}"><h3>{}: {} <span class="result {}">{}</span></h3>
<p class="known">Report {number}, scope {}, at <time>{time}</time> UTC</p><ul>"#,
        text(title),
        text(name),
        kind(result),
        text(result),
        text(scope),
    )?;
    for intent in intents {
        self::intent(page, intent)?;
    }
    page.write_str("</ul></article>\n")
}

/// Returns the CSS class of a result.
fn kind(result: &str) -> &'static str {
    match result {
        "success" => "good",
        _ if result.ends_with("flush failed") => "bad",
        _ => "quiet",
    }
}

fn intent(page: &mut String, intent: &JournalEntry) -> fmt::Result {
    let JournalEntry {
        intent,
        effect,
        fate,
        why,
        at,
    } = intent;
    write!(
        page,
        r#"<li><code>{}</code> <span class="fate {}">{fate}</span> {}<br><small>#{intent}, {}</small></li>"#,
        text(effect),
        fate.replace(' ', "-"),
        text(why),
        text(at)
    )
}

pub(super) fn sent(page: &mut String, sent: &[Sent], note: &str) -> fmt::Result {
    write!(
        page,
        r#"<section id="sent"><h2>What has left the shop</h2>{note}"#
    )?;
    if sent.is_empty() {
        page.write_str("<p>Nothing.</p>")?;
    }
    page.write_str("<ul>\n")?;
    for Sent { via, what } in sent {
        writeln!(page, "<li><b>{}</b> {}</li>", text(via), text(what))?;
    }
    page.write_str("</ul></section>\n")
}

pub(super) fn mail_server(page: &mut String, works: bool) -> fmt::Result {
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
<p>While it is broken, mails are tried again and again. Orders do not notice.</p></section>
"#
    )
}
