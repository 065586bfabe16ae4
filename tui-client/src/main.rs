//! `rolo`: only maps the outcome to an exit code; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    rolo_tui::cli::main()
}
