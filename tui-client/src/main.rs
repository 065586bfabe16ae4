//! `rolo`: only maps the outcome to an exit code; everything is in the library.

use std::process::ExitCode;

/// For the engine too, whose many small allocations cost a tenth of an import otherwise.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rolo_tui::cli::main()
}
