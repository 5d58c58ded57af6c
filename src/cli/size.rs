//! Sizes as people write them.

/// Reads a size: a number of bytes, or with a unit of 1024 (`KiB`, `MiB`,
/// `GiB`, `TiB`) or of 1000 (`kB`, `MB`, `GB`, `TB`).
///
/// # Errors
/// In words, for the command line.
pub(super) fn parse(text: &str) -> Result<usize, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim_start() {
        "" | "B" => 1_u64,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err("write a number with a unit, such as 64MiB or 2GiB".to_owned()),
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "write a number above 0 with a unit, such as 64MiB or 2GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        let read = |text| parse(text).ok();
        assert_eq!([read("64MiB"), read("2 GiB"), read("1000"), read("3kB")], [Some(64 << 20), Some(2 << 30), Some(1000), Some(3000)]);
        for text in ["", "0", "MiB", "-1", "1.5GiB", "64mib", "64 M", "99999999999TiB"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
