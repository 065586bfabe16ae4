//! `rolo` without a command: the screens.

use super::Global;
use crate::data::Failure;

pub async fn run(_global: &Global) -> Result<(), Failure> {
    Err(Failure::usage("not built yet", "尚未实现"))
}
