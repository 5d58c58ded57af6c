use super::*;
use crate::report::json;
use crate::signing::sample;

fn claims() -> Claims {
    Claims {
        ledger: None,
        previous_report: Some(PreviousReport { id: "R-aaaaaaaaaaaaaaaa".to_owned(), sha256: "0".repeat(64) }),
        signer: StatementSigner { owner: Some("Jo, Meridian".to_owned()), role: Some("scanner".to_owned()), key_encrypted: true },
        claimed_time: "2026-11-02T03:04:05Z".to_owned(),
    }
}

#[test]
fn a_statement_is_read_as_it_was_written_and_agrees_with_its_report() {
    let report = sample::report();
    let bytes = json::write(&report);
    let statement = Statement::about(&report, &bytes, b"body", claims());
    assert_eq!(Statement::parse(&statement.to_json()).unwrap(), statement);
    assert_eq!(statement.disagreement(&report, &bytes), None);
    assert_eq!(statement.predicate.evidence_root.files, 2);
    assert_eq!(evidence_root::leaves(&report.evidence)[1], format!("{} 5 b c.json", "2".repeat(64)));
}

#[test]
fn what_a_statement_says_otherwise_than_the_report_is_named_by_its_key() {
    let report = sample::report();
    let bytes = json::write(&report);
    let ledger = |size| Some(LedgerCheckpoint { origin: "rolecall.ledger/1".to_owned(), size, root: "3".repeat(64) });
    let statement = Statement::about(&report, &bytes, b"body", claims());
    type Change<'c> = &'c dyn Fn(&mut Statement, &mut Report);
    let changes: [(Change<'_>, Option<&str>); 9] = [
        (&|statement, _| statement.predicate.report.as_of = "2026-11-02".to_owned(), Some("predicate.report.as_of")),
        (&|statement, _| statement.predicate.report.summary.conclusion = Conclusion::NothingFound, Some("predicate.report.summary.conclusion")),
        (&|statement, _| statement.predicate.report.summary.by_outcome.pass = 1, Some("predicate.report.summary.by_outcome.pass")),
        (&|_, report| report.inputs.options.clear(), Some("predicate.report.inputs.options.list_max")),
        (&|statement, _| statement.predicate.evidence_root.files = 3, Some("predicate.evidenceRoot")),
        (&|_, report| report.evidence[2].bytes = 6, Some("predicate.evidenceRoot")),
        (&|statement, _| statement.predicate.ledger = ledger(1), None),
        (&|statement, _| statement.predicate.previous_report = None, None),
        (&|statement, _| statement.predicate.report.id = "R-bbbbbbbbbbbbbbbb".to_owned(), Some("predicate.report.id")),
    ];
    for (change, key) in changes {
        let (mut statement, mut report) = (statement.clone(), report.clone());
        change(&mut statement, &mut report);
        assert_eq!(statement.disagreement(&report, &bytes).as_deref(), key);
    }
    // The report read a ledger: what is signed is that state of it, or a later one.
    for (read, signed, agrees) in [(2, Some(2), true), (2, Some(3), true), (2, Some(1), false), (2, None, false)] {
        let mut report = report.clone();
        report.inputs.ledger = ledger(read);
        let bytes = json::write(&report);
        let statement = Statement::about(&report, &bytes, b"body", Claims { ledger: signed.and_then(ledger), ..claims() });
        assert_eq!(statement.disagreement(&report, &bytes).is_none(), agrees, "{signed:?}");
    }
}

#[test]
fn other_statements_are_refused() {
    let report = sample::report();
    let bytes = json::write(&report);
    let text = String::from_utf8(Statement::about(&report, &bytes, b"body", claims()).to_json()).unwrap();
    let (json_digest, body_digest) = (sha256_hex(&bytes), sha256_hex(b"body"));
    let json_subject = format!("{{\"name\":\"report.json\",\"digest\":{{\"sha256\":\"{json_digest}\"}}}}");
    let body_subject = format!("{{\"name\":\"report.body.html\",\"digest\":{{\"sha256\":\"{body_digest}\"}}}}");
    let both = format!("[{json_subject},{body_subject}]");
    for (was, is) in [
        (TYPE, "https://in-toto.io/Statement/v0.1"),
        (PREDICATE, "https://slsa.dev/provenance/v1"),
        (&both, "[]"),
        (&both, &format!("[{json_subject}]")),
        (&both, &format!("[{json_subject},{json_subject}]")),
        (&both, &format!("[{body_subject},{json_subject}]")),
        (&both, &format!("[{json_subject},{body_subject},{body_subject}]")),
        ("report.body.html", "report.html"),
        (&json_digest, &json_digest.to_uppercase()),
        (&json_digest, &json_digest[1..]),
        ("{\"sha256\":", "{\"sha1\":"),
        ("2026-11-02T03:04:05Z", "2026-11-02T03:04:05+00:00"),
        ("2026-11-02T03:04:05Z", "2026-11-31T03:04:05Z"),
        ("\"claimedTime\":", "\"claimedtime\":"),
        ("\"claimedTime\":", "\"more\":1,\"claimedTime\":"),
        ("\"files\":2", "\"files\":2,\"files\":3"),
        ("\"files\":2", "\"files\":2,\"fil\\u0065s\":3"),
    ] {
        let changed = text.replace(was, is);
        assert_ne!(changed, text, "{was}");
        assert!(Statement::parse(changed.as_bytes()).is_err(), "{is}");
    }
    // Beside the predicate in-toto asks to ignore what is not known.
    let more = text.replacen("{\"_type\"", "{\"comment\":1,\"_type\"", 1);
    assert!(Statement::parse(more.as_bytes()).is_ok());
}
