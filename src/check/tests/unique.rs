use super::trial;

const CHECK: &str = "unique: { dataset: acknowledgements, key: [person, document] }";

#[test]
fn keys_with_persons_are_the_same_or_not_or_cannot_be_told() {
    for (records, told) in [
        ("person=1 document=d; person=2 document=d", "ok 2"),
        ("person=1 document=d; person=anna document=d", "ok 1, found 1/d"),
        ("person=1 document=d; person=1 document=e", "ok 2"),
        ("person= document=d", "undecided 1 key-empty: acknowledgements.person"),
        ("document=d", "undecided 1 field-absent: acknowledgements.person"),
        ("person={} document=d", "undecided 1 value-unreadable: acknowledgements.person"),
        ("person=stranger document=d", "ok 1"),
        ("person=stranger document=d; person=stranger document=d", "ok 1, found stranger/d"),
        ("person=stranger document=d; person=1 document=e", "ok 2"),
        ("person=stranger document=d; person=1 document=d", "ok 1, undecided 1 person-unresolved: acknowledgements.person"),
        ("person=Stranger document=d; person=stranger document=d", "undecided 2 person-unresolved: acknowledgements.person"),
        ("person=shared document=d; person=shared document=d", "ok 1, found shared/d"),
        ("person=shared document=d; person=3 document=d", "ok 1, undecided 1 person-unresolved: acknowledgements.person"),
        ("person=1 document=d; broken", "ok 1, undecided 1 record-rejected: acknowledgements (invalid-json)"),
    ] {
        assert_eq!(trial(CHECK).roster().with("acknowledgements", records).told(), told, "{records}");
    }
    let told = |records: &str| trial(CHECK).broken_roster().with("acknowledgements", records).told();
    assert_eq!(told("person=1 document=d; person=2 document=d"), "undecided 2 incomplete-population: people");
    assert_eq!(told("person=1 document=d; person=2 document=e"), "ok 2");
    assert_eq!(told("person=1 document=d; person=anna document=d"), "ok 1, found 1/d");
}

#[test]
fn a_finding_does_not_depend_on_the_names_of_files() {
    let (left, right) = ("person=anna document=d", "person=1 document=d");
    let ids = |first: &str, second: &str| {
        trial(CHECK).roster().file("a.ndjson", "acknowledgements", first).file("b.ndjson", "acknowledgements", second).run().ids
    };
    assert_eq!(ids(left, right), ids(right, left));
}
