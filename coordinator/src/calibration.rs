//! What a scenario is held to, measured: the baseline in every replication, with its experiments and counterfactuals.
//!
//! Owns the choice of runs for a set of estimators. Guarantees that each moment has one estimator, that replications are those
//! of `run --arm baseline`, and that results do not depend on threads. Writes nothing. Leaves out the estimators on rows, which
//! `results` owns, and any search for parameters.

use std::ops::Range;
use std::path::Path;

use agents::record::Census;
use results::moments::{Measured, Series, dip_share};
use scenarios::{BASELINE, Estimator, Moment, Moments, Override, Period, SalesMode, Statistic};

use sim_core::exchange::Local;
use sim_core::placement::Placement;

use crate::ad_probe::AdProbe;
use crate::engine::Engine;
use crate::exit::Failure;
use crate::experiment::missions;
use crate::interrupt;
use crate::plan::{Cell, Plan};
use crate::probe::{MemoryProbe, PriceProbe, Treatment};
use crate::progress::{Progress, Whereabouts};
use crate::trial::{IssuesTrial, ToolTrial};

/// A scenario and its moments, ready to be measured.
pub(crate) struct Calibration<'a> {
    plan: &'a Plan,
    moments: &'a Moments,
    /// Patches that take a promotion out, and the plan without it.
    counterfactuals: Vec<(&'a [String], Plan)>,
}

/// What one replication gave.
struct Replication {
    run: Series,
    /// In the order of the counterfactuals.
    without: Vec<Series>,
    /// In the order of the moments; none for those that need no experiment.
    probes: Vec<Option<Probe>>,
}

enum Probe {
    Elasticity(PriceProbe),
    Advertising(AdProbe),
    Lift(PriceProbe),
    Memory(MemoryProbe),
    Tool(ToolTrial),
    Issues(IssuesTrial),
}

impl<'a> Calibration<'a> {
    /// Loads the counterfactuals of `file`, changed by `overrides` as the plan was.
    pub(crate) fn new(plan: &'a Plan, moments: &'a Moments, file: &Path, overrides: &[Override]) -> Result<Self, Failure> {
        let mut counterfactuals: Vec<(&[String], Plan)> = Vec::new();
        for (_, moment) in each(moments) {
            if let Estimator::PostPromotionDip { without, .. } = &moment.estimator
                && counterfactuals.iter().all(|(known, _)| known != without)
            {
                let mut all = overrides.to_vec();
                for patch in without {
                    all.push(Override::parse(patch)?);
                }
                counterfactuals.push((without, Plan::new(scenarios::load(file, &all)?, &[BASELINE.to_owned()])?));
            }
        }
        Ok(Self { plan, moments, counterfactuals })
    }

    /// Ticks of all runs, those of experiments left out.
    pub(crate) fn ticks(&self) -> u64 {
        let of = |plan: &Plan| plan.cells().map(|cell| u64::from(cell.ticks())).sum::<u64>();
        of(self.plan) + self.counterfactuals.iter().map(|(_, plan)| of(plan)).sum::<u64>()
    }

    /// Measures every moment in every replication.
    pub(crate) fn measure(&self, progress: &mut Progress) -> Result<Vec<Measured>, Failure> {
        let mut done = Vec::new();
        for cell in self.plan.cells() {
            let mut probes: Vec<Option<Probe>> = each(self.moments).map(|(_, moment)| self.probe(moment, cell)).collect();
            let run = series(self.plan, cell, &mut probes, progress)?;
            let mut without = Vec::new();
            for (_, plan) in &self.counterfactuals {
                let cell = plan.cells().find(|other| other.replication == cell.replication).expect("the same replications");
                without.push(series(plan, cell, &mut [], progress)?);
            }
            done.push(Replication { run, without, probes });
        }
        let moments = each(self.moments).enumerate();
        Ok(moments.map(|(index, ((group, name), moment))| self.measured(group, name, moment, index, &done)).collect())
    }

    fn measured(&self, group: &str, name: &str, moment: &Moment, index: usize, done: &[Replication]) -> Measured {
        let reason = if let Estimator::NotMeasured { reason } = &moment.estimator { Some(reason.clone()) } else { None };
        let values: Vec<f64> = match reason {
            Some(_) => Vec::new(),
            None => done.iter().map(|replication| self.value(&moment.estimator, index, replication)).collect(),
        };
        let measured = Measured {
            group: group.to_owned(),
            name: name.to_owned(),
            target: moment.target,
            band: moment.band,
            simulated: None,
            standard_error: None,
            values: Vec::new(),
            is_in: None,
            known_miss: moment.known_miss,
            not_measured: reason,
            source: moment.source.clone(),
            note: moment.note.clone(),
        };
        measured.with_values(&values)
    }

    fn value(&self, estimator: &Estimator, index: usize, replication: &Replication) -> f64 {
        let run = &replication.run;
        let (all, ordinary) = (run.all(), self.period(&self.moments.ordinary));
        let tick_of = |date| self.plan.project.baseline().scenario.calendar.tick_of(date);
        match estimator {
            Estimator::GmvShare { platform } => run.gmv_share(&ordinary, platform),
            Estimator::ParcelsPerShopperYear {} => {
                run.parcels_per_shopper_year(&ordinary, self.plan.project.baseline().scenario.population.shoppers.0)
            }
            Estimator::NetOverGrossGmv {} => run.net_over_gross_gmv(&all),
            Estimator::ParcelsOverOrdinary { during, statistic: Statistic::Mean } => run.mean_parcels(&self.period(during), &ordinary),
            Estimator::ParcelsOverOrdinary { during, statistic: Statistic::Peak } => run.peak_parcels(&self.period(during), &ordinary),
            Estimator::GmvShareBefore { during, before } => run.gmv_share_before(&self.period(during), tick_of(*before)),
            Estimator::ReturnRate { mode: SalesMode::Shelf } => run.return_rate_shelf(&all),
            Estimator::ReturnRate { mode: SalesMode::Live } => run.return_rate_live(&all),
            Estimator::MultiHoming { until } => run.multi_homing(self.period(&Period { from: *until, to: *until }).end),
            Estimator::ConversionPerMission {} => run.conversion_per_mission(&ordinary),
            Estimator::TakeRate { platform } => run.take_rate(&all, platform),
            Estimator::PostPromotionDip { during, week, without } => {
                let place = self.counterfactuals.iter().position(|(known, _)| known == without).expect("every counterfactual was run");
                dip_share(run, &replication.without[place], &self.period(during), *week)
            }
            Estimator::OwnPriceElasticity { .. }
            | Estimator::AdElasticity { .. }
            | Estimator::PromotionLift { .. }
            | Estimator::PricePaidAfterPromotion { .. }
            | Estimator::ServiceTool { .. }
            | Estimator::SupportIssues { .. } => match &replication.probes[index] {
                Some(Probe::Elasticity(probe)) => probe.elasticity(),
                Some(Probe::Advertising(probe)) => probe.elasticity(),
                Some(Probe::Lift(probe)) => probe.ratio(),
                Some(Probe::Memory(probe)) => probe.change(),
                Some(Probe::Tool(trial)) => trial.lift(),
                Some(Probe::Issues(trial)) => trial.gain(),
                None => f64::NAN,
            },
            Estimator::NotMeasured { .. } => f64::NAN,
        }
    }

    fn probe(&self, moment: &Moment, cell: Cell<'_>) -> Option<Probe> {
        let calendar = &self.plan.project.baseline().scenario.calendar;
        let warm_up = cell.ticks() - calendar.ticks();
        let ordinary = self.period(&self.moments.ordinary);
        let ticks = ordinary.start + warm_up..ordinary.end + warm_up;
        match &moment.estimator {
            Estimator::OwnPriceElasticity { change, listings } => {
                let prices = [1.0 + change.0, 1.0 - change.0];
                Some(Probe::Elasticity(PriceProbe::new(ticks, listings.0, prices.map(Treatment::price))))
            }
            Estimator::AdElasticity { change, merchants } => Some(Probe::Advertising(AdProbe::new(ticks, merchants.0, change.0))),
            Estimator::PromotionLift { discount, message, listings } => {
                let promoted = Treatment { price: 1.0 - discount.0, message: *message as f32 };
                Some(Probe::Lift(PriceProbe::new(ticks, listings.0, [promoted, Treatment::price(1.0)])))
            }
            Estimator::PricePaidAfterPromotion { on, discount, listings, days } => {
                let on = calendar.tick_of(*on) + warm_up;
                Some(Probe::Memory(MemoryProbe::new(on, discount.0, listings.0, days * calendar.ticks_per_day())))
            }
            Estimator::ServiceTool { on, days, mode, outcome } => {
                let on = calendar.tick_of(*on) + warm_up;
                Some(Probe::Tool(ToolTrial::new(on, days * calendar.ticks_per_day(), *mode, *outcome)))
            }
            Estimator::SupportIssues { on } => Some(Probe::Issues(IssuesTrial::new(calendar.tick_of(*on) + warm_up))),
            _ => None,
        }
    }

    /// Ticks of the calendar of a period.
    fn period(&self, period: &Period) -> Range<u32> {
        let calendar = &self.plan.project.baseline().scenario.calendar;
        calendar.tick_of(period.from)..calendar.tick_of(period.to) + calendar.ticks_per_day()
    }
}

/// Moments with group and name, in the order of the file.
fn each(moments: &Moments) -> impl Iterator<Item = ((&str, &str), &Moment)> {
    moments.groups.iter().flat_map(|(group, members)| members.iter().map(move |(name, moment)| ((group.as_str(), name.as_str()), moment)))
}

/// Runs a cell with its experiments; the KPI rows of its calendar.
fn series(plan: &Plan, cell: Cell<'_>, probes: &mut [Option<Probe>], progress: &mut Progress) -> Result<Series, Failure> {
    let mut engine = Engine::new(plan.build(cell)?, cell, false, Placement::ALONE)?;
    let scenario = &cell.loaded.scenario;
    let (census, last) = (scenario.outputs.census, scenario.calendar.ticks() - 1);
    let mut series = Series::new(scenario.calendar.ticks_per_day());
    while !engine.is_done() {
        for probe in probes.iter_mut().flatten() {
            match probe {
                Probe::Elasticity(probe) | Probe::Lift(probe) => probe.before_tick(&engine)?,
                Probe::Advertising(probe) => probe.before_tick(&engine)?,
                Probe::Memory(probe) => probe.before_tick(&mut engine)?,
                Probe::Tool(trial) => trial.before_tick(&engine)?,
                Probe::Issues(trial) => trial.before_tick(&engine),
            }
        }
        let step = engine.step(&mut Local, false)?;
        if let Some(tick) = step.tick {
            let takes_census = (tick + 1).is_multiple_of(census) || tick == last;
            let census = takes_census.then(|| Census::take(&engine.market, &mut engine.world, step.engine_tick));
            series.extend(engine.observation(&step, tick, census.as_ref()).platform_ticks());
        }
        progress.tick(&Whereabouts {
            arm: cell.arm,
            replication: cell.replication,
            tick: step.tick,
            ticks: last + 1,
            missions: missions(&engine, &step),
            gmv: None,
        });
        if interrupt::asked() {
            return Err(Failure::Interrupted { left: "nothing was written".to_owned() });
        }
    }
    Ok(series)
}
