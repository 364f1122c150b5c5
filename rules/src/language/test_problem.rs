//! What can be wrong with a test file, and what a case that fails is told: in both languages, with its codes.

use super::codes::Code;
use super::source::Language;
use super::words::Word;
use super::{chinese, english};

/// A mistake in a test file, or a case that fails.
#[derive(Debug)]
pub(super) enum TestProblem {
    Time,
    TimeGoesBack,
    FirstIsRelative,
    Cell,
    OldArea,
    Identity {
        what: &'static str,
    },
    UnknownScenario {
        name: String,
        nearest: Option<String>,
    },
    UnknownReason {
        nearest: Option<String>,
        known: Vec<Word>,
    },
    NothingHappens,
    NoCases,
    SameCase {
        name: String,
    },
    TooManyEvents {
        most: usize,
    },
    /// A change that is called equivalent, and is not, or is not tried.
    NotEquivalent,
    /// An offer was expected and not made.
    Missing {
        case: String,
        offer: String,
        at: String,
        got: String,
    },
    /// An offer was made that is not expected.
    Unexpected {
        case: String,
        offer: String,
        at: String,
    },
    /// Withheld for another reason, or not at all.
    OtherReason {
        case: String,
        scenario: String,
        expected: String,
        got: String,
    },
}

impl TestProblem {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Time => "T001",
            Self::TimeGoesBack => "T002",
            Self::FirstIsRelative => "T003",
            Self::Cell | Self::OldArea => "T004",
            Self::Identity { .. } => "T005",
            Self::UnknownScenario { .. } => "T006",
            Self::UnknownReason { .. } => "T007",
            Self::NothingHappens => "T008",
            Self::NoCases => "T009",
            Self::SameCase { .. } => "T010",
            Self::TooManyEvents { .. } => "T011",
            Self::NotEquivalent => "T012",
            Self::Missing { .. } => "T020",
            Self::Unexpected { .. } => "T021",
            Self::OtherReason { .. } => "T022",
        }
    }

    /// What is wrong, and what to do about it.
    pub(super) fn say(&self, language: Language) -> (String, Option<String>) {
        let (message, help) = match language {
            Language::English => self.in_english(),
            Language::Chinese => self.in_chinese(),
        };
        (message, (!help.is_empty()).then_some(help))
    }

    fn in_english(&self) -> (String, String) {
        match self {
            Self::Time => (
                "this is no time of a case".into(),
                "write `14:00`, `2009-07-11 14:00`, or `+26h` for so long after the first event".into(),
            ),
            Self::TimeGoesBack => (
                "this is earlier than the event before it".into(),
                "list events in order; for the next day write its date or `+26h`".into(),
            ),
            Self::FirstIsRelative => (
                "the first event has nothing that it could be later than".into(),
                "give the first event a time of day, such as `09:00`".into(),
            ),
            Self::Cell => (
                "this is no cell".into(),
                "write `6A11-1001` (LAC as four hexadecimal digits, cell identity in decimal), or \
                 `460-00-27153-1001` with the network (all decimal)"
                    .into(),
            ),
            Self::OldArea => (
                "this is no place to come from".into(),
                "write `international`, `other_network`, or a location area, all decimal: `454-00-1`".into(),
            ),
            Self::Identity { what } => (format!("this is no {what}"), "write digits only".into()),
            Self::UnknownScenario { name, nearest } => (
                format!("there is no scenario `{name}`"),
                nearest.as_ref().map_or_else(
                    || "write the name that stands behind `scenario:` in its file".into(),
                    |nearest| format!("did you mean `{nearest}`?"),
                ),
            ),
            Self::UnknownReason { nearest: Some(nearest), .. } => {
                ("there is no such reason".into(), format!("did you mean `{nearest}`?"))
            }
            Self::UnknownReason { known, .. } => {
                ("there is no such reason".into(), format!("reasons are {}", english::list(known)))
            }
            Self::NothingHappens => (
                "nothing happens in this event".into(),
                "add what happens: `cell`, `area`, `call`, `sms`, `ussd`, `call_forwarding`, `imei` or `power`".into(),
            ),
            Self::NoCases => ("there is no case here".into(), "add one under `cases`, beginning with `- case:`".into()),
            Self::SameCase { name } => {
                (format!("another case is called `{name}` too"), "give each case its own name".into())
            }
            Self::TooManyEvents { most } => {
                (format!("a case has at most {most} events"), "split it into several cases".into())
            }
            Self::NotEquivalent => (
                "this change is noticed by a case, or is none that is tried".into(),
                "remove it from the list, or write it as `test --mutate` names it".into(),
            ),
            Self::Missing { case, offer, at, got } => {
                (format!("`{case}`: expected the offer `{offer}` at {at}, got {got}"), String::new())
            }
            Self::Unexpected { case, offer, at } => {
                (format!("`{case}`: got the offer `{offer}` at {at}, which is not expected"), String::new())
            }
            Self::OtherReason { case, scenario, expected, got } => {
                (format!("`{case}`: expected `{scenario}` to be withheld for {expected}, got {got}"), String::new())
            }
        }
    }

    fn in_chinese(&self) -> (String, String) {
        match self {
            Self::Time => (
                "这不是用例里的时间".into(),
                "请写成 `14:00`、`2009-07-11 14:00`，或 `+26h`（第一个事件之后 26 小时）".into(),
            ),
            Self::TimeGoesBack => {
                ("这个时间早于上一个事件".into(), "事件请按先后排列；第二天的事件请写日期，或写 `+26h`".into())
            }
            Self::FirstIsRelative => {
                ("第一个事件之前没有别的事件可作参照".into(), "第一个事件请写钟点，例如 `09:00`".into())
            }
            Self::Cell => (
                "这不是小区".into(),
                "请写成 `6A11-1001`（LAC 为四位十六进制，CI 为十进制），或带网号的 `460-00-27153-1001`（全部十进制）"
                    .into(),
            ),
            Self::OldArea => ("这不是来处".into(), "请写 `国际`、`他网`，或十进制的位置区，例如 `454-00-1`".into()),
            Self::Identity { what } => (format!("这不是 {what}"), "请只写数字".into()),
            Self::UnknownScenario { name, nearest } => (
                format!("没有叫 `{name}` 的场景"),
                nearest.as_ref().map_or_else(
                    || "请写场景文件里 `场景:` 后面的名称".into(),
                    |nearest| format!("是不是想写 `{nearest}`？"),
                ),
            ),
            Self::UnknownReason { nearest: Some(nearest), .. } => {
                ("没有这个原因".into(), format!("是不是想写 `{nearest}`？"))
            }
            Self::UnknownReason { known, .. } => {
                ("没有这个原因".into(), format!("可写的原因有{}", chinese::list(known)))
            }
            Self::NothingHappens => (
                "这个事件里什么也没有发生".into(),
                "请写明发生了什么：`小区`、`区域`、`呼叫`、`短信`、`ussd`、`呼叫转移`、`串号` 或 `开关机`".into(),
            ),
            Self::NoCases => ("这里没有任何用例".into(), "请在 `用例` 下添加，以 `- 名称:` 开头".into()),
            Self::SameCase { name } => (format!("还有另一个用例也叫 `{name}`"), "请给每个用例起不同的名称".into()),
            Self::TooManyEvents { most } => (format!("一个用例最多 {most} 个事件"), "请拆成几个用例".into()),
            Self::NotEquivalent => (
                "这处改动已有用例能发现，或根本不会尝试".into(),
                "请从「等效改动」里删掉，或照 `test --mutate` 的写法改正".into(),
            ),
            Self::Missing { case, offer, at, got } => {
                (format!("`{case}`：期望在 {at} 发送 `{offer}`，实际{got}"), String::new())
            }
            Self::Unexpected { case, offer, at } => {
                (format!("`{case}`：在 {at} 发送了 `{offer}`，而用例并不期望"), String::new())
            }
            Self::OtherReason { case, scenario, expected, got } => {
                (format!("`{case}`：期望 `{scenario}` 因「{expected}」不发，实际{got}"), String::new())
            }
        }
    }
}

/// The codes of test files, in order.
pub const fn test_codes() -> &'static [Code] {
    &CODES
}

static CODES: [Code; 15] = [
    Code::new(
        "T001",
        ["Not a time of a case", "时间写法不对"],
        [
            "Times in a test are a time of day on the date of the case (`14:00`), a date and a time \
             (`2009-07-11 14:00`), or a time after the first event (`+26h`, `+1d2h`).",
            "用例里的时间可以写成当天的钟点（`14:00`）、日期加钟点（`2009-07-11 14:00`），或相对第一个事件的时间（`+26h`）。",
        ],
    ),
    Code::new(
        "T002",
        ["Time goes back", "时间倒退"],
        [
            "Events of a case are listed in the order in which they happen. A time of day is always one of the case's \
             date: after midnight write the date, or `+26h`.",
            "用例中的事件按发生的先后排列。只写钟点时都指用例当天：过了零点请写日期，或写 `+26h`。",
        ],
    ),
    Code::new(
        "T003",
        ["The first event has no time of its own", "第一个事件没有自己的时间"],
        [
            "A time such as `+2h` counts from the first event of the case, so that one needs a time of day.",
            "`+2h` 这样的时间从用例的第一个事件算起，所以第一个事件要写钟点。",
        ],
    ),
    Code::new(
        "T004",
        ["Not a cell", "小区写法不对"],
        [
            "A cell is written `LAC-CI`: the LAC as exactly four hexadecimal digits, the CI in decimal (`6A11-1001`). With \
             the network in front it is written as `decode` shows it, all decimal: `460-00-27153-1001`.",
            "小区写成 `LAC-CI`：LAC 为四位十六进制，CI 为十进制（`6A11-1001`）。前面带网号时与 `decode` 的显示相同，全部十进制：\
             `460-00-27153-1001`。",
        ],
    ),
    Code::new(
        "T005",
        ["Not an identity", "号码写法不对"],
        [
            "An IMSI has up to 15 digits, an IMEI 14 to 16, a telephone number only digits and a leading `+`.",
            "IMSI 最多 15 位数字，IMEI 为 14 到 16 位数字，手机号只含数字（前面可带 `+`）。",
        ],
    ),
    Code::new(
        "T006",
        ["Unknown scenario", "没有这个场景"],
        [
            "A case speaks of a scenario that is not in this folder. Use the name behind `scenario:`, not its title.",
            "用例提到的场景不在这个文件夹里。请写 `场景:` 后面的名称，而不是标题。",
        ],
    ),
    Code::new(
        "T007",
        ["Unknown reason", "没有这个原因"],
        [
            "Behind `why_not` stands the name of the gate that withholds the offer, such as `quiet_hours` or `per_user_cap`, \
             or `not_triggered` where the scenario's event must not come at all.",
            "`原因` 后面写挡住发送的关卡名称，例如 `quiet_hours`、`per_user_cap`；场景根本不应触发时写 `not_triggered`（未触发）。",
        ],
    ),
    Code::new(
        "T008",
        ["Nothing happens", "没有发生任何事"],
        [
            "An event of a case needs at least one thing that happens: where the subscriber is seen (`cell`, `area`), or what \
             the subscriber does (`call`, `sms`, `ussd`, `call_forwarding`, `imei`, `power`).",
            "用例里的事件至少要有一件事发生：在哪里出现（`小区`、`区域`），或做了什么（`呼叫`、`短信`、`ussd`、`呼叫转移`、`串号`、`开关机`）。",
        ],
    ),
    Code::new(
        "T009",
        ["No cases", "没有用例"],
        [
            "A test file lists its cases under `cases`, each beginning with `- case: what it shows`.",
            "测试文件在 `用例` 下列出各个用例，每个以 `- 名称: 说明什么` 开头。",
        ],
    ),
    Code::new(
        "T010",
        ["Two cases of one name", "用例重名"],
        [
            "The name of a case is what a report shows: two of the same file need different ones.",
            "报告里显示的是用例名称，同一文件中的两个用例不能同名。",
        ],
    ),
    Code::new(
        "T011",
        ["Too many events", "事件过多"],
        [
            "A case shows one thing. `stay` writes a sighting every half hour and counts as that many events.",
            "一个用例只说明一件事。`逗留` 每半小时算一次出现，计入事件数。",
        ],
    ),
    Code::new(
        "T012",
        ["Not an equivalent change", "不是等效改动"],
        [
            "`equivalent` names mistakes that no case can notice because nothing comes of them, each with the reason. \
             `test --mutate` passes over these. One that a case does notice, or that is never tried, must not stand there.",
            "「等效改动」列出任何用例都发现不了、因为改了也不影响结果的改动，并写明理由，`test --mutate` 不再提示。已有用例能发现\
             的，或根本不会尝试的，不能写在这里。",
        ],
    ),
    Code::new(
        "T020",
        ["An expected offer was not made", "期望的发送没有发生"],
        [
            "The case expects an offer that the scenarios do not make, or make at another time. The notes show all that came \
             of the case, and each gate in order.",
            "用例期望的发送没有发生，或发生在别的时间。附注列出本用例的全部结果，以及各道关卡的判断。",
        ],
    ),
    Code::new(
        "T021",
        ["An offer that nobody expects", "出现了未期望的发送"],
        [
            "The scenarios make an offer that the case does not list. `expect` lists all offers of all scenarios of the folder.",
            "出现了用例没有列出的发送。`期望` 要列出这个文件夹里所有场景的全部发送。",
        ],
    ),
    Code::new(
        "T022",
        ["Withheld for another reason", "不发的原因不同"],
        [
            "The offer was withheld for another reason than the case says, was not withheld, or was never triggered.",
            "没有发送的原因与用例所写不同，或并没有被挡住，或根本没有触发。",
        ],
    ),
];
