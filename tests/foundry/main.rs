//! The program `foundry` as its users meet it: real processes, real files, a mock indexer over real HTTPS.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod configuration;
mod demo;
mod evidence;
mod full_disk;
mod hanging;
mod home;
mod inbox;
mod indexer;
mod ledger_taken;
mod look;
mod memory;
mod owner;
mod passes;
mod policies;
mod retention;
mod scene;
mod serve;
mod space;
mod systemd;
