//! The program `foundry`, so that tests of this package can start it as a process of its own. It notes how much memory it took
//! in the file that the variable `PEAK_KIB_FILE` names, if there is one.

use std::process::ExitCode;

fn main() -> ExitCode {
    let code = foundry::run(std::env::args_os());
    if let Some(file) = std::env::var_os("PEAK_KIB_FILE") {
        let peak = sim::stress::peak_kib().to_string();
        std::fs::write(file, peak).expect("the peak is written");
    }
    code
}
