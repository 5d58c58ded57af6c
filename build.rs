//! Lists the data files that the program carries inside itself, so that a new
//! pack or source needs no Rust: `controls/`, `frameworks/`
//! and `sources/` become the tables of `src/embedded.rs`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("no CARGO_MANIFEST_DIR"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?);
    let mut text = String::new();
    packs(&mut text, "PACKS", &root.join("controls"))?;
    packs(&mut text, "FRAMEWORKS", &root.join("frameworks"))?;
    let sources = root.join("sources");
    let mut files = Vec::new();
    list(&sources, &sources, &mut files)?;
    files.retain(|(path, _)| path.ends_with(".yaml") && !path.contains('/'));
    files.sort();
    line(&mut text, "static SOURCES: &[File] = &[");
    entries(&mut text, &files);
    line(&mut text, "];");
    fs::write(out.join("embedded.rs"), text)
}

/// The table of the packs in a folder.
fn packs(text: &mut String, name: &str, folder: &Path) -> io::Result<()> {
    line(text, &format!("static {name}: &[EmbeddedPack] = &["));
    for pack in folders(folder)? {
        let mut files = Vec::new();
        list(&pack, &pack, &mut files)?;
        files.sort();
        if files.iter().any(|(path, _)| path == "pack.yaml") {
            let id = pack.file_name().and_then(|name| name.to_str()).ok_or_else(|| io::Error::other("a pack's folder is not named in UTF-8"))?;
            line(text, &format!("    EmbeddedPack {{ id: {id:?}, files: &["));
            entries(text, &files);
            line(text, "    ] },");
        }
    }
    line(text, "];");
    Ok(())
}

fn line(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

fn entries(text: &mut String, files: &[(String, PathBuf)]) {
    for (path, file) in files {
        line(text, &format!("        File {{ path: {path:?}, bytes: include_bytes!({:?}) }},", file.display().to_string()));
    }
}

/// The folders in a folder, sorted; none where it does not exist.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Adds all files under a folder: their paths relative to `root` with `/`; none where it does not exist.
fn list(root: &Path, folder: &Path, found: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, found)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            found.push((parts.join("/"), path.clone()));
        }
    }
    Ok(())
}
