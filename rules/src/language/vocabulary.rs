//! Every key and every choice of the language, in English and Chinese, and what each form may hold. What the language will
//! know but this version does not is listed too: it is refused by name, never ignored.

use super::test_words::TEST_FORMS;
use super::words::Word;

/// The keys of one form.
pub(super) struct Vocabulary {
    /// The key that opens the form; absent for a whole file.
    pub(super) under: Option<Word>,
    /// Those that it may hold.
    pub(super) keys: &'static [Word],
    /// Those that a later version will know.
    pub(super) later: &'static [Word],
}

/// `word!("english", "chinese", also…)`
macro_rules! word {
    ($english:literal, $chinese:literal $(, $also:literal)*) => {
        Word::new($english, $chinese, &[$($also),*])
    };
}

pub(super) const SCENARIO: Word = word!("scenario", "场景", "name", "名称", "场景名");
pub(super) const TITLE: Word = word!("title", "标题", "说明");
pub(super) const NOTE: Word = word!("note", "备注", "comment", "description");
pub(super) const VALID: Word = word!("valid", "有效期", "validity", "有效日期", "活动日期", "活动时间");
pub(super) const WEEKDAYS: Word = word!("weekdays", "星期", "weekday", "周几");
pub(super) const HOURS: Word = word!("hours", "时段", "时间段", "发送时段");
pub(super) const PURPOSE: Word = word!("purpose", "用途", "目的");
pub(super) const PRIORITY: Word = word!("priority", "优先级", "优先");
pub(super) const WHEN: Word = word!("when", "当", "trigger", "触发", "触发条件");
pub(super) const WHO: Word = word!("who", "对象", "audience", "人群", "目标客户");
pub(super) const SEND: Word = word!("send", "发送", "下发");
pub(super) const STAGES: Word = word!("stages", "分阶段", "后续", "延时");
pub(super) const LIMITS: Word = word!("limits", "限制", "limit", "频控");
pub(super) const HOLIDAYS: Word = word!("holidays", "节假日", "holiday");
pub(super) const SCHEDULE: Word = word!("schedule", "定时", "固时", "推送时间");
pub(super) const CONVERT: Word = word!("convert", "转化", "conversion", "success");
pub(super) const CAMPAIGN: Word = word!("campaign", "活动", "活动名称", "所属活动");
pub(super) const VARIANTS: Word = word!("variants", "分组", "ab_test", "分组测试");
pub(super) const TEMPLATE: Word = word!("template", "模板", "rows_of");

/// A scenario file.
pub(super) static SCENARIO_FILE: Vocabulary = Vocabulary {
    under: None,
    keys: &[
        SCENARIO, TEMPLATE, TITLE, NOTE, CAMPAIGN, VALID, WEEKDAYS, HOLIDAYS, HOURS, PURPOSE, PRIORITY, WHEN, SCHEDULE,
        WHO, SEND, VARIANTS, STAGES, LIMITS, CONVERT,
    ],
    later: &[],
};

pub(super) const AREA: Word = word!("area", "区域", "地点", "商圈");
pub(super) const CALL: Word = word!("call", "呼叫", "通话", "拨打", "电话");
pub(super) const SMS: Word = word!("sms", "短信", "short_message");
pub(super) const USSD: Word = word!("ussd", "USSD代码", "ussd_code");
pub(super) const CALL_FORWARDING: Word = word!("call_forwarding", "呼叫转移", "呼转", "来电转移", "forwarding");
pub(super) const DEVICE_CHANGE: Word = word!("device_change", "换机", "更换终端", "change_device");
pub(super) const DEVICE: Word = word!("device", "终端", "手机", "机型", "handset");
pub(super) const ROAM: Word = word!("roam", "漫游", "roaming");
pub(super) const POWER: Word = word!("power", "开关机", "电源");
pub(super) const POWER_ON: Word = word!("power_on", "开机", "switch_on");
pub(super) const POWER_OFF: Word = word!("power_off", "关机", "switch_off");
pub(super) const LOCATION_UPDATE: Word = word!("location_update", "位置更新");
pub(super) const CELL_CHANGE: Word = word!("cell_change", "换小区", "小区切换", "change_cell");
pub(super) const SEEN: Word = word!("seen", "出现", "露面");
pub(super) const DATA: Word = word!("data", "数据业务", "gprs", "数据");
pub(super) const PDP: Word = word!("pdp", "数据连接", "上网", "pdp_context");
pub(super) const WEB: Word = word!("web", "网页", "网站", "访问网站", "web_visit");
pub(super) const REFUSED: Word = word!("refused", "被拒绝", "被拒", "rejected");

pub(super) const ALL_OF: Word = word!("all", "同时满足", "全部", "and", "并且");
pub(super) const ANY_OF: Word = word!("any", "任一", "任意", "or", "或者");
pub(super) const NOT: Word = word!("not", "非", "不", "没有");
pub(super) const SEQUENCE: Word = word!("sequence", "序列", "依次", "先后");
pub(super) const COUNT: Word = word!("count", "计数", "次数", "累计");
pub(super) const ABSENCE: Word = word!("absence", "未发生", "缺席", "沉默");

/// What can happen.
const EVENTS: [Word; 19] = [
    AREA,
    CALL,
    SMS,
    USSD,
    CALL_FORWARDING,
    DEVICE_CHANGE,
    DEVICE,
    ROAM,
    POWER,
    POWER_ON,
    POWER_OFF,
    LOCATION_UPDATE,
    CELL_CHANGE,
    SEEN,
    DATA,
    PDP,
    WEB,
    REFUSED,
    ANY_OF,
];

/// Events, and what else a form knows.
const fn events_and<const MORE: usize, const ALL: usize>(more: [Word; MORE]) -> [Word; ALL] {
    let mut all = [AREA; ALL];
    let mut place = 0;
    while place < ALL {
        all[place] = if place < EVENTS.len() { EVENTS[place] } else { more[place - EVENTS.len()] };
        place += 1;
    }
    all
}

const TRIGGER_KEYS: [Word; 23] = events_and([ALL_OF, SEQUENCE, COUNT, ABSENCE]);
const CONDITION_KEYS: [Word; 20] = events_and([NOT]);
const CONVERT_KEYS: [Word; 20] = events_and([WITHIN]);

/// What triggers a scenario.
pub(super) static TRIGGER: Vocabulary = Vocabulary { under: Some(WHEN), keys: &TRIGGER_KEYS, later: &[] };

/// What can happen at a step of something longer.
pub(super) static STEP: Vocabulary = Vocabulary { under: None, keys: &EVENTS, later: &[] };

/// What can stand in `all:`
pub(super) static CONDITION: Vocabulary = Vocabulary { under: Some(ALL_OF), keys: &CONDITION_KEYS, later: &[] };

/// `convert:`
pub(super) static CONVERT_FORM: Vocabulary = Vocabulary { under: Some(CONVERT), keys: &CONVERT_KEYS, later: &[] };

pub(super) const WITHIN: Word = word!("within", "时限", "期限", "以内", "时间内");
pub(super) const STEPS: Word = word!("steps", "步骤", "事件");

/// `sequence:`
pub(super) static SEQUENCE_FORM: Vocabulary = Vocabulary { under: Some(SEQUENCE), keys: &[WITHIN, STEPS], later: &[] };

pub(super) const OF: Word = word!("of", "事件", "内容", "对象事件");
pub(super) const AT_LEAST: Word = word!("at_least", "至少", "不少于");
pub(super) const GAP: Word = word!("gap", "间隔", "最小间隔");

/// `count:`
pub(super) static COUNT_FORM: Vocabulary =
    Vocabulary { under: Some(COUNT), keys: &[OF, AT_LEAST, WITHIN, GAP], later: &[] };

/// `all:`, where it is no list.
pub(super) static ALL_FORM: Vocabulary = Vocabulary { under: Some(ALL_OF), keys: &[OF, WITHIN], later: &[] };

pub(super) const AFTER: Word = word!("after", "之后", "起点", "在此之后");
pub(super) const NO: Word = word!("no", "没有", "未", "无");
pub(super) const FOR: Word = word!("for", "持续", "时长", "达");
pub(super) const STILL_HERE: Word = word!("still_here", "仍在", "仍在网", "须在网");

/// `absence:`
pub(super) static ABSENCE_FORM: Vocabulary =
    Vocabulary { under: Some(ABSENCE), keys: &[AFTER, NO, FOR, STILL_HERE], later: &[] };

pub(super) const UNLESS: Word = word!("unless", "除非", "若未");

/// An item of `stages:`
pub(super) static STAGE_FORM: Vocabulary =
    Vocabulary { under: Some(STAGES), keys: &[AFTER, UNLESS, STILL_HERE, SEND], later: &[] };

pub(super) const AT: Word = word!("at", "时刻", "时间", "每天");

/// `schedule:`
pub(super) static SCHEDULE_FORM: Vocabulary =
    Vocabulary { under: Some(SCHEDULE), keys: &[AT, AFTER, UNLESS, STILL_HERE], later: &[] };

pub(super) const ENTER: Word = word!("enter", "进入", "到达");
pub(super) const LEAVE: Word = word!("leave", "离开", "走出", "exit");
pub(super) const INSIDE: Word = word!("inside", "在内", "位于", "身处");
pub(super) const DWELL: Word = word!("dwell", "停留", "停留时间");
pub(super) const EVIDENCE: Word = word!("evidence", "证据");
pub(super) const GRACE: Word = word!("grace", "容许", "exit_grace", "离开宽限", "容许离开");
pub(super) const RECONFIRM: Word = word!("reconfirm", "再现", "再次出现");
pub(super) const PRESUME: Word = word!("presume", "推定", "推断");

/// `area:`
pub(super) static AREA_FORM: Vocabulary =
    Vocabulary { under: Some(AREA), keys: &[ENTER, LEAVE, INSIDE, DWELL, EVIDENCE, GRACE, STILL_HERE], later: &[] };

pub(super) const DIALLED: Word = word!("dialled", "被叫", "dialed", "拨打号码", "被叫号码");
pub(super) const CALLER: Word = word!("caller", "主叫", "主叫号码", "来电号码");
pub(super) const NUMBER: Word = word!("number", "号码", "numbers", "对方号码", "peer");
pub(super) const DIRECTION: Word = word!("direction", "方向");
pub(super) const OUTGOING: Word = word!("out", "呼出", "打出", "去电");
pub(super) const INCOMING: Word = word!("in", "呼入", "打入", "来电");
pub(super) const PHASE: Word = word!("phase", "阶段", "时刻");
pub(super) const LENGTH: Word = word!("length", "通话时长", "时长", "duration");
pub(super) const CAUSE: Word = word!("cause", "原因", "释放原因", "挂断原因");

pub(super) const BUSY: Word = word!("busy", "占线", "忙", "用户忙");
pub(super) const NO_ANSWER: Word = word!("no_answer", "无人接听", "未接听", "无应答");
pub(super) const TURNED_DOWN: Word = word!("turned_down", "拒接", "被拒接", "declined");
pub(super) const UNREACHABLE: Word = word!("unreachable", "无法接通", "不在服务区");
pub(super) const WRONG_NUMBER: Word = word!("wrong_number", "空号", "号码有误");
pub(super) const CONGESTION: Word = word!("congestion", "网络忙", "线路忙");

/// `call:`
pub(super) static CALL_FORM: Vocabulary = Vocabulary {
    under: Some(CALL),
    keys: &[DIALLED, CALLER, NUMBER, DIRECTION, OUTGOING, INCOMING, PHASE, LENGTH, CAUSE],
    later: &[],
};

pub(super) const AT_MOST: Word = word!("at_most", "至多", "最多", "不超过");

/// `length:`
pub(super) static LENGTH_FORM: Vocabulary = Vocabulary { under: Some(LENGTH), keys: &[AT_LEAST, AT_MOST], later: &[] };

pub(super) const NORMAL: Word = word!("normal", "正常", "普通");
pub(super) const PERIODIC: Word = word!("periodic", "周期");
pub(super) const ATTACH: Word = word!("attach", "附着", "接入");
pub(super) const DETACH: Word = word!("detach", "分离", "断开");

pub(super) const ACCESS_POINT: Word = word!("apn", "接入点", "access_point");
pub(super) const BEGUN: Word = word!("begun", "建立", "激活", "activated");

/// `pdp:`
pub(super) static PDP_FORM: Vocabulary = Vocabulary { under: Some(PDP), keys: &[ACCESS_POINT, PHASE], later: &[] };

pub(super) const TO: Word = word!("to", "发往", "发给", "接收号码");
pub(super) const FROM: Word = word!("from", "来自", "发送号码");

/// `location_update:`
pub(super) static LOCATION_UPDATE_FORM: Vocabulary =
    Vocabulary { under: Some(LOCATION_UPDATE), keys: &[AREA], later: &[] };

/// `sms:` as a trigger.
pub(super) static SMS_FORM: Vocabulary =
    Vocabulary { under: Some(SMS), keys: &[TO, FROM, NUMBER, DIRECTION], later: &[] };

pub(super) const CHANGE_TO: Word = word!("to", "换成", "换为", "新终端");
pub(super) const CHANGE_FROM: Word = word!("from", "原终端", "原来", "旧终端");
pub(super) const STABLE: Word = word!("stable", "稳定", "稳定时间");

/// `device_change:`
pub(super) static DEVICE_CHANGE_FORM: Vocabulary =
    Vocabulary { under: Some(DEVICE_CHANGE), keys: &[CHANGE_TO, CHANGE_FROM, STABLE], later: &[] };

pub(super) const ROAM_IN: Word = word!("in", "漫入");
pub(super) const ROAM_BACK: Word = word!("back", "漫回", "返回");
pub(super) const ROAM_OUT: Word = word!("out", "漫出");
pub(super) const SETTLE: Word = word!("settle", "稳定", "稳定时间");

/// `roam:`
pub(super) static ROAM_FORM: Vocabulary =
    Vocabulary { under: Some(ROAM), keys: &[ROAM_IN, ROAM_BACK, ROAM_OUT, SETTLE], later: &[] };

pub(super) const SEGMENT: Word = word!("segment", "分群", "客群", "segments");
pub(super) const TARGET: Word = word!("target", "目标", "目标名单");
pub(super) const EXCLUDE: Word = word!("exclude", "排除", "排除名单", "黑名单");
pub(super) const TAGS: Word = word!("tags", "标签", "tag");
pub(super) const ORIGIN: Word = word!("origin", "归属", "归属地");
pub(super) const SAMPLE: Word = word!("sample", "抽样", "比例");
pub(super) const MACHINES: Word = word!("machines", "物联网", "m2m", "物联网卡");

/// `who:`
pub(super) static WHO_FORM: Vocabulary = Vocabulary {
    under: Some(WHO),
    keys: &[SEGMENT, TARGET, EXCLUDE, TAGS, ORIGIN, DEVICE, SAMPLE, MACHINES],
    later: &[],
};

/// One of the `segments:` of the policy, and a subscriber in a case.
pub(super) static SEGMENT_FORM: Vocabulary =
    Vocabulary { under: Some(SEGMENT_LIST), keys: &[TARGET, EXCLUDE, TAGS, ORIGIN, DEVICE], later: &[] };

pub(super) const TEXT: Word = word!("sms", "短信", "text", "短信内容");
pub(super) const SENDER: Word = word!("from", "发件人", "sender", "显示号码", "接入号");

pub(super) const WAP_PUSH: Word = word!("wap_push", "WAP推送", "wap");
pub(super) const LANGUAGE: Word = word!("language", "语言", "languages", "多语言");
pub(super) const CHANNEL: Word = word!("channel", "渠道", "通道", "发送渠道", "via");

/// What no file of a set says, but whoever sets up a channel.
pub(super) const OF_CHANNELS: [Word; 6] = [
    word!("mms", "彩信"),
    word!("webhook", "回调"),
    word!("export", "导出"),
    word!("fallback", "备用渠道"),
    word!("rate", "速率", "发送速度"),
    word!("capacity", "渠道容量"),
];

/// `send:`
pub(super) static SEND_FORM: Vocabulary =
    Vocabulary { under: Some(SEND), keys: &[TEXT, WAP_PUSH, LANGUAGE, CHANNEL, SENDER], later: &[] };

pub(super) const VARIANT_NAME: Word = word!("name", "名称", "组名");
pub(super) const SHARE: Word = word!("share", "比例", "占比");

/// An item of `variants:`
pub(super) static VARIANT_FORM: Vocabulary =
    Vocabulary { under: Some(VARIANTS), keys: &[VARIANT_NAME, SHARE, SEND], later: &[] };

pub(super) const URL: Word = word!("url", "网址", "链接", "地址");
pub(super) const PUSH_TITLE: Word = word!("text", "标题", "title", "文字");
pub(super) const ACTION: Word = word!("action", "方式", "打开方式");
pub(super) const INDICATION: Word = word!("indication", "提示", "si");
pub(super) const LOADING: Word = word!("loading", "直接打开", "sl");

/// `wap_push:`
pub(super) static WAP_PUSH_FORM: Vocabulary =
    Vocabulary { under: Some(WAP_PUSH), keys: &[URL, PUSH_TITLE, ACTION], later: &[] };

pub(super) const PER_USER: Word = word!("per_user", "每人", "per_subscriber", "每用户", "每客户");
pub(super) const TOTAL: Word = word!("total", "总量", "总数");
pub(super) const BUDGET: Word = word!("budget", "预算", "费用上限");
pub(super) const CONTROL: Word = word!("control", "对照组", "control_group", "对照");
pub(super) const EXPIRES: Word = word!("expires", "时效", "expiry", "过期");

/// `limits:`
pub(super) static LIMITS_FORM: Vocabulary = Vocabulary {
    under: Some(LIMITS),
    keys: &[PER_USER, TOTAL, BUDGET, CONTROL, EXPIRES],
    later: &[word!("per_day", "每天", "每日")],
};

pub(super) const TIMEZONE: Word = word!("timezone", "时区", "time_zone");
pub(super) const QUIET: Word = word!("quiet", "静默", "quiet_hours", "静默时段", "免打扰时段");
pub(super) const CAPS: Word = word!("caps", "频次上限", "cap", "频次", "频控");
pub(super) const UNIVERSAL_CONTROL: Word = word!("universal_control", "全局对照组", "全局对照");
pub(super) const CONSENT: Word = word!("consent", "同意", "授权");
pub(super) const HOME: Word = word!("home", "本网", "home_networks", "本网号段");
pub(super) const T3212: Word = word!("t3212", "周期更新", "周期位置更新", "periodic_update");
pub(super) const USUAL: Word = word!("usual", "通常", "默认", "default");

pub(super) const SENDERS: Word = word!("senders", "发送号码", "本方号码", "own_numbers");
pub(super) const PROTECTED: Word = word!("protected", "保护名单", "保密名单");
pub(super) const DO_NOT_DISTURB: Word = word!("do_not_disturb", "免打扰名单", "红名单", "dnd");
pub(super) const TRIAL: Word = word!("trial", "试发", "试运行");
pub(super) const PROVINCES: Word = word!("provinces", "省份", "分省");
pub(super) const AFTER_EMERGENCY: Word = word!("after_emergency", "紧急呼叫后", "求救后");
pub(super) const REMEMBERED: Word = word!("remembered", "档案保留", "remember", "保留期");
pub(super) const SEGMENT_LIST: Word = word!("segments", "分群", "客群");
pub(super) const LANGUAGE_COLUMN: Word = word!("language", "语言", "语言列");
pub(super) const PRICE: Word = word!("price", "单价", "每条价格");

/// The policy file.
pub(super) static POLICY_FILE: Vocabulary = Vocabulary {
    under: None,
    keys: &[
        TIMEZONE,
        QUIET,
        HOLIDAYS,
        CAPS,
        UNIVERSAL_CONTROL,
        CONSENT,
        DO_NOT_DISTURB,
        PROTECTED,
        MACHINES,
        TRIAL,
        AFTER_EMERGENCY,
        SENDERS,
        TAGS,
        HOME,
        PROVINCES,
        T3212,
        REMEMBERED,
        SEGMENT_LIST,
        LANGUAGE_COLUMN,
        PRICE,
        BUDGET,
        NOTE,
    ],
    later: &[],
};

pub(super) const DAYS_OFF: Word = word!("off", "放假", "休息");
pub(super) const DAYS_WORKED: Word = word!("working", "补班", "上班", "调休上班");

/// `holidays:` of the policy
pub(super) static CALENDAR_FORM: Vocabulary =
    Vocabulary { under: Some(HOLIDAYS), keys: &[DAYS_OFF, DAYS_WORKED], later: &[] };

pub(super) const OURS: Word = word!("ours", "本省", "our");
pub(super) const SEGMENTS: Word = word!("imsi", "IMSI号段", "号段");
pub(super) const LOCATION_AREAS: Word = word!("location_areas", "位置区", "lai");

/// `provinces:`
pub(super) static PROVINCES_FORM: Vocabulary =
    Vocabulary { under: Some(PROVINCES), keys: &[OURS, SEGMENTS, LOCATION_AREAS], later: &[] };

pub(super) const QUIET_FROM: Word = word!("from", "从", "开始", "起");
pub(super) const QUIET_TO: Word = word!("to", "到", "至", "结束", "止");
pub(super) const QUIET_THEN: Word = word!("then", "则", "处理");

/// `quiet:`
pub(super) static QUIET_FORM: Vocabulary =
    Vocabulary { under: Some(QUIET), keys: &[QUIET_FROM, QUIET_TO, QUIET_THEN], later: &[] };

pub(super) const CAPS_ALL: Word = word!("all", "全部", "所有", "合计");
pub(super) const CAPS_SMS: Word = word!("sms", "短信");
pub(super) const CAPS_PUSH: Word = word!("wap_push", "WAP推送", "wap");
pub(super) const CAPS_CAMPAIGN: Word = word!("per_campaign", "每活动", "每个活动", "campaign");

/// `caps:`
pub(super) static CAPS_FORM: Vocabulary =
    Vocabulary { under: Some(CAPS), keys: &[CAPS_ALL, CAPS_SMS, CAPS_PUSH, CAPS_CAMPAIGN], later: &[] };

pub(super) const SERVICE: Word = word!("service", "服务");
pub(super) const MARKETING: Word = word!("marketing", "营销", "推广");
pub(super) const LOCATION: Word = word!("location", "位置", "位置营销");

/// `consent:`
pub(super) static CONSENT_FORM: Vocabulary =
    Vocabulary { under: Some(CONSENT), keys: &[MARKETING, LOCATION], later: &[] };

pub(super) const OPT_IN: Word = word!("opt_in", "需同意", "事先同意");
pub(super) const OPT_OUT: Word = word!("opt_out", "可退订", "无需同意");

pub(super) const SETUP: Word = word!("setup", "拨号", "拨出", "振铃");
pub(super) const ANSWERED: Word = word!("answered", "接通", "应答");
pub(super) const ENDED: Word = word!("ended", "挂断", "挂机", "结束");

pub(super) const CALL_OUT: Word = word!("out", "呼出", "主叫", "去电", "outgoing");
pub(super) const CALL_IN: Word = word!("in", "呼入", "被叫", "来电", "incoming");
pub(super) const SMS_OUT: Word = word!("out", "发出", "发送", "上行", "sent");
pub(super) const SMS_IN: Word = word!("in", "收到", "接收", "下行", "received");

pub(super) const ON: Word = word!("on", "开机", "开");
pub(super) const OFF: Word = word!("off", "关机", "关");
pub(super) const YES: Word = word!("yes", "是", "any", "true", "任意");
pub(super) const NO_NEED: Word = word!("no", "否", "false", "不必");

pub(super) const ANY: Word = word!("any", "任意", "不限");
pub(super) const HOME_PROVINCE: Word = word!("home", "本省", "本地");
pub(super) const OTHER_PROVINCE: Word = word!("other_province", "外省");
pub(super) const OTHER_NETWORK: Word = word!("other_network", "他网", "异网");
pub(super) const INTERNATIONAL: Word = word!("international", "国际", "国外", "境外");

pub(super) const DROP: Word = word!("drop", "丢弃", "不发");
pub(super) const HOLD: Word = word!("hold", "顺延", "推迟", "defer");

pub(super) const MONDAY: Word = word!("monday", "周一", "mon", "星期一", "礼拜一", "一");
pub(super) const TUESDAY: Word = word!("tuesday", "周二", "tue", "tues", "星期二", "礼拜二", "二");
pub(super) const WEDNESDAY: Word = word!("wednesday", "周三", "wed", "星期三", "礼拜三", "三");
pub(super) const THURSDAY: Word = word!("thursday", "周四", "thu", "thur", "thurs", "星期四", "礼拜四", "四");
pub(super) const FRIDAY: Word = word!("friday", "周五", "fri", "星期五", "礼拜五", "五");
pub(super) const SATURDAY: Word = word!("saturday", "周六", "sat", "星期六", "礼拜六", "六");
pub(super) const SUNDAY: Word = word!("sunday", "周日", "sun", "星期日", "星期天", "周天", "礼拜天", "日");
pub(super) const ONLY: Word = word!("only", "仅节假日", "只在节假日", "仅限");
pub(super) const EXCEPT: Word = word!("except", "除外", "节假日除外", "no");

pub(super) const WORKDAYS: Word = word!("workdays", "工作日", "weekdays");
pub(super) const WEEKEND: Word = word!("weekend", "周末", "weekends");

static FORMS: [&Vocabulary; 31] = [
    &SCENARIO_FILE,
    &SCHEDULE_FORM,
    &STAGE_FORM,
    &CONVERT_FORM,
    &LENGTH_FORM,
    &PDP_FORM,
    &LOCATION_UPDATE_FORM,
    &WAP_PUSH_FORM,
    &TRIGGER,
    &STEP,
    &CONDITION,
    &SEQUENCE_FORM,
    &COUNT_FORM,
    &ALL_FORM,
    &ABSENCE_FORM,
    &AREA_FORM,
    &CALL_FORM,
    &SMS_FORM,
    &DEVICE_CHANGE_FORM,
    &ROAM_FORM,
    &WHO_FORM,
    &SEND_FORM,
    &VARIANT_FORM,
    &SEGMENT_FORM,
    &LIMITS_FORM,
    &POLICY_FILE,
    &QUIET_FORM,
    &CAPS_FORM,
    &CONSENT_FORM,
    &CALENDAR_FORM,
    &PROVINCES_FORM,
];

/// The key under which `text` is known in another form of the same file as `form`.
pub(super) fn belongs_under(text: &str, form: &Vocabulary) -> Option<Word> {
    let of_policy = |form: &Vocabulary| form.under.is_some_and(|word| POLICY_FILE.keys.contains(&word));
    let is_policy = of_policy(form) || std::ptr::eq(form, &POLICY_FILE);
    let others = FORMS.iter().filter(|other| of_policy(other) == is_policy);
    others.filter(|other| other.keys.iter().any(|word| word.is(text))).find_map(|other| other.under)
}

/// The key that is written like this: in this form, in another one that may stand in its place, or in any.
pub(super) fn key(text: &str, form: Option<&Vocabulary>) -> Option<Word> {
    let under = form.and_then(|form| form.under);
    let alike = FORMS.iter().copied().filter(|other| under.is_some() && other.under == under);
    key_of(form.into_iter(), text).or_else(|| key_of(alike, text)).or_else(|| key_of(FORMS.iter().copied(), text))
}

fn key_of<'f>(forms: impl Iterator<Item = &'f Vocabulary>, text: &str) -> Option<Word> {
    forms.flat_map(|form| form.keys).find(|word| word.is(text)).copied()
}

/// The form that may stand under a key.
pub(super) fn form_under(key: Word) -> Option<&'static Vocabulary> {
    const EVENTS_UNDER: [Word; 7] = [STEPS, OF, ANY_OF, AFTER, NO, NOT, UNLESS];
    match EVENTS_UNDER.contains(&key) {
        true => Some(&TRIGGER),
        false => FORMS.iter().copied().find(|form| form.under == Some(key)),
    }
}

/// A value that is one of few words, as the documentation writes it in English.
pub(super) fn canonical_choice(text: &str) -> Option<&'static str> {
    const CHOICES: [Word; 28] = [
        SERVICE,
        MARKETING,
        LOCATION,
        SETUP,
        ANSWERED,
        ENDED,
        OPT_IN,
        OPT_OUT,
        RECONFIRM,
        PRESUME,
        HOME_PROVINCE,
        OTHER_PROVINCE,
        OTHER_NETWORK,
        INTERNATIONAL,
        DROP,
        HOLD,
        YES,
        ON,
        OFF,
        WORKDAYS,
        WEEKEND,
        NORMAL,
        BUSY,
        NO_ANSWER,
        TURNED_DOWN,
        UNREACHABLE,
        WRONG_NUMBER,
        CONGESTION,
    ];
    CHOICES.into_iter().find(|word| word.is(text)).map(|word| word.english)
}

/// Whether any form knows this key.
pub(super) fn is_key(text: &str) -> bool {
    let words = FORMS.iter().chain(&TEST_FORMS).flat_map(|form| form.keys.iter().chain(form.later));
    words.chain(&OF_CHANNELS).any(|word| word.is(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_gives_one_spelling_two_meanings() {
        for form in FORMS {
            let words: Vec<_> = form.keys.iter().chain(form.later).collect();
            for word in &words {
                for spelling in word.spellings() {
                    let meanings = words.iter().filter(|other| other.is(spelling)).count();
                    assert_eq!(meanings, 1, "{spelling} in the form with {}", words[0].english);
                }
            }
        }
    }
}
