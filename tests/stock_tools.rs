//! A signed package against tools that are not ours. The commands are those of
//! the package's own VERIFY.md; every one accepts the package, and refuses it
//! after one flipped bit of what it looks at.
#![cfg(unix)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{organisation, program};

/// A signed package of Meridian, and the key's fingerprint.
struct Signed {
    folder: tempfile::TempDir,
    fingerprint: String,
}

impl Signed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key.pem");
        run(program().args(["key", "new", "--owner", "Jo", "--role", "scanner", "--unencrypted"]).arg(&key));
        let package = folder.path().join("package");
        let scan = program().arg("scan").arg(organisation("meridian")).arg("--out").arg(&package).arg("--key").arg(&key).arg("-q").output().unwrap();
        assert_eq!(scan.status.code(), Some(1), "{}", String::from_utf8_lossy(&scan.stderr));
        let public = std::fs::read_to_string(folder.path().join("key.pub.pem")).unwrap();
        let public = rolecall::signing::key::PublicKey::from_pem(&public).unwrap();
        Self { fingerprint: public.fingerprint(), folder }
    }

    fn package(&self) -> PathBuf {
        self.folder.path().join("package")
    }

    fn verify_md(&self) -> String {
        std::fs::read_to_string(self.package().join("VERIFY.md")).unwrap()
    }

    /// The text of the block with this fence.
    fn block(&self, fence: &str) -> String {
        let text = self.verify_md();
        let block = text.split_once(&format!("```{fence}\n")).unwrap_or_else(|| panic!("VERIFY.md has no block `{fence}`")).1;
        block.split_once("```").unwrap().0.to_owned()
    }

    /// Runs shell blocks one after the other, as pasted; the first that fails ends it.
    fn shell(&self, fences: &[&str]) -> Output {
        self.shell_on(fences, &organisation("meridian"))
    }

    /// The same, with the evidence of this folder.
    fn shell_on(&self, fences: &[&str], evidence: &Path) -> Output {
        let mut script = format!("set -e\n{}trap 'rm -rf \"$work\"' EXIT\n", self.block("sh"));
        for fence in fences {
            script.push_str(&self.block(fence).replace("evidence=.\n", &format!("evidence='{}'\n", evidence.display())));
        }
        let program = Path::new(env!("CARGO_BIN_EXE_rolecall")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        Command::new("bash").arg("-c").arg(script).env("PATH", path).current_dir(self.package()).output().unwrap()
    }

    /// Runs `work` on the package with one bit of a file flipped, in the middle of where `inside` begins.
    fn flipped<R>(&self, file: &str, inside: Option<&str>, work: impl Fn() -> R) -> R {
        let path = self.package().join(file);
        let whole = std::fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        let at = match inside {
            None => bytes.len() / 2,
            Some(text) => bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap() + text.len() + 20,
        };
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let result = work();
        std::fs::write(&path, whole).unwrap();
        result
    }
}

/// Whether all tools are there. A machine that has nothing but Rust leaves the
/// test out; on the one that checks every change (`CI` is set) it fails.
fn there(tools: &[PathBuf]) -> bool {
    let on_path = |tool: &Path| std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(tool).is_file());
    let missing: Vec<&PathBuf> = tools.iter().filter(|tool| !tool.exists() && !on_path(tool)).collect();
    let told = format!("NOT TESTED: {missing:?} not installed; `.ci/run` shows how to get them");
    assert!(missing.is_empty() || std::env::var_os("CI").is_none(), "{told}");
    if !missing.is_empty() {
        eprintln!("{told}");
    }
    missing.is_empty()
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn accepts(output: &Output, words: &str) {
    assert!(output.status.success() && said(output).contains(words), "{words}: {}", said(output));
}

fn refuses(output: &Output, what: &str) {
    assert!(!output.status.success(), "{what}: {}", said(output));
}

/// Every block that can be run here is run below: a new one must be added.
#[test]
fn no_block_of_verify_md_goes_untested() {
    let signed = Signed::new();
    let text = signed.verify_md();
    let mut fences: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("```")).filter(|fence| !fence.is_empty()).collect();
    fences.sort_unstable();
    let run = ["js dsse", "powershell", "python dsse", "sh", "sh dsse", "sh evidence", "sh fingerprint", "sh page", "sh raw"];
    assert_eq!(fences, [&run[..], &["sh shasum", "sh ssh", "sh subjects", "sh sums", "sh trailer"]].concat());
}

/// Blocks, what they say of a whole package, and the files (and places in them) where a flipped bit is refused.
type Block<'b> = (&'b [&'b str], &'b str, &'b [(&'b str, Option<&'b str>)]);

/// What each block looks at, and what it says of a package that is whole.
#[test]
fn the_shell_commands_of_verify_md_accept_the_package_and_refuse_every_change() {
    if !there(&["openssl", "ssh-keygen", "sha256sum", "jq", "shasum", "bash"].map(PathBuf::from)) {
        return;
    }
    let signed = Signed::new();
    accepts(&signed.shell(&["sh fingerprint"]), &signed.fingerprint);
    let blocks: [Block<'_>; 9] = [
        (&["sh raw"], "Signature Verified Successfully", &[("SHA256SUMS", None), ("SHA256SUMS.sig", None), ("signer.pem", None)]),
        (&["sh ssh"], "Good \"rolecall-package\" signature for signer", &[("SHA256SUMS", None), ("SHA256SUMS.sshsig", None)]),
        (&["sh sums"], "no other file: OK", &[("report.json", None), ("report.html", None), ("signer.pem", None)]),
        (&["sh shasum"], "report.json: OK", &[("report.json", None), ("report.scanner.sigstore.json", None)]),
        (
            &["sh dsse"],
            "Signature Verified Successfully",
            &[("report.scanner.sigstore.json", Some("\"payload\":\"")), ("report.scanner.sigstore.json", Some("\"sig\":\""))],
        ),
        (&["sh dsse", "sh subjects"], "report.body.html: OK", &[("report.json", None), ("report.html", None)]),
        (&["sh trailer"], "true", &[("report.html", Some("<!--dsse:")), ("report.scanner.sigstore.json", Some("\"sig\":\""))]),
        (&["sh page"], "page: OK", &[("report.html", None), ("report.json", None)]),
        (&["sh evidence"], "evidence/workers.csv: OK", &[]),
    ];
    let mut refused = 0;
    for (fences, words, changes) in blocks {
        accepts(&signed.shell(fences), words);
        for (file, inside) in changes {
            refuses(&signed.flipped(file, *inside, || signed.shell(fences)), &format!("{fences:?}, {file}"));
            refused += 1;
        }
    }
    println!("{refused} flipped bits refused");
    let evidence = signed.folder.path().join("evidence");
    common::copy(&organisation("meridian"), &evidence);
    let changed = std::fs::read_to_string(evidence.join("evidence/workers.csv")).unwrap() + "\n";
    std::fs::write(evidence.join("evidence/workers.csv"), changed).unwrap();
    refuses(&signed.shell_on(&["sh evidence"], &evidence), "evidence with one more byte");
    // A file too many, and one too few.
    std::fs::write(signed.package().join("more.txt"), "").unwrap();
    refuses(&signed.shell(&["sh sums"]), "an unlisted file");
    std::fs::remove_file(signed.package().join("more.txt")).unwrap();
    std::fs::remove_file(signed.package().join("signer.pem")).unwrap();
    refuses(&signed.shell(&["sh sums"]), "a missing file");
}

fn stock(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/stock").join(path)
}

#[test]
fn python_accepts_the_bundle_and_refuses_every_change() {
    let python = stock("python/bin/python");
    if there(std::slice::from_ref(&python)) {
        let signed = Signed::new();
        let script = signed.block("python dsse");
        library(&signed, || Command::new(&python).arg("-c").arg(&script).current_dir(signed.package()).output().unwrap());
    }
}

#[test]
fn node_accepts_the_bundle_and_refuses_every_change() {
    let modules = stock("node/node_modules");
    if there(&[PathBuf::from("node"), modules.clone()]) {
        let signed = Signed::new();
        let script = signed.block("js dsse");
        let node = || Command::new("node").arg("-e").arg(&script).env("NODE_PATH", &modules).current_dir(signed.package()).output().unwrap();
        library(&signed, node);
    }
}

fn library(signed: &Signed, run: impl Fn() -> Output) {
    accepts(&run(), &format!("OK {}", signed.fingerprint));
    let bundle = "report.scanner.sigstore.json";
    for (file, inside) in [(bundle, Some("\"payload\":\"")), (bundle, Some("\"sig\":\"")), ("report.json", None), ("signer.pem", None)] {
        refuses(&signed.flipped(file, inside, &run), file);
    }
}
