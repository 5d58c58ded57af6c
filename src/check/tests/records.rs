use super::trial;

fn told(predicate: &str, asset: &str) -> String {
    let check = format!("each_record: {{ dataset: assets, expect: {{ {predicate} }} }}\nidentity: [asset_id]");
    trial(&check).roster().with("assets", &format!("asset_id=a {asset}")).told()
}

#[test]
fn persons_are_one_of_a_list_or_not_or_cannot_be_told() {
    let unresolved = "undecided 1 person-unresolved: assets.owner";
    for (asset, is, is_not) in [
        ("owner=1", "ok 1", "found a"),
        ("owner=anna", "ok 1", "found a"),
        ("owner=2", "found a", "ok 1"),
        ("owner=", "found a", "ok 1"),
        ("owner=stranger", unresolved, unresolved),
        ("owner=shared", unresolved, unresolved),
        ("", "undecided 1 field-absent: assets.owner", "undecided 1 field-absent: assets.owner"),
        ("owner={}", "undecided 1 value-unreadable: assets.owner", "undecided 1 value-unreadable: assets.owner"),
    ] {
        assert_eq!(told("field: owner, is: '1'", asset), is, "{asset}");
        assert_eq!(told("field: owner, is_not: '1'", asset), is_not, "{asset}");
        assert_eq!(told("field: owner, not_in: ['1']", asset), is_not, "{asset}");
    }
    // A word of the pack that is nobody's: byte for byte it is the same, else it cannot be told.
    for (asset, is) in [("owner=unit", "ok 1"), ("owner=Unit", unresolved), ("owner=1", unresolved), ("owner=2", unresolved)] {
        assert_eq!(told("field: owner, is: unit", asset), is, "{asset}");
    }
    assert_eq!(told("field: owner, in: []", "owner=stranger"), "found a");
}

#[test]
fn an_incomplete_roster_leaves_every_comparison_open_that_does_not_match() {
    let told = |expect: &str, asset: &str| {
        let check = format!("each_record: {{ dataset: assets, expect: {{ {expect} }} }}\nidentity: [asset_id]");
        trial(&check).broken_roster().with("assets", &format!("asset_id=a {asset}")).told()
    };
    let open = "undecided 1 incomplete-population: people";
    assert_eq!(told("field: owner, is: '1'", "owner=anna"), "ok 1");
    assert_eq!(told("field: owner, is: '1'", "owner=2"), open);
    assert_eq!(told("field: owner, not_in: ['1']", "owner=2"), open);
    assert_eq!(told("field: owner, same_as: custodian", "owner=1 custodian=anna"), "ok 1");
    assert_eq!(told("field: owner, differs_from: custodian", "owner=1 custodian=2"), open);
    assert_eq!(told("field: owner, not_found_in: { dataset: risks, key: owner }", "owner=1"), "");
}

#[test]
fn fields_are_the_same_or_not_or_cannot_be_told() {
    let unresolved = |field: &str| format!("undecided 1 person-unresolved: assets.{field}");
    for (asset, same, differs) in [
        ("owner=1 custodian=anna", "ok 1".to_owned(), "found a".to_owned()),
        ("owner=1 custodian=2", "found a".to_owned(), "ok 1".to_owned()),
        ("owner=stranger custodian=stranger", "ok 1".to_owned(), "found a".to_owned()),
        ("owner=Stranger custodian=stranger", unresolved("owner"), unresolved("owner")),
        ("owner=1 custodian=stranger", unresolved("custodian"), unresolved("custodian")),
        ("owner=shared custodian=1", unresolved("owner"), unresolved("owner")),
        ("owner=1 custodian=", "found a".to_owned(), "ok 1".to_owned()),
        ("owner=1", "undecided 1 field-absent: assets.custodian".to_owned(), "undecided 1 field-absent: assets.custodian".to_owned()),
    ] {
        assert_eq!(told("field: owner, same_as: custodian", asset), same, "{asset}");
        assert_eq!(told("field: owner, differs_from: custodian", asset), differs, "{asset}");
    }
}

#[test]
fn references_are_found_dangle_or_cannot_be_told() {
    let check = "refers_to: { dataset: assets, field: owner, to: { dataset: people, key: person_id, where: { field: active, is: true } }, empty: exception }\nidentity: [asset_id]";
    let must_not = "refers_to: { dataset: assets, field: owner, to: { dataset: people, key: person_id, where: { field: active, is: true } }, must: not_exist }\nidentity: [asset_id]";
    let people = "person_id=1 email=anna active=true; person_id=2 active=false; person_id=3; person_id=4 user_name=twin active=true; person_id=5 user_name=twin active=true";
    for (owner, must, must_never) in [
        ("owner=anna", "ok 1", "found a"),
        ("owner=2", "found a", "ok 1"),
        ("owner=3", "undecided 1 look-up-uncertain: people", "undecided 1 look-up-uncertain: people"),
        ("owner=stranger", "found a", "undecided 1 person-unresolved: assets.owner"),
        ("owner=twin", "undecided 1 person-unresolved: assets.owner", "undecided 1 person-unresolved: assets.owner"),
        ("owner=", "found a", "excluded 1 empty"),
    ] {
        let assets = format!("asset_id=a {owner}");
        assert_eq!(trial(check).with("people", people).with("assets", &assets).told(), must, "{owner}");
        assert_eq!(trial(must_not).with("people", people).with("assets", &assets).told(), must_never, "{owner}");
    }
}
