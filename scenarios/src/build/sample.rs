//! Draws from the distributions of a scenario, by `rand_distr` on deterministic floats.

use rand::Rng;
use rand_distr::{Beta, Distribution as _, LogNormal, Normal, Pareto, Zipf};
use sim_core::det::Det;
use sim_core::draw::{KeyedStream, unit_f64};
use sim_core::math;
use sim_core::units::Distribution;

const CHECKED: &str = "the check of the scenario accepted the parameters";

/// One draw.
pub(super) fn draw(distribution: &Distribution, stream: &mut KeyedStream) -> f64 {
    match *distribution {
        Distribution::Constant(value) => value,
        Distribution::Uniform { low, high } => low + (high - low) * unit_f64(stream.next_u64()),
        Distribution::Normal { mean, sd } => Normal::new(Det(mean), Det(sd)).expect(CHECKED).sample(stream).0,
        Distribution::Lognormal { median, sigma } => LogNormal::new(Det(math::ln(median)), Det(sigma)).expect(CHECKED).sample(stream).0,
        Distribution::Beta { alpha, beta } => Beta::new(Det(alpha), Det(beta)).expect(CHECKED).sample(stream).0,
        Distribution::Pareto { scale, shape } => Pareto::new(Det(scale), Det(shape)).expect(CHECKED).sample(stream).0,
        Distribution::Zipf { n, exponent } => Zipf::new(Det(n as f64), Det(exponent)).expect(CHECKED).sample(stream).0,
    }
}
