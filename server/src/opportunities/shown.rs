//! What the shipped views hold and in which order, and the sort keys, as SQL over `o`.

use rolo_proto::v1::{OpportunitySort, OpportunityView};

/// The sort keys; whether the newest or largest come first.
pub(super) fn sort_key(sort: OpportunitySort) -> &'static str {
    match sort {
        OpportunitySort::Unspecified | OpportunitySort::CreatedAt => "o.created_at",
        OpportunitySort::Id => "o.id",
        OpportunitySort::CustomerName => "o.name_key",
        OpportunitySort::UpdatedAt => "o.updated_at",
        OpportunitySort::CloseAt => "o.close_rank",
        OpportunitySort::Amount => "o.amount_rank",
        OpportunitySort::Rate => "o.rate_rank",
        OpportunitySort::NextStepAt => "o.next_step_at",
    }
}

/// A sort key that no index is picked for: the few of one person are sorted, not looked for along everybody's.
pub(super) fn sorted(key: &'static str) -> &'static str {
    match key {
        "o.id" => "+o.id",
        "o.name_key" => "+o.name_key",
        "o.updated_at" => "+o.updated_at",
        "o.close_rank" => "+o.close_rank",
        "o.amount_rank" => "+o.amount_rank",
        "o.rate_rank" => "+o.rate_rank",
        "o.next_step_at" => "+o.next_step_at",
        other => other,
    }
}

/// The order that a view has when the caller names none.
pub(super) fn own_order(view: OpportunityView) -> (&'static str, bool) {
    match view {
        OpportunityView::Mine | OpportunityView::DueThisWeek => ("o.due_rank", false),
        OpportunityView::Stagnating => ("o.progress_at", false),
        OpportunityView::Won | OpportunityView::Lost => ("o.closed_at", true),
        OpportunityView::New => ("o.progress_at", true),
        OpportunityView::RecycleBin => ("o.deleted_at", true),
        _ => ("o.created_at", true),
    }
}

/// Whether nothing in a view waits for a step, so that they give it no order.
pub(super) fn is_without_steps(view: OpportunityView) -> bool {
    matches!(view, OpportunityView::Unassigned | OpportunityView::Won | OpportunityView::Lost)
}

/// What a view holds: a condition, and whether an index of its own gives this order.
pub(super) fn condition(view: OpportunityView, key: &str) -> (&'static str, bool) {
    match view {
        OpportunityView::RecycleBin => ("o.deleted_at IS NOT NULL", key == "o.deleted_at"),
        OpportunityView::Open => ("o.open = 1", false),
        OpportunityView::Unassigned => ("o.status = 1", key == "o.created_at"),
        OpportunityView::Mine | OpportunityView::DueThisWeek => {
            ("o.status = 2", matches!(key, "o.due_rank" | "o.created_at"))
        }
        OpportunityView::Stagnating | OpportunityView::New => {
            ("o.status = 2", matches!(key, "o.progress_at" | "o.created_at"))
        }
        OpportunityView::Won => ("o.open = 0 AND o.status = 3", matches!(key, "o.closed_at" | "o.created_at")),
        OpportunityView::Lost => ("o.open = 0 AND o.status = 4", matches!(key, "o.closed_at" | "o.created_at")),
        OpportunityView::Incomplete => ("o.missing <> 0", key == "o.created_at"),
        OpportunityView::Unspecified | OpportunityView::All => ("1", true),
    }
}

/// The states that a view holds all opportunities of; none if it takes more to be in it.
pub(super) fn states(view: OpportunityView) -> Option<&'static [i64]> {
    match view {
        OpportunityView::Unspecified | OpportunityView::All => Some(&[1, 2, 3, 4]),
        OpportunityView::Open => Some(&[1, 2]),
        OpportunityView::Unassigned => Some(&[1]),
        OpportunityView::Mine => Some(&[2]),
        OpportunityView::Won => Some(&[3]),
        OpportunityView::Lost => Some(&[4]),
        _ => None,
    }
}
