//! A market of one or two sellers with expected logit demand that calls the policies as the engine does: the harness of their
//! tests. Quality less cost 1, mu 1/4, an outside option of 0 (Calvano et al. 2020), prices in 10,000 units.

use super::memory::Memory;
use super::outlook::{Demand, Outlook};
use super::{revises, wish};
use crate::policy::PricingPolicy;
use sim_core::draw::{Purpose, Seed};
use sim_core::math;

const UNIT: f64 = 10_000.0;
const COST: f64 = UNIT;
const QUALITY: f64 = 2.0 * UNIT;
const MU: f64 = 0.25 * UNIT;
const PAGES: f64 = 1000.0;

pub(super) struct Duopoly {
    policies: Vec<PricingPolicy>,
    memories: Vec<Memory>,
    prices: [f64; 2],
    tick: u32,
}

impl Duopoly {
    pub(super) fn new(a: PricingPolicy, b: PricingPolicy) -> Duopoly {
        Duopoly { policies: vec![a, b], memories: vec![Memory::default(); 2], prices: [1.6 * UNIT, 1.7 * UNIT], tick: 0 }
    }

    /// One seller; the other's price drives everybody away.
    pub(super) fn alone(policy: PricingPolicy) -> Duopoly {
        Duopoly { policies: vec![policy], memories: vec![Memory::default()], prices: [1.5 * UNIT, 1e9], tick: 0 }
    }

    pub(super) fn cost(&self) -> f64 {
        COST
    }

    pub(super) fn prices(&self) -> [f64; 2] {
        self.prices
    }

    fn shares(prices: [f64; 2]) -> [f64; 2] {
        let weights = prices.map(|p| math::exp(((QUALITY - p) / MU).max(-700.0)));
        weights.map(|w| w / (1.0 + weights[0] + weights[1]))
    }

    /// Profit of a seller from `PAGES` pages.
    pub(super) fn profit(&self, seller: usize, prices: [f64; 2]) -> f64 {
        PAGES * Self::shares(prices)[seller] * (prices[seller] - COST)
    }

    /// A tick: sales at the prices in force, then every seller revises at once, as at night in the engine.
    pub(super) fn step(&mut self) -> [f64; 2] {
        let old = self.prices;
        let shares = Self::shares(old);
        for (i, policy) in self.policies.iter().enumerate() {
            let words = Seed(5).words(Purpose::Reprice, i as u64, u64::from(self.tick), 0);
            let cash = self.profit(i, old);
            self.memories[i].observe(PAGES * shares[i], cash, PAGES);
            if !revises(policy, self.tick, i as u32) {
                continue;
            }
            let outlook = Outlook {
                old: old[i],
                cost: COST,
                plain_cost: COST,
                rival: (self.policies.len() > 1).then(|| old[1 - i]),
                share: shares[i],
                joint_share: shares[i],
                demand: Demand::Linear { sensitivity: 1.0, scale: MU },
                uniforms: [words.uniform(0), words.uniform(1)],
                ..Outlook::example()
            };
            self.prices[i] = math::round_i64(wish(policy, &outlook, &mut self.memories[i])) as f64;
        }
        self.tick += 1;
        self.prices
    }

    /// Symmetric Bertrand-Nash price: p - c = mu / (1 - s), by bisection.
    pub(super) fn nash(&self) -> f64 {
        root(|p| p - COST - MU / (1.0 - Self::shares([p, p])[0]))
    }

    /// Price that maximises the profit of both together: p - c = mu / (1 - 2 s).
    pub(super) fn collusion(&self) -> f64 {
        root(|p| p - COST - MU / (1.0 - 2.0 * Self::shares([p, p])[0]))
    }

    /// Price of a single seller.
    pub(super) fn monopoly(&self) -> f64 {
        root(|p| p - COST - MU / (1.0 - Self::shares([p, 1e9])[0]))
    }
}

fn root(f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (COST, 10.0 * COST);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    low
}

#[test]
fn the_solver_finds_the_prices_of_calvano_and_others() {
    let market = Duopoly::new(PricingPolicy::Fixed, PricingPolicy::Fixed);
    assert!((market.nash() / UNIT - 1.473).abs() < 5e-4, "{}", market.nash());
    assert!((market.collusion() / UNIT - 1.925).abs() < 5e-4, "{}", market.collusion());
}

#[test]
fn a_follower_asks_what_the_leader_asked_and_stops_at_the_floor() {
    let follow = PricingPolicy::Match { lag: 1, floor_margin: 0.2, interval: 3 };
    let mut market = Duopoly::new(PricingPolicy::Fixed, follow);
    for leader in [1.5, 1.4, 1.1] {
        market.prices[0] = leader * UNIT;
        let before = market.prices[1];
        let seen: Vec<f64> = (0..3).map(|_| market.step()[1]).collect();
        let expected = (leader * UNIT).max(COST / 0.8);
        assert_eq!(seen, [before, before, expected], "it looks every third tick");
    }
}
