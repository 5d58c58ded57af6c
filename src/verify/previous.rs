//! Whether a package follows on an earlier one: an old report must not pass as new.

use super::folder::Package;
use super::{Seen, not_reached};
use crate::digest::sha256_hex;
use crate::report::{LedgerCheckpoint, Report};
use crate::signing::statement::report_id;
use crate::signing::strict_json;
use crate::verdict::Step;

const STEP: &str = "previous";

/// The steps about the package before this one. Of that, only `report.json` is
/// looked at: the digest in this package's signed statement vouches for it.
#[must_use]
pub fn steps(seen: &Seen, old: &Package) -> Vec<Step> {
    let (Some(report), Some(statement)) = (&seen.report, &seen.statement) else { return vec![not_reached(STEP)] };
    let Some(bytes) = old.file("report.json") else {
        return vec![Step::failed(STEP, "previous-format", "the earlier package has no report.json")];
    };
    let earlier: Report = match strict_json::read(bytes) {
        Ok(earlier) => earlier,
        Err(why) => return vec![Step::failed(STEP, "previous-format", format!("the earlier package's report.json: {why}"))],
    };
    let (id, digest) = (report_id(bytes), sha256_hex(bytes));
    let mut steps = vec![match &statement.predicate.previous_report {
        _ if sha256_hex(&seen.json) == digest => Step::failed(STEP, "previous-same", format!("both are the same report, {id}")),
        Some(named) if named.sha256 == digest && named.id == id => {
            Step::passed(STEP, format!("the signed statement names {id} as the report before"))
        }
        Some(named) => Step::failed(STEP, "previous-other", format!("the signed statement names {} as the report before, not {id}", named.id)),
        None => Step::indeterminate(STEP, "previous-none", "the signed statement names no report before: there may be one between the two"),
    }];
    if report.as_of < earlier.as_of {
        let why =
            format!("this report is about {}, the earlier one about {}: an older one may have been put in its place", report.as_of, earlier.as_of);
        steps.push(Step::failed(STEP, "previous-later", why));
    }
    steps.extend(ledgers(report, statement.predicate.ledger.as_ref(), &earlier));
    steps
}

/// A ledger only grows. That the one begins with the other, the ledger itself shows (`track verify`).
fn ledgers(report: &Report, signed: Option<&LedgerCheckpoint>, earlier: &Report) -> Option<Step> {
    const STEP: &str = "previous ledger";
    let old = earlier.inputs.ledger.as_ref()?;
    let Some(new) = signed.or(report.inputs.ledger.as_ref()) else {
        return Some(Step::failed(STEP, "ledger-dropped", "the earlier report pins a ledger, this one none"));
    };
    Some(if new.origin != old.origin {
        Step::failed(STEP, "ledger-other", format!("the earlier report pins the ledger {}, this one {}", old.origin, new.origin))
    } else if new.size < old.size {
        Step::failed(STEP, "ledger-older", format!("the earlier report pins {} events, this one {}", old.size, new.size))
    } else if new.size == old.size && new.root != old.root {
        Step::failed(STEP, "ledger-forked", "both pin as many events of one ledger, with different roots")
    } else if new.root == old.root {
        Step::passed(STEP, "both pin the same state of the ledger")
    } else {
        let why = format!(
            "it has grown from {} to {} events; `rolecall track verify --against` shows with the ledger that they belong together",
            old.size, new.size
        );
        Step::passed(STEP, why)
    })
}
