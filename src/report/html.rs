//! `report.html`: one self-contained page, a pure function of the report.
//!
//! No script, no reference to any other file; the style is allowed by its
//! digest alone. Every text goes through the template engine's escaping.

use handlebars::{Context, Handlebars};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::view;
use super::{RENDERER, Report};

const PAGE: &str = include_str!("../../reports/html/page.hbs");
const FINDINGS: &str = include_str!("../../reports/html/findings.hbs");
const CONTROLS: &str = include_str!("../../reports/html/controls.hbs");
const EVIDENCE: &str = include_str!("../../reports/html/evidence.hbs");
const STYLE: &str = include_str!("../../reports/html/style.css");

/// The page's last line where nobody has signed it.
pub const UNSIGNED: &str = "<!-- rolecall-signature: none -->\n";

/// A template that cannot be rendered: a defect of the program.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be rendered ({RENDERER}): {0}")]
pub struct RenderError(String);

/// The whole page, unsigned.
///
/// # Errors
/// [`RenderError`], a defect of the program.
pub fn page(report: &Report) -> Result<Vec<u8>, RenderError> {
    let mut bytes = body(report)?;
    bytes.extend_from_slice(UNSIGNED.as_bytes());
    Ok(bytes)
}

/// The page without its last line, the signature trailer.
///
/// # Errors
/// [`RenderError`], a defect of the program.
pub fn body(report: &Report) -> Result<Vec<u8>, RenderError> {
    let defect = |error: &dyn std::fmt::Display| RenderError(error.to_string());
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_template_string("page", template()).map_err(|error| defect(&error))?;
    let mut data = view::of(report);
    if let Value::Object(members) = &mut data {
        members.insert("style_digest".to_owned(), json!(base64(&Sha256::digest(STYLE.as_bytes()))));
    }
    let mut page = engine.render_with_context("page", &Context::from(data)).map_err(|error| defect(&error))?;
    if !page.ends_with('\n') {
        page.push('\n');
    }
    Ok(page.into_bytes())
}

/// The page's template in one piece: the engine copies all data for a partial.
fn template() -> String {
    let parts = [("findings", FINDINGS), ("controls", CONTROLS), ("evidence", EVIDENCE), ("style", STYLE)];
    parts.iter().fold(PAGE.to_owned(), |page, (name, part)| page.replace(&format!("{{{{> {name}}}}}"), part.trim_end_matches('\n')))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_that_of_the_standard() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(super::base64(text.as_bytes()), encoded);
        }
    }
}
