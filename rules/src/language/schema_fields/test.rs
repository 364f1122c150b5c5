//! The forms of a test file.

use super::super::test_words as t;
use super::super::vocabulary as v;
use super::scenario::{CAUSE, PDP_FIELDS};
use super::{
    ATTEMPT, CELL, DATA, DATES, Field, HOST, IDENTITY, LIST, NAME, NOTE, NUMBER, PHASE, PURPOSES, SPAN, Shape, Sheet,
    TIME, YES_OR_NO, field, sheet,
};

/// A test file.
pub(in super::super) static TEST: [Sheet; 10] = [
    sheet("test", &t::TEST_FILE, &[TEST_FIELDS], &[&[t::CASES]]),
    sheet("equivalent", &t::EQUIVALENT_FORM, &[EQUIVALENT_FIELDS], &[&[v::SCENARIO], &[t::CHANGE], &[t::BECAUSE]]),
    sheet("defaults", &t::DEFAULTS_FORM, &[CASE_FIELDS], &[]),
    sheet("case", &t::CASE_FORM, &[CASE_FIELDS], &[&[t::CASE], &[t::EVENTS], &[t::EXPECT]]),
    sheet("person", &t::PERSON_FORM, &[PERSON_FIELDS], &[]),
    sheet("event", &t::EVENT_FORM, &[EVENT_FIELDS], &[&[t::AT]]),
    sheet("call", &t::CALL_FORM, &[CALLED_FIELDS], &[&[t::CALLED, t::CALLING]]),
    sheet("sms", &t::SMS_FORM, &[MESSAGE_FIELDS], &[&[v::TO, v::FROM]]),
    sheet("pdp", &v::PDP_FORM, &[PDP_FIELDS], &[]),
    sheet("offer", &t::OFFER_FORM, &[OFFER_FIELDS], &[&[t::AT], &[t::OFFER]]),
];

const TEST_FIELDS: &[Field] = &[
    field(t::DEFAULTS, Shape::Form("defaults"), ["What holds for every case.", "所有用例的默认值。"]),
    field(t::CASES, Shape::Several(&Shape::Form("case"), 1), ["The cases.", "用例。"]),
    field(
        t::EQUIVALENT,
        Shape::Several(&Shape::Form("equivalent"), 0),
        ["Mistakes that no case can notice (`test --mutate`).", "任何用例都发现不了的改动（`test --mutate`）。"],
    ),
    NOTE,
];

const EQUIVALENT_FIELDS: &[Field] = &[
    field(v::SCENARIO, Shape::Text, ["The scenario, or `policy`.", "场景名；策略文件写 `policy`。"]),
    field(
        t::CHANGE,
        Shape::Text,
        ["As `test --mutate` names it: `10m → 20m`.", "照 `test --mutate` 的写法：`10m → 20m`。"],
    ),
    field(t::BECAUSE, Shape::Text, ["Why nothing comes of it.", "为什么改了也不影响结果。"]),
];

const CASE_FIELDS: &[Field] = &[
    field(t::CASE, Shape::Text, ["What it shows.", "说明什么。"]),
    NOTE,
    field(t::DATE, DATES, ["The day of times such as `14:00`.", "`14:00` 这类时间所在的日期。"]),
    field(v::WHO, Shape::Form("person"), ["Whom it is about.", "用例中的用户。"]),
    field(t::COLD, YES_OR_NO, ["Whether it runs in the warm-up after a cold start.", "是否处于冷启动的预热期。"]),
    field(t::EVENTS, Shape::Several(&Shape::Form("event"), 1), ["What happens, in order.", "依次发生的事件。"]),
    field(t::UNTIL, TIME, ["The clock goes on until then.", "时钟走到何时。"]),
    field(
        t::EXPECT,
        Shape::Several(&Shape::Form("offer"), 0),
        [
            "All offers of all scenarios, with their times; `[]` for none.",
            "所有场景的全部发送及其时间；没有则写 `[]`。",
        ],
    ),
    field(
        t::WHY_NOT,
        Shape::Columns(&Shape::OneOrMore(&Shape::Text)),
        [
            "Scenarios that must be withheld, and the reason: `{dial-114: quiet_hours}`.",
            "不应发送的场景及原因：`{dial-114: quiet_hours}`。",
        ],
    ),
];

const PERSON_FIELDS: &[Field] = &[
    field(t::IMSI, IDENTITY, ["The IMSI; it tells home from roaming.", "IMSI，由此判断本网还是漫游。"]),
    field(t::MSISDN, NUMBER, ["The number, where lists name people by it.", "手机号，名单按号码时需要。"]),
    field(
        v::CONSENT,
        Shape::Either(&[Shape::Several(&Shape::Choice(PURPOSES), 0), Shape::Choice(PURPOSES)]),
        ["Purposes agreed to; `[]` for none.", "同意的用途；没有则写 `[]`。"],
    ),
    field(v::TAGS, Shape::Columns(&Shape::Text), ["Columns of the subscriber file.", "用户文件中的列。"]),
    field(
        t::IN_CONTROL,
        Shape::Choice(&[v::YES, t::NO, t::OF_SCENARIO]),
        [
            "Whether in every control group, only in those of scenarios, or (by default) in none.",
            "是否在对照组中：是(含全局)、本场景(不含全局)；默认都不在。",
        ],
    ),
];

const EVENT_FIELDS: &[Field] = &[
    field(
        t::AT,
        TIME,
        [
            "`14:00`, `2009-07-11 14:00`, or `+26h` after the first event.",
            "`14:00`、`2009-07-11 14:00`，或第一个事件之后 `+26h`。",
        ],
    ),
    field(
        t::CELL,
        CELL,
        [
            "Seen in this cell: LAC as four hexadecimal digits, CI in decimal; with the network all decimal.",
            "在此小区出现：LAC 四位十六进制，CI 十进制；带网号则全部十进制。",
        ],
    ),
    field(v::AREA, LIST, ["Seen in a cell of this area (areas/*.csv).", "在此区域（areas/*.csv）的小区出现。"]),
    field(
        t::OLD_LAI,
        Shape::Text,
        [
            "Where the phone says it comes from: `international`, `other_network`, `454-00-1`.",
            "手机上报的原位置区：`国际`、`他网`、`454-00-1`。",
        ],
    ),
    field(t::STAY, SPAN, ["Stays there, seen every half hour.", "留在那里，每半小时出现一次。"]),
    field(t::IMEI, IDENTITY, ["The handset shows this IMEI.", "手机上报此串号。"]),
    field(v::POWER, Shape::Choice(&[v::ON, v::OFF]), ["Switched on or off.", "开机或关机。"]),
    field(
        v::CALL,
        Shape::Either(&[Shape::Form("call"), NUMBER]),
        ["A call; a number alone is the one dialled.", "通话；直接写号码表示拨打的号码。"],
    ),
    field(v::SMS, Shape::Form("sms"), ["A short message.", "短信。"]),
    field(v::USSD, NUMBER, ["A USSD code is dialled.", "拨 USSD 代码。"]),
    field(
        v::CALL_FORWARDING,
        Shape::Either(&[YES_OR_NO, NUMBER]),
        ["Forwarding is set, to this number where one is given.", "设置呼叫转移；可写转移到的号码。"],
    ),
    field(v::DATA, DATA, ["Attaches for packet data, or leaves it.", "附着或离开数据业务。"]),
    field(
        v::PDP,
        Shape::Either(&[Shape::Form("pdp"), HOST]),
        ["A data connection begins, with this access point.", "建立数据连接，写接入点。"],
    ),
    field(v::WEB, HOST, ["A site is visited.", "访问网站。"]),
    field(v::REFUSED, ATTEMPT, ["The network refuses this.", "被网络拒绝。"]),
    field(
        t::IDENTITY,
        Shape::Choice(&[t::CERTAIN, t::SUSPECT]),
        ["Whether it is certain whose event it is.", "用户身份是否确定。"],
    ),
];

const CALLED_FIELDS: &[Field] = &[
    field(t::CALLED, NUMBER, ["The number dialled.", "拨打的号码。"]),
    field(
        t::CALLING,
        Shape::Either(&[NUMBER, Shape::Choice(&[t::HIDDEN])]),
        ["The number that calls, or `hidden`.", "来电号码，或 `隐藏`。"],
    ),
    field(v::PHASE, PHASE, ["Which moment of the call; default `setup`.", "通话的哪个时刻；默认 `拨号`。"]),
    field(v::LENGTH, SPAN, ["How long it was.", "通话时长。"]),
    field(v::CAUSE, CAUSE, ["Why it ended.", "结束的原因。"]),
];

const MESSAGE_FIELDS: &[Field] = &[
    field(v::TO, NUMBER, ["Sent to this number.", "发往此号码。"]),
    field(v::FROM, Shape::Either(&[NUMBER, Shape::Choice(&[t::HIDDEN])]), ["From this number.", "来自此号码。"]),
];

const OFFER_FIELDS: &[Field] =
    &[field(t::AT, TIME, ["When.", "时间。"]), field(t::OFFER, NAME, ["The name of the scenario.", "场景名称。"])];
