//! What a cell says: codes and identities; and what to do where it says none.

use event::{Imsi, Number, Plmn};

use super::fault::Fault;
use super::msisdn::Msisdn;

/// How the codes in a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// Decimal; hexadecimal only behind `0x`.
    Decimal,
    /// Hexadecimal, with or without `0x`.
    Hexadecimal,
}

/// A location area code or cell identity: 16 bits. `column` is what the header calls it.
pub(super) fn code(text: &str, base: Base, column: &str) -> Result<u16, Fault> {
    let prefixed = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let parsed = match (prefixed, base) {
        (Some(digits), _) => u32::from_str_radix(digits, 16),
        (None, Base::Hexadecimal) => u32::from_str_radix(text, 16),
        (None, Base::Decimal) => text.parse(),
    };
    match parsed {
        Ok(value) => u16::try_from(value).map_err(|_| {
            Fault::new(
                [format!("`{text}` is too large"), format!("`{text}` 过大")],
                ["LAC and CI of a 2G cell are 0 to 65535", "2G 小区的 LAC 和 CI 是 0 到 65535"],
            )
        }),
        Err(_) if base == Base::Decimal && is_hexadecimal(text) => Err(Fault::new(
            [format!("`{text}` is not a decimal number"), format!("`{text}` 不是十进制数")],
            [
                format!("if the column is hexadecimal, call it `{column}_hex`"),
                format!("如果这一列是十六进制，请把列名写成 `{column}_hex`"),
            ],
        )),
        Err(_) => Err(Fault::new(
            [format!("`{text}` is not a number"), format!("`{text}` 不是数字")],
            rounded_or(text, ["write digits only", "只写数字"]),
        )),
    }
}

/// A location area code that a location area can have.
pub(super) fn lac(text: &str, base: Base) -> Result<u16, Fault> {
    match code(text, base, "lac")? {
        // 3GPP TS 23.003 §4.1: reserved for a phone without a valid location area.
        0 | 0xfffe => Err(Fault::new(
            [format!("`{text}` is no location area"), format!("`{text}` 不是位置区")],
            ["0 and 65534 mean that there is none", "0 和 65534 表示没有位置区"],
        )),
        lac => Ok(lac),
    }
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A network: `46000` or `460-00`.
pub(super) fn plmn(text: &str) -> Result<Plmn, Fault> {
    text.parse().map_err(|_| {
        Fault::new(
            [format!("`{text}` is no network"), format!("`{text}` 不是网络代码")],
            ["write it as 46000 or 460-00", "请写成 46000 或 460-00"],
        )
    })
}

/// An IMSI: digits only.
pub(super) fn imsi(text: &str) -> Result<Imsi, Fault> {
    text.parse().map_err(|_| {
        let help = ["an IMSI has 5 to 15 digits and nothing else", "IMSI 是 5 到 15 位数字，没有其他内容"];
        Fault::new([format!("`{text}` is no IMSI"), format!("`{text}` 不是 IMSI")], rounded_or(text, help))
    })
}

/// A subscriber's number, with or without country code; spaces and hyphens between the digits are of no account.
pub(super) fn msisdn(text: &str) -> Result<Msisdn, Fault> {
    if let Some(msisdn) = Msisdn::from_plain_digits(text) {
        return Ok(msisdn);
    }
    let number: Option<Number> = match text.contains([' ', '-']) {
        true => text.replace([' ', '-'], "").parse().ok(),
        false => text.parse().ok(),
    };
    number.and_then(Msisdn::from_number).ok_or_else(|| {
        let help = ["write digits, with + before a country code", "只写数字，国家码前加 +"];
        Fault::new([format!("`{text}` is no number"), format!("`{text}` 不是手机号")], rounded_or(text, help))
    })
}

/// A type allocation code: the first eight digits of an IMEI, 3GPP TS 23.003 §6.2.1.
pub(super) fn tac(text: &str) -> Result<u32, Fault> {
    match text.len() {
        8 if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().map_err(|_| no_tac(text)),
        _ => Err(no_tac(text)),
    }
}

fn no_tac(text: &str) -> Fault {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let help = match text.len() {
        14..=16 if digits => ["a TAC has 8 digits: the first eight of an IMEI", "TAC 是 8 位数字，即 IMEI 的前 8 位"],
        // Six digits may be an old TAC without its final assembly code as well as one robbed of two zeros.
        1..=7 if digits => [
            "a TAC has 8 digits: put back zeros in front that a spreadsheet removed, or add the two digits of the final \
             assembly code",
            "TAC 是 8 位数字，请补上被电子表格去掉的前导零，或补上两位最后装配码",
        ],
        _ => ["a TAC has 8 digits", "TAC 是 8 位数字"],
    };
    Fault::new([format!("`{text}` is no TAC"), format!("`{text}` 不是 TAC")], rounded_or(text, help))
}

// A spreadsheet shows fifteen digits as 4.60001E+14 and saves them so: the digits are lost.
fn rounded_or(text: &str, help: [&'static str; 2]) -> [&'static str; 2] {
    let rounded = text.split_once(['E', 'e']).is_some_and(|(number, exponent)| {
        number.parse::<f64>().is_ok() && exponent.trim_start_matches('+').parse::<u8>().is_ok()
    });
    match rounded {
        true => [
            "a spreadsheet has rounded it: format the column as text and enter it anew",
            "电子表格把它四舍五入了，请把这一列设为文本格式后重新填写",
        ],
        false => help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: Result<impl std::fmt::Display, Fault>, expected: &str) {
        let shown = match result {
            Ok(value) => value.to_string(),
            Err(fault) => {
                let [message, _] = *fault.message;
                let [help, _] = *fault.help;
                format!("{message}; {help}")
            }
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn codes_are_decimal_unless_said_otherwise() {
        check(lac("27153", Base::Decimal), "27153");
        check(lac("0x6A11", Base::Decimal), "27153");
        check(lac("6A11", Base::Hexadecimal), "27153");
        check(lac("6011", Base::Hexadecimal), "24593");
        check(
            lac("6A11", Base::Decimal),
            "`6A11` is not a decimal number; if the column is hexadecimal, call it `lac_hex`",
        );
        check(lac("0", Base::Decimal), "`0` is no location area; 0 and 65534 mean that there is none");
        check(code("65536", Base::Decimal, "ci"), "`65536` is too large; LAC and CI of a 2G cell are 0 to 65535");
        check(code("-1", Base::Decimal, "ci"), "`-1` is not a number; write digits only");
    }

    #[test]
    fn identities_say_what_a_spreadsheet_did_to_them() {
        check(imsi("460001234567890"), "460001234567890");
        check(
            imsi("4.60001E+14"),
            "`4.60001E+14` is no IMSI; a spreadsheet has rounded it: format the column as text and enter it anew",
        );
        check(tac("00499901"), "499901");
        check(tac("353900021234560"), "`353900021234560` is no TAC; a TAC has 8 digits: the first eight of an IMEI");
        assert!(tac("499901").unwrap_err().help[0].contains("zeros"));
        check(msisdn("+86 139-0000-0005").map(Msisdn::to_number), "13900000005");
        check(msisdn("139x").map(Msisdn::to_number), "`139x` is no number; write digits, with + before a country code");
    }
}
