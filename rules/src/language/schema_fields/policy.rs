//! The forms of the policy.

use super::super::vocabulary as v;
use super::scenario::WHO_FIELDS;
use super::{
    CAP, CLOCK, DAYS, Field, HOURS, IMSI_PREFIX, LIST, MONEY, NETWORK, NOTE, NUMBERS, SHARE, SPAN, Shape, Sheet, field,
    sheet,
};

/// The policy file.
pub(in super::super) static POLICY: [Sheet; 7] = [
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
    field(
        v::REMEMBERED,
        SPAN,
        ["How long a subscriber is remembered, 48h to 180d.", "用户档案保留多久，48h 到 180d。"],
    ),
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
