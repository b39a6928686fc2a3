//! The outcome of the form that led to the page, or the problem with its URL.

use std::fmt::{self, Write};

use super::html::text;
use super::{Top, reports};
use crate::journal::JournalReport;
use crate::notices::Notice;
use crate::problem::Problem;

/// Writes the notice, with the reports of its request, oldest first. Returns the numbers of these reports.
pub(super) fn show(
    page: &mut String,
    top: &Top,
    reports: &[JournalReport],
) -> Result<Vec<u64>, fmt::Error> {
    let (problem, notice) = match top {
        Top::Nothing => return Ok(Vec::new()),
        Top::Problem(problem) => (Some(problem), None),
        Top::Notice(notice) => (notice.problem.as_ref(), Some(notice)),
    };
    let scope = notice.and_then(|notice| notice.scope.as_ref());
    let of_request = |report: &&JournalReport| Some(&report.request) == scope;
    let reports: Vec<_> = reports.iter().rev().filter(of_request).collect();
    match (problem, notice) {
        (Some(problem), _) => self::problem(page, problem)?,
        (None, Some(Notice { form, .. })) => write!(
            page,
            r#"<section id="notice" role="status"><h2>Done: POST {}</h2>"#,
            text(&form.path)
        )?,
        (None, None) => {}
    }
    for report in &reports {
        reports::report(page, report)?;
    }
    if let Some(Notice {
        scope: Some(_),
        problem: None,
        ..
    }) = notice
        && reports.is_empty()
    {
        page.write_str("<p>No report: nothing was enqueued.</p>")?;
    }
    page.write_str("</section>\n")?;
    Ok(reports.iter().map(|report| report.number).collect())
}

fn problem(page: &mut String, problem: &Problem) -> fmt::Result {
    let Problem {
        status,
        title,
        detail,
        ..
    } = problem;
    write!(
        page,
        r#"<section id="notice" class="bad" role="alert"><h2>{status} {}</h2>"#,
        text(title)
    )?;
    match detail {
        Some(detail) => write!(page, "<p>{}.</p>", text(detail)),
        None => Ok(()),
    }
}
