//! What waivers name must exist, and their policy must hold: all mistakes at
//! once, before anything is scanned.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{RawWaiver, RawWaivers, waiver};
use super::{NamedSubject, Waiver, WaiverPolicy};
use crate::diagnostic::Diagnostics;
use crate::identity::normalise;
use crate::identity::stated::Stated;
use crate::pack::Pack;
use crate::suggest;
use crate::yaml::{self, Origin, Spanned};

/// What a waiver file is held against.
#[derive(Debug)]
pub struct Ground<'g> {
    /// The selected packs.
    pub packs: &'g [Pack],
    /// The ids of all controls that a waiver may name.
    pub controls: &'g [&'g str],
    /// What the engagement demands.
    pub policy: &'g WaiverPolicy,
    /// `identities.csv`.
    pub aliases: &'g [Stated],
}

/// Reads a waiver file.
///
/// # Errors
/// Every mistake in it, with its line and column.
pub fn parse(file: &str, bytes: &[u8], ground: &Ground<'_>) -> Result<Vec<Waiver>, Diagnostics> {
    let origin = yaml::decode(file, bytes)?;
    let RawWaivers(raw) = yaml::parse_origin(&origin)?;
    if raw.is_empty() && !origin.text.lines().any(|line| line.trim_start().starts_with('[')) {
        let at = yaml::Place { line: 1, column: 1 };
        return Err(origin.diagnostic(at, "yaml-empty", "the file is empty", Some("write [] where there is no waiver".to_owned())).into());
    }
    let mut problems = Diagnostics::default();
    let (mut waivers, mut seen) = (Vec::new(), BTreeMap::new());
    for entry in &raw {
        let own = waiver(&origin, &entry.value, entry.at, &mut problems);
        ground.hold(&origin, &entry.value, own.as_ref(), &mut problems);
        let stated = entry.value.id.as_ref();
        let id = own.as_ref().map(|own| own.id.clone()).or_else(|| stated.map(|id| id.value.trim().to_owned()));
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            let message = format!("the waiver `{id}` stands here twice");
            if let Some(first) = seen.insert(id, entry.at.line) {
                let at = stated.map_or(entry.at, |id| id.at);
                let help = format!("keep one of them, or give it another `id`; the first is in line {first}");
                problems.push(origin.diagnostic(at, "duplicate-id", message, Some(help)));
            }
        }
        waivers.extend(own);
    }
    if problems.is_empty() { Ok(waivers) } else { Err(problems) }
}

impl Ground<'_> {
    fn hold(&self, origin: &Origin, raw: &RawWaiver, own: Option<&Waiver>, problems: &mut Diagnostics) {
        if let Some(control) = &raw.control {
            self.control(origin, control, raw, problems);
        }
        let mut wrong = |at, code, message: String, help: String| problems.push(origin.diagnostic(at, code, message, Some(help)));
        if let Some(own) = own {
            let days = i64::from(own.expires.0) - i64::from(own.approved.0);
            let most = self.policy.max_days;
            if days > i64::from(most) {
                let last = own.approved.plus(i64::from(most));
                let message = format!("the waiver holds for {days} days, and the most is {most}");
                let help = format!("let it expire on {last} or before; `waiver_policy.max_days` in engagement.yaml is the most");
                wrong(raw.expires.at, "waiver-span", message, help);
            }
        }
        let blank = raw.requester.value.trim().is_empty() || raw.approver.value.trim().is_empty();
        if !blank && self.person(&raw.requester.value) == self.person(&raw.approver.value) {
            let message = format!("`{}` approves what `{}` requested, and both are one person", raw.approver.value, raw.requester.value);
            wrong(raw.approver.at, "waiver-approver", message, "another person must approve it: the risk owner".to_owned());
        }
    }

    fn control(&self, origin: &Origin, control: &Spanned<String>, raw: &RawWaiver, problems: &mut Diagnostics) {
        let mut wrong = |at, code, message: String, help: Option<String>| problems.push(origin.diagnostic(at, code, message, help));
        if !self.controls.contains(&control.value.as_str()) {
            let help = suggest::help(&control.value, self.controls.iter().copied());
            wrong(control.at, "unknown-control", format!("there is no control `{}`", control.value), help);
            return;
        }
        let Some(known) = self.packs.iter().flat_map(|pack| &pack.controls).find(|known| known.id == control.value) else { return };
        let identities: BTreeSet<&[String]> = known.checks.iter().map(|check| check.identity.as_slice()).collect();
        for subject in &raw.subjects {
            let fits = |identity: &&[String]| match &subject.value.0 {
                NamedSubject::Value(_) => identity.len() == 1,
                NamedSubject::Fields(fields) => identity.len() == fields.len() && identity.iter().all(|name| fields.contains_key(name)),
            };
            let empty = matches!(&subject.value.0, NamedSubject::Fields(fields) if fields.is_empty());
            if !empty && !identities.iter().any(fits) {
                let known: Vec<String> = identities.iter().map(|names| format!("{{ {} }}", names.join(", "))).collect();
                let message = format!("no finding of `{}` is known by these fields", control.value);
                let help = format!("give every field, with its value: {}", known.join(" or "));
                wrong(subject.at, "waiver-subject", message, Some(help));
            }
        }
    }

    /// A person as far as `identities.csv` tells: the number that it states for a name, else the name.
    fn person(&self, name: &str) -> Vec<u8> {
        let normal = normalise(name.as_bytes(), <[u8]>::to_vec);
        let own = |alias: &&Stated| alias.system.is_none() && normalise(alias.alias.as_bytes(), |known| known == normal);
        match self.aliases.iter().find(own) {
            Some(alias) => normalise(alias.person.as_bytes(), <[u8]>::to_vec),
            None => normal,
        }
    }
}
