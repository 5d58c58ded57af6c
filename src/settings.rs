//! From options and engagement to the settings of one scan. The only reader
//! of the clock, and only where nobody states a date.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::calendar::Day;
use crate::catalogue::Catalogue;
use crate::cli::Taking;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::sha256_hex;
use crate::engagement::load::{self, LoadedEngagement};
use crate::engagement::{Engagement, check};
use crate::evidence::collect::{self, Collected};
use crate::evidence::survey::{self, Survey};
use crate::identity::stated::{self, Stated};
use crate::pack::Pack;
use crate::pack::load::LoadedPack;
use crate::report::{Audience, InputFile, InputSource, Inputs, PackNotSelected, Period, Selection};
use crate::scan::{Input, LIST_MAX, Silent};
use crate::waiver::{self, Waiver};

/// Bytes that what checks keep takes at most, where nobody says otherwise: 1 GiB.
const DEFAULT_MEMORY: usize = 1 << 30;

/// What one scan works on.
#[derive(Debug)]
pub struct Settings {
    /// The files.
    pub collected: Collected,
    /// What the survey made of them.
    pub survey: Survey,
    /// Packs and sources that are known.
    pub catalogue: Catalogue,
    /// The engagement.
    pub engagement: Option<LoadedEngagement>,
    /// The alias table.
    pub aliases: Vec<Stated>,
    /// The waivers.
    pub waivers: Vec<Waiver>,
    /// The selected packs.
    pub packs: Vec<Pack>,
    /// Packs without demands: what editions hold, and crosswalks; of the built-in ones those that are needed.
    pub frameworks: Vec<Pack>,
    /// The others.
    pub packs_not_selected: Vec<PackNotSelected>,
    /// Who chose.
    pub selection: Selection,
    /// The only clock of the scan.
    pub as_of: Day,
    /// The period under audit.
    pub period: Option<Period>,
    /// Digests of what shaped the result.
    pub inputs: Inputs,
    /// The seed of hashes.
    pub seed: u64,
    /// Bytes that are read at once.
    pub block_size: usize,
    /// Bytes that what checks keep should take at most.
    pub memory: usize,
}

impl Settings {
    /// The scan of these settings; a caller overrules what it wants otherwise.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        let engagement = self.engagement.as_ref().map(|loaded| &loaded.engagement);
        Input {
            blobs: &self.collected.blobs,
            survey: self.survey.clone(),
            sources: &self.catalogue.sources,
            kinds: &self.catalogue.kinds,
            packs: &self.packs,
            frameworks: &self.frameworks,
            packs_not_selected: self.packs_not_selected.clone(),
            engagement,
            engagement_summary: engagement.map(load::summary),
            aliases: &self.aliases,
            register: None,
            waivers: &self.waivers,
            as_of: self.as_of,
            period: self.period.clone(),
            audience: Audience::Internal,
            selection: self.selection,
            inputs: self.inputs.clone(),
            list_max: LIST_MAX,
            seed: self.seed,
            block_size: self.block_size,
            memory: self.memory,
            progress: &Silent,
        }
    }
}

/// A mistake of usage, as a message with what to do.
fn usage(message: impl Into<String>, help: impl Into<String>) -> Diagnostics {
    Diagnostic::new("usage", "", message).help(help).into()
}

fn read(path: &Path) -> Result<Vec<u8>, Diagnostics> {
    let told = |error: std::io::Error| crate::files::whole(path, "unreadable", format!("the file cannot be read: {error}"), None).into();
    collect::plain::read(path).map_err(told)
}

/// Settles everything that does not depend on the content of evidence.
///
/// # Errors
/// Whatever makes exit code 2, with what to do.
pub fn settle(taking: &Taking, skip: &[PathBuf]) -> Result<Settings, Diagnostics> {
    let mut collected =
        collect::collect(&taking.paths, skip, taking.engagement.as_deref()).map_err(|error| Diagnostic::new("path", "", error.to_string()))?;
    if let Some(file) = &taking.waivers {
        collected
            .waived_by(file)
            .map_err(|message| crate::files::whole(file, "usage", message, Some("give a file of your own, outside the evidence")))?;
    }
    let mut catalogue = Catalogue::load(&taking.known.packs_dir, &taking.known.sources_dir)?;
    let engagement = match &collected.engagement {
        Some(file) => Some(load::parse(&file.display().to_string(), &read(file)?, &catalogue.kinds)?),
        None => None,
    };
    let (aliases, identities) = match &collected.identities {
        Some(file) => {
            let bytes = read(file)?;
            (stated::parse(&file.display().to_string(), &bytes)?, Some(InputFile { sha256: sha256_hex(&bytes) }))
        }
        None => (Vec::new(), None),
    };
    let own = engagement.as_ref().map(|loaded| &loaded.engagement);
    // The engagement's own date was checked where it stands.
    let as_of = match own.and_then(|own| Day::parse(own.as_of.as_deref()?.as_bytes())) {
        Some(day) if taking.as_of.is_none() => day,
        _ => as_of(taking.as_of.as_deref())?,
    };
    let period = match &taking.period {
        Some(text) => Some(period(text)?),
        None => own.and_then(|own| own.period.clone()),
    };
    let survey =
        survey::survey(&collected.blobs, &catalogue.sources, &taking.map, own).map_err(|error| Diagnostic::new("map", "", error.to_string()))?;
    if let Some(loaded) = &engagement {
        refuse(check::sources(loaded, &catalogue.sources, &survey))?;
    }
    read_packs(&mut catalogue, &survey, taking, &collected, own);
    let (mut packs, packs_not_selected, selection) = select(&catalogue, &survey, taking, engagement.as_ref())?;
    let mut beside: Vec<InputSource> =
        catalogue.frameworks.iter().map(|pack| InputSource { id: pack.id.clone(), sha256: pack.sha256.clone() }).collect();
    let frameworks = frameworks(&mut catalogue, &packs)?;
    beside.extend(catalogue.tell(&mut packs)?);
    beside.sort_by(|left, right| left.id.cmp(&right.id));
    beside.dedup();
    let (waivers, waived) = waivers(&collected, &catalogue, engagement.as_ref(), (&packs, selection), &aliases)?;
    let mut options = BTreeMap::new();
    options.insert("packs".to_owned(), serde_json::json!(packs.iter().map(|pack| &pack.id).collect::<Vec<_>>()));
    if !taking.map.is_empty() {
        options.insert("map".to_owned(), serde_json::json!(maps(&survey, &catalogue)));
    }
    let inputs = Inputs {
        engagement: engagement.as_ref().map(|loaded| InputFile { sha256: loaded.sha256.clone() }),
        waivers: waived,
        identities,
        sources: Vec::new(),
        ledger: None,
        options,
        frameworks: beside,
    };
    Ok(Settings {
        collected,
        survey,
        catalogue,
        engagement,
        aliases,
        waivers,
        packs,
        frameworks,
        packs_not_selected,
        selection,
        as_of,
        period,
        inputs,
        seed: taking.seed.unwrap_or_else(random),
        block_size: taking.block_size.unwrap_or(crate::evidence::block::BLOCK_SIZE),
        memory: taking.memory.unwrap_or(DEFAULT_MEMORY),
    })
}

/// The waiver file, held against what it names.
fn waivers(
    collected: &Collected,
    catalogue: &Catalogue,
    engagement: Option<&LoadedEngagement>,
    (packs, selection): (&[Pack], Selection),
    aliases: &[Stated],
) -> Result<(Vec<Waiver>, Option<InputFile>), Diagnostics> {
    let Some(file) = &collected.waivers else { return Ok((Vec::new(), None)) };
    let bytes = read(file)?;
    let counts = |known: &&LoadedPack| selection == Selection::Exploratory || packs.iter().any(|pack| pack.id == known.id);
    let controls: Vec<&str> = catalogue.packs.iter().filter(counts).flat_map(LoadedPack::control_places).map(|(id, ..)| id).collect();
    let policy = engagement.and_then(|loaded| loaded.engagement.waiver_policy.clone()).unwrap_or_default();
    let ground = waiver::check::Ground { packs, controls: &controls, policy: &policy, aliases };
    let waivers = waiver::check::parse(&file.display().to_string(), &bytes, &ground)?;
    Ok((waivers, Some(InputFile { sha256: sha256_hex(&bytes) })))
}

/// What `--map` came to: report paths, so that the same evidence at another place gives the same report.
fn maps(survey: &Survey, catalogue: &Catalogue) -> Vec<String> {
    let mapped = survey.files.iter().filter_map(|file| {
        let taken = file.taken.as_ref().ok().filter(|taken| taken.by_map)?;
        Some(format!("{}={}", file.path, catalogue.sources.get(taken.source)?.id))
    });
    let mut mapped: Vec<String> = mapped.collect();
    mapped.sort();
    mapped
}

fn refuse(problems: Diagnostics) -> Result<(), Diagnostics> {
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// A seed that nobody outside knows.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::hash::RandomState::new().build_hasher().finish()
}

fn as_of(option: Option<&str>) -> Result<Day, Diagnostics> {
    if let Some(text) = option {
        return Day::parse(text.as_bytes()).ok_or_else(|| usage(format!("`{text}` is no date"), "write --as-of YYYY-MM-DD"));
    }
    Ok(Day(0).plus(now()?.div_euclid(86_400)))
}

/// The time that a signature or an event claims: `YYYY-MM-DDTHH:MM:SSZ`, of `SOURCE_DATE_EPOCH` where that is set.
///
/// # Errors
/// `SOURCE_DATE_EPOCH` is no number of seconds.
pub fn claimed_time() -> Result<String, Diagnostics> {
    let seconds = now()?;
    let time = jiff::Timestamp::from_second(seconds);
    time.map(|time| time.to_string()).map_err(|_| usage(format!("{seconds} seconds are beyond the calendar"), "correct SOURCE_DATE_EPOCH"))
}

/// The seconds since 1970 that `SOURCE_DATE_EPOCH` states, where it is set.
///
/// # Errors
/// It is no number.
pub fn source_date_epoch() -> Result<Option<i64>, Diagnostics> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let seconds = text.parse().map_err(|_| usage(format!("SOURCE_DATE_EPOCH is `{text}`, no number of seconds"), "unset it or correct it"))?;
    Ok(Some(seconds))
}

/// Seconds since 1970.
fn now() -> Result<i64, Diagnostics> {
    if let Some(seconds) = source_date_epoch()? {
        return Ok(seconds);
    }
    #[expect(clippy::disallowed_methods, reason = "this is the place where the only clock is settled")]
    let now = jiff::Timestamp::now();
    Ok(now.as_second())
}

fn period(text: &str) -> Result<Period, Diagnostics> {
    let days = text.split_once("..").filter(|(from, to)| {
        let (from, to) = (Day::parse(from.as_bytes()), Day::parse(to.as_bytes()));
        matches!((from, to), (Some(from), Some(to)) if from <= to)
    });
    let (from, to) = days.ok_or_else(|| usage(format!("`{text}` is no period"), "write --period YYYY-MM-DD..YYYY-MM-DD"))?;
    Ok(Period { from: from.to_owned(), to: to.to_owned() })
}

/// The datasets that exports must deliver for a pack's checks.
fn needs(pack: &Pack) -> std::collections::BTreeSet<&str> {
    let read = pack.controls.iter().flat_map(|control| &control.checks).flat_map(|check| check.kind.datasets());
    read.flat_map(crate::dataset::derived::delivered).collect()
}

/// Reads the built-in packs that may be asked for: those that are declared or named; where neither is so, those that
/// find one of their datasets. Where names in an engagement or a waiver may be of any pack, all.
fn read_packs(catalogue: &mut Catalogue, survey: &Survey, taking: &Taking, collected: &Collected, engagement: Option<&Engagement>) {
    let declared = engagement.map(|own| own.packs.as_slice()).filter(|packs| !packs.is_empty() && taking.pack.is_empty());
    let alone = engagement.is_none() && collected.waivers.is_none();
    let found =
        |id: &str| crate::embedded::needs(id).is_none_or(|needs| needs.iter().any(|need| survey.tables().any(|table| table.dataset == *need)));
    match declared {
        Some(declared) => catalogue.read_built_in(|id| declared.iter().any(|own| own == id)),
        None if !alone => catalogue.read_built_in(|_| true),
        None if taking.pack.is_empty() => catalogue.read_built_in(found),
        None => catalogue.read_built_in(|id| taking.pack.iter().any(|own| own == id)),
    }
}

/// The packs without demands: all that the user gives, and the built-in ones where a selected pack asks for them.
fn frameworks(catalogue: &mut Catalogue, packs: &[Pack]) -> Result<Vec<Pack>, Diagnostics> {
    if packs.iter().any(|pack| !pack.migrations.is_empty()) {
        catalogue.read_frameworks();
    }
    catalogue.frameworks.iter().map(|pack| check::resolve(pack, None, &catalogue.kinds)).collect()
}

type Selected = (Vec<Pack>, Vec<PackNotSelected>, Selection);

fn select(catalogue: &Catalogue, survey: &Survey, taking: &Taking, engagement: Option<&LoadedEngagement>) -> Result<Selected, Diagnostics> {
    let declared = engagement.map(|loaded| loaded.engagement.packs.clone()).unwrap_or_default();
    let resolve = |id: &str| check::resolve(catalogue.pack(id)?, engagement, &catalogue.kinds);
    let all = |ids: &[String]| -> Result<Vec<Pack>, Diagnostics> {
        let mut problems = Diagnostics::default();
        let mut packs: Vec<Pack> = Vec::new();
        for id in ids {
            match resolve(id) {
                Ok(pack) if packs.iter().any(|known| known.id == pack.id) => {}
                Ok(pack) => packs.push(pack),
                Err(more) => problems.extend(more),
            }
        }
        if problems.is_empty() { Ok(packs) } else { Err(problems) }
    };
    if let (Some(loaded), true) = (engagement, taking.pack.is_empty()) {
        refuse(check::declared(loaded, &catalogue.ids()))?;
    }
    let (mut packs, selection) = if !taking.pack.is_empty() {
        (all(&taking.pack)?, Selection::Exploratory)
    } else if !declared.is_empty() {
        (all(&declared)?, Selection::Declared)
    } else {
        let ids: Vec<String> = catalogue.packs.iter().map(|pack| pack.id.clone()).collect();
        let found: Vec<&str> = survey.tables().map(|table| table.dataset.as_str()).collect();
        let packs = all(&ids)?.into_iter().filter(|pack| needs(pack).iter().any(|dataset| found.contains(dataset)));
        (packs.collect(), Selection::Exploratory)
    };
    packs.sort_by(|left, right| left.id.cmp(&right.id));
    refuse(distinct(catalogue, &packs))?;
    if let Some(loaded) = engagement {
        refuse(check::packs(loaded, selection, &packs, &catalogue.packs))?;
    }
    let others = catalogue.ids().into_iter().filter(|id| !packs.iter().any(|pack| pack.id == *id));
    let not_selected = others.filter_map(|id| {
        if let Some(needs) = crate::embedded::needs(id) {
            return Some(PackNotSelected { id: id.to_owned(), needs: needs.into_iter().map(str::to_owned).collect() });
        }
        let known = catalogue.packs.iter().find(|known| known.id == id)?;
        // It is named even where the engagement's values, meant for others, do not fit it.
        let pack = check::resolve(known, engagement, &catalogue.kinds).or_else(|_| check::resolve(known, None, &catalogue.kinds)).ok()?;
        Some(PackNotSelected { id: pack.id.clone(), needs: needs(&pack).into_iter().map(str::to_owned).collect() })
    });
    let not_selected = not_selected.collect();
    Ok((packs, not_selected, selection))
}

/// Controls of the selected packs that have one id: findings, criteria and
/// statements of applicability name controls alone.
fn distinct(catalogue: &Catalogue, packs: &[Pack]) -> Diagnostics {
    let mut problems = Diagnostics::default();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let selected = catalogue.packs.iter().filter(|known| packs.iter().any(|pack| pack.id == known.id));
    for (id, origin, at) in selected.flat_map(LoadedPack::control_places) {
        if let Some(other) = seen.insert(id, &origin.file) {
            let message = format!("the control `{id}` is also in {other}");
            let help = "rename one, or select one of the packs with --pack".to_owned();
            problems.push(origin.diagnostic(at, "duplicate-control", message, Some(help)));
        }
    }
    problems
}
