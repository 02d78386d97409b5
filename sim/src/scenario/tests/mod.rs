//! Each shipped file reads; each mistake is shown where it stands.

mod axes;
mod mistakes;
mod shipped;
mod varied;

use super::*;

/// The smallest scenario, line by line; mistakes are made by replacing or adding a line.
const SMALLEST: &str = "\
schema = 1
id = \"t\"
title = \"A test\"
[clock]
t0 = 05:00:00
run_for = \"1h\"
[queue]
initial = 10
[[consumer]]
id = \"w\"
";
