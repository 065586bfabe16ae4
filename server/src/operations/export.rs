//! Exports: the list with another encoder. The right to export is its own, and the first page is logged.

use rolo_proto::v1::Kind;

use crate::{
    audit::{Changes, Refusal},
    authz::Permission,
    change::Change,
    db::Lane,
    error::Result,
    kernel::Kernel,
    rpc::guard::Caller,
};

/// Asks for the right, and logs the beginning of an export.
///
/// # Errors
/// `FORBIDDEN`.
pub async fn audit(kernel: &Kernel, caller: &Caller, kind: Kind, page_token: &str) -> Result<()> {
    let first = page_token.is_empty();
    if let (Ok(_), false) = (caller.actor.require(Permission::Export), first) {
        return Ok(());
    }
    let (actor, refusing) = (std::sync::Arc::clone(&caller.actor), kernel.clone());
    kernel
        .db()
        .write(Lane::People, move |write| {
            if let Err(cause) = actor.require(Permission::Export) {
                let refusal = Refusal {
                    user_id: actor.user_id,
                    session_id: actor.session_id,
                    method: "Export",
                    kind,
                    record_id: 0,
                };
                return Err(refusing.refused(refusal, cause));
            }
            let mut change = Change::new(write, &actor, "Export", false);
            change.operation()?;
            change.record(kind, 0, 0, 0, "export", &Changes::new())
        })
        .await
}
