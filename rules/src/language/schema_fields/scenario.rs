//! The forms of a scenario file.

use super::super::vocabulary as v;
use super::super::words::Word;
use super::{
    ABROADS, ATTEMPT, BARE, CAP, CLOCKS, CONDITIONS, CONTEXT, DATA, DATES, Field, HOSTS, HOSTS_OR_BARE, HOURS, LIST,
    MONEY, NAME, NOTE, NUMBERS, NUMBERS_OR_BARE, ORIGINS, PHASE, PURPOSES, SHARE, SPAN, STEP, STEPS, STILL_HERE, Shape,
    Sheet, WEB_ADDRESS, YES, YES_OR_BARE, YES_OR_NO, field, one_of, sheet,
};

/// A scenario file.
pub(in super::super) static SCENARIO: [Sheet; 24] = [
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
pub(super) const CAUSE: Shape = Shape::Either(&[Shape::Choice(CAUSES), Shape::Whole(1, 127)]);

const LENGTH_FIELDS: &[Field] = &[
    field(v::AT_LEAST, SPAN, ["At least so long.", "至少这么久。"]),
    field(v::AT_MOST, SPAN, ["At most so long.", "最多这么久。"]),
];

pub(super) const PDP_FIELDS: &[Field] = &[
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

pub(super) const WHO_FIELDS: &[Field] = &[
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
    field(
        v::CHANNEL,
        NAME,
        [
            "The channel that it goes by, as whoever runs Touchpoint has named it; absent: the one for its kind.",
            "发送渠道，写运维人员配置的名称；不写则按内容的种类选择。",
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
