//! Compiles `rolo/v1/*.proto` with protox, so that no protoc has to be installed.
use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=rolo");
    let mut files: Vec<PathBuf> =
        fs::read_dir("rolo/v1")?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let set = protox::compile(&files, ["."])?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("rolo_descriptor.bin"), set.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(set)?;
    Ok(())
}
