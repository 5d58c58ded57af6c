//! `rolecall key`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::say;
use crate::cli::Format;
use crate::cli::key::{KeyCommand, KeyNewArgs, KeyShowArgs};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::files::whole;
use crate::signing::key::PublicKey;
use crate::signing::key_file::{self, CreateError, NewKey};
use crate::signing::note::{self, vkey};
use crate::text::{visible, visible_path};

pub(super) fn run(command: &KeyCommand) -> Result<Exit, Diagnostics> {
    match command {
        KeyCommand::New(args) => new(args),
        KeyCommand::Show(args) => show(args),
    }
}

fn new(args: &KeyNewArgs) -> Result<Exit, Diagnostics> {
    let passphrase = args.passphrase.source();
    let wanted = NewKey { owner: &args.owner, role: args.role.name(), passphrase: (!args.unencrypted).then_some(&passphrase) };
    let created = key_file::create(&args.file, wanted).map_err(|error| not_made(&args.file, &error))?;
    let fingerprint = created.public.fingerprint();
    match args.format {
        Format::Json => say_json(&json!({
            "private": crate::text::of_system(args.file.as_os_str()),
            "public": crate::text::of_system(created.public_path.as_os_str()),
            "fingerprint": fingerprint,
            "owner": args.owner.trim(),
            "role": args.role.name(),
            "encrypted": !args.unencrypted,
        })),
        Format::Human => say(&format!(
            "private key  {}{}\npublic key   {}\nfingerprint  {fingerprint}\n\n\
             Give readers of your reports the fingerprint on another way than the report: by telephone, on paper, in the contract.\n",
            visible_path(&args.file),
            if args.unencrypted { " (NOT encrypted)" } else { "" },
            visible_path(&created.public_path),
        )),
    }
    Ok(Exit::Good)
}

fn not_made(path: &Path, error: &CreateError) -> Diagnostic {
    let code = match error {
        CreateError::Exists(_) => "key-exists",
        CreateError::Owner => "key-owner",
        CreateError::Io(_) => "unwritable",
        CreateError::Refused(refused) => refused.code(),
    };
    whole(path, code, error.to_string(), None)
}

/// What is known of a key once its secret half is forgotten.
struct Shown {
    public: PublicKey,
    owner: Option<String>,
    role: Option<String>,
    encrypted: Option<bool>,
}

fn show(args: &KeyShowArgs) -> Result<Exit, Diagnostics> {
    let refused = |error: key_file::KeyFileError| error.diagnostic(&args.file);
    if !note::is_name(&args.name) {
        return Err(Diagnostic::new("usage", "", "--name holds a blank or a plus sign, or is empty")
            .help("give the name of the ledger's origin")
            .into());
    }
    let shown = if key_file::is_public(&args.file).map_err(refused)? {
        Shown { public: key_file::load_public(&args.file).map_err(refused)?, owner: None, role: None, encrypted: None }
    } else {
        let file = key_file::load(&args.file, &args.passphrase.source()).map_err(refused)?;
        Shown { public: file.key.public(), owner: file.owner, role: file.role, encrypted: Some(file.encrypted) }
    };
    match args.format {
        Format::Json => say_json(&as_json(&shown, &args.name)),
        Format::Human => say(&as_text(&shown, &args.name)),
    }
    Ok(Exit::Good)
}

/// The name by which `ssh-keygen -Y verify -I` knows the signer: no blanks, no pattern.
fn principal(owner: Option<&str>) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() || "@._-".contains(character) { character } else { '-' };
    let name: String = owner.unwrap_or("rolecall").chars().map(plain).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "rolecall".to_owned() } else { parts.join("-") }
}

fn allowed_signers(shown: &Shown) -> String {
    format!("{} namespaces=\"rolecall-package\" {}", principal(shown.owner.as_deref()), shown.public.ssh_line())
}

fn as_json(shown: &Shown, name: &str) -> Value {
    let public = &shown.public;
    json!({
        "pem": public.pem(),
        "ssh": public.ssh_line(),
        "fingerprint": public.fingerprint(),
        "ssh_fingerprint": public.ssh_fingerprint(),
        "allowed_signers": allowed_signers(shown),
        "vkey": vkey(name, public),
        "owner": shown.owner,
        "role": shown.role,
        "encrypted": shown.encrypted,
    })
}

fn as_text(shown: &Shown, name: &str) -> String {
    let public = &shown.public;
    let mut out = String::new();
    let lines = [
        ("owner", shown.owner.as_deref().map(visible)),
        ("role", shown.role.clone()),
        ("key file", shown.encrypted.map(|encrypted| if encrypted { "encrypted" } else { "NOT encrypted" }.to_owned())),
        ("fingerprint", Some(public.fingerprint())),
        ("ssh fingerprint", Some(public.ssh_fingerprint())),
        ("ssh key", Some(public.ssh_line())),
        ("allowed_signers", Some(allowed_signers(shown))),
        ("note vkey", Some(visible(&vkey(name, public)))),
    ];
    for (title, value) in lines {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{title:<15}  {value}");
        }
    }
    out.push('\n');
    out.push_str(&public.pem());
    out
}

fn say_json(value: &Value) {
    say(&format!("{value:#}\n"));
}
