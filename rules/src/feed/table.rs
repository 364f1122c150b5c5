//! The table itself, its words, and its page of the documentation.

use super::{Condition, Feed, Obstacle, Row, Said, Shown, Sight};
use crate::language::Language;

use Condition::{
    AttachAllowed, ByHandset, HostInClear, IdlePhone, ImeiAsked, MessagesOverPackets, NoGs, NumberShown, PacketAttach,
    Reachable, StandbyPhone,
};
use Obstacle::{Ciphered, OnA, OnGb, OnMap};
use Shown::{Always, Never, OnlyIf};

const fn row(sight: Sight, name: Said, shown: [Shown; 3], kinds: &'static [&'static str]) -> Row {
    Row { sight, name, shown, kinds }
}

pub(super) const ROW_COUNT: usize = 21;

/// What A, Gb in clear and Gb ciphered show.
pub static ROWS: [Row; ROW_COUNT] = [
    row(Sight::Presence, ["the subscriber is there", "用户在网"], [Always, Always, Always], &[]),
    row(
        Sight::Update,
        ["location update", "位置更新"],
        [OnlyIf(NoGs), Always, Always],
        &["location_update", "routing_area_update"],
    ),
    row(
        Sight::Cell,
        ["area and cell", "区域和小区"],
        [OnlyIf(IdlePhone), OnlyIf(StandbyPhone), OnlyIf(StandbyPhone)],
        &["handover", "sighting"],
    ),
    row(
        Sight::CallMade,
        ["call made", "主叫"],
        [Always, Never(OnA), Never(OnA)],
        &["call_setup", "call_answered", "call_ended"],
    ),
    row(Sight::CallReceived, ["call received", "被叫来电"], [OnlyIf(Reachable), Never(OnA), Never(OnA)], &[]),
    row(Sight::Caller, ["number of the caller", "来电号码"], [OnlyIf(NumberShown), Never(OnA), Never(OnA)], &[]),
    row(
        Sight::Message,
        ["short message", "短信收发"],
        [Always, OnlyIf(MessagesOverPackets), Never(Ciphered)],
        &["sms_sent", "sms_received", "sms_rejected"],
    ),
    row(Sight::Ussd, ["USSD code", "USSD 代码"], [Always, Never(OnA), Never(OnA)], &["ussd"]),
    row(
        Sight::Forwarding,
        ["call forwarding", "呼叫转移"],
        [OnlyIf(ByHandset), Never(OnA), Never(OnA)],
        &["call_forwarding"],
    ),
    row(
        Sight::Device,
        ["handset", "终端和换机"],
        [OnlyIf(ImeiAsked), OnlyIf(ImeiAsked), OnlyIf(ImeiAsked)],
        &["imei_seen"],
    ),
    row(Sight::RoamIn, ["roaming in", "漫入"], [OnlyIf(NoGs), Always, Always], &[]),
    row(Sight::RoamBack, ["coming back", "漫回"], [OnlyIf(NoGs), Always, Always], &[]),
    row(Sight::RoamOut, ["roaming out", "漫出"], [Never(OnMap), Never(OnMap), Never(OnMap)], &[]),
    row(Sight::PowerOn, ["switched on", "开机"], [OnlyIf(AttachAllowed), OnlyIf(PacketAttach), Never(Ciphered)], &[]),
    row(
        Sight::PowerOff,
        ["switched off", "关机"],
        [OnlyIf(AttachAllowed), OnlyIf(PacketAttach), Never(Ciphered)],
        &["imsi_detach"],
    ),
    row(Sight::DataAttach, ["attached for packets", "数据业务附着"], [Never(OnGb), Always, Always], &["gprs_attach"]),
    row(
        Sight::DataDetach,
        ["detached from packets", "数据业务分离"],
        [Never(OnGb), Always, Never(Ciphered)],
        &["gprs_detach"],
    ),
    row(
        Sight::DataConnection,
        ["data connection", "数据连接"],
        [Never(OnGb), Always, Never(Ciphered)],
        &["pdp_activated", "pdp_deactivated"],
    ),
    row(Sight::Host, ["visited host", "访问网站"], [Never(OnGb), OnlyIf(HostInClear), Never(Ciphered)], &["web_visit"]),
    row(
        Sight::RefusedCircuit,
        ["location update or service refused", "位置更新、业务被拒绝"],
        [Always, Never(OnA), Never(OnA)],
        &["location_update_rejected", "service_rejected"],
    ),
    row(
        Sight::RefusedPacket,
        ["packet attach or update refused", "数据业务被拒绝"],
        [Never(OnGb), Always, Always],
        &["gprs_attach_rejected", "routing_area_update_rejected"],
    ),
];

impl Condition {
    /// The condition, to follow "only if" and 「前提：」.
    pub const fn text(self, language: Language) -> &'static str {
        language.of(match self {
                NoGs => [
                    "MSC and SGSN are not joined by Gs; where they are, phones with GPRS register on Gb",
                    "MSC 与 SGSN 之间没有 Gs 接口；有 Gs 时，开通 GPRS 的手机在 Gb 上登记",
                ],
                IdlePhone => [
                    "the phone calls, writes, reports or crosses into another location area there: of an idle phone no cell is seen",
                    "用户在那里打电话、收发短信、周期登记或跨位置区；空闲的手机看不到所在小区",
                ],
                StandbyPhone => [
                    "the phone sends data there or crosses into another routing area: of a phone at rest no cell is seen",
                    "用户在那里收发数据或跨路由区；空闲的手机看不到所在小区",
                ],
                AttachAllowed => [
                    "the network lets phones say so (ATT); a battery that is taken out says nothing",
                    "网络允许手机上报开关机(ATT)；直接拔电池看不到",
                ],
                PacketAttach => [
                    "the phone attaches to GPRS whenever it is switched on; a battery that is taken out says nothing",
                    "手机一开机就附着 GPRS；直接拔电池看不到",
                ],
                Reachable => [
                    "the phone answers the page: calls to a phone that is off or out of reach are not seen",
                    "手机应答了寻呼；打给关机或不在服务区用户的电话看不到",
                ],
                NumberShown => ["the caller's number is shown (CLIP)", "被叫开通了来电显示，且主叫没有隐藏号码"],
                MessagesOverPackets => [
                    "the phone sends messages over GPRS; most send them over A",
                    "手机用 GPRS 收发短信；大多数短信走 A 接口",
                ],
                ByHandset => [
                    "it is set with the phone; what the hotline, a shop or a web page sets is not seen",
                    "用户在手机上设置；由热线、营业厅或网站设置的看不到",
                ],
                ImeiAsked => ["the network asks phones for their IMEI", "网络向手机索取 IMEI"],
                HostInClear => [
                    "its name is sent in clear (DNS, HTTP, TLS, WAP); inside a tunnel nothing is seen",
                    "域名以明文传送(DNS、HTTP、TLS、WAP)；隧道里的看不到",
                ],
        })
    }
}

impl Obstacle {
    /// Why not.
    pub const fn text(self, language: Language) -> &'static str {
        language.of(match self {
            OnA => ["it is on the A interface only", "只出现在 A 接口"],
            OnGb => ["it is on the Gb interface only", "只出现在 Gb 接口"],
            Ciphered => ["it is ciphered there", "在那里是加密的"],
            OnMap => {
                ["only the home location register is told, by MAP", "只在 MAP 上通知归属位置寄存器，A 和 Gb 上都没有"]
            }
        })
    }
}

impl Shown {
    fn text(self, language: Language) -> String {
        let zh = language == Language::Chinese;
        match self {
            Always if zh => "看得到".to_owned(),
            Always => "yes".to_owned(),
            OnlyIf(condition) if zh => format!("有前提：{}", condition.text(language)),
            OnlyIf(condition) => format!("only if {}", condition.text(language)),
            Never(obstacle) if zh => format!("看不到：{}", obstacle.text(language)),
            Never(obstacle) => format!("no: {}", obstacle.text(language)),
        }
    }
}

/// The page of the documentation, in both languages: Markdown.
pub fn page() -> String {
    let mut page = String::new();
    for (language, title, said, head) in [
        (
            Language::English,
            "What a feed can show",
            "`touchpoint check DIR --feed a,gb-ciphered` tells of each scenario what the feeds that you have cannot show of it; with \
             `--store STORE` also how many of the subscribers there have shown it.",
            "event",
        ),
        (
            Language::Chinese,
            "信令里看得到什么",
            "`touchpoint check 文件夹 --feed a,gb-ciphered` 会指出：只接入这些信令时，每个场景里有哪些事件看不到；加上 `--store \
             数据目录`，还会指出其中实际有多少用户出现过。",
            "事件",
        ),
    ] {
        let feeds = Feed::ALL.map(|feed| format!("`{}`", feed.name())).join(" | ");
        page.push_str(&format!("# {title}\n\n{said}\n\n| {head} | {feeds} |\n|---|---|---|---|\n"));
        for row in &ROWS {
            let cells = row.shown.map(|shown| shown.text(language)).join(" | ");
            page.push_str(&format!("| {} | {cells} |\n", row.name(language)));
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len() + 1);
    page
}
