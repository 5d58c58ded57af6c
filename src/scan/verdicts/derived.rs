//! Datasets that are made of others, from exports of real systems to the report.

use std::path::Path;

use super::super::ground::Ground;
use super::super::keys::{Keys, keys_within};
use super::super::round::Blocks;
use super::{Case, check, report, told, verdict};
use crate::cli::Taking;
use crate::exit::Exit;
use crate::plan::{Frame, Plan};
use crate::report::{Outcome, Report};
use crate::settings::{Settings, settle};

mod exercised;

const HELD: &str = "{ id: held, title: H, severity: low, unit: holder, identity: [person, role_id], each_record: { dataset: role_holders, where: { field: system, is: intune }, expect: { field: person, found_in: { dataset: people, key: person_id, where: { field: active, is: true } } } } }";
const NOBODY: &str = "{ id: nobody, title: N, severity: low, unit: holder, identity: [person, assignment_id], each_record: { dataset: role_holders, where: { field: system, is: intune }, expect: { field: via_group, present: false } } }";
const MAY: &str = "{ id: may, title: M, severity: low, unit: permission, identity: [person, permission], each_record: { dataset: effective_permissions, where: { field: system, is: intune }, expect: { field: extent, in: [scope-groups] } } }";
const IN: &str = "{ id: in, title: I, severity: low, unit: member, identity: [member], per_group: { dataset: group_members, key: [member], count: { at_most: 1 } } }";
const APART: &str = "{ id: apart, title: A, severity: low, unit: person, held_apart: { left: { dataset: role_holders, where: { field: system, is: entra }, subject: person }, right: { dataset: role_holders, where: { field: system, is: intune }, subject: person } } }";

const ALL: [&str; 5] = [HELD, NOBODY, MAY, IN, APART];

fn meridian(case: &Case, block_size: usize, seed: u64) -> Settings {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/organisations/meridian");
    settle(&Taking { paths: vec![folder], block_size: Some(block_size), seed: Some(seed), ..case.taking() }, &[]).unwrap()
}

fn bytes(report: &Report) -> String {
    String::from_utf8(crate::report::json::write(report)).unwrap()
}

#[test]
fn findings_about_derived_records_cite_the_assignment_and_the_membership() {
    let found = report(&meridian(&Case::new(&ALL), 1 << 16, 7));
    let of = |id: &str| found.findings.iter().filter(|finding| finding.check == id).collect::<Vec<_>>();
    // The members of the groups of each assignment, in their order; one has no group left.
    assert_eq!(check(&found, "nobody").exceptions, (8 + 7) + 7 + 5 + 3 + 1 + 5 + 0 + 1);
    for finding in of("nobody") {
        let cited: Vec<(&str, Option<&str>)> =
            finding.evidence.iter().map(|citation| (citation.path.as_str(), citation.pointer.as_deref())).collect();
        let [("evidence/entra-groups.json", Some(member)), ("evidence/intune-role-assignments.json", Some(assignment))] = cited[..] else {
            panic!("{cited:?}")
        };
        assert!(member.contains("/members/") && assignment.contains("/members/"), "{cited:?}");
        let excerpt = &finding.evidence[0].excerpt;
        assert!(excerpt.contains("member_kind=user") && excerpt.contains("group="), "{excerpt}");
        let person = finding.subject.iter().next().unwrap().1;
        assert!(excerpt.contains(person), "the membership is the person's own");
        let excerpt = &finding.evidence[1].excerpt;
        assert!(excerpt.contains("principal=") && excerpt.contains("assignment_id=ia-"), "{excerpt}");
    }
    // Members are named by the tenant's numbers: the accounts tell whose they are.
    assert_eq!(check(&found, "held").undecided, 0);
    assert!(check(&found, "apart").undecided == 0 && check(&found, "in").undecided == 0);
    assert!(check(&found, "may").population > 0);
}

#[test]
fn the_annex_says_who_may_do_what_by_which_assignment() {
    let case = Case::new(&[MAY]);
    let found = report(&meridian(&case, 1 << 16, 7));
    let annex = found.effective.clone().unwrap();
    let of = |assignment: &str| annex.rights.iter().filter(|rights| rights.assignment_id.as_deref() == Some(assignment)).collect::<Vec<_>>();
    let persons: std::collections::BTreeSet<&String> = of("ia-1").iter().flat_map(|rights| &rights.persons).collect();
    assert_eq!(persons.len(), 15, "the help desk and the field team, none of whom is in both");
    // One of them manages policies, too, and holds the old assignment of a role that no export shows.
    let unclear = of("ia-1").into_iter().find(|rights| rights.scope_tags.is_none() && rights.extent.is_none()).unwrap();
    assert_eq!(unclear.persons.len(), 1);
    // Another assignment with another tag: the tags of both are hers, and of the devices she sees those with a tag.
    let tagged = of("ia-1").into_iter().find(|rights| rights.extent.as_deref() == Some("tagged-devices")).unwrap();
    assert_eq!((tagged.persons.len(), tagged.scope_tags.as_ref().map(Vec::len)), (1, Some(2)));
    let own = of("ia-1").into_iter().find(|rights| rights.persons.len() == 7).unwrap();
    let told = (own.system.as_deref(), own.scope.as_deref(), own.scope_tags.as_deref(), own.extent.as_deref());
    assert_eq!(told, (Some("intune"), Some("resourceScope"), Some(&["10".to_owned()][..]), Some("all-objects")));
    assert!(own.via_group.is_some() && own.permissions.iter().any(|permission| permission == "Microsoft.Intune_ManagedDevices_Read"));
    // No more rights are listed than findings are; how many there are is told.
    let counted: usize = annex.rights.iter().map(|rights| rights.persons.len() * rights.permissions.len()).sum();
    assert!(!annex.complete && annex.rights.len() == 10 && (counted as u64) < annex.records, "{} of {}", counted, annex.records);
    assert!(annex.undecided > 0, "roles of the directory are not exported");
    let page = String::from_utf8(crate::report::html::page(&found).unwrap()).unwrap();
    assert!(page.contains("Who may do what") && page.contains("assignment <span class=\"id\">ia-1</span>"));
    let without = report(&meridian(&Case::new(&[HELD]), 1 << 16, 7));
    assert!(without.effective.is_none() && !bytes(&without).contains("\"effective\""));
}

#[test]
fn the_same_bytes_whatever_the_threads_and_cuts_and_seeds() {
    let case = Case::new(&ALL);
    let whole = bytes(&report(&meridian(&case, 1 << 20, 7)));
    for (block_size, seed) in [(300, 7), (2000, 8)] {
        assert!(bytes(&report(&meridian(&case, block_size, seed))) == whole, "{block_size}");
    }
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| bytes(&report(&meridian(&case, 500, 7)))) == whole, "{threads}");
    }
}

/// The records of all derived datasets, as they would be folded.
fn records(keys: &Keys) -> Vec<String> {
    let mut all = Vec::new();
    for derived in keys.derivations.iter() {
        keys.derivations.each(derived, |batch| {
            for record in 0..batch.len() {
                let cells: Vec<String> = (0..batch.columns()).map(|column| format!("{:?}", batch.get(column, record))).collect();
                all.push(format!("{} {}", derived.dataset, cells.join(" ")));
            }
        });
    }
    all
}

#[test]
fn what_is_kept_of_the_bases_changes_nothing() {
    let case = Case::new(&ALL);
    let settings = meridian(&case, 1000, 7);
    let frame = Frame { as_of: settings.as_of, period: None, engagement: None, kinds: &settings.catalogue.kinds, seed: 7, list_max: 10 };
    let plan = Plan::new(&settings.packs, frame).unwrap();
    let input = settings.input();
    let ground = Ground::new(&input, settings.survey.clone(), plan, Blocks { size: 1000, seed: 7 });
    let whole = keys_within(&ground, usize::MAX);
    assert!(records(&whole).len() > 60, "{}", records(&whole).len());
    for room in [0, 2000, 6000] {
        let other = keys_within(&ground, room);
        assert_eq!(records(&other), records(&whole), "{room}");
        assert!(other.sets == whole.sets);
    }
}

const UNPAID: &str = "{ id: unpaid, title: U, severity: low, unit: person, identity: [email], refers_to: { dataset: people, field: email, to: { dataset: role_holders, key: person, where: { field: role_id, is: pay } }, must: not_exist } }";

#[test]
fn that_nobody_holds_a_role_is_a_fact_where_the_assignments_are_there() {
    let case = |assignments: &str, more: &str| {
        let assignments = format!("assignment_id,principal,principal_kind,role_id\n{assignments}");
        let case = Case::new(&[UNPAID]).evidence("people.csv", PEOPLE).evidence("assigned.csv", &assignments);
        verdict(&case.evidence("members.csv", "group,member,member_kind\ng,g,group\n").engagement(more).report(), "unpaid")
    };
    assert_eq!(case("", ""), (Outcome::NotEvaluated, Some("empty-dataset: role_holders".to_owned()), Exit::Incomplete));
    assert_eq!(case("", "control_totals:\n  - { dataset: role_assignments, count: 0 }\n"), (Outcome::Pass, None, Exit::Good));
    assert_eq!(case("a,g,group,r\n", ""), (Outcome::Pass, None, Exit::Good), "whoever is in the group");
    assert_eq!(case("a,g,group,pay\n", "").1.as_deref(), Some("group-not-expanded: role_holders"));
}

const PEOPLE: &str = "person_id,email,department,active\n1,anna@x.example,IT,true\n2,ben@x.example,IT,true\n";
const PLAIN: &str = "{ id: plain, title: P, severity: low, unit: holder, identity: [person, role_id], each_record: { dataset: role_holders, expect: { field: person, found_in: { dataset: people, key: email, where: { field: active, is: true } } } } }";

#[test]
fn what_is_borne_and_what_is_missing_is_told_of_the_derived_dataset() {
    let assignments = "assignment_id,principal,principal_kind,role_id\na,anna@x.example,user,r\nb,g,group,r\n";
    let memberships = "group,member,member_kind\ng,ben@x.example,user\n";
    let case = |assignments: &str, memberships: &str, more: &str| {
        let case = Case::new(&[PLAIN]).evidence("people.csv", PEOPLE).evidence("assigned.csv", assignments);
        let case = if memberships.is_empty() { case } else { case.evidence("members.csv", memberships) };
        case.engagement(more).report()
    };
    let good = case(assignments, memberships, "");
    assert_eq!(verdict(&good, "plain"), (Outcome::Pass, None, Exit::Good), "{:?}", good.summary.limitations);
    let open = format!("{memberships}g,h,group\n");
    let told_of = case(assignments, &open, "");
    assert_eq!(verdict(&told_of, "plain"), (Outcome::NotEvaluated, Some("group-not-expanded: role_holders".to_owned()), Exit::Incomplete));
    let tolerance = "tolerances:\n  - { dataset: role_holders, reason: group-not-expanded, share: 0.5, why: The group is empty. }\n";
    let borne = case(assignments, &open, tolerance);
    assert_eq!(verdict(&borne, "plain"), (Outcome::Pass, None, Exit::Good));
    assert!(told(&borne, "1 of 3 undecided (group-not-expanded: role_holders) are borne"));
    let absent = case(assignments, "", "");
    assert_eq!(verdict(&absent, "plain"), (Outcome::NotEvaluated, Some("missing-dataset: memberships".to_owned()), Exit::Incomplete));
    let direct = case("assignment_id,principal,principal_kind,role_id\na,anna@x.example,user,r\n", "", "");
    assert_eq!(verdict(&direct, "plain"), (Outcome::Pass, None, Exit::Good), "nothing is assigned to a group");
    let unmet = case(assignments, memberships, "control_totals:\n  - { dataset: memberships, count: 2 }\n");
    assert_eq!(verdict(&unmet, "plain"), (Outcome::NotEvaluated, Some("incomplete-population: memberships".to_owned()), Exit::Incomplete));
    let none = Case::new(&[PLAIN]).evidence("people.csv", PEOPLE).evidence("members.csv", memberships).engagement("").report();
    assert_eq!(verdict(&none, "plain").1.as_deref(), Some("missing-dataset: role_assignments"));
}

#[test]
fn what_derived_datasets_are_made_of_has_an_age() {
    let fresh = PLAIN.replace("identity:", "max_age_days: 10, identity:");
    let case = |members: &str| {
        Case::new(&[&fresh])
            .evidence("people-2026-10-31.csv", PEOPLE)
            .evidence("assigned-2026-10-31.csv", "assignment_id,principal,principal_kind,role_id\nb,g,group,r\n")
            .evidence(&format!("members-{members}.csv"), "group,member,member_kind\ng,ben@x.example,user\n")
            .engagement("")
            .report()
    };
    assert_eq!(verdict(&case("2026-10-31"), "plain").0, Outcome::Pass);
    assert_eq!(verdict(&case("2026-10-01"), "plain").1.as_deref(), Some("stale: memberships (2026-10-01)"));
    // One that was made after the as-of date is there, and is not what the check needs.
    assert_eq!(verdict(&case("2026-11-20"), "plain"), (Outcome::NotEvaluated, Some("later-exports: memberships".to_owned()), Exit::Incomplete));
}

#[test]
fn nobody_delivers_a_derived_dataset() {
    let case = |more: &str| Case::new(&[PLAIN]).evidence("people.csv", PEOPLE).engagement(more).refused();
    assert!(case("control_totals:\n  - { dataset: role_holders, count: 2 }\n").contains("wrong-dataset"));
    assert!(case("scope: { systems: [ { name: x, path: people.csv, datasets: [group_members] } ] }\n").contains("wrong-dataset"));
    assert_eq!(case("tolerances:\n  - { dataset: role_holders, reason: group-not-expanded, share: 0.1, why: w }\n"), "");
    let source = Case::new(&[PLAIN]).evidence("people.csv", PEOPLE);
    source.write(
        "sources/own.yaml",
        "id: own\ntitle: T\nformat: csv\nrecognise: { headers: [a] }\ntables:\n  - dataset: role_holders\n    fields: { role_id: { from: a } }\n",
    );
    let mut taking = source.taking();
    taking.known.sources_dir = vec![source.folder.path().join("sources")];
    assert!(settle(&taking, &[]).unwrap_err().render().contains("wrong-dataset"));
}

#[test]
fn a_pack_that_reads_derived_datasets_alone_is_chosen_by_what_they_are_made_of() {
    let apart = "{ id: apart, title: A, severity: low, unit: person, held_apart: { left: { dataset: role_holders, where: { field: role_id, is: a }, subject: person }, right: { dataset: role_holders, where: { field: role_id, is: b }, subject: person } } }";
    let chosen = |name: &str, text: &str| {
        let case = Case::new(&[apart]).evidence(name, text);
        let settings = settle(&Taking { pack: Vec::new(), ..case.taking() }, &[]).unwrap();
        settings.packs.iter().any(|pack| pack.id == "trial")
    };
    assert!(chosen("assigned.csv", "assignment_id,principal,principal_kind,role_id\na,anna,user,a\n"));
    assert!(!chosen("people.csv", PEOPLE));
}

const DUTIES: &str = "{ id: plain, title: P, severity: low, unit: task, covers: { expected: { list: [T1] }, by: { dataset: duty_holders, where: { field: person, present: true }, entry: task, terms: true } } }";

#[test]
fn the_clients_words_of_matrices_and_titles_hold_for_duties() {
    let case = |terms: &str| {
        Case::new(&[DUTIES])
            .evidence("people.csv", "person_id,email,title,active\n1,anna@x.example,Head of Security,true\n")
            .evidence("matrix.csv", "task_id,task,party,party_kind,letter\n1,Review rules,Chief of Security,role,R\n")
            .engagement(terms)
            .report()
    };
    let task = "terms:\n  - { field: responsibilities.task, value: review rules, is: T1 }\n";
    let (party, title) = (
        "  - { field: responsibilities.party, value: chief of security, is: CISO }\n",
        "  - { field: people.title, value: Head of Security, is: CISO }\n",
    );
    assert_eq!(verdict(&case(""), "plain").1.as_deref(), Some("unmapped-term: T1"));
    assert_eq!(verdict(&case(task), "plain").0, Outcome::Fail, "nobody has that title");
    assert_eq!(verdict(&case(&format!("{task}{party}")), "plain").0, Outcome::Fail);
    assert_eq!(verdict(&case(&format!("{task}{party}{title}")), "plain"), (Outcome::Pass, None, Exit::Good));
}
