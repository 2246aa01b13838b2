//! The calendar by tick: warm-up, weekdays, festivals.

use crate::model::Scenario;
use agents::calendar::Day;
use chrono::{Datelike, NaiveDate, TimeDelta};

/// Ticks of the warm-up.
pub(super) fn warm_up(scenario: &Scenario) -> u32 {
    scenario.calendar.warm_up.0.round() as u32 * scenario.calendar.ticks_per_day()
}

/// All ticks: the warm-up's ordinary days, then the calendar.
pub(super) fn days(scenario: &Scenario) -> Vec<Day> {
    let calendar = &scenario.calendar;
    let warm_up = i64::from(warm_up(scenario));
    let ticks = i64::from(calendar.ticks());
    (-warm_up..ticks).map(|tick| day(scenario, tick)).collect()
}

fn day(scenario: &Scenario, tick: i64) -> Day {
    let calendar = &scenario.calendar;
    let date = calendar.start.0 + TimeDelta::days(tick.div_euclid(i64::from(calendar.ticks_per_day())));
    let weekday = calendar.week.map_or(1.0, |week| week[date.weekday().num_days_from_monday() as usize]);
    let mut day = Day {
        visits: weekday,
        categories: vec![1.0; scenario.catalog.categories.len()],
        budget_weight: if tick < 0 { 0.0 } else { 1.0 },
        proximity: 0.0,
        sale: false,
    };
    let phases = || calendar.festivals.values().flat_map(|festival| festival.phases.values());
    let announced = || phases().filter_map(|phase| Some((phase.announced?.0, phase))).filter(|_| tick >= 0);
    day.sale = announced().any(|(_, phase)| (phase.from.0..=phase.to.0).contains(&date));
    let waiting = announced().filter(|(known, phase)| !day.sale && (*known..phase.from.0).contains(&date));
    day.proximity = waiting.map(|(known, phase)| proximity(known, date, phase.from.0)).fold(0.0, f32::max);
    for festival in calendar.festivals.values().filter(|_| tick >= 0) {
        for phase in festival.phases.values().filter(|p| (p.from.0..=p.to.0).contains(&date)) {
            day.visits *= phase.visits;
            day.budget_weight *= phase.budget_weight;
            for (name, lift) in &phase.categories {
                if let Some(c) = scenario.catalog.categories.get_index_of(name) {
                    day.categories[c] *= lift;
                }
            }
        }
    }
    day
}

/// 1 on the eve of a sale, down in a straight line to one day's share on the day of the announcement.
fn proximity(known: NaiveDate, date: NaiveDate, from: NaiveDate) -> f32 {
    ((date - known).num_days() + 1) as f32 / (from - known).num_days() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proximity_rises_in_a_straight_line_to_one_on_the_eve() {
        let day = |d| NaiveDate::from_ymd_opt(2025, 11, d).expect("a date");
        assert_eq!([1, 2, 3, 4].map(|d| proximity(day(1), day(d), day(5))), [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(proximity(day(4), day(4), day(5)), 1.0);
    }
}
