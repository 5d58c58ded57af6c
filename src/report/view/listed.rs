//! The findings of a report by what found them: there may be many, and each
//! check asks for its own.

use std::collections::HashMap;

use crate::report::{CheckResult, ControlResult, Finding, Report};

/// The findings, in the report's order, by control.
pub(super) struct Listed<'r>(HashMap<&'r str, Own<'r>>);

#[derive(Default)]
struct Own<'r> {
    all: Vec<&'r Finding>,
    of_check: HashMap<&'r str, Vec<&'r Finding>>,
}

impl<'r> Listed<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        let mut controls: HashMap<&str, Own<'_>> = HashMap::new();
        // Those of one check mostly follow each other.
        for found in report.findings.chunk_by(|left, right| (&left.control, &left.check) == (&right.control, &right.check)) {
            let Some(Finding { control, check, .. }) = found.first() else { continue };
            let own = controls.entry(control).or_default();
            own.all.extend(found);
            own.of_check.entry(check).or_default().extend(found);
        }
        Self(controls)
    }

    pub(super) fn of_control(&self, control: &ControlResult) -> &[&'r Finding] {
        self.0.get(control.id.as_str()).map_or(&[], |own| &own.all)
    }

    pub(super) fn of_check(&self, control: &ControlResult, check: &CheckResult) -> &[&'r Finding] {
        self.0.get(control.id.as_str()).and_then(|own| own.of_check.get(check.id.as_str())).map_or(&[], Vec::as_slice)
    }
}
