//! `rolod` as the end-to-end tests start it.

/// For the engine too, whose many small allocations cost a tenth of an import otherwise.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    rolo_server::cli::main().await
}
