//! Draws how costs grow with the number of items.

use std::path::Path;

use plotters::prelude::*;

/// The cost of one item at several sizes.
pub(crate) struct Line {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

impl Line {
    pub(crate) fn measured(
        name: &'static str,
        sizes: &[u64],
        measure: impl Fn(u64) -> f64,
    ) -> Self {
        let points = sizes.iter().map(|size| (*size as f64, measure(*size)));
        Self {
            name,
            points: points.collect(),
        }
    }

    /// Returns the highest cost of an item divided by the lowest.
    pub(crate) fn spread(&self) -> f64 {
        self.most()
            / self
                .points
                .iter()
                .map(|point| point.1)
                .fold(f64::MAX, f64::min)
    }

    fn most(&self) -> f64 {
        self.points.iter().map(|point| point.1).fold(0.0, f64::max)
    }
}

/// Draws lines over a logarithmic axis of sizes.
pub(crate) fn draw(path: &Path, unit: &str, lines: &[&Line]) -> Result<(), String> {
    try_draw(path, unit, lines).map_err(|error| format!("{}: {error}", path.display()))
}

fn try_draw(path: &Path, unit: &str, lines: &[&Line]) -> Result<(), Box<dyn std::error::Error>> {
    let largest = lines.iter().flat_map(|line| &line.points);
    let largest = largest.map(|point| point.0).fold(1.0, f64::max);
    let most = lines.iter().map(|line| line.most()).fold(1.0, f64::max);
    let area = SVGBackend::new(path, (720, 360)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d((1.0..largest).log_scale(), 0.0..most * 1.2)?;
    chart
        .configure_mesh()
        .x_desc("how many")
        .y_desc(unit)
        .x_label_formatter(&|size| format!("{size:.0}"))
        .y_label_formatter(&|cost| format!("{cost:.0}"))
        .draw()?;
    for (line, color) in lines.iter().zip([BLUE, RED, GREEN]) {
        chart
            .draw_series(LineSeries::new(
                line.points.iter().copied(),
                color.stroke_width(2),
            ))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    chart
        .configure_series_labels()
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}
