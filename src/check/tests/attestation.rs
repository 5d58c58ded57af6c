use super::trial;

const CHECK: &str = "attestation: { by_other_than: { dataset: people, key: person_id, where: { field: title, is: head } } }";
const ROSTER: &str = "person_id=1 email=anna title=head; person_id=2 email=ben title=clerk";

#[test]
fn an_attestation_is_one_item_whatever_else_there_is() {
    let good = "control=c by=ben at=2026-10-01 expires=2027-01-01 statement=watched";
    let own = "control=c by=anna at=2026-10-01 expires=2027-01-01 statement=watched";
    for (statements, told) in [
        (good.to_owned(), "ok 1"),
        (own.to_owned(), "found c/anna"),
        ("control=c by=stranger at=2026-10-01 expires=2027-01-01 statement=watched".to_owned(), "undecided 1 person-unresolved: attestations.by"),
        ("control=c by=ben at=2026-10-01 expires=2026-10-02 statement=watched".to_owned(), "undecided 1 attestation-expired"),
        ("control=c by= at=2026-10-01 expires=2027-01-01 statement=watched".to_owned(), "undecided 1 key-empty: attestations.by"),
        ("control=c by=ben at=soon expires=2027-01-01 statement=watched".to_owned(), "undecided 1 value-unreadable: attestations.at"),
        ("control=d by=ben".to_owned(), "undecided 1 attestation-missing"),
        // A record that cannot be told may be a later statement.
        (format!("{good}; broken"), "undecided 1 record-rejected: attestations (invalid-json)"),
        (format!("{good}; broken; broken; by=anna"), "undecided 1 field-absent: attestations.control"),
        (format!("{good}; control={{}} by=anna"), "undecided 1 value-unreadable: attestations.control"),
        ("control=d by=ben; broken".to_owned(), "undecided 1 record-rejected: attestations (invalid-json)"),
        // What was found stays found.
        (format!("{own}; broken"), "found c/anna"),
        // The latest counts; of two at once the worse.
        (format!("{good}; control=c by=anna at=2026-10-02 expires=2027-01-01 statement=watched"), "found c/anna"),
        (format!("{own}; control=c by=ben at=2026-10-02 expires=2027-01-01 statement=watched"), "ok 1"),
        (format!("{own}; {good}"), "found c/anna"),
        (format!("{good}; {own}"), "found c/anna"),
    ] {
        assert_eq!(trial(CHECK).with("people", ROSTER).with("attestations", &statements).told(), told, "{statements}");
    }
}
