//! Reading a file of settings that stands beside evidence: whatever was put in its place.

use std::io::{self, Read as _};
use std::path::Path;

use super::blob::options;

/// The largest file of settings that is read.
pub const LARGEST: u64 = 64 << 20;

/// Reads a plain file. Nothing else is opened: a pipe would be waited for, and a device never ends.
///
/// # Errors
/// It is not there, may not be read, is no plain file, or is larger than [`LARGEST`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, LARGEST)
}

fn read_up_to(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let no_file = || io::Error::other("it is no plain file");
    if !path.metadata()?.is_file() {
        return Err(no_file());
    }
    let file = options().open(path)?;
    // Something else may have come to stand there in between.
    if !file.metadata()?.is_file() {
        return Err(no_file());
    }
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest { Err(io::Error::other(format!("it has more than {largest} bytes"))) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::{read, read_up_to};

    #[test]
    fn only_plain_files_of_a_bearable_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"12345").unwrap();
        assert_eq!(read(&file).unwrap(), b"12345");
        assert!(read_up_to(&file, 5).is_ok());
        assert!(read_up_to(&file, 4).is_err());
        assert!(read(folder.path()).is_err());
        assert!(read(&folder.path().join("none")).is_err());
        #[cfg(unix)]
        {
            let pipe = folder.path().join("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            assert!(read(&pipe).is_err());
            let link = folder.path().join("link");
            std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
            assert!(read(&link).is_err());
        }
    }
}
