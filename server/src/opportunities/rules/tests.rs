use proptest::prelude::*;

use super::*;

const STANDINGS: [Standing; 5] = [
    Standing { status: Status::Unassigned, deleted: false },
    Standing { status: Status::Assigned, deleted: false },
    Standing { status: Status::Won, deleted: false },
    Standing { status: Status::Lost, deleted: false },
    Standing { status: Status::Unassigned, deleted: true },
];

/// §4.1, O2–O10, P1, P2: each event in each state.
#[test]
fn every_event_is_permitted_in_its_states_and_refused_in_all_others() {
    use Event as E;
    let table = [
        (E::Edit, [true, false, false, false, false]),
        (E::Progress, [true, true, false, false, false]),
        (E::Delete, [true, false, false, false, false]),
        (E::Restore, [false, false, false, false, true]),
        (E::Assign, [true, false, false, false, false]),
        (E::Reassign, [false, true, false, false, false]),
        (E::Withdraw, [false, true, false, false, false]),
        (E::Succeed, [false, true, false, false, false]),
        (E::Fail, [false, true, false, false, false]),
        (E::Reopen, [false, false, false, true, false]),
        (E::Plan, [false, true, false, false, false]),
        (E::Record, [false, true, false, false, false]),
    ];
    for (event, expected) in table {
        for (standing, expected) in STANDINGS.into_iter().zip(expected) {
            assert_eq!(permit(standing, event).is_ok(), expected, "{event:?} of {standing:?}");
        }
    }
}

/// O1: a missing required field is refused on the full form; an import needs only the customer's name.
#[test]
fn the_full_form_asks_for_name_title_description_and_rate() {
    let name = vec![("customer_name", Value::from("宁波东方重工"))];
    assert!(check_new(&name, false).is_ok());
    let Err(Error::Validation(faults)) = check_new(&name, true) else { panic!("taken") };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["title", "description", "success_rate"]);
    assert!(check_new(&[], false).is_err());
}

/// §5.10: progress edits the same opportunity, and only that.
#[test]
fn an_edit_of_stage_and_amount_is_progress_and_one_of_the_title_is_not() {
    assert_eq!(edit_event(&[("stage_id", Value::Int(1)), ("expected_amount", Value::Int(5))]), Event::Progress);
    assert_eq!(edit_event(&[("stage_id", Value::Int(1)), ("title", "x".into())]), Event::Edit);
    assert!(PROGRESS.iter().all(|name| FIELDS.iter().any(|field| field.column == *name)));
}

/// O8, D7
#[test]
fn giving_up_needs_a_reason_and_a_text() {
    let both = [("close_reason_id", Value::Int(1)), ("close_text", "太贵".into())];
    assert!(check_close(&both).is_ok());
    assert!(check_close(&both[..1]).is_err());
    assert!(check_close(&[("close_reason_id", Value::Null), ("close_text", "太贵".into())]).is_err());
}

/// §3.2: a step has a date and a task, and stays with its opportunity.
#[test]
fn a_step_needs_a_date_and_a_task_and_stays_where_it_is() {
    let before = |column: &str| if column == "opportunity_id" { Value::Int(1) } else { Value::Null };
    let whole = [("plan_date", Value::from("2026-11-21")), ("todo", "拜访".into())];
    assert!(check_step(before, &whole, true).is_ok());
    assert!(check_step(before, &whole[..1], true).is_err());
    assert!(check_step(before, &[("todo", "".into())], false).is_err());
    assert!(check_step(before, &[("result", "".into())], false).is_ok());
    assert!(check_step(before, &[("opportunity_id", Value::Int(2))], false).is_err());
}

#[test]
fn an_assigned_opportunity_stagnates_for_each_reason_that_holds_and_no_other_state_does() {
    const FAR: &str = "9999-12-31";
    let fine = Progress { next_step_at: FAR, close_at: FAR, steps: 1, progress_at: 100 };
    let assigned = STANDINGS[1];
    let of = |progress| concerns(assigned, progress, "2026-11-21", 100);
    assert_eq!(of(fine), []);
    assert_eq!(of(Progress { next_step_at: "2026-11-20", ..fine }), [Concern::StepOverdue]);
    assert_eq!(of(Progress { next_step_at: "2026-11-21", ..fine }), [], "today is not overdue");
    assert_eq!(of(Progress { progress_at: 99, ..fine }), [Concern::NoProgress]);
    assert_eq!(of(Progress { progress_at: 99, steps: 0, ..fine }), [Concern::NoPlan]);
    let all = Progress { next_step_at: "2026-11-20", close_at: "2026-11-20", progress_at: 99, steps: 2 };
    assert_eq!(of(all), [Concern::StepOverdue, Concern::NoProgress, Concern::ClosePassed]);
    assert_eq!(concerns(STANDINGS[3], all, "2026-11-21", 100), []);
}

proptest! {
    /// An even spread differs by one at most, which goes to whom has least; one by workload never gives to whom has more than another at the end.
    #[test]
    fn a_spread_is_even_and_levels_workloads(items in 0_usize..300, loads in prop::collection::vec(0_i64..40, 1..12)) {
        let even = spread(items, &loads, true);
        prop_assert_eq!(even.len(), items);
        let got = |shares: &[usize], who: usize| shares.iter().filter(|share| **share == who).count() as i64;
        let counts: Vec<_> = (0..loads.len()).map(|who| got(&even, who)).collect();
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
        for (one, other) in (0..loads.len()).flat_map(|one| (0..loads.len()).map(move |other| (one, other))) {
            prop_assert!(counts[one] <= counts[other] || loads[one] <= loads[other]);
        }
        let level = spread(items, &loads, false);
        for (who, load) in loads.iter().enumerate() {
            let more = got(&level, who);
            let after = load + more;
            let least = (0..loads.len()).map(|other| loads[other] + got(&level, other)).min().unwrap();
            prop_assert!(more == 0 || after <= least + 1);
        }
    }
}
