//! Fixtures shared by the test targets of this package.
