//! `report.html`: one self-contained page, a pure function of the report.
//!
//! No script, no reference to any other file; the style is allowed by its
//! digest alone. Every text goes through the template engine's escaping.

use std::sync::LazyLock;

use handlebars::{Context, Handlebars};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::view;
use super::{RENDERER, Report};
use crate::parallel;
use crate::signing::{base64, trailer};

/// The page's parts, in order: small ones, for the engine's time to read a
/// template grows with the square of its length, and it copies all data for a partial.
const PARTS: [(&str, &str); 7] = [
    ("head", include_str!("../../reports/html/head.hbs")),
    ("findings", include_str!("../../reports/html/findings.hbs")),
    ("followed", include_str!("../../reports/html/followed.hbs")),
    ("controls", include_str!("../../reports/html/controls.hbs")),
    ("scope", include_str!("../../reports/html/scope.hbs")),
    ("evidence", include_str!("../../reports/html/evidence.hbs")),
    ("foot", include_str!("../../reports/html/foot.hbs")),
];
/// Where the style goes in the head: it is no template.
const NO_STYLE: &str = "<style></style>";
const STYLE: &str = include_str!("../../reports/html/style.css");

/// The templates, read once: reading them takes longer than a small page does.
static ENGINE: LazyLock<Result<Handlebars<'static>, String>> = LazyLock::new(|| {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    for (name, part) in PARTS {
        engine.register_template_string(name, part).map_err(|error| error.to_string())?;
    }
    Ok(engine)
});

/// A template that cannot be rendered: a defect of the program.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be rendered ({RENDERER}): {0}")]
pub struct RenderError(String);

/// The whole page, unsigned.
///
/// # Errors
/// [`RenderError`], a defect of the program.
pub fn page(report: &Report) -> Result<Vec<u8>, RenderError> {
    Ok(trailer::attach(&body(report)?, None))
}

/// The page without its last line, the signature trailer.
///
/// # Errors
/// [`RenderError`], a defect of the program.
pub fn body(report: &Report) -> Result<Vec<u8>, RenderError> {
    let (engine, data) = parallel::both(
        || ENGINE.as_ref(),
        || {
            let mut data = view::of(report);
            if let Value::Object(members) = &mut data {
                members.insert("style_digest".to_owned(), json!(style_digest()));
            }
            data
        },
    );
    let (engine, context) = (engine.map_err(|error| RenderError(error.clone()))?, Context::from(data));
    let parts = parallel::each(&PARTS, |(name, _)| engine.render_with_context(name, &context));
    let mut page = String::new();
    for ((name, _), part) in PARTS.iter().zip(parts) {
        page.push_str(&part.map_err(|error| RenderError(error.to_string()))?);
        if *name == "head" {
            // What the report says is escaped: the first is the place in the template.
            page = page.replacen(NO_STYLE, &format!("<style>{}</style>", STYLE.trim_end_matches('\n')), 1);
        }
    }
    if !page.ends_with('\n') {
        page.push('\n');
    }
    Ok(page.into_bytes())
}

/// The digest by which the page's policy admits its style.
fn style_digest() -> String {
    base64::encode(&Sha256::digest(STYLE.trim_end_matches('\n')))
}
