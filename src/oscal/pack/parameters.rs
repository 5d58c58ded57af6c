//! The parameters of a catalog as parameters of the pack.

use super::line;
use crate::import::render::scalar;
use crate::oscal::check;
use crate::oscal::insert::Params;
use crate::oscal::model::{Catalog, Param};
use crate::text::shorten;

/// How much of what a parameter is for stands in pack.yaml; all of it stands in the table `params`.
const WIDTH: usize = 240;

/// The key `parameters` of pack.yaml; empty where there is none. An OSCAL id is a
/// parameter's name as it is: both are free to hold dots and hyphens.
pub(super) fn yaml(catalog: &Catalog, params: &Params<'_>) -> String {
    let mut out = String::new();
    for param in check::params(catalog) {
        let start = if out.is_empty() { "parameters:\n" } else { "" };
        let (name, value, about) = (scalar(&param.id), value(param), scalar(&shorten(&about(param, params), WIDTH)));
        out.push_str(&format!("{start}  - {{ name: {name}, value: {value}, about: {about} }}\n"));
    }
    out
}

/// The value: a list where several can be chosen or are set, else one text, empty until somebody sets it.
fn value(param: &Param) -> String {
    let several = param.values.len() > 1 || param.select.as_ref().is_some_and(|select| select.how_many.as_deref() == Some("one-or-more"));
    if several {
        let values: Vec<String> = param.values.iter().map(|value| scalar(&line(value))).collect();
        return format!("[{}]", values.join(", "));
    }
    scalar(&param.values.first().map(|value| line(value)).unwrap_or_default())
}

fn about(param: &Param, params: &Params<'_>) -> String {
    let mut told = Vec::new();
    told.extend(param.label.as_deref().map(|label| params.readable(label)));
    told.extend(param.usage.as_deref().map(|usage| params.readable(usage)));
    if param.select.is_some() {
        told.push(line(&params.shown(&param.id)));
    }
    told.extend(param.guidelines.iter().map(|guideline| params.readable(&guideline.prose)));
    told.retain(|text| !text.is_empty());
    if told.is_empty() { param.id.clone() } else { told.join(" - ") }
}
