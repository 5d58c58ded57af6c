//! `report.html`: its last line, and whether it shows what `report.json` says.

use super::folder::Package;
use super::not_reached;
use crate::report::{RENDERER, Report, html};
use crate::signing::bundle::Bundle;
use crate::signing::trailer::{self, TrailerError};
use crate::verdict::Step;

/// The step `page`; the body, where the page can be taken apart.
pub(super) fn page<'p>(package: &'p Package, signed: bool, steps: &mut Vec<Step>) -> Option<&'p [u8]> {
    const STEP: &str = "page";
    let Some(bytes) = package.file("report.html") else {
        steps.push(not_reached(STEP));
        return None;
    };
    let page = match trailer::split(bytes) {
        Ok(page) => page,
        Err(error) => {
            steps.push(Step::failed(STEP, trailer_code(&error), error.to_string()));
            return None;
        }
    };
    let bundle = package.file("report.scanner.sigstore.json").and_then(|bytes| Bundle::parse(bytes).ok());
    steps.push(match (&page.envelope, bundle) {
        (None, _) if signed => Step::failed(STEP, "page-unsigned", "the page says that nobody signed it, the package that somebody did"),
        (None, _) => Step::passed(STEP, "the page says that nobody signed it"),
        (Some(_), _) if !signed => Step::failed(STEP, "page-stripped", "the page is signed, and the package's signatures are gone"),
        (Some(_), None) => not_reached(STEP),
        // One signature, at two places: what fits the one fits the other.
        (Some(envelope), Some(bundle)) if *envelope == bundle.envelope => {
            Step::passed(STEP, "its last line is the bundle's signature, and nothing follows")
        }
        (Some(_), Some(_)) => {
            Step::failed(STEP, "page-other-signature", "its last line is not the bundle's signature: it may be that of another report")
        }
    });
    Some(page.body)
}

fn trailer_code(error: &TrailerError) -> &'static str {
    match error {
        TrailerError::Cut => "page-cut",
        TrailerError::Missing => "page-trailer",
        TrailerError::Body => "page-body",
        TrailerError::Twice => "page-trailers",
        TrailerError::Base64 => "page-base64",
        TrailerError::Envelope(_) => "page-envelope",
    }
}

/// The step `rendering`: the page is what this program makes of the report.
pub(super) fn rendering(report: &Report, body: &[u8]) -> Step {
    const STEP: &str = "rendering";
    let renderer = &report.tool.renderer;
    if renderer != RENDERER {
        let why = format!(
            "the page was made by the renderer `{renderer}`, this program has `{RENDERER}`: whether it shows what report.json says was not looked at"
        );
        return Step::not_checked(STEP, "renderer-unknown", why);
    }
    match html::body(report) {
        Ok(fresh) if fresh == body => Step::passed(STEP, "the page is what report.json gives when rendered again"),
        Ok(fresh) => Step::failed(STEP, "rendering-differs", format!("the page is not what report.json gives: line {}", first_line(&fresh, body))),
        Err(error) => Step::failed(STEP, "rendering-failed", error.to_string()),
    }
}

/// The first line that differs, from 1.
fn first_line(one: &[u8], other: &[u8]) -> usize {
    let same = one.iter().zip(other).take_while(|(one, other)| one == other);
    same.filter(|(byte, _)| **byte == b'\n').count() + 1
}
