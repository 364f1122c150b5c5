//! Why a scenario sends nothing, in words.

use super::source::Language;
use super::words::Word;
use crate::policy::Reason;
use crate::unit::Why;

/// The name of a reason as people read it: in English that of ledgers and JSON.
pub const fn reason_name(reason: Reason, language: Language) -> &'static str {
    word(reason).in_language(language)
}

/// The name of a gate as people read it: in English that of the reason for which it refuses; in Chinese what it looks at, for
/// it may as well have let pass.
pub const fn gate_name(gate: Reason, language: Language) -> &'static str {
    match language {
        Language::English => gate.name(),
        Language::Chinese => gate_in_chinese(gate),
    }
}

impl Why {
    pub(super) const fn word(self) -> Word {
        match self {
            Self::Withheld(reason) => word(reason),
            Self::NotTriggered => super::test_words::NOT_TRIGGERED,
        }
    }

    /// All that a case can name, in the order of the gates.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Reason::ALL.into_iter().map(Self::Withheld).chain([Self::NotTriggered])
    }
}

const fn word(reason: Reason) -> Word {
    Word::new(reason.name(), in_chinese(reason), &[])
}

const fn gate_in_chinese(gate: Reason) -> &'static str {
    match gate {
        Reason::SuspectIdentity => "身份",
        Reason::OutsideValidity => "有效期",
        Reason::OutsideHours => "发送时间",
        Reason::Machine => "个人用户",
        Reason::NotInTarget => "目标名单",
        Reason::Excluded => "排除名单",
        Reason::NotInAudience => "目标客户",
        Reason::NotInSegment => "分群",
        Reason::NotInSample => "抽样",
        Reason::DoNotDisturb => "免打扰名单",
        Reason::NoConsent => "客户同意",
        Reason::AfterEmergency => "求救保护",
        Reason::PerUserCap => "每人频次",
        Reason::CampaignCap => "活动频次",
        Reason::GlobalCap => "总频次",
        Reason::ChannelCap => "渠道频次",
        Reason::ValueUnknown => "变量取值",
        Reason::Trial => "试发名单",
        Reason::TotalReached => "总量",
        Reason::BudgetSpent => "预算",
        Reason::NoAddress => "手机号",
        Reason::Expired => "时效",
        named_alike => in_chinese(named_alike),
    }
}

const fn in_chinese(reason: Reason) -> &'static str {
    match reason {
        Reason::SuspectIdentity => "身份存疑",
        Reason::OutsideValidity => "不在有效期",
        Reason::OutsideHours => "不在发送时间",
        Reason::NotInTarget => "不在目标名单",
        Reason::Excluded => "在排除名单",
        Reason::NotInAudience => "不是目标客户",
        Reason::NoConsent => "客户未同意",
        Reason::ControlGroup => "对照组",
        Reason::QuietHours => "静默时段",
        Reason::PerUserCap => "每人频次已满",
        Reason::GlobalCap => "总频次已满",
        Reason::TotalReached => "总量已满",
        Reason::NoAddress => "没有手机号",
        Reason::Expired => "过了时效",
        Reason::DwellBroken => "停留中断",
        Reason::DeviceNotStable => "又换回去了",
        Reason::SeenBeforeDeadline => "期间已经发生",
        Reason::WindowExpired => "超过时限",
        Reason::NotPresent => "已不在网",
        Reason::RuledOut => "发生了排除的事件",
        Reason::Machine => "物联网卡",
        Reason::NotInSample => "没有抽中",
        Reason::AfterEmergency => "求救之后",
        Reason::DoNotDisturb => "免打扰客户",
        Reason::ValueUnknown => "变量没有值",
        Reason::Trial => "不在试发名单",
        Reason::ChannelCap => "渠道频次已满",
        Reason::CampaignCap => "活动频次已满",
        Reason::BudgetSpent => "预算已用完",
        Reason::NotInSegment => "不在分群",
        Reason::TakenBack => "场景已停",
    }
}
