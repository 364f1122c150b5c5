//! What is wrong and what to do, in English.

use std::io::ErrorKind;

use super::problem::{Encoding, Limit, ListKind, Part, Problem, Shape};
use super::source::Language;
use super::words::Word;

/// What is wrong, and what to do about it.
pub(super) fn say(problem: &Problem) -> (String, Option<String>) {
    let said = [file, layout, key, value, meaning].into_iter().find_map(|part| part(problem));
    let (message, help) = said.unwrap_or_default();
    (message, (!help.is_empty()).then_some(help))
}

fn file(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::Unreadable { reason: ErrorKind::NotFound } => (
            "there is no such file or folder".into(),
            "check the path; the folder holds `scenarios` and `policy.yaml`".into(),
        ),
        Problem::Unreadable { reason: ErrorKind::PermissionDenied } => {
            ("this file may not be read".into(), "ask for the right to read it".into())
        }
        Problem::Unreadable { .. } => ("this cannot be read".into(), "is it a folder with scenario files?".into()),
        Problem::Encoding { encoding: Encoding::Utf16 } => (
            "the file is saved as Unicode (UTF-16), not as UTF-8".into(),
            "in the editor choose Save as, encoding UTF-8".into(),
        ),
        Problem::Encoding { encoding: Encoding::Document } => (
            "this is a workbook or a document, not a text file".into(),
            "write it in a text editor, as plain text, encoding UTF-8".into(),
        ),
        Problem::Encoding { .. } => (
            "the file is not saved as UTF-8".into(),
            "in the editor choose Save as, encoding UTF-8 (it is probably GBK, also called ANSI)".into(),
        ),
        Problem::TooLarge { limit } => {
            (too_large(*limit).into(), "one file holds one scenario; long lists go into CSV files".into())
        }
        Problem::EmptyFile => ("the file is empty".into(), "write a scenario, or delete the file".into()),
        Problem::SeveralDocuments => (
            "a second form begins here".into(),
            "one file holds one scenario: move this part to a file of its own".into(),
        ),
        Problem::NoScenarios => (
            "there is no scenario here".into(),
            "put at least one scenario file, ending in `.yaml`, into `scenarios`".into(),
        ),
        Problem::TwoPolicies { other } => {
            (format!("there is a second policy file, `{other}`"), "keep one of the two".into())
        }
        Problem::TwoAreas { other } => (
            format!("another file, `{other}`, is the area of the same name"),
            "keep one of the two, or rename it".into(),
        ),
        Problem::FurtherFindings { count } => (
            format!("from here on {count} more problems in this file are not shown"),
            "mend those above and check again".into(),
        ),
        _ => return None,
    })
}

const fn too_large(limit: Limit) -> &'static str {
    match limit {
        Limit::Octets => "the file is larger than 1 MB",
        Limit::Depth => "keys and lists are nested too deeply",
        Limit::Values => "the file holds too many values",
        Limit::Files => "the folder holds too many files",
    }
}

fn layout(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::WideColon => ("this is a full-width colon".into(), "type `: `, a half-width colon and a space".into()),
        Problem::WideMark { mark, instead } => {
            (format!("`{mark}` is a full-width character"), format!("switch the input method and type `{instead}`"))
        }
        Problem::CurlyQuote { mark, instead } => {
            (format!("`{mark}` does not quote a text"), format!("use straight quotes: `{instead}`…`{instead}`"))
        }
        Problem::Tab => ("a tab stands here".into(), "indent with spaces, two for each step".into()),
        Problem::Cells => (
            "these look like cells of a spreadsheet, with tabs between them".into(),
            "write a line for each: `key: value`, or several values as `[first, second]`".into(),
        ),
        Problem::OddSpace => (
            "this is no ordinary space: it may come from a document, a web page or a Chinese input method".into(),
            "delete it, and press the space bar with half-width input".into(),
        ),
        Problem::Unclosed { open } => {
            let close = if *open == '[' { ']' } else { '}' };
            (
                format!("this `{open}` is never closed, or something before its end does not fit"),
                format!("add `{close}`; separate entries by `, ` and put a text with `,` `#` `{{` or `[` in quotes"),
            )
        }
        Problem::WrongBracket { open, close } => {
            (format!("`{open}` is closed by `{close}`"), "close each bracket with its own kind".into())
        }
        Problem::LooseBracket => ("this bracket closes nothing".into(), "remove it, or open it before".into()),
        Problem::UnclosedQuote => {
            ("this quote is never closed".into(), "add the same quote at the end of the text".into())
        }
        Problem::AfterQuote => (
            "something follows after the closing quote".into(),
            "one pair of quotes goes around the whole text; for quotes inside it use “ ”".into(),
        ),
        Problem::CutByComma => (
            "a comma in braces ends the text before it".into(),
            "put a text in quotes as a whole: `{sms: \"first, second\"}`; write several values as `[114, 12580]`"
                .into(),
        ),
        Problem::Backslash => (
            "`\\` means something special in double quotes".into(),
            "use single quotes around the text, or write `\\\\`".into(),
        ),
        Problem::Indentation => (
            "this line does not line up with those around it".into(),
            "keys that belong together begin in the same column; `- ` begins an entry of a list".into(),
        ),
        Problem::NoSpace => ("a space is missing after the colon".into(), "write `key: value`".into()),
        Problem::NoColon => (
            "a line of the form `key: value` is expected here".into(),
            "add the colon, and a space after it; a text of several lines goes in quotes".into(),
        ),
        Problem::ColonInText => {
            ("a second colon stands in this line".into(), "put a text that holds `: ` in quotes".into())
        }
        Problem::SpecialStart { mark } => (
            format!("a value cannot begin with `{mark}` unless it is in quotes"),
            "put it in quotes, such as \"*100#\"".into(),
        ),
        Problem::NotAForm => {
            ("this is no form of keys and values".into(), "write lines like `title: Summer offer`".into())
        }
        _ => return None,
    })
}

fn key(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::DuplicateKey { key } => (format!("`{key}` is given twice"), "keep one of the two".into()),
        Problem::UnknownKey { key, nearest: Some(nearest), .. } => {
            (format!("`{key}` is not known here"), format!("did you mean `{nearest}`?"))
        }
        Problem::UnknownKey { key, known, .. } => {
            (format!("`{key}` is not known here"), format!("known are {}", list(known)))
        }
        Problem::MisplacedKey { key, under } => (
            format!("`{key}` does not belong here"),
            format!("it belongs under `{}`: indent it there, or write it in its braces", under.english),
        ),
        Problem::MissingKey { word } => (format!("`{}` is missing", word.english), example(word)),
        Problem::MissingValue { key } => {
            (format!("`{key}` has no value"), "write a value after it, or remove the key".into())
        }
        Problem::WrongShape { shape } => {
            let expected = match shape {
                Shape::Text => "a single value",
                Shape::TextOrList => "a value or a list of values",
                Shape::List => "a list",
                Shape::Fields | Shape::FieldsUnder(_) => "keys with values",
            };
            let help = match shape {
                Shape::Text => "write one value; a text with `:` `{` or `[` goes in quotes",
                Shape::TextOrList | Shape::List => "write `[first, second]`",
                Shape::FieldsUnder(word) if !fields_of(word).is_empty() => {
                    return Some((format!("{expected} should stand here"), format!("write {}", fields_of(word))));
                }
                Shape::Fields | Shape::FieldsUnder(_) => {
                    "write `{key: value}`, or keys on lines of their own, indented"
                }
            };
            (format!("{expected} should stand here"), help.into())
        }
        Problem::OneOnly { words } => {
            (format!("only one of {} can be given", list(words)), "keep one, or make two scenarios".into())
        }
        Problem::OneNeeded { words } => ("something is missing here".into(), format!("write one of {}", list(words))),
        Problem::NotYet { what } => {
            (format!("`{what}` is not available yet in this version"), "remove it; a later version will know it".into())
        }
        _ => return None,
    })
}

/// What may stand under a key, where it is not plain from the keys themselves.
fn fields_of(word: &Word) -> &'static str {
    match word.english {
        "send" => "`send: {sms: \"…\"}`",
        "limits" => "`limits: {per_user: 1 per 30d}`",
        "who" => "`who: {target: vip}`, with the list in `lists/vip.csv`",
        "area" => "`area: {enter: wanda}`, with the cells in `areas/wanda.csv`",
        "caps" => "`caps: {all: 1 per 24h}`",
        "quiet" => "`quiet: {from: \"21:00\", to: \"09:00\"}`",
        "holidays" => "`holidays: {off: 2026-10-01..2026-10-07}`",
        "convert" => "`convert: {call: {dialled: 12580}, within: 48h}`",
        _ => "",
    }
}

fn example(word: &Word) -> String {
    let example = match word.english {
        "scenario" => "`scenario: summer-g3`, a name that no other scenario has",
        "purpose" => "`purpose: marketing` (or `location`, or `service`): it decides which consent is needed",
        "when" => "`when: {call: {dialled: [114]}}`",
        "send" => "`send: {sms: \"…\"}`",
        "sms" => "`sms: \"the text\"`",
        "from" => "`from: 21:00`",
        "to" => "`to: 09:00`",
        "url" => "`url: \"http://wap.example.com/g3\"`",
        "text" => "`text: \"the title\"`",
        "ours" => "`ours: Zhejiang`, as the tables write it",
        _ => return String::new(),
    };
    format!("add {example}")
}

fn value(problem: &Problem) -> Option<(String, String)> {
    let (message, help) = match problem {
        Problem::Duration => ("this is no length of time", "write a number and a unit: `30s`, `10m`, `48h`, `7d`"),
        Problem::DurationRange { least, most } => {
            return Some(("this time is too short or too long".into(), format!("from `{least}` to `{most}`")));
        }
        Problem::Cap => ("this does not say how many within which time", "write it like `1 per 30d`; at most 1000"),
        Problem::Percentage => ("this is no share of subscribers", "write a percentage from 0% to 100%: `10%`, `2.5%`"),
        Problem::Dates => (
            "these are no days of the calendar",
            "write the first and the last day: `2009-07-01..2009-08-31`, or one day",
        ),
        Problem::Clock => ("this is no time of day", "write hours and minutes: `09:00`, `21:30`"),
        Problem::Hours => ("this is no span of a day", "write two different times: `09:00..21:00`"),
        Problem::Weekday => ("this is no day of the week", "write `mon`, `mon..fri`, `workdays` or `weekend`"),
        Problem::NumberPattern => (
            "this is no telephone number",
            "write digits, `*`, `#` and a leading `+`; `1795*` means all that begin with 1795",
        ),
        Problem::WholeNumber { least, most } => {
            return Some((
                "this is no whole number within bounds".into(),
                format!("write a number from {least} to {most}"),
            ));
        }
        Problem::Number { least, most } => {
            return Some(("there are too few or too many of these".into(), format!("write {least} to {most}")));
        }
        Problem::Choice { nearest: Some(nearest), .. } => {
            return Some(("this is not one of the possible values".into(), format!("did you mean `{nearest}`?")));
        }
        Problem::Choice { choices, .. } => {
            return Some(("this is not one of the possible values".into(), format!("possible are {}", list(choices))));
        }
        Problem::Name => ("this cannot be a name", "use letters, digits, `-`, `_` and `.`; at most 64"),
        Problem::DomainName => {
            ("this is no host or access point", "write letters, digits, `-` and dots: `taobao.com`, `cmwap`")
        }
        Problem::Url => ("this is no address of a page", "write it whole: `http://wap.example.com/g3`"),
        Problem::Money => {
            ("this is no amount of money", "write it like `500`, `0.05` or `5,000`; at most four decimals")
        }
        Problem::Shares => (
            "the shares of the variants are not 100% together",
            "give each its share, `50%` and `50%`, or none at all for equal ones",
        ),
        Problem::Cause => (
            "this is no reason for which a call ends",
            "write `busy`, `no_answer`, `turned_down`, `unreachable`, `wrong_number`, `congestion`, `normal`, or a cause from 1 to 127",
        ),
        Problem::ImsiPrefix => ("this does not begin an IMSI", "write its first digits: `46000485*`"),
        Problem::Network => ("this is no network", "write country and network code: `46000`, `460-02`"),
        Problem::TimeZone => ("this time zone is not known", "write it like `Asia/Shanghai` or `+08:00`"),
        _ => return None,
    };
    Some((message.into(), help.into()))
}

fn meaning(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::SameName { name } => {
            (format!("another scenario is called `{name}` too"), "give each scenario a name of its own".into())
        }
        Problem::UnknownList { name, kind, nearest } => {
            let what = if *kind == ListKind::Area { "area" } else { "list" };
            let help = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => needed(name, *kind),
            };
            (format!("there is no {what} called `{name}`"), help)
        }
        Problem::BadList { says, .. } => {
            let [(message, help), _] = &**says;
            (format!("this list cannot be used: {message}"), help.clone())
        }
        Problem::EmptyList { name, kind: ListKind::Area } => (
            format!("the area `{name}` has no cells: nobody can ever enter it"),
            format!("add rows to `areas/{name}.csv`"),
        ),
        Problem::EmptyList { name, .. } => {
            (format!("nothing stands on the list `{name}`"), format!("add rows to `lists/{name}.csv`"))
        }
        Problem::EndsBeforeItBegins => ("the last day is before the first".into(), "swap the two days".into()),
        Problem::LetsNothingThrough => (
            "with this nothing could ever be sent".into(),
            "allow at least one offer, or remove the scenario file".into(),
        ),
        Problem::OnlyNot => (
            "there is nothing here but `not`, and no event at which to judge it".into(),
            "add an event beside it: `all: [{call: 10086}, {not: {area: {enter: shops}}}]`".into(),
        ),
        Problem::NeverInTime => (
            "with this gap, so many can never happen in the time of `within`".into(),
            "make the gap shorter, the number smaller, or `within` longer".into(),
        ),
        Problem::NoTimeZone { word } => (
            format!("`{}` needs a time zone, and the policy names none", word.english),
            "add `timezone: Asia/Shanghai` to `policy.yaml`".into(),
        ),
        Problem::EmptyText => ("the text to send is empty".into(), "write the text between the quotes".into()),
        Problem::ControlCharacter { character } => (
            format!("the text holds an invisible control character (U+{:04X})", u32::from(*character)),
            "type the text anew instead of pasting it".into(),
        ),
        Problem::TextTooLong { parts } => {
            (format!("the text would be sent as {parts} short messages"), "shorten it to at most 670 characters".into())
        }
        Problem::NoWayToRefuse => (
            "an advertisement must say how to refuse further ones".into(),
            "add for instance “退订回复TD” or “Reply STOP to end”".into(),
        ),
        Problem::EmergencyNumber { number } => (
            format!("advertising on calls to {number}, an emergency number, is not allowed"),
            "name other numbers, or make the prefix longer".into(),
        ),
        Problem::NotLocation => (
            "this advertising uses where the subscriber is, but asks only for consent to marketing".into(),
            "write `purpose: location`".into(),
        ),
        Problem::OwnSender { number } => (
            format!("this waits for a message from {number}, from which we send ourselves"),
            "our own messages never trigger: name another number".into(),
        ),
        Problem::NoPrice => (
            "a budget needs to know what a short message costs".into(),
            "add `price: 0.05` to `policy.yaml`: each part of a long message is paid for".into(),
        ),
        Problem::UnknownSegment { name, nearest } => (
            format!("there is no segment called `{name}`"),
            match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "add it to `segments` in `policy.yaml`: `segments: {young: {tags: {age: [18-24]}}}`".into(),
            },
        ),
        Problem::NotOnTheseInterfaces { what } => (
            format!("`{what}`: who leaves for another network cannot be seen on the A and Gb interfaces, only by MAP"),
            "`roam: {back: ...}` shows who has come back".into(),
        ),
        Problem::NotProven => (
            "who was refused is not proven: somebody else may have claimed to be them".into(),
            "advertise on another event; `purpose: service` is allowed".into(),
        ),
        Problem::CapBeyondMemory { days } => (
            format!("this cap counts further back than subscribers are remembered ({days} days)"),
            "shorten its period, or lengthen `remembered` in `policy.yaml`".into(),
        ),
        Problem::UnknownVariable { name, nearest } => (
            format!("nobody knows what `{{{name}}}` stands for"),
            match nearest {
                Some(nearest) => format!("did you mean `{{{nearest}}}`?"),
                None => "known are `{area}`, `{device}`, and the columns that `tags` in `policy.yaml` names".into(),
            },
        ),
        Problem::NothingToName { name, word } => (
            format!("`{{{name}}}` has nothing to stand for: this scenario names no `{}`", word.english),
            "name one under `when`, or take it out of the text".into(),
        ),
        Problem::LongerThanItSeems { least, most } => (
            format!("filled in, the text can take {most} short messages instead of {least}"),
            "shorten it if that costs too much".into(),
        ),
        Problem::Untitled { area } => (
            format!("`{{area}}` would tell subscribers `{area}`: the area has no title"),
            "give it one: a column `title` in its CSV, or a `name` in its GeoJSON".into(),
        ),
        Problem::OfChannels { what } => (
            format!("`{what}` is said of a channel, by whoever runs Touchpoint, and not here"),
            "name the channel: `send: {sms: \"…\", channel: hall}`".into(),
        ),
        Problem::UnknownChannel { name, nearest, known } => (
            format!("there is no channel called `{name}`"),
            match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None if known.is_empty() => "no channel is set up yet: ask whoever runs Touchpoint".into(),
                None => format!("there are {}; whoever runs Touchpoint can set up others", known.join(", ")),
            },
        ),
        Problem::NoColumnInName => (
            "all scenarios of this template would have the same name".into(),
            "put a column into it: `scenario: shop-{id}`".into(),
        ),
        Problem::NeverShown { word, obstacle, part } => (
            format!("`{}` is never seen with these feeds: {}", word.english, obstacle.text(Language::English)),
            match part {
                Part::Needed => "attach a feed that shows it, or wait for something else".into(),
                Part::Alternative => "only the other events can begin this; attach a feed that shows it".into(),
                Part::RuledOut => "nobody would be left out by it; attach a feed that shows it, or take it out".into(),
                Part::HopedFor => "no success would be counted; attach a feed that shows it".into(),
            },
        ),
        Problem::NotAlwaysShown { word, condition, seen } => {
            let share = seen.map(|[those, of]| format!("; {those} of {of} subscribers in the store have shown it"));
            (
                format!("`{}` is not always seen with these feeds", word.english),
                format!("it is seen only if {}{}", condition.text(Language::English), share.unwrap_or_default()),
            )
        }
        Problem::NoPolicy => (
            "there is no `policy.yaml`: no quiet hours and no cap over all scenarios hold".into(),
            "add one with `timezone`, `quiet` and `caps`".into(),
        ),
        _ => return None,
    })
}

fn needed(name: &str, kind: ListKind) -> String {
    match kind {
        ListKind::Area => format!("add the file `areas/{name}.csv` with the columns `lac,ci`"),
        ListKind::Devices => format!("add the file `lists/{name}.csv` with the column `tac`"),
        ListKind::Subscribers => format!("add the file `lists/{name}.csv` with the column `imsi` or `msisdn`"),
        ListKind::Rows => format!("add the file `lists/{name}.csv`; its first line names the columns of the template"),
        ListKind::Provinces => format!("add the file `lists/{name}.csv` with the column `province`"),
    }
}

/// Words, one after the other.
pub(super) fn list(words: &[Word]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{}`", word.in_language(Language::English))).collect();
    words.join(", ")
}
