//! The GSM 7 bit default alphabet and its extension table, 3GPP TS 23.038 §6.2.1 and §6.2.1.1.

/// Announces a character of the extension table.
pub(super) const ESCAPE: u8 = 0x1b;

/// §6.2.1, in the order of the codes 0x00 to 0x7f.
const DEFAULT: &[char; 128] = &[
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', //
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', //
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', //
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', //
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', //
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', //
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', //
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// §6.2.1.1: the code after [`ESCAPE`], and what it means.
const EXTENSION: &[(u8, char)] = &[
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// A character's septets, each in an octet of its own: one, or [`ESCAPE`] and another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Septets {
    escaped: bool,
    code: u8,
}

impl Septets {
    /// How many: 1 or 2.
    pub(super) fn count(self) -> usize {
        1 + usize::from(self.escaped)
    }

    /// In order.
    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        self.escaped.then_some(ESCAPE).into_iter().chain([self.code])
    }
}

/// How `character` is written, or `None` where the alphabet does not have it.
pub(super) fn septets(character: char) -> Option<Septets> {
    // The escape code is no character: a text that holds U+001B is not of this alphabet.
    if character == '\u{1b}' {
        return None;
    }
    let plain = || {
        let code = DEFAULT.iter().position(|known| *known == character)?;
        Some(Septets { escaped: false, code: code as u8 })
    };
    let extended = || {
        let (code, _) = EXTENSION.iter().find(|(_, known)| *known == character)?;
        Some(Septets { escaped: true, code: *code })
    };
    plain().or_else(extended)
}

/// The reader of the specification: an unknown extension shows the default alphabet's character, §6.2.1.1.
pub(super) fn read(septets: &[u8]) -> String {
    let mut rest = septets.iter();
    let mut text = String::new();
    while let Some(code) = rest.next() {
        let extended = match *code {
            ESCAPE => rest.next().map(|code| (EXTENSION.iter().find(|(known, _)| known == code), *code)),
            code => Some((None, code)),
        };
        let plain = |code: u8| DEFAULT.get(usize::from(code)).copied();
        text.extend(
            extended.and_then(|(extension, code)| extension.map_or_else(|| plain(code), |(_, known)| Some(*known))),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_the_codes_of_the_specification() {
        let check = |character: char, expected: &[u8]| {
            let found: Vec<u8> = septets(character).map(|septets| septets.iter().collect()).unwrap_or_default();
            assert_eq!(found, expected, "{character:?}");
        };
        check('@', &[0x00]);
        check('_', &[0x11]);
        check('Δ', &[0x10]);
        check('Ξ', &[0x1a]);
        check('É', &[0x1f]);
        check(' ', &[0x20]);
        check('¤', &[0x24]);
        check('0', &[0x30]);
        check('¡', &[0x40]);
        check('A', &[0x41]);
        check('§', &[0x5f]);
        check('¿', &[0x60]);
        check('z', &[0x7a]);
        check('à', &[0x7f]);
        check('€', &[0x1b, 0x65]);
        check('[', &[0x1b, 0x3c]);
        check('\u{c}', &[0x1b, 0x0a]);
        check('ç', &[]);
        check('`', &[]);
        check('\u{1b}', &[]);
        check('欢', &[]);
    }
}
