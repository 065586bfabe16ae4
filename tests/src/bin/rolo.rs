//! `rolo` as the end-to-end tests start it.

fn main() -> std::process::ExitCode {
    rolo_tui::cli::main()
}
