//! `VERIFY.md`: how to check a package with stock tools.

use std::collections::BTreeMap;

use handlebars::{Handlebars, no_escape};
use serde_json::json;

use super::Report;
use super::text::conclusion;
use crate::signing::dsse::IN_TOTO;
use crate::signing::key::PublicKey;

const TEMPLATE: &str = include_str!("../../reports/verify.md.hbs");
/// Files that are listed for pasting.
const LISTED: usize = 100;

/// The text, a function of the report and of the key that signed the package.
/// Paths come from evidence: only those that need no quoting are printed.
///
/// # Errors
/// The template cannot be rendered: a defect of the program.
pub fn render(report: &Report, signer: Option<&PublicKey>) -> Result<String, handlebars::RenderError> {
    let harmless = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b' '));
    let files: BTreeMap<&str, &str> =
        report.evidence.iter().filter(|table| !table.sha256.is_empty()).map(|table| (table.path.as_str(), table.sha256.as_str())).collect();
    let listed: Vec<_> = files.iter().filter(|(path, _)| harmless(path)).take(LISTED).collect();
    let left_out = files.len() - listed.len();
    let mut engine = Handlebars::new();
    engine.register_escape_fn(no_escape);
    let data = json!({
        "files": listed.iter().map(|(path, sha256)| json!({ "path": path, "sha256": sha256 })).collect::<Vec<_>>(),
        "signed": signer.map(|key| json!({ "ssh": key.ssh_line() })),
        "payload_type": IN_TOTO,
        "payload_type_length": IN_TOTO.len(),
        "left_out": (left_out > 0).then_some(left_out),
        "tool": format!("{} {}", report.tool.name, report.tool.version),
        "as_of": report.as_of,
        "conclusion": conclusion(report),
    });
    engine.render_template(TEMPLATE, &data)
}
