//! What became of the form that led to the page, or what was wrong with its address.

use std::fmt::{self, Write};

use super::html::text;
use super::{Top, reports};
use crate::journal::JournalReport;
use crate::notices::Notice;
use crate::problem::Problem;

/// Shows it, with the report of its request. Returns the number of that.
pub(super) fn show(
    page: &mut String,
    top: &Top,
    reports: &[JournalReport],
) -> Result<Option<u64>, fmt::Error> {
    let (problem, notice) = match top {
        Top::Nothing => return Ok(None),
        Top::Problem(problem) => (Some(problem), None),
        Top::Notice(notice) => (notice.problem.as_ref(), Some(notice)),
    };
    let report = notice.and_then(|notice| {
        let mut reports = reports.iter();
        reports.find(|report| Some(&report.scope) == notice.scope.as_ref())
    });
    match (problem, notice) {
        (Some(problem), _) => self::problem(page, problem)?,
        (None, Some(Notice { form, .. })) => write!(
            page,
            r#"<section id="notice" role="status"><h2>Done: POST {}</h2>"#,
            text(&form.path)
        )?,
        (None, None) => {}
    }
    match (report, notice) {
        (Some(report), _) => reports::report(page, report)?,
        (None, Some(Notice { scope: Some(_), problem: None, .. })) => page.write_str(
            "<p>No report yet: either nothing was wished, or it is still under way. Load the page again.</p>",
        )?,
        _ => {}
    }
    page.write_str("</section>\n")?;
    Ok(report.map(|report| report.number))
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
