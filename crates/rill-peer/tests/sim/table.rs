//! A table of what was found, and whether it is good.

use std::fmt;

/// Rows of cells below a heading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: Vec<String>) -> Self {
        Self {
            rows: vec![heading],
        }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths);
            let line: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            writeln!(f, "{}", line.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// What was found, and what of it is wrong.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) table: Table,
    /// One line that sums it up.
    pub(crate) summary: String,
    pub(crate) misses: Vec<String>,
}

impl Verdict {
    /// Prints the summary; fails if anything was missed.
    pub(crate) fn finish(self) {
        println!("{}", self.summary);
        for miss in &self.misses {
            println!("  {miss}");
        }
        assert!(self.misses.is_empty(), "{} misses", self.misses.len());
    }
}
