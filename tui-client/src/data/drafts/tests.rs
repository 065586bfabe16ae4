//! The format and the files of drafts.

use proptest::prelude::*;

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn value() -> impl Strategy<Value = DraftValue> {
    prop_oneof![
        ".{0,40}".prop_map(DraftValue::Text),
        any::<i64>().prop_map(DraftValue::Int),
        any::<i64>().prop_map(DraftValue::Time),
        (0u8..6).prop_map(DraftValue::Stars),
        proptest::option::of(0usize..9).prop_map(DraftValue::Index),
        any::<bool>().prop_map(DraftValue::Flag),
        (any::<i64>(), ".{0,9}", ".{0,9}").prop_map(|(id, a, b)| DraftValue::Picked(id, a, b)),
        Just(DraftValue::Nothing),
    ]
}

prop_compose! {
    fn field()(section in 0u8..2, name in "[a-z_]{1,12}", value in value(), was in value()) -> DraftField {
        DraftField { section, name, value, was }
    }
}

prop_compose! {
    fn draft()(
        new in any::<bool>(), kind in 0i32..9, id in any::<i64>(), label in ".{0,20}", at in any::<i64>(),
        open in any::<bool>(), cursor in proptest::option::of((0u8..2, "[a-z]{1,9}")), revision in any::<i64>(),
        request_id in "[0-9a-f]{0,32}", given in proptest::collection::vec(("[a-z]{1,9}", value()), 0..3),
        fields in proptest::collection::vec(field(), 0..12),
    ) -> Draft {
        let key = if new { DraftKey::New(kind, id) } else { DraftKey::Edit(kind, id) };
        Draft { key, label, at, open, cursor, revision, request_id, given, fields }
    }
}

fn typed(key: DraftKey, text: &str, at: i64) -> Draft {
    let was = DraftValue::Nothing;
    let field = DraftField { section: 0, name: "name".into(), value: DraftValue::Text(text.into()), was };
    Draft {
        key,
        label: String::new(),
        at,
        open: true,
        cursor: None,
        revision: 0,
        request_id: String::new(),
        given: Vec::new(),
        fields: vec![field],
    }
}

const NEW: DraftKey = DraftKey::New(1, 0);
const NOW: i64 = 1_796_000_000_000;

proptest! {
    #[test]
    fn a_draft_comes_back_as_it_was_written(draft in draft()) {
        prop_assert_eq!(decode(&encode(&draft).unwrap_or_default()), Some(draft));
    }

    #[test]
    fn anything_else_in_a_file_is_no_draft_and_no_crash(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(decode(&bytes), None);
    }

    #[test]
    fn a_draft_cut_short_or_changed_is_no_crash(draft in draft(), at in 0.0f64..1.0, byte in any::<u8>()) {
        let mut bytes = encode(&draft).unwrap_or_default();
        let at = (bytes.len() as f64 * at) as usize;
        prop_assert_eq!(decode(&bytes[..at]), None);
        bytes[at] = byte;
        let _ = decode(&bytes);
    }
}

#[test]
fn a_draft_of_another_version_is_set_aside_and_the_rest_is_found() -> Outcome {
    let dir = tempfile::tempdir()?;
    let newer = String::from_utf8(encode(&typed(NEW, "甲", NOW))?)?.replacen("\"version\":1", "\"version\":2", 1);
    fs::write(dir.path().join("new-1-0.aaaa.json"), newer)?;
    fs::write(dir.path().join("edit-1-7.bbbb.json"), "{")?;
    fs::write(dir.path().join("edit-1-8.cccc.json"), encode(&typed(DraftKey::Edit(1, 8), "乙", NOW))?)?;
    let found = Drafts::open(dir.path().into())?.take_over(NOW);
    assert_eq!(found.drafts.iter().map(|d| d.key).collect::<Vec<_>>(), [DraftKey::Edit(1, 8)]);
    assert_eq!(found.aside.len(), 2);
    assert!(found.aside.iter().all(|path| path.exists()), "set aside, not thrown away");
    Ok(())
}

#[test]
fn the_drafts_of_a_client_that_runs_are_left_alone_until_it_has_ended() -> Outcome {
    let dir = tempfile::tempdir()?;
    let first = Drafts::open(dir.path().into())?;
    first.keep(&typed(NEW, "甲", NOW))?;
    let second = Drafts::open(dir.path().into())?;
    assert!(second.take_over(NOW).drafts.is_empty());
    // Both type into the same form; neither writes into the other's.
    second.keep(&typed(NEW, "乙", NOW + 1))?;
    second.drop(&NEW);
    drop(first);
    assert_eq!(second.take_over(NOW).drafts, [typed(NEW, "甲", NOW)]);
    assert!(Drafts::open(dir.path().into())?.take_over(NOW).drafts.is_empty(), "taken over once");
    Ok(())
}

#[test]
fn of_two_drafts_of_one_form_the_newer_comes_first_and_the_older_is_not_lost() -> Outcome {
    let dir = tempfile::tempdir()?;
    for (text, at) in [("older", NOW), ("newer", NOW + 1)] {
        Drafts::open(dir.path().into())?.keep(&typed(NEW, text, at))?;
    }
    let drafts = Drafts::open(dir.path().into())?;
    assert_eq!(drafts.take_over(NOW).drafts, [typed(NEW, "newer", NOW + 1)]);
    drafts.drop(&NEW);
    assert_eq!(drafts.take_over(NOW).drafts, [typed(NEW, "older", NOW)]);
    Ok(())
}

#[test]
fn drafts_are_bounded_in_age_and_number() -> Outcome {
    let dir = tempfile::tempdir()?;
    let drafts = Drafts::open(dir.path().into())?;
    drafts.keep(&typed(NEW, "old", NOW - KEPT - 1))?;
    assert!(drafts.take_over(NOW).drafts.is_empty());
    for id in 0..(MOST as i64 + 5) {
        drafts.keep(&typed(DraftKey::Edit(1, id), "x", NOW + id))?;
    }
    assert_eq!(drafts.take_over(NOW).drafts.len(), MOST);
    let mut long = typed(NEW, "", NOW);
    long.fields[0].value = DraftValue::Text("x".repeat(LONGEST as usize));
    assert!(drafts.keep(&long).is_err(), "a file has a bound too");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_draft_is_for_its_owner_alone() -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir()?;
    let drafts = Drafts::open(dir.path().into())?;
    drafts.keep(&typed(NEW, "甲", NOW))?;
    assert_eq!(fs::metadata(drafts.path(&NEW))?.permissions().mode() & 0o777, 0o600);
    Ok(())
}

fn told() -> (Box<dyn Fn(Failure) + Send>, std::sync::mpsc::Receiver<Failure>) {
    let (sender, failures) = std::sync::mpsc::channel();
    (Box::new(move |failure| drop(sender.send(failure))), failures)
}

#[tokio::test]
async fn the_desk_writes_the_newest_state_and_only_for_the_person_at_it() -> Outcome {
    let dir = tempfile::tempdir()?;
    let desk = Desk::default();
    desk.keep(1, Box::new(typed(NEW, "before anybody came", NOW)));
    desk.open(1, dir.path().into(), NOW, told().0).await?;
    for text in ["甲", "甲乙", "甲乙丙"] {
        desk.keep(1, Box::new(typed(NEW, text, NOW)));
    }
    desk.keep(2, Box::new(typed(DraftKey::Edit(1, 1), "of another person", NOW)));
    desk.keep(1, Box::new(typed(DraftKey::Edit(1, 2), "saved", NOW)));
    desk.drop(1, DraftKey::Edit(1, 2));
    desk.flush();
    desk.flush();
    // Opened again by the same person: the same drafts.
    let found = desk.open(1, dir.path().into(), NOW, told().0).await?;
    assert_eq!(found.drafts, [typed(NEW, "甲乙丙", NOW)]);
    desk.close();
    assert_eq!(Drafts::open(dir.path().into())?.take_over(NOW).drafts, [typed(NEW, "甲乙丙", NOW)]);
    Ok(())
}

#[tokio::test]
async fn a_draft_that_cannot_be_written_is_told_once_until_one_can() -> Outcome {
    let dir = tempfile::tempdir()?;
    let place = dir.path().join("drafts");
    fs::create_dir(&place)?;
    let (tell, failures) = told();
    let desk = Desk::default();
    desk.open(1, place.clone(), NOW, tell).await?;
    fs::remove_dir_all(&place)?;
    for _ in 0..3 {
        desk.keep(1, Box::new(typed(NEW, "甲", NOW)));
        desk.flush();
    }
    assert_eq!(failures.try_iter().count(), 1);
    fs::create_dir(&place)?;
    desk.keep(1, Box::new(typed(NEW, "甲", NOW)));
    desk.flush();
    fs::remove_dir_all(&place)?;
    desk.keep(1, Box::new(typed(NEW, "甲", NOW)));
    desk.flush();
    assert_eq!(failures.try_iter().count(), 1, "it works again, and then it does not");
    Ok(())
}
