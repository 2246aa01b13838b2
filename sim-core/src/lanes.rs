//! The one module that picks vector instructions.
//!
//! Guarantees the same bits on every machine: a kernel holds only operations that IEEE 754 rounds alike in every width, and the
//! compiler neither fuses nor reorders them.

use pulp::{Arch, NullaryFnOnce};

/// A piece of work that is compiled once for each kind of vector unit. `run` and what is hot below it must be
/// `#[inline(always)]`: a call that stays a call is compiled for the smallest machine. So are closures handed to the library's own
/// functions (`map_or_else`, `array::map`), which nobody can be made to inline: hot work stands in loops and `if let`.
pub trait Kernel {
    /// Does the work.
    fn run(self);
}

struct Once<K>(K);

impl<K: Kernel> NullaryFnOnce for Once<K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.run();
    }
}

/// Which vector instructions a kernel may use. Both give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// The widest of this machine: AVX2 and BMI2 where there are any.
    Widest,
    /// What every machine of the target has.
    Baseline,
}

impl Lanes {
    /// Runs a kernel.
    #[inline(always)]
    pub fn run(self, kernel: impl Kernel) {
        match self {
            Lanes::Widest => Arch::new().dispatch(Once(kernel)),
            Lanes::Baseline => kernel.run(),
        }
    }
}
