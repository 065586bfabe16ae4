//! Measures the server under load and prints tables; see ARCHITECTURE.md.
//!
//! ```text
//! cargo run --release -p rolo-tests --bin load -- [--dir DIR] [--names FILE] [--calls N] [--only WORDS] CUSTOMERS...
//! cargo run -p rolo-tests --bin load -- --short
//! ```

use std::{io::Write as _, path::Path};

use anyhow::Result;
use rolo_tests::load::{Options, run, serve};

/// For the engine too, whose many small allocations cost a tenth of an import otherwise.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|argument| argument == "--serve") {
        return serve(Path::new(&arguments.nth(1).unwrap_or_default())).await;
    }
    let options = Options::parse(arguments)?;
    let mut failure = None;
    run(&options, &mut |line| {
        // Line by line: a large company takes its time.
        let mut out = std::io::stdout().lock();
        failure = writeln!(out, "{line}").and_then(|()| out.flush()).err().or(failure.take());
    })
    .await?;
    failure.map_or(Ok(()), |failure| Err(failure.into()))
}
