//! Published schemas are those of the program, and reports keep to theirs.
//! Every report that any test makes is held against the schema and the
//! contract's order of keys, in `common::scan`.

mod common;

use std::path::Path;

use common::{copy, organisation, rolecall, scan};
use serde_json::{Value, json};

#[test]
fn the_published_schemas_are_what_the_program_prints() {
    for kind in ["pack", "control", "example", "source", "engagement", "waivers", "report"] {
        let name = if kind == "report" { "report-v1.json".to_owned() } else { format!("{kind}.json") };
        let published = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/schema").join(&name)).unwrap();
        let printed = rolecall(&["pack", "schema", kind]);
        assert_eq!(printed.status.code(), Some(0));
        assert!(String::from_utf8(printed.stdout).unwrap() == published, "{name}: write what `rolecall pack schema {kind}` prints");
    }
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/schema")).unwrap().count();
    assert_eq!(files, 7, "a schema that nothing prints");
}

/// The schema can refuse: what is missing, unknown or of another type is no report.
#[test]
fn the_schema_refuses_what_is_no_report() {
    let report = scan(&organisation("meridian"), &[]).report;
    assert!(common::schema().is_valid(&report));
    for (pointer, value) in [
        ("/as_of", json!(null)),
        ("/controls/0/determination", json!("fine")),
        ("/controls/0/checks/0/population", json!(-1)),
        ("/controls/0/checks/0/outcome", json!("passed")),
        ("/summary/conclusion", json!("good")),
    ] {
        let mut broken = report.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        assert!(!common::schema().is_valid(&broken), "{pointer}");
    }
    let mut more = report.clone();
    more["host"] = json!("x");
    assert!(!common::schema().is_valid(&more));
    let mut less = report;
    less.as_object_mut().unwrap().remove("coverage");
    assert!(!common::schema().is_valid(&less));
}

#[test]
fn the_published_schemas_take_our_own_files() {
    let schema = |name: &str| {
        let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/schema").join(name)).unwrap();
        jsonschema::validator_for(&serde_json::from_slice::<Value>(&text).unwrap()).unwrap()
    };
    for name in ["pack.json", "control.json", "example.json", "source.json", "engagement.json", "waivers.json", "report-v1.json"] {
        assert!(!schema(name).is_valid(&json!({ "no-such-key": 1 })), "{name}");
    }
}

#[test]
fn a_report_tells_nothing_of_the_machine_or_the_moment() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("unlikely-folder-name");
    copy(&organisation("meridian"), &folder);
    let scanned = scan(&folder, &["--jobs", "3"]);
    let text = String::from_utf8(scanned.bytes.clone()).unwrap();
    let user = std::env::var("USER").unwrap_or_default();
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    for secret in [folder.to_str().unwrap(), "unlikely-folder-name", temporary.path().to_str().unwrap(), env!("CARGO_MANIFEST_DIR")] {
        assert!(!text.contains(secret), "{secret}");
    }
    // A few letters stand in some finding's id.
    for name in [user.as_str(), host.trim()] {
        assert!(name.len() < 5 || !text.contains(name), "{name}");
    }
    // The clock is not read where a date is stated: a second later the bytes are the same.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(scan(&folder, &["--jobs", "1"]).bytes == scanned.bytes);
}
