//! The keys of test files, in English and Chinese.

use super::vocabulary::{self as v, Vocabulary};
use super::words::Word;

pub(super) const DEFAULTS: Word = Word::new("defaults", "默认", &["default", "缺省"]);
pub(super) const CASES: Word = Word::new("cases", "用例", &["tests"]);

pub(super) const EQUIVALENT: Word = Word::new("equivalent", "等效改动", &["equivalents", "等效"]);

/// A test file.
pub(super) static TEST_FILE: Vocabulary =
    Vocabulary { under: None, keys: &[DEFAULTS, CASES, EQUIVALENT, v::NOTE], later: &[] };

pub(super) const CHANGE: Word = Word::new("change", "改动", &["mistake"]);
pub(super) const BECAUSE: Word = Word::new("because", "理由", &["reason", "原因"]);

/// One of the changes that no case can notice.
pub(super) static EQUIVALENT_FORM: Vocabulary =
    Vocabulary { under: Some(EQUIVALENT), keys: &[v::SCENARIO, CHANGE, BECAUSE], later: &[] };

pub(super) const DATE: Word = Word::new("date", "日期", &["day"]);
pub(super) const COLD: Word = Word::new("cold", "冷启动", &["cold_start"]);

/// `defaults:`
pub(super) static DEFAULTS_FORM: Vocabulary =
    Vocabulary { under: Some(DEFAULTS), keys: &[DATE, v::WHO, COLD], later: &[] };

pub(super) const CASE: Word = Word::new("case", "名称", &["name", "用例"]);
pub(super) const EVENTS: Word = Word::new("events", "事件", &["event"]);
pub(super) const UNTIL: Word = Word::new("until", "直到", &["end"]);
pub(super) const EXPECT: Word = Word::new("expect", "期望", &["expected", "预期"]);
pub(super) const WHY_NOT: Word = Word::new("why_not", "原因", &["withheld", "不发原因"]);

/// One of the `cases`.
pub(super) static CASE_FORM: Vocabulary = Vocabulary {
    under: Some(CASES),
    keys: &[CASE, v::NOTE, DATE, v::WHO, COLD, EVENTS, UNTIL, EXPECT, WHY_NOT],
    later: &[],
};

pub(super) const IMSI: Word = Word::new("imsi", "国际移动用户识别码", &[]);
pub(super) const MSISDN: Word = Word::new("msisdn", "手机号", &["号码", "手机号码"]);
pub(super) const IN_CONTROL: Word = Word::new("control_group", "对照组", &["control", "对照"]);

/// `who:` of a case.
pub(super) static PERSON_FORM: Vocabulary =
    Vocabulary { under: Some(v::WHO), keys: &[IMSI, MSISDN, v::CONSENT, v::TAGS, IN_CONTROL], later: &[] };

pub(super) const AT: Word = Word::new("at", "时间", &["time", "时刻"]);
pub(super) const CELL: Word = Word::new("cell", "小区", &["基站"]);
pub(super) const IMEI: Word = Word::new("imei", "串号", &["设备"]);
pub(super) const OLD_LAI: Word = Word::new("old_lai", "原位置区", &["from_area", "来自"]);
pub(super) const STAY: Word = Word::new("stay", "逗留", &["stays", "停留"]);
pub(super) const IDENTITY: Word = Word::new("identity", "身份", &["binding"]);

/// One of the `events`.
pub(super) static EVENT_FORM: Vocabulary = Vocabulary {
    under: Some(EVENTS),
    keys: &[
        AT,
        CELL,
        v::AREA,
        OLD_LAI,
        STAY,
        IMEI,
        v::POWER,
        v::CALL,
        v::SMS,
        v::USSD,
        v::CALL_FORWARDING,
        v::DATA,
        v::PDP,
        v::WEB,
        v::REFUSED,
        IDENTITY,
    ],
    later: &[],
};

pub(super) const CALLED: Word = v::DIALLED;
pub(super) const CALLING: Word = v::CALLER;

/// `call:` of an event.
pub(super) static CALL_FORM: Vocabulary =
    Vocabulary { under: Some(v::CALL), keys: &[CALLED, CALLING, v::PHASE, v::LENGTH, v::CAUSE], later: &[] };

/// `sms:` of an event.
pub(super) static SMS_FORM: Vocabulary = Vocabulary { under: Some(v::SMS), keys: &[v::TO, v::FROM], later: &[] };

pub(super) const OFFER: Word = Word::new("offer", "场景", &["scenario", "发送"]);

/// One of the offers that a case expects.
pub(super) static OFFER_FORM: Vocabulary = Vocabulary { under: Some(EXPECT), keys: &[AT, OFFER], later: &[] };

pub(super) const CERTAIN: Word = Word::new("certain", "确定", &["on_wire"]);
pub(super) const SUSPECT: Word = Word::new("suspect", "存疑", &["doubtful"]);
pub(super) const HIDDEN: Word = Word::new("hidden", "隐藏", &["unknown"]);
pub(super) const NO: Word = Word::new("no", "否", &["false"]);
pub(super) const OF_SCENARIO: Word = Word::new("scenario", "本场景", &["own"]);
pub(super) const NOT_TRIGGERED: Word = Word::new("not_triggered", "未触发", &[]);

/// All forms of test files.
pub(super) static TEST_FORMS: [&Vocabulary; 9] = [
    &TEST_FILE,
    &EQUIVALENT_FORM,
    &DEFAULTS_FORM,
    &CASE_FORM,
    &PERSON_FORM,
    &EVENT_FORM,
    &CALL_FORM,
    &SMS_FORM,
    &OFFER_FORM,
];
