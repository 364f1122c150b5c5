//! What each key of each form means and may hold: the part of the schema that the vocabulary does not say.

use super::test_words as t;
use super::vocabulary::{self as v, Vocabulary};
use super::words::Word;

/// What a value may look like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// A text of a notation, with examples.
    Pattern(&'static str, &'static [&'static str]),
    /// The same, where it may be written without quotes and look like a number.
    Digits(&'static str, &'static [&'static str]),
    /// The same, where it may look like a number with decimals.
    Decimal(&'static str, &'static [&'static str]),
    /// A whole number within bounds.
    Whole(u64, u64),
    /// One of these.
    Choice(&'static [Word]),
    /// Nothing behind the colon.
    Nothing,
    /// The form of this sheet.
    Form(&'static str),
    /// One, or a list.
    OneOrMore(&'static Shape),
    /// A list of at least so many.
    Several(&'static Shape, u64),
    /// Any of these.
    Either(&'static [Shape]),
    /// Keys that the author names, each with such a value.
    Columns(&'static Shape),
}

/// A key of a form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) word: Word,
    pub(super) shape: Shape,
    /// What it means, in English and in Chinese.
    pub(super) says: [&'static str; 2],
}

/// A form with what is known of its keys.
pub(super) struct Sheet {
    pub(super) name: &'static str,
    pub(super) form: &'static Vocabulary,
    pub(super) fields: &'static [&'static [Field]],
    /// Of each group one must stand there.
    pub(super) required: &'static [&'static [Word]],
    /// Whether no more than one key may stand there.
    pub(super) one_only: bool,
}

impl Sheet {
    pub(super) fn field(&self, word: Word) -> Option<&'static Field> {
        self.fields.iter().copied().flatten().find(|field| field.word == word)
    }
}

const fn field(word: Word, shape: Shape, says: [&'static str; 2]) -> Field {
    Field { word, shape, says }
}

const fn sheet(
    name: &'static str,
    form: &'static Vocabulary,
    fields: &'static [&'static [Field]],
    required: &'static [&'static [Word]],
) -> Sheet {
    Sheet { name, form, fields, required, one_only: false }
}

const fn one_of(name: &'static str, form: &'static Vocabulary, fields: &'static [&'static [Field]]) -> Sheet {
    Sheet { name, form, fields, required: &[], one_only: true }
}

// Notations. Each takes at least what the reader takes.
const SPAN: Shape = Shape::Pattern(r"^\s*([0-9]+\s*[A-Za-z\u3400-\u9fff]+\s*)+$", &["10m", "24h", "30d"]);
const CAP: Shape = Shape::Pattern(r"(per|/|每|次)", &["1 per 30d", "3 per 7d"]);
const MONEY: Shape = Shape::Decimal(r"^\s*[¥￥]?\s*[0-9][0-9,]*(\.[0-9]{1,4})?\s*(元|yuan)?\s*$", &["500", "0.05"]);
const SHARE: Shape = Shape::Pattern(r"^\s*[0-9]{1,3}(\.[0-9]{1,2})?\s*%\s*$", &["10%", "2.5%"]);
const DATES: Shape = Shape::Pattern(r"^\s*[0-9]{4}\s*[-年]", &["2009-07-01..2009-08-31", "2009-07-01"]);
const HOURS: Shape = Shape::Pattern(r"^\s*[0-9]{1,2}:[0-9]{2}.*[0-9]{1,2}:[0-9]{2}\s*$", &["09:00..21:00"]);
const CLOCK: Shape = Shape::Pattern(r"^\s*[0-9]{1,2}:[0-9]{2}\s*$", &["21:00"]);
const NUMBER: Shape = Shape::Digits(r"^\s*\+?[0-9*#]+\s*$", &["114", "1795*", "+8613800100186"]);
const NAME: Shape = Shape::Digits(r"^[^\s/\\]{1,64}$", &["wanda-g3"]);
const NETWORK: Shape = Shape::Digits(r"^\s*[0-9]{3}-?[0-9]{2,3}\s*$", &["46000"]);
const IDENTITY: Shape = Shape::Digits(r"^\s*[0-9]{5,16}\s*$", &["460001111111111"]);
const CELL: Shape =
    Shape::Pattern(r"^([0-9A-Fa-f]{4}|[0-9]{3}-[0-9]{2,3}-[0-9]+)-[0-9]+$", &["6A11-1001", "460-00-27153-1001"]);
const TIME: Shape =
    Shape::Pattern(r"^\s*(\+.*[A-Za-z\u3400-\u9fff]|.*[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)\s*$", &["14:00", "+26h"]);
const LIST: Shape = Shape::Text;
const YES: Shape = Shape::Choice(&[v::YES]);
const YES_OR_BARE: Shape = Shape::Either(&[Shape::Nothing, YES]);
const YES_OR_NO: Shape = Shape::Choice(&[v::YES, t::NO]);
const PURPOSES: &[Word] = &[v::SERVICE, v::MARKETING, v::LOCATION];
const ORIGINS: &[Word] = &[v::HOME_PROVINCE, v::OTHER_PROVINCE, v::OTHER_NETWORK, v::INTERNATIONAL];
const ABROAD: Shape = Shape::Choice(&[v::OTHER_PROVINCE, v::OTHER_NETWORK, v::INTERNATIONAL, v::ANY]);
const ABROADS: Shape = Shape::Either(&[Shape::Nothing, Shape::OneOrMore(&ABROAD)]);
const NUMBERS: Shape = Shape::OneOrMore(&NUMBER);
const NUMBERS_OR_BARE: Shape = Shape::Either(&[Shape::Nothing, NUMBERS]);
const HOST: Shape =
    Shape::Pattern(r"^\s*(https?://)?(\*\.)?[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*\.?/?\s*$", &["taobao.com"]);
const HOSTS: Shape = Shape::OneOrMore(&HOST);
const HOSTS_OR_BARE: Shape = Shape::Either(&[Shape::Nothing, HOSTS]);
const CONTEXT: Shape = Shape::Either(&[Shape::Form("pdp"), HOSTS_OR_BARE]);
const WEB_ADDRESS: Shape = Shape::Pattern(r"^\s*https?://[0-9A-Za-z][\x21-\x7e]*\s*$", &["http://wap.example.com/g3"]);
const IMSI_PREFIX: Shape = Shape::Digits(r"^\s*[0-9]{1,15}\**\s*$", &["46000485*"]);
const CLOCKS: Shape = Shape::OneOrMore(&CLOCK);
const DAYS: Shape = Shape::OneOrMore(&DATES);
const DATA: Shape = Shape::Choice(&[v::ATTACH, v::DETACH]);
const ATTEMPT: Shape = Shape::Choice(&[v::LOCATION_UPDATE, v::SERVICE, v::DATA]);
const PHASE: Shape = Shape::Choice(&[v::SETUP, v::ANSWERED, v::ENDED]);

/// What stands alone: `when: power_on`.
const BARE: Shape = Shape::Choice(&[
    v::CALL,
    v::SMS,
    v::USSD,
    v::CALL_FORWARDING,
    v::DEVICE_CHANGE,
    v::POWER_ON,
    v::POWER_OFF,
    v::LOCATION_UPDATE,
    v::CELL_CHANGE,
    v::SEEN,
    v::PDP,
    v::WEB,
    v::REFUSED,
]);
const STEP: Shape = Shape::Either(&[Shape::Form("step"), BARE]);
const STEPS: Shape = Shape::Several(&STEP, 2);
const CONDITION: Shape = Shape::Either(&[Shape::Form("condition"), BARE]);
const CONDITIONS: Shape = Shape::Several(&CONDITION, 1);

const STILL_HERE: Field = field(
    v::STILL_HERE,
    Shape::Choice(&[v::YES, v::NO_NEED]),
    [
        "Whether the subscriber must be present at the end; yes, but with `schedule`, where nothing is said.",
        "到时用户是否须仍在网；不写则须在网，「定时」则不须。",
    ],
);
const NOTE: Field = field(v::NOTE, Shape::Text, ["For people; nothing reads it.", "给人看的备注，程序不读。"]);

/// A scenario file.
pub(super) static SCENARIO: [Sheet; 24] = [
    sheet(
        "scenario",
        &v::SCENARIO_FILE,
        &[SCENARIO_FIELDS],
        &[&[v::SCENARIO], &[v::PURPOSE], &[v::WHEN], &[v::SEND, v::VARIANTS, v::STAGES]],
    ),
    one_of("trigger", &v::TRIGGER, &[EVENTS, PATTERNS]),
    one_of("step", &v::STEP, &[EVENTS, PATTERNS]),
    one_of("condition", &v::CONDITION, &[EVENTS, PATTERNS]),
    sheet("sequence", &v::SEQUENCE_FORM, &[PARTS], &[&[v::STEPS]]),
    sheet("count", &v::COUNT_FORM, &[PARTS], &[&[v::OF], &[v::AT_LEAST]]),
    sheet("all", &v::ALL_FORM, &[&[ALL_OF_CONDITIONS], PARTS], &[&[v::OF]]),
    sheet("absence", &v::ABSENCE_FORM, &[PARTS], &[&[v::AFTER], &[v::NO], &[v::FOR]]),
    sheet("area", &v::AREA_FORM, &[AREA_FIELDS], &[&[v::ENTER, v::LEAVE, v::INSIDE]]),
    sheet("call", &v::CALL_FORM, &[CALL_FIELDS], &[]),
    sheet("length", &v::LENGTH_FORM, &[LENGTH_FIELDS], &[]),
    sheet("pdp", &v::PDP_FORM, &[PDP_FIELDS], &[]),
    sheet("location_update", &v::LOCATION_UPDATE_FORM, &[LOCATION_UPDATE_FIELDS], &[&[v::AREA]]),
    sheet("schedule", &v::SCHEDULE_FORM, &[SCHEDULE_FIELDS], &[&[v::AT, v::AFTER]]),
    sheet("convert", &v::CONVERT_FORM, &[EVENTS, PATTERNS, PARTS], &[v::STEP.keys]),
    sheet("sms", &v::SMS_FORM, &[SMS_FIELDS], &[]),
    sheet("device_change", &v::DEVICE_CHANGE_FORM, &[DEVICE_CHANGE_FIELDS], &[]),
    sheet("roam", &v::ROAM_FORM, &[ROAM_FIELDS], &[&[v::ROAM_IN, v::ROAM_BACK]]),
    sheet("who", &v::WHO_FORM, &[WHO_FIELDS], &[]),
    sheet("send", &v::SEND_FORM, &[SEND_FIELDS], &[&[v::TEXT, v::WAP_PUSH]]),
    sheet("wap_push", &v::WAP_PUSH_FORM, &[WAP_PUSH_FIELDS], &[&[v::URL], &[v::PUSH_TITLE]]),
    sheet("variant", &v::VARIANT_FORM, &[VARIANT_FIELDS], &[&[v::VARIANT_NAME], &[v::SEND]]),
    sheet("stage", &v::STAGE_FORM, &[STAGE_FIELDS], &[&[v::AFTER], &[v::SEND]]),
    sheet("limits", &v::LIMITS_FORM, &[LIMITS_FIELDS], &[]),
];

const SCENARIO_FIELDS: &[Field] = &[
    field(
        v::SCENARIO,
        NAME,
        [
            "Its name: unique in the folder; letters, digits, `-`, `_`, `.`.",
            "场景名称：在文件夹内唯一；可用文字、数字和 `-` `_` `.`。",
        ],
    ),
    field(
        v::TEMPLATE,
        LIST,
        [
            "A CSV (lists/*.csv): each row makes a scenario; `{column}` stands for its cells, in any value.",
            "一个 CSV（lists/*.csv）：每一行生成一个场景；任何内容里的 `{列名}` 会换成该行的内容。",
        ],
    ),
    field(v::TITLE, Shape::Text, ["What people call it.", "给人看的标题。"]),
    NOTE,
    field(v::VALID, DATES, ["First and last day, both included.", "首日和末日，都包含在内。"]),
    field(
        v::WEEKDAYS,
        Shape::OneOrMore(&Shape::Text),
        [
            "Days of the week: `[mon, wed]`, `weekend`. Absent: every day.",
            "星期几：`[周一, 周三]`、`周末`。不写则每天。",
        ],
    ),
    field(
        v::HOLIDAYS,
        Shape::Choice(&[v::ONLY, v::EXCEPT]),
        [
            "`only`: on holidays of the policy's calendar; `except`: not on them. Absent: makes no difference.",
            "`仅节假日`：只在策略的节假日；`除外`：节假日不发。不写则不区分。",
        ],
    ),
    field(
        v::HOURS,
        Shape::OneOrMore(&HOURS),
        [
            "Times of day, the end not included; over midnight where it is earlier.",
            "一天中的时段，不含结束时刻；结束早于开始则跨零点。",
        ],
    ),
    field(
        v::PURPOSE,
        Shape::Choice(PURPOSES),
        [
            "`service` stands outside consent, caps and quiet hours; `location` is advertising by where somebody is.",
            "`服务` 不受授权、频次和静默时段限制；`位置` 是按所在位置做的营销。",
        ],
    ),
    field(
        v::PRIORITY,
        Shape::Whole(0, 100),
        [
            "0 to 100, default 50: of scenarios that hit together the higher goes first.",
            "0 到 100，默认 50：同时命中时数值大的先发。",
        ],
    ),
    field(v::WHEN, Shape::Either(&[Shape::Form("trigger"), BARE]), ["What triggers it.", "触发条件。"]),
    field(
        v::SCHEDULE,
        Shape::Either(&[Shape::Form("schedule"), CLOCKS]),
        [
            "Sent later: at the next of these times of day, or so long after the trigger.",
            "稍后发送：下一个指定时刻，或触发之后多久。",
        ],
    ),
    field(v::WHO, Shape::Form("who"), ["Whom it is for; absent: everybody.", "对象；不写则所有人。"]),
    field(v::SEND, Shape::Form("send"), ["What is sent.", "发送内容。"]),
    field(
        v::VARIANTS,
        Shape::Several(&Shape::Form("variant"), 2),
        [
            "Several things to send instead of one, each to its share of the subscribers, always the same people.",
            "用几种内容代替一种，各发给一部分用户，分组固定不变。",
        ],
    ),
    field(
        v::CAMPAIGN,
        NAME,
        [
            "What it belongs to, for `per_campaign` caps; absent: the scenarios of one file are one campaign.",
            "所属的活动，用于「每活动」频次；不写则一个文件是一个活动。",
        ],
    ),
    field(
        v::STAGES,
        Shape::Several(&Shape::Form("stage"), 1),
        ["What is sent some time later.", "之后分阶段发送的内容。"],
    ),
    field(v::LIMITS, Shape::Form("limits"), ["How much of it.", "发送限制。"]),
    field(
        v::CONVERT,
        Shape::Form("convert"),
        [
            "What counts as success, and within how long; counted in the control group as well.",
            "什么算成功，多久之内；对照组也同样统计。",
        ],
    ),
];

const EVENTS: &[Field] = &[
    field(v::AREA, Shape::Form("area"), ["Came into or left an area.", "进入或离开区域。"]),
    field(
        v::CALL,
        Shape::Either(&[Shape::Form("call"), NUMBERS_OR_BARE]),
        ["A call; numbers alone are those dialled.", "通话；直接写号码表示拨打的号码。"],
    ),
    field(v::SMS, Shape::Either(&[Shape::Form("sms"), Shape::Nothing]), ["A short message.", "短信。"]),
    field(
        v::USSD,
        NUMBERS_OR_BARE,
        ["A USSD code was dialled: `\"*100#\"`. Absent: any.", "拨了 USSD 代码：`\"*100#\"`。不写则任意代码。"],
    ),
    field(v::CALL_FORWARDING, YES_OR_BARE, ["Call forwarding was set on the handset.", "在手机上设置了呼叫转移。"]),
    field(
        v::DEVICE_CHANGE,
        Shape::Either(&[Shape::Form("device_change"), Shape::Nothing]),
        ["The subscriber has another handset than before.", "换了手机。"],
    ),
    field(v::DEVICE, LIST, ["A handset of this list (lists/*.csv) was seen.", "出现了名单（lists/*.csv）中的机型。"]),
    field(
        v::LOCATION_UPDATE,
        Shape::Either(&[
            Shape::Form("location_update"),
            Shape::Nothing,
            Shape::Choice(&[v::NORMAL, v::PERIODIC, v::ATTACH, v::YES]),
        ]),
        ["A location or routing area update was accepted.", "位置更新或路由区更新成功。"],
    ),
    field(v::CELL_CHANGE, YES_OR_BARE, ["Certainly in another cell than before.", "确定换了小区。"]),
    field(v::SEEN, YES_OR_BARE, ["Seen in any way.", "以任何方式出现。"]),
    field(v::DATA, DATA, ["Attached for packet data, or left it.", "附着或离开数据业务。"]),
    field(
        v::PDP,
        CONTEXT,
        ["A data connection began; access points: `cmwap`.", "建立了数据连接；可写接入点：`cmwap`。"],
    ),
    field(
        v::WEB,
        HOSTS_OR_BARE,
        ["A site was visited, this one or one below it: `taobao.com`.", "访问了网站，包括其子域名：`taobao.com`。"],
    ),
    field(
        v::REFUSED,
        Shape::Either(&[Shape::Nothing, Shape::OneOrMore(&ATTEMPT)]),
        ["The network refused something; for service messages only.", "被网络拒绝；只能用于服务类消息。"],
    ),
    field(
        v::ROAM,
        Shape::Either(&[Shape::Form("roam"), Shape::Choice(&[v::ROAM_IN, v::ROAM_BACK])]),
        ["Arrived in our network, or came back to it.", "漫入本网，或漫回本网。"],
    ),
    field(v::POWER, Shape::Choice(&[v::ON, v::OFF]), ["Switched on or off.", "开机或关机。"]),
    field(v::POWER_ON, YES_OR_BARE, ["Switched on.", "开机。"]),
    field(v::POWER_OFF, YES_OR_BARE, ["Switched off.", "关机。"]),
];

const PATTERNS: &[Field] = &[
    field(v::ANY_OF, Shape::Several(&STEP, 1), ["Any one of these.", "其中任何一个。"]),
    field(
        v::ALL_OF,
        Shape::Either(&[CONDITIONS, Shape::Form("all")]),
        [
            "All of these, in any order, within 48 hours or less; `not` for what must not have happened.",
            "这些都发生（先后不限，48 小时内）；`非` 表示不能发生过。",
        ],
    ),
    field(v::NOT, STEP, ["Must not have happened.", "不能发生过。"]),
    field(v::SEQUENCE, Shape::Form("sequence"), ["One after the other.", "先后依次发生。"]),
    field(v::COUNT, Shape::Form("count"), ["The same several times.", "发生若干次。"]),
    field(
        v::ABSENCE,
        Shape::Form("absence"),
        ["Something did not happen for so long after something else.", "某事之后一段时间内没有发生另一件事。"],
    ),
];

const ALL_OF_CONDITIONS: Field = field(v::OF, CONDITIONS, ["What must happen.", "须发生的事件。"]);

const PARTS: &[Field] = &[
    field(v::WITHIN, SPAN, ["From the first to the last, at most 48h.", "从第一个到最后一个，最长 48h。"]),
    field(v::STEPS, STEPS, ["The events, in order.", "依次发生的事件。"]),
    field(v::OF, STEP, ["What is counted.", "计数的事件。"]),
    field(v::AT_LEAST, Shape::Whole(2, 20), ["How often.", "次数。"]),
    field(
        v::GAP,
        SPAN,
        ["What follows the one before in less than this is not counted.", "与上一次相隔不足这个时间的不计。"],
    ),
    field(v::AFTER, STEP, ["What begins the wait.", "从哪个事件之后算起。"]),
    field(v::NO, STEP, ["What must not happen.", "不能发生的事件。"]),
    field(v::FOR, SPAN, ["How long, at most 48h.", "多长时间，最长 48h。"]),
    STILL_HERE,
];

const AREA_FIELDS: &[Field] = &[
    field(v::ENTER, LIST, ["Came into this area (areas/*.csv).", "进入区域（areas/*.csv）。"]),
    field(v::LEAVE, LIST, ["Left this area.", "离开区域。"]),
    field(v::INSIDE, LIST, ["Seen in this area, however long there already.", "在区域内出现，不论何时进入。"]),
    field(v::DWELL, SPAN, ["And stayed so long.", "并停留这么久。"]),
    field(
        v::EVIDENCE,
        Shape::Choice(&[v::RECONFIRM, v::PRESUME]),
        [
            "`reconfirm`: seen inside again after the time; `presume`: not seen elsewhere and still present.",
            "`再现`：到时后又在区域内出现；`推定`：没有在别处出现且仍在网。",
        ],
    ),
    field(v::GRACE, SPAN, ["A shorter excursion does not break the stay.", "短于此时间的离开不打断停留。"]),
    STILL_HERE,
];

const CALL_FIELDS: &[Field] = &[
    field(v::DIALLED, NUMBERS, ["Numbers or prefixes (`1795*`) that were dialled.", "拨打的号码或号段（`1795*`）。"]),
    field(v::CALLER, NUMBERS, ["Numbers that called.", "来电号码。"]),
    field(v::NUMBER, NUMBERS, ["The other party, whoever called.", "对方号码，不论谁打来。"]),
    field(v::DIRECTION, Shape::Choice(&[v::CALL_OUT, v::CALL_IN, v::ANY]), ["Whose call.", "呼叫方向。"]),
    field(v::OUTGOING, YES, ["Called by the subscriber.", "主叫。"]),
    field(v::INCOMING, YES, ["The subscriber was called.", "被叫。"]),
    field(v::PHASE, PHASE, ["At which moment of the call; default `setup`.", "通话的哪个时刻；默认 `拨号`。"]),
    field(
        v::LENGTH,
        Shape::Either(&[Shape::Form("length"), SPAN]),
        ["How long it was when it ended; one time means at least.", "结束时通话多长；只写一个时长表示至少。"],
    ),
    field(
        v::CAUSE,
        Shape::OneOrMore(&CAUSE),
        [
            "Why it ended: `busy`, `no_answer`; or a cause of 3GPP TS 24.008 by its number.",
            "结束的原因：`占线`、`无人接听`；或 3GPP TS 24.008 的原因值。",
        ],
    ),
];

const CAUSES: &[Word] =
    &[v::NORMAL, v::BUSY, v::NO_ANSWER, v::TURNED_DOWN, v::UNREACHABLE, v::WRONG_NUMBER, v::CONGESTION];
const CAUSE: Shape = Shape::Either(&[Shape::Choice(CAUSES), Shape::Whole(1, 127)]);

const LENGTH_FIELDS: &[Field] = &[
    field(v::AT_LEAST, SPAN, ["At least so long.", "至少这么久。"]),
    field(v::AT_MOST, SPAN, ["At most so long.", "最多这么久。"]),
];

const PDP_FIELDS: &[Field] = &[
    field(v::ACCESS_POINT, HOSTS, ["Access points: `cmwap`. Absent: any.", "接入点：`cmwap`。不写则任意。"]),
    field(v::PHASE, Shape::Choice(&[v::BEGUN, v::ENDED]), ["Begun (default) or ended.", "建立（默认）或断开。"]),
];

const LOCATION_UPDATE_FIELDS: &[Field] = &[field(
    v::AREA,
    LIST,
    [
        "In a cell of this area (areas/*.csv), just come or there already.",
        "在此区域（areas/*.csv）的小区，刚到或早已在内。",
    ],
)];

const SCHEDULE_FIELDS: &[Field] = &[
    field(
        v::AT,
        CLOCKS,
        [
            "At the next of these times of day, on the scenario's days, at most 48h later.",
            "在下一个指定时刻发送，只在场景的日期内，最迟 48h 之后。",
        ],
    ),
    field(v::AFTER, SPAN, ["So long after the trigger, at most 48h.", "触发之后多久，最长 48h。"]),
    field(v::UNLESS, STEP, ["Not sent if this has happened by then.", "到时如已发生则不发。"]),
    STILL_HERE,
];

const SMS_FIELDS: &[Field] = &[
    field(v::TO, NUMBERS, ["Sent to these numbers.", "发往这些号码。"]),
    field(v::FROM, NUMBERS, ["Received from these numbers.", "来自这些号码。"]),
    field(v::NUMBER, NUMBERS, ["The other party.", "对方号码。"]),
    field(v::DIRECTION, Shape::Choice(&[v::SMS_OUT, v::SMS_IN, v::ANY]), ["Sent or received.", "发出或收到。"]),
];

const DEVICE_CHANGE_FIELDS: &[Field] = &[
    field(v::CHANGE_TO, LIST, ["To a model of this list (lists/*.csv).", "换成名单（lists/*.csv）中的机型。"]),
    field(v::CHANGE_FROM, LIST, ["From a model of this list.", "原来是名单中的机型。"]),
    field(v::STABLE, SPAN, ["And kept it so long.", "并且这么久没有再换。"]),
];

const ROAM_FIELDS: &[Field] = &[
    field(v::ROAM_IN, ABROADS, ["Guests from there arrived.", "从那里漫入的用户。"]),
    field(v::ROAM_BACK, ABROADS, ["Our own came back from there.", "本网用户从那里漫回。"]),
    field(
        v::ROAM_OUT,
        ABROADS,
        [
            "Cannot be seen on the A and Gb interfaces: `check` refuses it.",
            "A 口和 Gb 口上看不到漫出，`check` 会报错。",
        ],
    ),
    field(v::SETTLE, SPAN, ["And stayed so long.", "并且停留这么久。"]),
];

const WHO_FIELDS: &[Field] = &[
    field(
        v::SEGMENT,
        Shape::OneOrMore(&Shape::Text),
        ["Only those of any of these `segments` of the policy.", "只发给策略「分群」中任一群的用户。"],
    ),
    field(v::TARGET, LIST, ["Only these (lists/*.csv).", "只发给名单（lists/*.csv）中的人。"]),
    field(v::EXCLUDE, Shape::OneOrMore(&LIST), ["Not these.", "不发给名单中的人。"]),
    field(
        v::TAGS,
        Shape::Columns(&Shape::OneOrMore(&Shape::Text)),
        [
            "Columns of the subscriber file and the values wanted: `{brand: [gotone]}`.",
            "用户文件的列和要求的值：`{brand: [gotone]}`。",
        ],
    ),
    field(v::ORIGIN, Shape::OneOrMore(&Shape::Choice(ORIGINS)), ["Where they are at home.", "归属地。"]),
    field(v::DEVICE, LIST, ["Their handset is of this list (lists/*.csv).", "终端在名单（lists/*.csv）中。"]),
    field(v::SAMPLE, SHARE, ["Only this share, always the same people.", "只发给这个比例的人，固定不变。"]),
    field(v::MACHINES, YES_OR_NO, ["Whether machines are meant too; default no.", "是否也发给物联网卡；默认不发。"]),
];

const SEND_FIELDS: &[Field] = &[
    field(
        v::TEXT,
        Shape::Text,
        [
            "The text. Advertising must say how to refuse it. `{area}`, `{device}` and `{brand|customer}` are filled in.",
            "短信内容。营销短信须写明退订方法。可用变量 `{区域}`、`{终端}`、`{brand|客户}`。",
        ],
    ),
    field(
        v::WAP_PUSH,
        Shape::Form("wap_push"),
        ["A title that leads to a page, instead of a text.", "带网址的标题，代替短信。"],
    ),
    field(
        v::LANGUAGE,
        Shape::Columns(&Shape::Text),
        [
            "The text in other languages, by what the subscriber file says: `{en: \"...\"}`; for the others the usual one.",
            "其他语言的内容，按用户文件中的语言选择：`{en: \"...\"}`；其余用户收默认内容。",
        ],
    ),
    field(v::SENDER, Shape::Text, ["The sender that the phone shows.", "手机上显示的发件人。"]),
];

const VARIANT_FIELDS: &[Field] = &[
    field(v::VARIANT_NAME, NAME, ["Its name, for counting.", "组名，用于统计。"]),
    field(v::SHARE, SHARE, ["Its share; absent everywhere: equal ones.", "占比；都不写则平分。"]),
    field(v::SEND, Shape::Form("send"), ["What is sent.", "发送内容。"]),
];

const WAP_PUSH_FIELDS: &[Field] = &[
    field(v::URL, WEB_ADDRESS, ["The page, with `http://`.", "网页地址，要写 `http://`。"]),
    field(v::PUSH_TITLE, Shape::Text, ["What the phone shows.", "手机上显示的文字。"]),
    field(
        v::ACTION,
        Shape::Choice(&[v::INDICATION, v::LOADING]),
        ["`indication` (default): asks first; `loading`: opens it.", "`提示`（默认）：先询问；`直接打开`：立即打开。"],
    ),
];

const STAGE_FIELDS: &[Field] = &[
    field(v::AFTER, SPAN, ["So long after the trigger, at most 48h.", "触发之后多久，最长 48h。"]),
    field(v::UNLESS, STEP, ["Not sent if this has happened by then.", "到时如已发生则不发。"]),
    STILL_HERE,
    field(v::SEND, Shape::Form("send"), ["What is sent.", "发送内容。"]),
];

const LIMITS_FIELDS: &[Field] = &[
    field(v::PER_USER, CAP, ["Offers of this scenario to one subscriber.", "每个用户最多收到几次。"]),
    field(v::TOTAL, Shape::Whole(1, 1_000_000_000), ["Offers of this scenario in all.", "总共最多发多少次。"]),
    field(
        v::BUDGET,
        MONEY,
        ["What all its messages may cost; needs a `price`.", "全部短信的费用上限；策略须写「单价」。"],
    ),
    field(v::CONTROL, SHARE, ["Share of subscribers who never receive it.", "不发的对照组比例。"]),
    field(v::EXPIRES, SPAN, ["Not sent later than this after its trigger.", "触发后超过此时间不再发送。"]),
];

/// The policy file.
pub(super) static POLICY: [Sheet; 7] = [
    sheet("policy", &v::POLICY_FILE, &[POLICY_FIELDS], &[]),
    sheet("quiet", &v::QUIET_FORM, &[QUIET_FIELDS], &[&[v::QUIET_FROM], &[v::QUIET_TO]]),
    sheet("caps", &v::CAPS_FORM, &[CAPS_FIELDS], &[]),
    sheet("consent", &v::CONSENT_FORM, &[CONSENT_FIELDS], &[]),
    sheet("segment", &v::SEGMENT_FORM, &[WHO_FIELDS], &[]),
    sheet("holidays", &v::CALENDAR_FORM, &[CALENDAR_FIELDS], &[]),
    sheet("provinces", &v::PROVINCES_FORM, &[PROVINCES_FIELDS], &[&[v::OURS]]),
];

const CALENDAR_FIELDS: &[Field] = &[
    field(v::DAYS_OFF, DAYS, ["Days off: `[2009-10-01..2009-10-08]`.", "放假的日期：`[2009-10-01..2009-10-08]`。"]),
    field(v::DAYS_WORKED, DAYS, ["Days on which a day off is made up for.", "调休上班的日期。"]),
];

const PROVINCES_FIELDS: &[Field] = &[
    field(v::OURS, Shape::OneOrMore(&Shape::Text), ["Which provinces are ours.", "哪些省是本省。"]),
    field(
        v::SEGMENTS,
        LIST,
        ["A CSV (lists/*.csv) with `imsi,province`.", "CSV（lists/*.csv），列为 `imsi,province`。"],
    ),
    field(
        v::LOCATION_AREAS,
        LIST,
        [
            "A CSV (lists/*.csv) with `plmn,lac_from,lac_to,province`.",
            "CSV（lists/*.csv），列为 `plmn,lac_from,lac_to,province`。",
        ],
    ),
];

const POLICY_FIELDS: &[Field] = &[
    field(
        v::TIMEZONE,
        Shape::Text,
        ["Of all dates and times: `Asia/Shanghai`.", "日期和时间所用的时区：`Asia/Shanghai`。"],
    ),
    field(v::QUIET, Shape::Either(&[Shape::Form("quiet"), HOURS]), ["No marketing then.", "此时段不发营销。"]),
    field(
        v::CAPS,
        Shape::Either(&[Shape::Form("caps"), CAPS]),
        ["Marketing offers of all scenarios to one subscriber.", "所有场景对一个用户的营销频次上限。"],
    ),
    field(v::HOLIDAYS, Shape::Form("holidays"), ["Days that are not what their weekday says.", "节假日和调休。"]),
    field(v::DO_NOT_DISTURB, LIST, ["Who receives no marketing (lists/*.csv).", "不收营销的名单（lists/*.csv）。"]),
    field(
        v::PROTECTED,
        LIST,
        ["Of whom nothing is stored, and who receive nothing.", "不存储任何记录、也不发送的名单。"],
    ),
    field(
        v::MACHINES,
        Shape::OneOrMore(&IMSI_PREFIX),
        ["IMSIs of machines, by their first digits.", "物联网卡的 IMSI 开头。"],
    ),
    field(v::TRIAL, LIST, ["Only these receive anything.", "试发：只发给名单中的人。"]),
    field(
        v::AFTER_EMERGENCY,
        SPAN,
        ["For so long after a call for help there is no marketing; 24h.", "求救电话之后多久不发营销；默认 24h。"],
    ),
    field(
        v::SENDERS,
        NUMBERS,
        ["Numbers from which we send; they trigger nothing.", "我们自己的发送号码，不会触发场景。"],
    ),
    field(
        v::TAGS,
        Shape::OneOrMore(&Shape::Text),
        ["Columns of the subscriber file that texts may name.", "短信内容里可用的用户文件列名。"],
    ),
    field(
        v::PROVINCES,
        Shape::Form("provinces"),
        ["Which province a subscriber and a place belong to.", "用户和位置区属于哪个省。"],
    ),
    field(v::REMEMBERED, SPAN, ["How long a subscriber is remembered; 180d at most.", "用户档案保留多久；最长 180d。"]),
    field(
        v::SEGMENT_LIST,
        Shape::Columns(&Shape::Form("segment")),
        [
            "Segments that scenarios may name: `{young: {tags: {age: [18-24]}}}`.",
            "场景可用的客户分群：`{young: {标签: {age: [18-24]}}}`。",
        ],
    ),
    field(
        v::LANGUAGE_COLUMN,
        Shape::Text,
        [
            "The column of the subscriber file with the language; `language`.",
            "用户文件中写明语言的列；默认 `language`。",
        ],
    ),
    field(v::PRICE, MONEY, ["What a short message costs, each part of a long one.", "每条短信(长短信按条计)的价格。"]),
    field(v::BUDGET, MONEY, ["What all marketing may cost; needs a `price`.", "全部营销的费用上限；须写「单价」。"]),
    field(v::UNIVERSAL_CONTROL, SHARE, ["Share of subscribers who receive no marketing.", "不收任何营销的用户比例。"]),
    field(v::CONSENT, Shape::Form("consent"), ["How people agree, by purpose.", "各用途的同意方式。"]),
    field(v::HOME, Shape::OneOrMore(&NETWORK), ["Our networks: `[46000, 46002]`.", "本网网号：`[46000, 46002]`。"]),
    field(
        v::T3212,
        Shape::Either(&[SPAN, Shape::Columns(&SPAN)]),
        [
            "How often phones at rest report themselves; by location area where it differs.",
            "手机静止时多久做一次周期更新；可按位置区分别写。",
        ],
    ),
    NOTE,
];

const QUIET_FIELDS: &[Field] = &[
    field(v::QUIET_FROM, CLOCK, ["Begins.", "开始。"]),
    field(v::QUIET_TO, CLOCK, ["Ends.", "结束。"]),
    field(
        v::QUIET_THEN,
        Shape::Choice(&[v::DROP, v::HOLD]),
        [
            "What becomes of an offer then: dropped (default), or held until they end where it does not expire before.",
            "此时段的发送如何处理：不发(默认)，或顺延到结束时(未过时效的)。",
        ],
    ),
];

/// In offers, or in the short messages that they take.
const CAPS: Shape = Shape::OneOrMore(&CAP);

const CAPS_FIELDS: &[Field] = &[
    field(v::CAPS_ALL, CAPS, ["Over all channels.", "所有渠道合计。"]),
    field(v::CAPS_SMS, CAPS, ["Short messages.", "短信。"]),
    field(v::CAPS_PUSH, CAPS, ["Pushed addresses.", "WAP 推送。"]),
    field(v::CAPS_CAMPAIGN, CAPS, ["Of each campaign.", "每个活动。"]),
];

const CONSENT_MANNER: Shape = Shape::Choice(&[v::OPT_IN, v::OPT_OUT]);
const CONSENT_FIELDS: &[Field] = &[
    field(v::MARKETING, CONSENT_MANNER, ["Of marketing.", "营销。"]),
    field(v::LOCATION, CONSENT_MANNER, ["Of marketing by location.", "位置营销。"]),
];

/// A test file.
pub(super) static TEST: [Sheet; 10] = [
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
