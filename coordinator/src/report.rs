//! What `run` prints when it ends: the answer, how far it holds, and where the tables are.
//!
//! Owns the wording. Leaves out the layout of tables, which `results` owns.

use std::fmt::Write;
use std::path::Path;

use results::report::{comparison_table, kpi_table};
use results::{Selection, kpi};

use crate::experiment::Finished;
use crate::output::{bytes, counted, duration, grouped};
use crate::plan::Plan;
use crate::spend::Spend;

/// The report of a finished run.
pub(crate) fn of_run(plan: &Plan, finished: &Finished) -> String {
    let mut text = String::new();
    if finished.comparisons.is_empty() {
        arms(plan, finished, &mut text);
    } else {
        comparison(plan, finished, &mut text);
    }
    horizon(plan, &mut text);
    files(finished, &mut text);
    text.push_str(&query(&finished.dir, &finished.manifest));
    text
}

fn arms(plan: &Plan, finished: &Finished, text: &mut String) {
    for (arm, _) in &plan.arms {
        push(text, &kpi_table(&finished.cells, arm, Selection::Headline, plan.extrapolation()));
    }
}

fn comparison(plan: &Plan, finished: &Finished, text: &mut String) {
    let printed = &finished.comparisons[0];
    let focal = plan.focal();
    let platforms = printed.platforms();
    for platform in platforms.iter().filter(|platform| focal.is_none_or(|focal| focal == **platform)) {
        push(text, &comparison_table(printed, platform, Selection::Headline, plan.extrapolation()));
    }
    if let Some(focal) = focal {
        push(text, &others(plan, finished, focal));
    }
    if let Some(spend) = Spend::of(plan, &finished.cells) {
        push(text, &spend.sentence());
    }
    if plan.replications == 1 {
        push(text, "One replication gives no interval: pass --replications 5 or more to tell a difference from chance.");
    }
}

/// The answer for the focal platform in one sentence.
fn others(plan: &Plan, finished: &Finished, focal: &str) -> String {
    let printed = &finished.comparisons[0];
    let Some(found) = printed.difference(focal, "platform_profit").filter(|found| found.pairs > 0) else { return String::new() };
    let Some(profit) = kpi::kpi("platform_profit") else { return String::new() };
    let real = |value: f64| plan.extrapolation().apply(profit.unit, value);
    let difference = real(found.difference);
    let format = results::human::Format::of_differences(profit.unit, difference.abs());
    let certainty = match found.interval {
        Some((low, high)) if low <= 0.0 && high >= 0.0 => ", an interval that includes zero",
        Some(_) => ", an interval that excludes zero",
        None => "",
    };
    format!(
        "Platform profit of {focal} under {} less {}: {}{certainty}; higher in {} of {}.",
        printed.arm,
        printed.versus,
        format.signed(difference),
        found.higher,
        found.pairs,
    )
}

fn horizon(plan: &Plan, text: &mut String) {
    let calendar = &plan.project.baseline().scenario.calendar;
    let days = calendar.end.days_since(calendar.start) + 1;
    push(
        text,
        &format!(
            "This holds over {} to {} ({days} days) and under the assumptions of the scenario; what a strategy does \
             after the last day is not in it.",
            calendar.start, calendar.end
        ),
    );
}

fn files(finished: &Finished, text: &mut String) {
    let manifest = &finished.manifest;
    let rows: u64 = manifest.files.iter().map(|file| file.rows).sum();
    let size: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let tables = finished.dir.join("tables");
    push(
        text,
        &format!(
            "{} with {} rows ({}) in {}/, after {}. `bazaar inspect {}` shows them.",
            counted(manifest.tables().len(), "table"),
            grouped(rows.into()),
            bytes(size.into()),
            tables.display(),
            duration(finished.timings.total.as_secs_f64()),
            quoted(&finished.dir.display().to_string()),
        ),
    );
}

/// A query to paste into a shell, valid in the current directory.
fn query(dir: &Path, manifest: &results::Manifest) -> String {
    let tables = manifest.tables();
    let run = &manifest.run;
    let glob = |table: &str| dir.join("tables").join(table).join("*.parquet").display().to_string().replace('\'', "''");
    let sql = if tables.contains(&"platform_ticks") {
        format!(
            "SELECT arm, platform, round(sum(gmv) / count(DISTINCT replication) * {} / {} / 1e9, 3) AS gmv_bn_yuan \
             FROM '{}' GROUP BY arm, platform ORDER BY arm, gmv_bn_yuan DESC",
            run.scale,
            run.money_unit,
            glob("platform_ticks"),
        )
    } else {
        let Some(first) = tables.first() else { return String::new() };
        format!("SELECT * FROM '{}' LIMIT 10", glob(first))
    };
    format!("Ask DuckDB:\n  duckdb -c {}\n", double_quoted(&sql))
}

/// A paragraph, if there is one.
fn push(text: &mut String, paragraph: &str) {
    if !paragraph.is_empty() {
        writeln!(text, "{paragraph}\n").expect("a string takes everything");
    }
}

/// A word of a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = word.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A text in double quotes of a POSIX shell.
fn double_quoted(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut escaped, c| {
        if "\\\"$`".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    });
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("runs/tiny-1"), "runs/tiny-1");
        assert_eq!(quoted("my runs/it's"), r"'my runs/it'\''s'");
        assert_eq!(double_quoted("a $b `c` \"d\""), "\"a \\$b \\`c\\` \\\"d\\\"\"");
    }
}
