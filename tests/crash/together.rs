//! Several processes at once, in many random orders: whatever one of them takes from under another's hands, none of them fails.

use crate::life::{Memory, SPOOL, Work, payload};
use alert::{Alert, AlertId, Disposition};
use host::{At, Host, Millis};
use sim::kernel::{
    Director, DirectoryProfile, Ended, Exit, LatencyProfile, Limits, Machine, MachineOptions,
    PowerLossProfile, ProcessId, Program, Recording, RunEnd, RunLimit, Seed, Sharing, TaskId,
    TaskSpec, View,
};
use sim::schedule::Random;
use spool::audit::audit;
use spool::{Claimed, Incoming, Publisher, Shed, Spool, SpoolError, SpoolOptions, Worker, cap};
use std::time::Duration;
