//! `rolod`, the Rolo server.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    rolo_server::cli::main().await
}
