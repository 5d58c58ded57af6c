//! `report.html`: one self-contained page, a pure function of the report.
//!
//! No script, no reference to any other file; the style is allowed by its
//! digest alone. Every text goes through the template engine's escaping.

use std::sync::OnceLock;

use handlebars::{Context, Handlebars};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::view;
use super::{RENDERER, Report};
use crate::parallel;
use crate::signing::{base64, trailer};

/// The page's parts, in order: small ones, for the engine's time to read a
/// template grows with the square of its length, it copies all data for a
/// partial, and parts are read and rendered side by side.
static PARTS: [Part; 12] = [
    Part::new("head", include_str!("../../reports/html/head.hbs")),
    Part::new("found", include_str!("../../reports/html/found.hbs")),
    Part::new("findings", include_str!("../../reports/html/findings.hbs")),
    Part::new("open", include_str!("../../reports/html/open.hbs")),
    Part::new("followed", include_str!("../../reports/html/followed.hbs")),
    Part::new("controls", include_str!("../../reports/html/controls.hbs")),
    Part::new("attributes", include_str!("../../reports/html/attributes.hbs")),
    Part::new("effective", include_str!("../../reports/html/effective.hbs")),
    Part::new("migrations", include_str!("../../reports/html/migrations.hbs")),
    Part::new("scope", include_str!("../../reports/html/scope.hbs")),
    Part::new("evidence", include_str!("../../reports/html/evidence.hbs")),
    Part::new("foot", include_str!("../../reports/html/foot.hbs")),
];
/// Where the style goes in the head: it is no template.
const NO_STYLE: &str = "<style></style>";
const STYLE: &str = include_str!("../../reports/html/style.css");

/// A part of the page.
struct Part {
    name: &'static str,
    template: &'static str,
    /// Read once: reading a template takes longer than rendering a small page does.
    engine: OnceLock<Result<Handlebars<'static>, String>>,
}

impl Part {
    const fn new(name: &'static str, template: &'static str) -> Self {
        Self { name, template, engine: OnceLock::new() }
    }

    fn engine(&self) -> Result<&Handlebars<'static>, RenderError> {
        let read = || {
            let mut engine = Handlebars::new();
            engine.set_strict_mode(true);
            engine.register_template_string(self.name, self.template).map_err(|error| error.to_string())?;
            Ok(engine)
        };
        self.engine.get_or_init(read).as_ref().map_err(|error| RenderError(error.clone()))
    }

    fn render(&self, context: &Context) -> Result<String, RenderError> {
        self.engine()?.render_with_context(self.name, context).map_err(|error| RenderError(error.to_string()))
    }
}

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
    let (engines, data) = parallel::both(
        || parallel::each(&PARTS, |part| part.engine().map(drop)),
        || {
            let mut data = view::of(report);
            if let Value::Object(members) = &mut data {
                members.insert("style_digest".to_owned(), json!(style_digest()));
            }
            data
        },
    );
    engines.into_iter().collect::<Result<(), RenderError>>()?;
    let context = Context::from(data);
    let parts = parallel::each(&PARTS, |part| part.render(&context));
    let mut page = String::new();
    for (part, text) in PARTS.iter().zip(parts) {
        page.push_str(&text?);
        if part.name == "head" {
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
