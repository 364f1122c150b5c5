//! Area files: CSV with `lac` and `ci`, one file an area, named after it.

use std::io;
use std::path::Path;

use crate::network::Hotspot;

/// An area file could not be used: where and why.
#[derive(Debug)]
pub struct AreaError(String);

impl std::fmt::Display for AreaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AreaError {}

/// Reads every `.csv` file of a folder, in the order of their names.
pub fn load(folder: &Path) -> Result<Vec<Hotspot>, AreaError> {
    let about = |path: &Path, error: io::Error| AreaError(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| about(folder, error))? {
        let path = entry.map_err(|error| about(folder, error))?.path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(AreaError(format!("{}: no `.csv` file in it", folder.display())));
    }
    files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).map_err(|error| about(path, error))?;
            let cells = parse(&text).map_err(|reason| AreaError(format!("{}: {reason}", path.display())))?;
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(Hotspot { name, cells })
        })
        .collect()
}

fn parse(text: &str) -> Result<Vec<(u16, u16)>, String> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let header = lines.next().map(|(_, line)| line.trim_start_matches('\u{feff}')).unwrap_or_default();
    let column = |name: &str| header.split(',').position(|field| field.trim().eq_ignore_ascii_case(name));
    let (Some(lac), Some(ci)) = (column("lac"), column("ci")) else {
        return Err("the first line must name the columns `lac` and `ci`".to_owned());
    };
    let field = |line: &str, column: usize| line.split(',').nth(column).map(str::trim).unwrap_or_default().to_owned();
    lines
        .map(|(number, line)| {
            let wrong = |what: &str| format!("line {}: `{}` is no {what}", number + 1, line.trim());
            let lac = location_area_code(&field(line, lac)).ok_or_else(|| wrong("location area code"))?;
            let ci = field(line, ci).parse().map_err(|_| wrong("cell identity"))?;
            Ok((lac, ci))
        })
        .collect()
}

// Four characters with a letter among them, or `0x…`: hexadecimal, as network staff write it; else decimal.
fn location_area_code(text: &str) -> Option<u16> {
    let hexadecimal = text
        .strip_prefix("0x")
        .or_else(|| (text.len() == 4 && text.bytes().any(|byte| byte.is_ascii_alphabetic())).then_some(text));
    match hexadecimal {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_network_staff_write_them() {
        assert_eq!(parse("lac,ci\n6A11,1001\n27153,1002\n"), Ok(vec![(0x6a11, 1001), (27153, 1002)]));
        assert_eq!(parse("name,ci,lac\nmall,7,0x10\n"), Ok(vec![(16, 7)]));
    }

    #[test]
    fn a_wrong_line_is_named() {
        assert_eq!(parse("lac,ci\n1,2\nx,3\n").unwrap_err(), "line 3: `x,3` is no location area code");
        assert!(parse("1,2\n").is_err());
    }
}
