//! What a report says, in the language of the authors.

use rules::language::Language;

/// The words of one language.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) scenario: &'static str,
    pub(super) triggered: &'static str,
    pub(super) withheld: &'static str,
    pub(super) queued: &'static str,
    pub(super) sent: &'static str,
    pub(super) failed: &'static str,
    pub(super) unknown: &'static str,
    pub(super) delivered: &'static str,
    pub(super) answered: &'static str,
    pub(super) converted: &'static str,
    pub(super) parts: &'static str,
    pub(super) cost: &'static str,
    pub(super) lift: &'static str,
    pub(super) hours: &'static str,
    pub(super) control: &'static str,
    pub(super) offered: &'static str,
    pub(super) to: &'static str,
    pub(super) nothing: &'static str,
    pub(super) lift_note: &'static str,
}

const ENGLISH: Words = Words {
    title: "What scenarios have brought",
    scenario: "scenario",
    triggered: "triggered",
    withheld: "withheld",
    queued: "queued",
    sent: "sent",
    failed: "refused by the channel",
    unknown: "outcome unknown, not sent again",
    delivered: "delivered",
    answered: "answered",
    converted: "converted",
    parts: "messages",
    cost: "cost",
    lift: "lift",
    hours: "by hour: triggered, and of them sent",
    control: "control group",
    offered: "offered",
    to: "to",
    nothing: "Nothing was triggered.",
    lift_note: "Lift: the share of successes among the people who got the offer, less that of the control group, in points \
                of the hundred, with its interval at 95 %. With `?` it may be chance.",
};

const CHINESE: Words = Words {
    title: "场景效果",
    scenario: "场景",
    triggered: "触发",
    withheld: "未发",
    queued: "排队",
    sent: "已发",
    failed: "渠道拒收",
    unknown: "结果不明，不再重发",
    delivered: "送达",
    answered: "回复",
    converted: "成功",
    parts: "短信条数",
    cost: "费用",
    lift: "提升",
    hours: "按小时：触发，其中已发",
    control: "对照组",
    offered: "已发客户",
    to: "至",
    nothing: "没有任何触发。",
    lift_note: "提升：已发客户（按人计）的成功率减去对照组的成功率（百分点），括号内为 95% 置信区间。带“?”的可能只是偶然。",
};

/// The words of a language.
pub(super) const fn of(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

impl Words {
    /// The columns of the table.
    pub(super) const fn columns(&self, is_priced: bool) -> [&'static str; 10] {
        [
            self.scenario,
            self.triggered,
            self.withheld,
            self.queued,
            self.sent,
            self.delivered,
            self.answered,
            self.converted,
            if is_priced { self.cost } else { self.parts },
            self.lift,
        ]
    }
}
