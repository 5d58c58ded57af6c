//! What the pack on codes finds in the office, and laws that hold of every organisation.

use std::collections::BTreeSet;

use super::common::{laws, organisation, scan};
use super::fates::fates;
use super::lists::{Row, parts, roles};
use super::office::{Found, Office, found, one, tasks_of};

/// Whether a post is coded as cyber work.
fn is_cyber(post: &Row) -> bool {
    post["work_role_codes"].chars().any(|letter| letter != '0' && letter != ';')
}

fn expected() -> BTreeSet<Found> {
    let office = Office::read();
    let known = |edition: &str| roles(edition).into_keys().collect::<BTreeSet<String>>();
    let (opm, dcwf) = (known("opm-2016"), known("dcwf-5.1"));
    let elsewhere = &(&dcwf | &(&known("nice-2017") | &known("nice-2.1.0"))) - &opm;
    let ends: BTreeSet<String> = ["opm-2016", "nice-2017", "dcwf-5.1"]
        .iter()
        .flat_map(|from| fates(from, "nice-2.1.0").into_values())
        .filter(|fate| ["retired", "no-counterpart"].contains(&&*fate["fate"]))
        .map(|fate| fate["code"].clone())
        .collect();
    let there = |id: &str| office.roster.iter().find(|person| person["person_id"] == id && person["active"] == "true");
    let mut expected = Vec::new();
    let (mut in_use, mut filled) = (BTreeSet::new(), BTreeSet::new());
    for post in &office.posts {
        let (id, codes) = (post["position_id"].as_str(), parts(&post["work_role_codes"]));
        let mut post_is = |control: &str, check: &str, wrong: bool| expected.extend(wrong.then(|| one(control, check, &[("position_id", id)])));
        post_is("position-coded", "code-present", codes.is_empty());
        post_is("codes-opm-2016", "code-known", codes.iter().any(|code| !opm.contains(*code) && !elsewhere.contains(*code)));
        post_is("codes-opm-2016", "code-of-edition", codes.iter().any(|code| elsewhere.contains(*code)));
        post_is("target-nice-2.1.0", "position-code-stays", codes.iter().any(|code| ends.contains(*code)));
        let incumbent = there(&post["incumbent"]);
        post_is("vacancies", "position-filled", is_cyber(post) && incumbent.is_none());
        if is_cyber(post) {
            in_use.extend(codes.clone());
        }
        if let Some(person) = incumbent {
            filled.extend(codes);
            // All who carry codes carry 722 alone, and sit on posts of 722.
            if is_cyber(post) && person["work_role_codes"] != post["work_role_codes"] {
                expected.push(one("roster-agrees", "same-codes", &[("incumbent", &post["incumbent"]), ("difference", "missing-right")]));
            }
        }
    }
    expected.extend(in_use.difference(&filled).map(|code| one("vacancies", "code-filled", &[("entry", code)])));
    let core = tasks_of("controls/nice/tables/core-tasks.csv", "code", "task");
    expected.extend(office.given_out("issm-core-tasks", &core));
    expected.extend(office.holders("issm-responsible", "title-holds-role", "task", &core, "title"));
    expected.into_iter().collect()
}

#[test]
fn the_pack_on_codes_finds_what_the_posts_show_and_nothing_else() {
    let scanned = scan(&organisation("fairlight"), &["--pack", "cisa"]);
    assert_eq!(scanned.code, 1, "{}", scanned.stderr);
    let (found, expected) = (found(&scanned.report), expected());
    assert_eq!(expected.difference(&found).collect::<Vec<_>>(), Vec::<&Found>::new(), "expected, not found");
    assert_eq!(found.difference(&expected).collect::<Vec<_>>(), Vec::<&Found>::new(), "found, not expected");
}

#[test]
fn citations_stand_where_they_say() {
    laws::citations_stand("fairlight");
}

#[test]
fn less_evidence_never_gives_a_better_result() {
    laws::a_missing_export_decides_nothing("fairlight");
    laws::half_an_export_is_incomplete("fairlight");
}
