//! Fixtures shared by the benchmarks of this package.
