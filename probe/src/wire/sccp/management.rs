//! SCCP management, ITU-T Q.713 §5: which subsystems of which nodes are in service.

use crate::wire::codes::codes;
use crate::wire::{Decoded, Malformed, Message, PointCodeFormat, Protocol, Reader, Value};

/// Subsystem number of SCCP management, ITU-T Q.713 §3.4.2.2.
pub const SUBSYSTEM: u8 = 1;

codes! {
    /// Message type, ITU-T Q.713 Table 24.
    pub ManagementMessageType {
        0x01 SUBSYSTEM_ALLOWED "subsystem_allowed",
        0x02 SUBSYSTEM_PROHIBITED "subsystem_prohibited",
        0x03 SUBSYSTEM_STATUS_TEST "subsystem_status_test",
        0x04 SUBSYSTEM_OUT_OF_SERVICE_REQUEST "subsystem_out_of_service_request",
        0x05 SUBSYSTEM_OUT_OF_SERVICE_GRANT "subsystem_out_of_service_grant",
        0x06 SUBSYSTEM_CONGESTED "subsystem_congested",
    }
}

/// A message of SCCP management: all have the same mandatory part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Management {
    /// Message type.
    pub message_type: ManagementMessageType,
    /// Affected subsystem number, §5.2.2.
    pub subsystem: u8,
    /// Affected point code, §5.2.3.
    pub point_code: u32,
    /// Subsystem multiplicity indicator, §5.2.4: 0 not known, 1 solitary, 2 duplicated.
    pub multiplicity: u8,
}

/// Reads the data of a unitdata message to [`SUBSYSTEM`]. An error where the mandatory part is not whole.
pub fn read(octets: &[u8], format: PointCodeFormat) -> Result<Decoded<Management>, Malformed> {
    let mut r = Reader::new(Protocol::Scmg, octets);
    let [message_type, subsystem] = r.v("message type")?;
    let point_code = format.read(&mut r, "affected point code")?;
    let [multiplicity] = r.v("subsystem multiplicity indicator")?;
    let message_type = ManagementMessageType(message_type);
    let message = Management { message_type, subsystem, point_code, multiplicity: multiplicity & 3 };
    Ok(Decoded { message, malformed: None })
}

impl Message for Management {
    fn protocol(&self) -> Protocol {
        Protocol::Scmg
    }

    fn name(&self) -> &'static str {
        self.message_type.name()
    }

    fn code(&self) -> u8 {
        self.message_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("affected_subsystem", Value::Integer(u64::from(self.subsystem)));
        visit("affected_point_code", Value::Integer(u64::from(self.point_code)));
        visit("subsystem_multiplicity_indicator", Value::Integer(u64::from(self.multiplicity)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Fault;

    fn check(octets: &[u8], format: PointCodeFormat, point_code: u32) {
        let Decoded { message, .. } = read(octets, format).unwrap();
        assert_eq!((message.name(), message.subsystem), ("subsystem_prohibited", 254));
        assert_eq!((message.point_code, message.multiplicity), (point_code, 1));
        for length in 0..octets.len() {
            let cut = read(&octets[..length], format).map(drop).map_err(|malformed| malformed.fault);
            assert_eq!(cut, Err(Fault::Truncated), "cut at {length}");
        }
    }

    #[test]
    fn the_affected_node_is_read_as_its_network_writes_point_codes() {
        check(&[2, 254, 0x12, 0x34, 1], PointCodeFormat::International, 0x3412);
        check(&[2, 254, 0x12, 0x34, 0x56, 1], PointCodeFormat::China, 0x56_3412);
    }
}
