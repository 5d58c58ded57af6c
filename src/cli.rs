//! The command line.
#![allow(clippy::doc_markdown, reason = "doc comments of options are help texts, which know no markup")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit::FailOn;
use crate::report::Audience;

pub mod diff;
pub mod export;
pub mod followup;
pub mod import;
pub mod key;
pub mod sign;
mod size;
pub mod track;
pub mod verify;

/// Compliance-as-code audit scanner: who is responsible for what, and is it really so?
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, about, max_term_width = 100, after_help = EXITS)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str = "\
Exit codes: 0 complete, nothing found; 1 complete, a control failed; 2 usage or configuration
wrong, nothing written; 3 incomplete, the report says why; 4 integrity of a package broken.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Recognise exports, check them, write the report package
    Scan(Box<ScanArgs>),
    /// Check a report package: signatures, digests, page, evidence
    Verify(Box<verify::VerifyArgs>),
    /// Render a report again without scanning
    Report(ReportArgs),
    /// What changed between two reports, what got worse first
    Diff(diff::DiffArgs),
    /// What is known: packs, controls, checks, frameworks, sources; and findings of a report
    List(ListArgs),
    /// A control, check, finding, code or entry of a framework: what, why, what to do
    Explain(ExplainArgs),
    /// What each file was recognised as; checks nothing
    Evidence(EvidenceArgs),
    /// Author control packs: lint, test, import, export, schema
    Pack(PackArgs),
    /// Sign a report package that lies there
    Sign(sign::SignArgs),
    /// Signing keys: make one, show its public half
    Key(key::KeyArgs),
    /// Follow findings up: the ledger
    Track(track::TrackArgs),
}

/// Where own packs and sources are.
#[derive(Debug, Clone, Default, Args)]
pub struct Known {
    /// Folder of own packs, beside the built-in ones (repeatable)
    #[arg(long, value_name = "DIR")]
    pub packs_dir: Vec<PathBuf>,
    /// Folder of own evidence sources, beside the built-in ones (repeatable)
    #[arg(long, value_name = "DIR")]
    pub sources_dir: Vec<PathBuf>,
}

/// What evidence is taken, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct Taking {
    /// An engagement folder, or folders and files of exports
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub known: Known,
    /// Take a pack (repeatable); default: those of the engagement
    #[arg(long, value_name = "ID")]
    pub pack: Vec<String>,
    /// Take FILE as an export of SOURCE, whatever it looks like (repeatable)
    #[arg(long, value_name = "FILE=SOURCE", value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// The engagement file; default: engagement.yaml in PATH
    #[arg(long, value_name = "FILE")]
    pub engagement: Option<PathBuf>,
    /// The waiver file; default: waivers.yaml beside the engagement file
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// The date against which ages are measured; default: the engagement's, SOURCE_DATE_EPOCH, today (UTC)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// The period under audit
    #[arg(long, value_name = "FROM..TO")]
    pub period: Option<String>,
    /// Worker threads; default: all cores
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Memory for what checks keep, as 64MiB or 2GiB; beyond that temporary files are used [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub memory: Option<usize>,
    /// Bytes read at once
    #[arg(long, hide = true, value_name = "BYTES")]
    pub block_size: Option<usize>,
    /// Seed of internal hashes
    #[arg(long, hide = true, value_name = "N")]
    pub seed: Option<u64>,
}

/// `rolecall scan`.
#[derive(Debug, Clone, Args)]
pub struct ScanArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub taking: Taking,
    /// The report package
    #[arg(long, value_name = "DIR", default_value = "rolecall-report")]
    pub out: PathBuf,
    /// Sign the package with this Ed25519 key file (see `rolecall key new`)
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub passphrase: key::PassphraseArgs,
    /// Follow findings up in the ledger of this folder; needs --key, and packs and scope in the engagement
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// A further copy: json or html (repeatable)
    #[arg(long, value_name = "KIND=PATH", value_parser = output)]
    pub output: Vec<(OutputKind, PathBuf)>,
    /// Who reads the report; certification leaves advice out
    #[arg(long, value_enum, default_value = "internal")]
    pub audience: AudienceArg,
    /// From which grade on a failed control makes exit code 1
    #[arg(long, value_enum, default_value = "ofi")]
    pub fail_on: FailOn,
    /// Exit code 1 only where a finding is new or reopened and no waiver covers it; needs --ledger
    #[arg(long, requires = "ledger", conflicts_with = "fail_on")]
    pub fail_on_new: bool,
    /// Turn exit code 1 into 0, never 2, 3 or 4
    #[arg(long)]
    pub exit_zero: bool,
    /// The most findings that a check lists; counts are never cut
    #[arg(long, value_name = "N", default_value_t = crate::scan::LIST_MAX)]
    pub list_max: usize,
    /// What goes to standard output: the summary, or report.json
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
    /// No summary and no notes; --format json is still written
    #[arg(short, long)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long)]
    pub verbose: bool,
    /// Show progress on a terminal
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: ProgressArg,
    /// Colour the summary
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorArg,
}

/// `rolecall report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// A report.json
    pub report: PathBuf,
    /// What to write: json or html (repeatable)
    #[arg(long, required = true, value_name = "KIND=PATH", value_parser = output)]
    pub output: Vec<(OutputKind, PathBuf)>,
}

/// `rolecall list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    pub what: Listed,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub known: Known,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
    /// Only controls or findings of this class (repeatable: any value of one name, all names)
    #[arg(long, value_name = "NAME=VALUE", value_parser = attribute)]
    pub attribute: Vec<(String, String)>,
    /// The report whose findings are listed [default: rolecall-report/report.json]
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Sort findings by severity, control, or an attribute [default: control]
    #[arg(long, value_name = "BY")]
    pub sort: Option<String>,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named as what is listed")]
pub enum Listed {
    Packs,
    Controls,
    Checks,
    Sources,
    Datasets,
    Formats,
    Frameworks,
    Findings,
}

/// `rolecall explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// A control, CONTROL/CHECK, a finding's id, a code that a report or message shows, or an entry of a framework
    pub id: String,
    /// The report that lists the finding
    #[arg(long, value_name = "FILE", default_value = "rolecall-report/report.json")]
    pub report: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub known: Known,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `rolecall evidence`.
#[derive(Debug, Clone, Args)]
pub struct EvidenceArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub taking: Taking,
    /// Where scans write their package: that folder is no evidence
    #[arg(long, value_name = "DIR", default_value = "rolecall-report")]
    pub out: PathBuf,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `rolecall pack`.
#[derive(Debug, Clone, Args)]
pub struct PackArgs {
    #[command(subcommand)]
    #[expect(missing_docs, reason = "the subcommand")]
    pub command: PackCommand,
}

/// `rolecall pack ...`.
#[derive(Debug, Clone, Subcommand)]
pub enum PackCommand {
    /// Find every mistake in packs; without DIR the built-in ones
    Lint(PackFolders),
    /// Run every example of packs, and every one again with damaged evidence; without DIR the built-in ones
    Test(PackFolders),
    /// Make packs of official files, as published: never half of one
    Import(import::ImportArgs),
    /// Write a pack as an OSCAL document: a catalog of its controls, or its crosswalks as a mapping collection
    Export(export::ExportArgs),
    /// Print the JSON Schema of a file format
    Schema {
        /// Which format
        #[arg(value_enum)]
        kind: SchemaArg,
    },
}

/// Packs to lint or test.
#[derive(Debug, Clone, Args)]
pub struct PackFolders {
    /// Pack folders, or folders of them
    #[arg(value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Folder of own evidence sources, for the fields that they add (repeatable)
    #[arg(long, value_name = "DIR")]
    pub sources_dir: Vec<PathBuf>,
}

/// A file format with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named as the formats")]
pub enum SchemaArg {
    Pack,
    Control,
    Example,
    Source,
    Engagement,
    Waivers,
    Report,
}

/// Human or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named as what they give")]
pub enum Format {
    Human,
    Json,
}

/// A rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named as what they give")]
pub enum OutputKind {
    Json,
    Html,
}

/// `--audience`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "as in the contract")]
pub enum AudienceArg {
    Internal,
    Certification,
}

impl From<AudienceArg> for Audience {
    fn from(audience: AudienceArg) -> Self {
        match audience {
            AudienceArg::Internal => Self::Internal,
            AudienceArg::Certification => Self::Certification,
        }
    }
}

/// `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "as in the contract")]
pub enum ProgressArg {
    Auto,
    Never,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "as in the contract")]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

fn pair(text: &str) -> Result<(String, String), String> {
    // A file's name may hold `=`; a source's id never does.
    let (file, source) = text.rsplit_once('=').ok_or("give FILE=SOURCE")?;
    Ok((file.to_owned(), source.to_owned()))
}

fn attribute(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give NAME=VALUE, such as cybersecurity_concepts=Protect")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn output(text: &str) -> Result<(OutputKind, PathBuf), String> {
    let (kind, path) = text.split_once('=').ok_or("give KIND=PATH, such as html=report.html")?;
    let kind = OutputKind::from_str(kind, false).map_err(|_| format!("this version writes json and html, not `{kind}`"))?;
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok((kind, PathBuf::from(path)))
}
