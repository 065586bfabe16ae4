//! A bulk action has got an answer: the screen that asked for it hears it, the one on top loads again, and the result lies
//! on top of it.

use rolo_proto::v1::BulkProgress;

use super::model::Model;
use crate::{
    data::Failure,
    overlay::{Overlay, bulk::Bulk},
    screen::Answer,
};

fn take(model: &mut Model) -> Option<Box<Bulk>> {
    let at = model.sh.overlays.iter().position(|overlay| matches!(overlay, Overlay::Bulk(_)))?;
    match model.sh.overlays.remove(at) {
        Overlay::Bulk(bulk) => Some(bulk),
        _ => None,
    }
}

/// It has ended, or was stopped.
pub fn ended(model: &mut Model, done: BulkProgress) {
    model.sh.changes += 1;
    model.sh.fresh = Some(done.operation_id).filter(|id| *id > 0);
    if let Some(mut bulk) = take(model) {
        let owner = bulk.owner();
        if bulk.ended(done, &mut model.sh) {
            model.sh.overlays.push(Overlay::Bulk(bulk));
        }
        if let Some(screen) = model.screens.iter_mut().find(|screen| screen.id() == owner) {
            screen.answer(Answer::Ran, &mut model.sh);
        }
    }
    if let Some(screen) = model.screens.last_mut() {
        screen.enter(&mut model.sh);
    }
}

/// It was refused as a whole, or broke off; false: nobody waits for it any more.
pub fn failed(model: &mut Model, failure: &Failure) -> bool {
    let Some(mut bulk) = take(model) else { return false };
    bulk.failed(failure, &model.sh);
    model.sh.overlays.push(Overlay::Bulk(bulk));
    true
}
