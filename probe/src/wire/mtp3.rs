//! Message transfer part level 3, ITU-T Q.704 §2.2, §14.2: service information octet, routing label, user's message.

use super::point_code::{PointCodeFormat, RoutingLabel};
use super::{Malformed, Message, Protocol, Reader, Value};

/// Service indicators that the probe acts on, §14.2.1.
pub mod service {
    /// Signalling connection control part.
    pub const SCCP: u8 = 3;
}

/// A message signal unit's service information octet and signalling information field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mtp3Message<'a> {
    /// Service indicator, §14.2.1.
    pub si: u8,
    /// Network indicator, §14.2.2: 0 and 1 international, 2 and 3 national.
    pub ni: u8,
    /// Who sends to whom.
    pub label: RoutingLabel,
    /// The user part's message.
    pub user_data: &'a [u8],
}

impl<'a> Mtp3Message<'a> {
    /// Reads a message; `formats` are those of the four network indicators.
    pub fn read(octets: &'a [u8], formats: &[PointCodeFormat; 4]) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Mtp3, octets);
        let [service_information] = r.v("service information octet")?;
        let (si, ni) = (service_information & 0x0f, service_information >> 6);
        let format = formats.get(usize::from(ni)).copied().unwrap_or_default();
        let label = RoutingLabel::read(&mut r, format)?;
        Ok(Self { si, ni, label, user_data: r.rest() })
    }
}

impl Message for Mtp3Message<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Mtp3
    }

    /// The user part, by the service indicator.
    fn name(&self) -> &'static str {
        match self.si {
            0 => "signalling_network_management",
            1 | 2 => "signalling_network_testing",
            3 => "sccp",
            4 => "telephone_user_part",
            5 => "isdn_user_part",
            6 | 7 => "data_user_part",
            8 => "mtp_testing_user_part",
            9 => "broadband_isdn_user_part",
            10 => "satellite_isdn_user_part",
            _ => "unknown",
        }
    }

    fn code(&self) -> u8 {
        self.si
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("ni", Value::Integer(u64::from(self.ni)));
        visit("opc", Value::Integer(u64::from(self.label.opc)));
        visit("dpc", Value::Integer(u64::from(self.label.dpc)));
        visit("sls", Value::Integer(u64::from(self.label.sls)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn the_network_indicator_says_how_the_label_is_written() {
        let formats = [
            PointCodeFormat::International,
            PointCodeFormat::International,
            PointCodeFormat::China,
            PointCodeFormat::International,
        ];
        for (octets, ni, opc, dpc) in [
            (&[0x03, 0x14, 0x00, 0x64, 0x00, 9][..], 0, 400, 20),
            (&[0x83, 0x03, 0x02, 0x01, 0x06, 0x05, 0x04, 0x00, 9], 2, 0x04_0506, 0x01_0203),
        ] {
            let message = Mtp3Message::read(octets, &formats).unwrap();
            assert_eq!((message.ni, message.label.opc, message.label.dpc, message.name()), (ni, opc, dpc, "sccp"));
            assert_eq!(message.user_data, [9]);
            for len in 0..octets.len() - 1 {
                let malformed = Mtp3Message::read(&octets[..len], &formats).unwrap_err();
                assert_eq!(malformed.fault, Fault::Truncated, "cut at {len}");
            }
        }
    }
}
