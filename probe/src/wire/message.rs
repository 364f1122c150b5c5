//! What `decode --messages` shows of a message: protocol, name, code and elements, by the specification's names.

use event::{CellId, DomainName, Imei, Imsi, Lai, Number, Tmsi};

/// Declares the protocols, in the order in which they nest, each with its name in JSON.
macro_rules! protocols {
    ($($protocol:ident $name:literal,)*) => {
        /// The protocol of a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names are the specifications'")]
        pub enum Protocol {
            $($protocol,)*
        }

        impl Protocol {
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// All, in the order of nesting.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$protocol),*];

            /// Lower case, as in JSON.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$protocol => $name,)*
                }
            }
        }
    };
}

protocols! {
    Ethernet "ethernet",
    Ppp "ppp",
    Mpls "mpls",
    Gre "gre",
    Vxlan "vxlan",
    FrameRelay "frame_relay",
    Gsmtap "gsmtap",
    Lapdm "lapdm",
    Ip "ip",
    Tcp "tcp",
    Sctp "sctp",
    M2ua "m2ua",
    M2pa "m2pa",
    Mtp2 "mtp2",
    Mtp3 "mtp3",
    Sua "sua",
    M3ua "m3ua",
    Ipa "ipa",
    Sccp "sccp",
    Scmg "scmg",
    Bssap "bssap",
    Bssmap "bssmap",
    Dtap "dtap",
    Rr "rr",
    Mm "mm",
    Cc "cc",
    Sms "sms",
    Rp "rp",
    Tpdu "tpdu",
    Ss "ss",
    Udp "udp",
    Ns "ns",
    Bssgp "bssgp",
    Llc "llc",
    Gmm "gmm",
    Sm "sm",
    Sndcp "sndcp",
    Dns "dns",
    Http "http",
    Tls "tls",
    Wsp "wsp",
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

    /// Whether protocol and code alone tell the name.
    fn is_named_by_code(&self) -> bool {
        true
    }

    /// Calls `visit` with each decoded element's name (snake case) and value, in the specification's order.
    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>));
}
