//! `rolod` as the end-to-end tests start it.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    rolo_server::cli::main().await
}
