//! A small report, for tests.

use serde_json::json;

use crate::report::Report;

/// A report with two files of evidence and no control.
pub(crate) fn report() -> Report {
    let table = |path: &str, dataset: &str, sha256: &str| {
        json!({
            "path": path, "member": null, "sheet": null, "pointer": null, "sha256": sha256, "bytes": 5, "source": null, "system": null,
            "dataset": dataset, "records": 1, "rejected": 0, "exported_at": {"value": null, "basis": "unknown"}, "span": null,
            "completeness": {"basis": "unknown", "expected": null}, "problems": [],
        })
    };
    let grades = json!({"major": 0, "minor": 0, "ofi": 0});
    let report = json!({
        "schema": crate::report::SCHEMA,
        "tool": {"name": "rolecall", "version": "0.1.0", "renderer": crate::report::RENDERER},
        "as_of": "2026-11-01", "period": null, "audience": "internal", "selection": "exploratory",
        "inputs": {"engagement": null, "waivers": null, "identities": null, "sources": [], "ledger": null, "options": {"list_max": 10}},
        "engagement": null, "packs": [],
        "evidence": [
            table("a.csv", "people", &"1".repeat(64)),
            table("a.csv", "accounts", &"1".repeat(64)),
            table("b c.json", "roles", &"2".repeat(64)),
            table("unreadable.csv", "sites", ""),
        ],
        "controls": [], "findings": [],
        "coverage": {
            "controls_total": 0, "determined": 0, "not_determined": 0, "checks_total": 0, "evaluated": 0, "not_evaluated": 0, "attested": 0,
            "evidence_files": 3, "evidence_unused": [], "scope_gaps": [], "unresolved_identities": 0, "unmapped_terms": [], "packs_not_selected": [],
        },
        "summary": {
            "by_determination": {"satisfied": 0, "other-than-satisfied": 0, "not-determined": 0},
            "by_outcome": {"pass": 0, "fail": 0, "not-applicable": 0, "not-evaluated": 0, "error": 0},
            "by_grade": grades, "waived_by_grade": grades,
            "findings": {"total": 0, "listed": 0, "waived": 0, "new": null, "reopened": null, "resolved": null, "not_reobserved": null, "subject_gone": null},
            "limitations": [], "conclusion": "incomplete",
        },
    });
    serde_json::from_value(report).expect("this is a report")
}
