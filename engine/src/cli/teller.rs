//! How decisions, offers and events are told to the authors of scenarios: in their language, on the clock of their policy,
//! with the names of their areas.

use std::time::Duration;

use event::{Answered, Direction, Event, ForwardingOperation, Imsi, Kind, Number, Timestamp, UpdateType};
use rules::language::{Language, gate_name, reason_name};
use rules::{Group, Reason, RuleSet};

use crate::offer::{Acknowledgement, Offer, State};

use super::show;

/// Tells in the words of one set of scenarios; without one in English, in UTC.
pub(super) struct Teller<'a> {
    pub(super) rules: Option<&'a RuleSet>,
    pub(super) language: Language,
    pub(super) reveal: bool,
}

impl Teller<'_> {
    /// `2026-03-02 14:10:05` on the policy's clock.
    pub(super) fn time(&self, at: Timestamp) -> String {
        match self.rules {
            Some(rules) => rules.policy().local(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            None => at.to_string(),
        }
    }

    pub(super) fn reason(&self, reason: Reason) -> &'static str {
        reason_name(reason, self.language)
    }

    pub(super) fn gate(&self, gate: Reason) -> &'static str {
        gate_name(gate, self.language)
    }

    /// Whose success it is.
    pub(super) fn group(&self, group: Group) -> &'static str {
        match group {
            Group::Offered => self.language.of(["offered", "发送组"]),
            Group::Control => self.language.of(["control", "对照组"]),
        }
    }

    pub(super) fn imsi(&self, imsi: Imsi) -> String {
        if self.reveal { imsi.to_string() } else { imsi.masked().to_string() }
    }

    pub(super) fn number(&self, number: Option<&Number>) -> String {
        match number {
            Some(number) if self.reveal => number.to_string(),
            Some(number) => number.masked().to_string(),
            None => "-".to_owned(),
        }
    }

    pub(super) fn withheld(&self, reason: Reason) -> String {
        match self.language {
            Language::English => format!("withheld, {reason}"),
            Language::Chinese => format!("不发，{}", self.reason(reason)),
        }
    }

    pub(super) fn offered(&self, offer: Option<&Offer>, variant: Option<&str>) -> String {
        let word = self.language.of(["offered", "发送"]);
        let state = offer.map(|offer| self.state(&offer.state).to_owned());
        let delivery = offer.and_then(|offer| self.delivery(offer));
        self.list([Some(word.to_owned()), state, delivery, self.variant(variant)])
    }

    /// How it ended, where that is known: the phone's own word first.
    fn delivery(&self, offer: &Offer) -> Option<String> {
        let said = |Acknowledgement { at, cause }| match (cause, self.language) {
            (None, Language::English) => format!("taken by the phone at {}", self.time(at)),
            (None, Language::Chinese) => format!("{} 手机已收下", self.time(at)),
            (Some(cause), Language::English) => format!("refused by the phone at {}, cause {cause}", self.time(at)),
            (Some(cause), Language::Chinese) => format!("{} 手机未收下，原因 {cause}", self.time(at)),
        };
        let receipt = offer.receipt.map(|receipt| self.language.of(receipt.names()).to_owned());
        let parts = [offer.acknowledged.map(said), receipt];
        parts.iter().any(Option::is_some).then(|| self.list(parts))
    }

    pub(super) fn held(&self, until: Timestamp) -> String {
        let until = self.time(until);
        match self.language {
            Language::English => format!("held for quiet hours until {until}"),
            Language::Chinese => format!("静默时段，{until} 再发"),
        }
    }

    pub(super) fn success(&self, group: Group, variant: Option<&str>) -> String {
        let group = self.group(group);
        let whose = match self.language {
            Language::English => format!("success, {group} group"),
            Language::Chinese => format!("已转化，{group}"),
        };
        self.list([Some(whose), self.variant(variant)])
    }

    fn variant(&self, variant: Option<&str>) -> Option<String> {
        let word = self.language.of(["variant", "版本"]);
        variant.map(|variant| format!("{word} {variant}"))
    }

    fn list<const N: usize>(&self, parts: [Option<String>; N]) -> String {
        let comma = self.language.of([", ", "，"]);
        parts.into_iter().flatten().collect::<Vec<_>>().join(comma)
    }

    /// What became of an offer.
    pub(super) fn state(&self, state: &State) -> &'static str {
        self.language.of(state.names())
    }

    /// A line about one event.
    pub(super) fn event(&self, event: &Event) -> String {
        let what = match self.language {
            Language::English => show::what(event, self.reveal).to_string(),
            Language::Chinese => self.in_chinese(event),
        };
        format!("{}  {}  {what}", self.time(event.at), self.place(event))
    }

    /// The area in which the cell is, or the cell.
    fn place(&self, event: &Event) -> String {
        let areas = self.rules.into_iter().flat_map(RuleSet::scenarios).flat_map(|scenario| scenario.areas());
        let mut here = areas.filter(|area| area.contains(event.cell));
        here.next().map_or_else(|| event.cell.to_string(), |area| area.title().to_owned())
    }

    fn in_chinese(&self, event: &Event) -> String {
        match &event.kind {
            Kind::LocationUpdate { update: UpdateType::Periodic, .. } => "周期登记".to_owned(),
            Kind::LocationUpdate { update, old } => {
                let what = if *update == UpdateType::ImsiAttach { "开机登记" } else { "位置更新" };
                old.map_or_else(|| what.to_owned(), |old| format!("{what}，来自 {old}"))
            }
            Kind::LocationUpdateRejected { cause, .. } => format!("位置更新被拒绝，原因 {cause}"),
            Kind::ImsiDetach | Kind::GprsDetach { power_off: true } => "关机".to_owned(),
            Kind::PagingResponse => "应答寻呼".to_owned(),
            Kind::ServiceRejected { cause } => format!("业务被拒绝，原因 {cause}"),
            Kind::Handover => "通话中换小区".to_owned(),
            Kind::CallSetup { emergency: true, .. } => "紧急呼叫".to_owned(),
            Kind::CallSetup { direction: Direction::Out, number, .. } => self.party("拨打", number.as_ref()),
            Kind::CallSetup { number, .. } => self.party("来电", number.as_ref()),
            Kind::CallAnswered { number, .. } => self.party("接通", number.as_ref()),
            Kind::CallEnded { number, answered: Answered::For(length), .. } => {
                format!("{}，通话 {}", self.party("挂断", number.as_ref()), minutes(*length))
            }
            Kind::CallEnded { number, .. } => self.party("挂断", number.as_ref()),
            Kind::Sms { direction: Direction::Out, peer } => self.party("发短信给", peer.as_ref()),
            Kind::Sms { peer, .. } => self.party("收到短信，来自", peer.as_ref()),
            Kind::SmsRejected { direction: Direction::Out, peer, cause } => {
                format!("{}，未被接收，原因 {cause}", self.party("发短信给", peer.as_ref()))
            }
            Kind::SmsRejected { peer, cause, .. } => {
                format!("{}，手机未收下，原因 {cause}", self.party("来短信，来自", peer.as_ref()))
            }
            Kind::Ussd { code } => self.party("拨代码", Some(code)),
            Kind::CallForwarding(forwarding) => match forwarding.operation {
                ForwardingOperation::Register | ForwardingOperation::Activate => {
                    self.party("设置呼转到", forwarding.to.as_ref())
                }
                ForwardingOperation::Erase | ForwardingOperation::Deactivate => "取消呼转".to_owned(),
                ForwardingOperation::Interrogate => "查询呼转".to_owned(),
            },
            Kind::ImeiSeen => match event.imei {
                Some(imei) if self.reveal => format!("终端 {imei}"),
                Some(imei) => format!("终端 {}", imei.masked()),
                None => "终端".to_owned(),
            },
            Kind::GprsAttach { .. } => "附着数据业务".to_owned(),
            Kind::GprsAttachRejected { cause } => format!("数据业务附着被拒绝，原因 {cause}"),
            Kind::RoutingAreaUpdate { .. } => "路由区更新".to_owned(),
            Kind::RoutingAreaUpdateRejected { cause, .. } => format!("路由区更新被拒绝，原因 {cause}"),
            Kind::GprsDetach { power_off: false } => "离开数据业务".to_owned(),
            Kind::PdpActivated { access_point } => named("数据连接", access_point.as_ref()),
            Kind::PdpDeactivated { access_point } => named("数据连接结束", access_point.as_ref()),
            Kind::Sighting => "在此小区活动".to_owned(),
            Kind::WebVisit { host } => format!("访问 {host}"),
        }
    }

    fn party(&self, what: &str, number: Option<&Number>) -> String {
        match number {
            Some(number) if self.reveal => format!("{what} {number}"),
            Some(number) => format!("{what} {}", number.masked()),
            None => what.to_owned(),
        }
    }
}

fn named(what: &str, name: Option<&event::DomainName>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what} {name}"))
}

/// `3分20秒`.
fn minutes(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds / 60 {
        0 => format!("{seconds}秒"),
        minutes => format!("{minutes}分{}秒", seconds % 60),
    }
}
