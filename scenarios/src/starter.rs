//! The scenario that `bazaar init` writes.

/// A commented scenario that validates and shows every section.
pub fn starter() -> &'static str {
    include_str!("starter.yaml")
}
