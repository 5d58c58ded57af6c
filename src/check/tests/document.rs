use super::trial;

const POLICY: &str = "document:
              wanted: [ { id: policy, title: the policy, which: { field: document_id, is: policy } } ]
              demands:
                - { id: owner, title: has an owner, expect: { field: owner, present: true } }
                - { id: approval, title: is approved, expect: { field: approved_at, present: true } }
                - { id: review, title: is not overdue, expect: { field: review_due, not_before: as_of } }
                - { id: sections, title: speaks of sites, expect: { field: text, contains: sites } }";

#[test]
fn documents_that_are_the_same_one_do_not_complete_each_other() {
    let check = POLICY.replace(", expect: { field: text, contains: sites }", ", expect: { field: text, matches: sites }");
    let good = "document_id=policy owner=1 approved_at=2026-01-01 review_due=2027-01-01 text=sites";
    let rest = "approved_at=2026-01-01 review_due=2027-01-01 text=sites";
    for (documents, told) in [
        (good.to_owned(), "ok 5"),
        (format!("{good}; {good}"), "ok 5"),
        // An old version has an owner, the new one an approval.
        (
            format!("document_id=policy owner=1 approved_at= review_due=2027-01-01 text=sites; document_id=policy owner= {rest}"),
            "ok 3, found policy/approval policy/owner",
        ),
        // An overdue copy has all sections.
        (
            "document_id=policy owner=1 approved_at=2026-01-01 review_due=2025-01-01 text=sites; \
             document_id=policy owner=1 approved_at=2026-01-01 review_due=2027-01-01 text=none"
                .to_owned(),
            "ok 3, found policy/review policy/sections",
        ),
        // A copy that may lack something.
        (format!("{good}; document_id=policy {rest}"), "ok 4, undecided 1 field-absent: documents.owner"),
        // Whether it is the document at all cannot be told; it lacks an owner.
        (format!("{good}; document_id={{}} owner= {rest}"), "ok 4, undecided 1 value-unreadable: documents.document_id"),
        (format!("{good}; document_id={{}} owner=1 {rest}"), "ok 5"),
        ("document_id={} owner=1".to_owned(), "undecided 5 value-unreadable: documents.document_id"),
        ("document_id=other owner=1".to_owned(), "found policy/exists, excluded 4 document-missing"),
        (
            "document_id=other owner=1; broken".to_owned(),
            "undecided 5 incomplete-population: documents, undecided 1 record-rejected: documents (invalid-json)",
        ),
        (format!("{good}; broken"), "ok 5, undecided 1 record-rejected: documents (invalid-json)"),
    ] {
        assert_eq!(trial(&check).with("documents", &documents).told(), told, "{documents}");
    }
    assert!(trial(&check).with("documents", good).run().result.procedure.contains("Every document that is one of these"));
}
