//! What `decode --messages` shows of a message: protocol, name, code and elements, by the specification's names.

use event::{CellId, DomainName, Imei, Imsi, Lai, Number, Tmsi};

/// The protocol of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the specifications'")]
pub enum Protocol {
    Ethernet,
    Ppp,
    Mpls,
    Gre,
    Vxlan,
    FrameRelay,
    Gsmtap,
    Lapdm,
    Ip,
    Tcp,
    Sctp,
    M2ua,
    M2pa,
    Mtp2,
    Mtp3,
    Sua,
    M3ua,
    Ipa,
    Sccp,
    Scmg,
    Bssap,
    Bssmap,
    Dtap,
    Rr,
    Mm,
    Cc,
    Sms,
    Rp,
    Tpdu,
    Ss,
    Udp,
    Ns,
    Bssgp,
    Llc,
    Gmm,
    Sm,
    Sndcp,
    Dns,
    Http,
    Tls,
    Wsp,
}

impl Protocol {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
    /// All, in the order of nesting.
    pub const ALL: [Self; 41] = [
        Self::Ethernet,
        Self::Ppp,
        Self::Mpls,
        Self::Gre,
        Self::Vxlan,
        Self::FrameRelay,
        Self::Gsmtap,
        Self::Lapdm,
        Self::Ip,
        Self::Tcp,
        Self::Sctp,
        Self::M2ua,
        Self::M2pa,
        Self::Mtp2,
        Self::Mtp3,
        Self::Sua,
        Self::M3ua,
        Self::Ipa,
        Self::Sccp,
        Self::Scmg,
        Self::Bssap,
        Self::Bssmap,
        Self::Dtap,
        Self::Rr,
        Self::Mm,
        Self::Cc,
        Self::Sms,
        Self::Rp,
        Self::Tpdu,
        Self::Ss,
        Self::Udp,
        Self::Ns,
        Self::Bssgp,
        Self::Llc,
        Self::Gmm,
        Self::Sm,
        Self::Sndcp,
        Self::Dns,
        Self::Http,
        Self::Tls,
        Self::Wsp,
    ];

    /// Lower case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "ethernet",
            Self::Ppp => "ppp",
            Self::Mpls => "mpls",
            Self::Gre => "gre",
            Self::Vxlan => "vxlan",
            Self::FrameRelay => "frame_relay",
            Self::Gsmtap => "gsmtap",
            Self::Lapdm => "lapdm",
            Self::Ip => "ip",
            Self::Tcp => "tcp",
            Self::Sctp => "sctp",
            Self::M2ua => "m2ua",
            Self::M2pa => "m2pa",
            Self::Mtp2 => "mtp2",
            Self::Mtp3 => "mtp3",
            Self::Sua => "sua",
            Self::M3ua => "m3ua",
            Self::Ipa => "ipa",
            Self::Sccp => "sccp",
            Self::Scmg => "scmg",
            Self::Bssap => "bssap",
            Self::Bssmap => "bssmap",
            Self::Dtap => "dtap",
            Self::Rr => "rr",
            Self::Mm => "mm",
            Self::Cc => "cc",
            Self::Sms => "sms",
            Self::Rp => "rp",
            Self::Tpdu => "tpdu",
            Self::Ss => "ss",
            Self::Udp => "udp",
            Self::Ns => "ns",
            Self::Bssgp => "bssgp",
            Self::Llc => "llc",
            Self::Gmm => "gmm",
            Self::Sm => "sm",
            Self::Sndcp => "sndcp",
            Self::Dns => "dns",
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Wsp => "wsp",
        }
    }
}

/// A decoded element. Identities keep their types, so that whoever shows them decides about masking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A plain number.
    Integer(u64),
    /// A code, shown in hexadecimal.
    Code(u64),
    /// A flag.
    Flag(bool),
    /// A name from the specification.
    Name(&'static str),
    /// A telephone number of a person or service: shown masked.
    Number(Number),
    /// Shown masked.
    Imsi(Imsi),
    /// Shown masked.
    Imei(Imei),
    /// A temporary identity.
    Tmsi(Tmsi),
    /// A location area.
    Lai(Lai),
    /// A cell.
    Cell(CellId),
    /// An access point or a host.
    Domain(DomainName),
    /// Octets as they are, shown in hexadecimal. Never of a message's own text.
    Octets(&'a [u8]),
}

/// A decoded message that can say what it is. An element may be visited more than once under one name (a list).
pub trait Message {
    /// Which protocol.
    fn protocol(&self) -> Protocol;

    /// The specification's name in snake case: `location_updating_request`. `unknown` for codes that it does not have.
    fn name(&self) -> &'static str;

    /// The message type as on the wire.
    fn code(&self) -> u8;

    /// Calls `visit` with each decoded element's name (snake case) and value, in the specification's order.
    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>));
}
