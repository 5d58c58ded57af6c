//! Key files against the real openssl and ssh-keygen, and every refusal.
#![cfg(unix)]

mod common;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::program;
use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::pkcs5::pbes2;
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery staple 7431";

/// A folder with a passphrase file in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    private(&folder.path().join("pass"), format!("{PASSPHRASE}\n").as_bytes());
    folder
}

fn private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program().current_dir(folder).args(arguments).output().unwrap()
}

fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A stock tool; its standard output.
fn tool(folder: &Path, line: &str) -> Vec<u8> {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn tool_text(folder: &Path, line: &str) -> String {
    String::from_utf8(tool(folder, line)).unwrap().trim().to_owned()
}

fn show(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&good(folder, &["key", "show", file, "--passphrase-file", "pass", "--format", "json"])).unwrap()
}

/// The codes of the diagnostics.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
    text
}

#[test]
fn a_new_key_is_read_by_openssl_and_belongs_to_its_owner_alone() {
    let folder = folder();
    let at = folder.path();
    let told = good(at, &["key", "new", "a.pem", "--owner", " Ada Lovelace, Example Ltd", "--role", "scanner", "--passphrase-file", "pass"]);
    assert!(told.contains("a.pub.pem") && !told.contains("NOT encrypted"), "{told}");
    let told = good(at, &["key", "new", "b.pem", "--owner", "Bob", "--role", "ledger", "--unencrypted"]);
    assert!(told.contains("NOT encrypted"), "{told}");
    for (file, encrypted, owner, role) in [("a", true, "Ada Lovelace, Example Ltd", "scanner"), ("b", false, "Bob", "ledger")] {
        assert_eq!(fs::metadata(at.join(format!("{file}.pem"))).unwrap().mode() & 0o7777, 0o600);
        let public = tool_text(at, &format!("openssl pkey -in {file}.pem -passin file:pass -pubout"));
        assert_eq!(public, fs::read_to_string(at.join(format!("{file}.pub.pem"))).unwrap().trim());
        let shown = show(at, &format!("{file}.pem"));
        assert_eq!((&shown["owner"], &shown["role"], &shown["encrypted"]), (&owner.into(), &role.into(), &encrypted.into()));
        // Version 1, as OpenSSL 3.0 reads it: the DER of the plain key is 48 bytes, with no public key.
        assert_eq!(tool(at, &format!("openssl pkcs8 -topk8 -nocrypt -in {file}.pem -passin file:pass -outform DER")).len(), 48);
    }
    let costs = tool_text(at, "openssl asn1parse -in a.pem");
    for part in [":PBES2", ":scrypt", ":4000", ":aes-256-cbc"] {
        assert!(costs.contains(part), "{part}: {costs}");
    }
    // Nothing is written over, and nothing is left where the public key has no room.
    let again = ["key", "new", "a.pem", "--owner", "x", "--role", "root", "--unencrypted"];
    assert!(refusal(&run(at, &again)).contains("error[key-exists]"));
    fs::write(at.join("c.pub.pem"), "").unwrap();
    assert!(refusal(&run(at, &["key", "new", "c.pem", "--owner", "x", "--role", "root", "--unencrypted"])).contains("error[key-exists]"));
    assert!(!at.join("c.pem").exists());
    for owner in ["", "two\nlines", "-----BEGIN PRIVATE KEY-----", &"x".repeat(201)] {
        assert!(
            refusal(&run(at, &["key", "new", "d.pem", &format!("--owner={owner}"), "--role", "root", "--unencrypted"])).contains("error[key-owner]")
        );
    }
    // Two keys are two keys.
    assert_ne!(show(at, "a.pem")["fingerprint"], show(at, "b.pem")["fingerprint"]);
}

#[test]
fn keys_of_openssl_load_and_are_shown_as_other_tools_show_them() {
    let folder = folder();
    let at = folder.path();
    tool(at, "umask 077; openssl genpkey -algorithm ed25519 -out plain.pem; openssl pkey -in plain.pem -pubout -out plain.pub.pem");
    for (name, options) in
        [("scrypt", "-scrypt"), ("default", ""), ("sha512", "-v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 100000"), ("crlf", "-scrypt")]
    {
        tool(at, &format!("umask 077; openssl pkcs8 -topk8 -in plain.pem -out {name}.pem -passout file:pass {options}"));
    }
    let crlf = fs::read_to_string(at.join("crlf.pem")).unwrap().replace('\n', "\r\n");
    private(&at.join("crlf.pem"), crlf.as_bytes());
    let fingerprint = tool_text(at, "openssl pkey -pubin -in plain.pub.pem -outform DER | sha256sum | cut -d' ' -f1");
    for file in ["plain.pem", "scrypt.pem", "default.pem", "sha512.pem", "crlf.pem", "plain.pub.pem"] {
        let shown = show(at, file);
        assert_eq!(shown["fingerprint"], fingerprint.as_str(), "{file}");
        assert_eq!(shown["owner"], Value::Null);
        assert_eq!(shown["pem"], fs::read_to_string(at.join("plain.pub.pem")).unwrap());
        fs::write(at.join("ssh.pub"), shown["ssh"].as_str().unwrap()).unwrap();
        assert!(tool_text(at, "ssh-keygen -lf ssh.pub").contains(shown["ssh_fingerprint"].as_str().unwrap()));
        // The line is one that ssh-keygen understands.
        fs::write(at.join("allowed"), format!("{}\n", shown["allowed_signers"].as_str().unwrap())).unwrap();
        let human = good(at, &["key", "show", file, "--passphrase-file", "pass"]);
        for form in ["pem", "ssh", "fingerprint", "ssh_fingerprint", "allowed_signers", "vkey"] {
            assert!(human.contains(shown[form].as_str().unwrap()), "{form}: {human}");
        }
    }
}

/// C2SP signed-note, its example: the key of the server of Go's checksums.
#[test]
fn a_vkey_is_that_of_signed_notes() {
    let folder = folder();
    let typed = rolecall::signing::base64::decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8").unwrap();
    let key = rolecall::signing::key::PublicKey::from_bytes(typed[1..].try_into().unwrap()).unwrap();
    fs::write(folder.path().join("go.pem"), key.pem()).unwrap();
    let shown = good(folder.path(), &["key", "show", "go.pem", "--name", "sum.golang.org", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["vkey"], "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
}

fn kdf_scrypt(cost: u64, block: u16, parallel: u16) -> pbes2::Kdf {
    let salt = pbes2::Salt::new([7; 16]).unwrap();
    pbes2::ScryptParams { salt, cost_parameter: cost, block_size: block, parallelization: parallel, key_length: None }.into()
}

fn kdf_pbkdf2(iterations: u32) -> pbes2::Kdf {
    let salt = pbes2::Salt::new([7; 16]).unwrap();
    pbes2::Pbkdf2Params { salt, iteration_count: iterations, key_length: None, prf: pbes2::Pbkdf2Prf::HmacWithSha256 }.into()
}

/// A key file that asks for these costs.
fn hostile(kdf: pbes2::Kdf) -> Vec<u8> {
    let parameters = pbes2::Parameters { kdf, encryption: pbes2::EncryptionScheme::Aes256Cbc { iv: [9; 16] } };
    let data = pkcs8::der::asn1::OctetStringRef::new(&[1; 64]).unwrap();
    let info = pkcs8::EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data: data };
    pem("ENCRYPTED PRIVATE KEY", &info.to_der().unwrap())
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let text = rolecall::signing::base64::encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
}

#[test]
fn every_key_file_that_is_refused_has_its_own_reason() {
    let folder = folder();
    let at = folder.path();
    tool(at, "umask 077; openssl genpkey -algorithm ed25519 -out good.pem");
    tool(at, "umask 077; openssl pkcs8 -topk8 -scrypt -in good.pem -out locked.pem -passout file:pass");
    tool(at, "umask 077; openssl pkcs8 -topk8 -v2 des3 -in good.pem -out des3.pem -passout file:pass");
    tool(
        at,
        "umask 077; openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out rsa.pem; openssl genpkey -algorithm x25519 -out x25519.pem",
    );
    tool(at, "umask 077; openssl ecparam -name prime256v1 -genkey -noout -out ec.pem; ssh-keygen -q -t ed25519 -N '' -f ssh.pem");
    tool(at, "mkfifo -m 600 pipe.pem; mkdir folder.pem shared; chmod 777 shared; cp -p good.pem shared/; cp good.pem loose.pem; chmod 640 loose.pem");
    symlink("good.pem", at.join("link.pem")).unwrap();
    symlink("nowhere", at.join("dangling.pem")).unwrap();
    let good_text = fs::read_to_string(at.join("good.pem")).unwrap();
    // RFC 8410, section 10.3, the second example: version 2 with its public key, here without attributes.
    let mut v2 = vec![0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    v2.extend([3; 32]);
    v2.extend([0x81, 0x21, 0x00]);
    v2.extend(rolecall::signing::key::SecretKey::from_seed(&[3; 32]).public().to_bytes());
    assert!(pkcs8::PrivateKeyInfoRef::from_der(&v2).unwrap().public_key.is_some());
    let long = [vec![b'#'; 70_000], good_text.clone().into_bytes()].concat();
    for (name, bytes) in [
        ("v2", pem("PRIVATE KEY", &v2)),
        ("memory", hostile(kdf_scrypt(1 << 30, 8, 1))),
        ("blocks", hostile(kdf_scrypt(1 << 14, 65_535, 1))),
        ("parallel", hostile(kdf_scrypt(1 << 14, 8, 65_535))),
        ("iterations", hostile(kdf_pbkdf2(u32::MAX))),
        ("odd-cost", hostile(kdf_scrypt(16_383, 8, 1))),
        ("long", long),
        ("garbage", b"hello".to_vec()),
        ("binary", vec![0xff; 100]),
        ("truncated", good_text.replace("-----END PRIVATE KEY-----", "").into_bytes()),
        ("twice", good_text.repeat(2).into_bytes()),
        ("no-der", pem("PRIVATE KEY", b"hello")),
        ("short-seed", pem("PRIVATE KEY", &v2[..40])),
        ("no-role", format!("# role: king\n{good_text}").into_bytes()),
        ("two-owners", format!("# owner: a\n# owner: b\n{good_text}").into_bytes()),
        ("weak", pem("PUBLIC KEY", &[&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 1][..], &[0; 31]].concat())),
        ("point", pem("PUBLIC KEY", &[&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &[0xff; 32]].concat())),
        ("no-public", pem("PUBLIC KEY", b"hello")),
    ] {
        private(&at.join(format!("{name}.pem")), &bytes);
    }
    private(&at.join("wrong"), b"not the passphrase\n");
    private(&at.join("empty"), b"\n");
    private(&at.join("two-lines"), format!("{PASSPHRASE}\nmore\n").as_bytes());
    private(&at.join("endless"), &[b'x'; 5000]);
    private(&at.join("open"), PASSPHRASE.as_bytes());
    fs::set_permissions(at.join("open"), fs::Permissions::from_mode(0o644)).unwrap();
    // What would be asked for a passphrase fails on descriptor 99: reasons come before passphrases.
    let no = ["--passphrase-fd", "99"];
    for (file, options, code, words) in [
        ("loose.pem", no, "key-permissions", "mode 0640"),
        ("link.pem", no, "key-link", "symbolic link"),
        ("dangling.pem", no, "unreadable", "No such file"),
        ("missing.pem", no, "unreadable", "No such file"),
        ("folder.pem", no, "key-no-file", "no regular file"),
        ("pipe.pem", no, "key-no-file", "no regular file"),
        ("shared/good.pem", no, "key-folder", "mode 0777"),
        ("long.pem", no, "key-too-large", "64 KiB"),
        ("v2.pem", no, "key-version-2", "version 2"),
        ("rsa.pem", no, "key-algorithm", "1.2.840.113549.1.1.1"),
        ("x25519.pem", no, "key-algorithm", "1.3.101.110"),
        ("ec.pem", no, "key-algorithm", "EC PRIVATE KEY"),
        ("ssh.pem", no, "key-algorithm", "OPENSSH PRIVATE KEY"),
        ("memory.pem", no, "key-cost", "1048576 MiB"),
        ("blocks.pem", no, "key-cost", "MiB"),
        ("parallel.pem", no, "key-cost", "65535 times"),
        ("iterations.pem", no, "key-cost", "4294967295 iterations"),
        ("odd-cost.pem", ["--passphrase-file", "pass"], "key-encryption", "pkcs8 -topk8 -scrypt"),
        ("des3.pem", no, "key-encryption", "pkcs8 -topk8 -scrypt"),
        ("garbage.pem", no, "key-format", "no private key"),
        ("binary.pem", no, "key-format", "no private key"),
        ("truncated.pem", no, "key-format", "no private key"),
        ("twice.pem", no, "key-format", "no private key"),
        ("no-der.pem", no, "key-format", "PKCS#8"),
        ("short-seed.pem", no, "key-format", "PKCS#8"),
        ("no-role.pem", no, "key-format", "role"),
        ("two-owners.pem", no, "key-format", "twice"),
        ("weak.pem", no, "key-weak", "small order"),
        ("point.pem", no, "key-point", "curve"),
        ("no-public.pem", no, "key-format", "no Ed25519 public key"),
        ("locked.pem", ["--passphrase-file", "wrong"], "key-passphrase", "the passphrase does not open it"),
        ("locked.pem", ["--passphrase-file", "empty"], "passphrase", "empty"),
        ("locked.pem", ["--passphrase-file", "two-lines"], "passphrase", "one line"),
        ("locked.pem", ["--passphrase-file", "endless"], "passphrase", "one line"),
        ("locked.pem", ["--passphrase-file", "open"], "passphrase", "mode 0644"),
        ("locked.pem", ["--passphrase-file", "missing"], "passphrase", "No such file"),
        ("locked.pem", no, "passphrase", "descriptor 99"),
        ("locked.pem", ["--passphrase-fd", "1"], "passphrase", "descriptor 1"),
    ] {
        let text = refusal(&run(at, &[&["key", "show", file][..], &options].concat()));
        assert!(text.contains(&format!("error[{code}]")) && text.contains(words), "{file}: {text}");
        assert!(!text.contains(PASSPHRASE));
    }
    // A pipe is refused without waiting for someone to write.
    let text = refusal(&run(at, &["key", "new", "new.pem", "--owner", "x", "--role", "scanner", "--passphrase-file", "pipe.pem"]));
    assert!(text.contains("no regular file") && !at.join("new.pem").exists(), "{text}");
    // Without a terminal nobody can be asked.
    let text = refusal(
        &Command::new("setsid")
            .arg("-w")
            .arg(env!("CARGO_BIN_EXE_rolecall"))
            .args(["key", "show", "locked.pem"])
            .current_dir(at)
            .stdin(Stdio::null())
            .output()
            .unwrap(),
    );
    assert!(text.contains("error[passphrase]") && text.contains("--passphrase-file"), "{text}");
    // The same file opens when nothing is wrong with it.
    assert_eq!(show(at, "locked.pem")["fingerprint"], show(at, "good.pem")["fingerprint"]);
}

#[test]
fn a_passphrase_comes_from_a_descriptor_whose_writer_stays() {
    let folder = folder();
    let at = folder.path();
    good(at, &["key", "new", "a.pem", "--owner", "x", "--role", "scanner", "--passphrase-file", "pass"]);
    let mut child = program()
        .current_dir(at)
        .args(["key", "show", "a.pem", "--passphrase-fd", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{PASSPHRASE}").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    drop(input);
    let line = format!("'{}' key show a.pem --passphrase-fd 7 7<pass", env!("CARGO_BIN_EXE_rolecall"));
    assert!(tool_text(at, &line).contains("fingerprint"));
}

/// What of a secret must be nowhere: as it is, in hexadecimal, in base64, and in halves.
#[cfg(target_os = "linux")]
fn spellings(name: &str, secret: &[u8]) -> Vec<(String, Vec<u8>)> {
    let hex = rolecall::digest::hex(secret);
    let base64 = rolecall::signing::base64::encode(secret);
    vec![
        (format!("{name}, first half"), secret[..16].to_vec()),
        (format!("{name}, second half"), secret[secret.len() - 16..].to_vec()),
        (format!("{name}, HEX"), hex.to_uppercase().into_bytes()),
        (format!("{name}, hex"), hex.into_bytes()),
        (format!("{name}, base64"), base64.trim_end_matches('=').as_bytes()[..20].to_vec()),
    ]
}

/// All that the process could write to, as a core would hold it.
#[cfg(target_os = "linux")]
fn core(process: u32) -> Vec<u8> {
    use std::os::unix::fs::FileExt as _;
    let memory = fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut all = Vec::new();
    for line in fs::read_to_string(format!("/proc/{process}/maps")).unwrap().lines() {
        let mut parts = line.split_whitespace();
        let (range, rights) = (parts.next().unwrap(), parts.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            all.extend(bytes);
        }
    }
    all
}

/// Runs a command until it has used the key and stands still, since nobody takes what
/// it says: its standard output is a pipe that is full. Then its memory is searched.
#[cfg(target_os = "linux")]
fn nothing_stays(folder: &Path, arguments: &[&str], sure: &str, secrets: &[(String, Vec<u8>)]) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'.'; 65_536]).unwrap();
    let mut child = program().current_dir(folder).args(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let waits = || fs::read_to_string(format!("/proc/{}/wchan", child.id())).unwrap_or_default().contains("pipe_write");
    let start = std::time::Instant::now();
    while !waits() {
        assert!(start.elapsed().as_secs() < 60, "{arguments:?} never wrote");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let memory = core(child.id());
    let of_process = |name: &str| fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
    let (line, environment) = (of_process("cmdline"), of_process("environ"));
    let has = |bytes: &[u8], part: &[u8]| memchr::memmem::find(bytes, part).is_some();
    assert!(has(&memory, sure.as_bytes()), "the memory was read: it holds `{sure}`");
    let mut found: Vec<&str> = Vec::new();
    for (name, part) in secrets {
        if has(&memory, part) || has(&line, part) || has(&environment, part) {
            found.push(name);
        }
    }
    drop(reader);
    let _ = child.kill();
    let said = child.wait_with_output().unwrap();
    assert!(found.is_empty(), "{arguments:?}: in memory of {} bytes after use: {found:?}", memory.len());
    assert!(secrets.iter().all(|(_, part)| !has(&said.stderr, part)));
}

/// The contract: what a command no longer needs is not in its memory, so that no core or swap file holds it.
#[cfg(target_os = "linux")]
#[test]
fn no_passphrase_and_no_byte_of_a_key_outlives_its_use() {
    let folder = folder();
    let at = folder.path();
    good(at, &["key", "new", "a.pem", "--owner", "x", "--role", "scanner", "--passphrase-file", "pass"]);
    tool(at, "umask 077; openssl pkcs8 -topk8 -nocrypt -in a.pem -passin file:pass -out plain.pem");
    tool(at, "umask 077; openssl pkcs8 -topk8 -in plain.pem -passout file:pass -out pbkdf2.pem");
    let mut secrets = secrets_of(at);
    secrets.push(("the passphrase".to_owned(), PASSPHRASE.as_bytes().to_vec()));
    let fingerprint = show(at, "a.pem")["fingerprint"].as_str().unwrap().to_owned();
    for file in ["a.pem", "plain.pem", "pbkdf2.pem"] {
        nothing_stays(at, &["key", "show", file, "--passphrase-file", "pass"], &fingerprint, &secrets);
    }
    // Of a new key nobody knows the seed beforehand: the passphrase, and then the seed of the file that was made.
    nothing_stays(at, &["key", "new", "new.pem", "--owner", "x", "--role", "scanner", "--passphrase-file", "pass"], "fingerprint", &secrets);
    let evidence = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/organisations/meridian");
    let scan = ["scan", evidence, "-q", "--format", "json", "--out", "signed", "--ledger", "ledger"];
    nothing_stays(at, &[&scan[..], &["--key", "a.pem", "--passphrase-file", "pass"]].concat(), "rolecall.report/1", &secrets);
    good(at, &["sign", "signed", "--key", "a.pem", "--passphrase-file", "pass"]);
    nothing_stays(at, &["sign", "signed", "--key", "plain.pem"], "is signed", &secrets);
    for options in [&["key", "show", "a.pem", "--passphrase-file", "pass"][..], &["key", "show", "plain.pem", "--format", "json"]] {
        let output = run(at, options);
        for (name, part) in &secrets {
            for said in [&output.stdout, &output.stderr] {
                assert!(memchr::memmem::find(said, part).is_none(), "{name}");
            }
        }
    }
}

/// The seed, its hash (which is what signs), the derived key, and the base64 in the plain file.
#[cfg(target_os = "linux")]
fn secrets_of(at: &Path) -> Vec<(String, Vec<u8>)> {
    use sha2::Digest as _;
    let der = tool(at, "openssl pkcs8 -topk8 -nocrypt -in a.pem -passin file:pass -outform DER");
    let seed = &der[16..];
    let mut secrets = spellings("the seed", seed);
    let expanded = sha2::Sha512::digest(seed);
    secrets.extend(spellings("the hash of the seed, low", &expanded[..32]));
    secrets.extend(spellings("the hash of the seed, high", &expanded[32..]));
    let mut clamped: [u8; 32] = expanded[..32].try_into().unwrap();
    (clamped[0], clamped[31]) = (clamped[0] & 248, (clamped[31] & 127) | 64);
    secrets.extend(spellings("the scalar", &clamped));
    let plain = fs::read_to_string(at.join("plain.pem")).unwrap();
    secrets.push(("the PEM".to_owned(), plain.lines().nth(1).unwrap().as_bytes()[24..].to_vec()));
    let locked = PathBuf::from(at.join("a.pem"));
    let text = fs::read_to_string(locked).unwrap();
    let body: String = text.lines().skip_while(|line| !line.starts_with("-----BEGIN")).filter(|line| !line.starts_with('-')).collect();
    let der = rolecall::signing::base64::decode(&body).unwrap();
    let info = pkcs8::EncryptedPrivateKeyInfoRef::from_der(&der).unwrap();
    let salt = rolecall::digest::hex(info.encryption_algorithm.pbes2().unwrap().kdf.scrypt().unwrap().salt.as_ref());
    let derive =
        format!("openssl kdf -keylen 32 -kdfopt 'pass:{PASSPHRASE}' -kdfopt hexsalt:{salt} -kdfopt n:16384 -kdfopt r:8 -kdfopt p:5 -binary SCRYPT");
    secrets.extend(spellings("the derived key", &tool(at, &derive)));
    secrets
}
