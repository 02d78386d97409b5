//! Programs that others wrote hold ours to their own reading of the formats and protocols.
//!
//! - `bagit` (Library of Congress) validates the packs of stage 5.
//! - `opensearch_py` (the OpenSearch project's client) pages the mock indexer over HTTPS.
//! - `osmem` (an OpenSearch-compatible server) is drained by our poller, and asked the same as the mock (`alike`).
//!
//! They come from PyPI into an environment that is thrown away. Where Python or PyPI cannot be had, a test says SKIPPED on
//! standard error, and why, and passes. What it says otherwise ends with `checked`.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod alike;
mod bagit;
mod opensearch_py;
mod osmem;
mod python;
