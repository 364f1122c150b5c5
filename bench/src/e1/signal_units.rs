//! Signal units of MTP2 (ITU-T Q.703 §2, Annex A) with their sequence numbers.

/// Which numbering a link has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// 7 bits, Q.703 §2.2.
    Basic,
    /// 12 bits, Q.703 Annex A.
    AnnexA,
}

/// What one side of a link sends: numbers its messages, acknowledges the other's.
#[derive(Clone, Copy, Debug)]
pub struct SignalUnits {
    numbering: Numbering,
    forward: u16,
    backward: u16,
    forward_indicator: bool,
    backward_indicator: bool,
}

impl SignalUnits {
    /// As alignment leaves a link: numbers at their greatest value, indicators 1 (Q.703 §5.2.2, §7.3).
    pub fn new(numbering: Numbering) -> Self {
        let last = numbering.modulus() - 1;
        Self { numbering, forward: last, backward: last, forward_indicator: true, backward_indicator: true }
    }

    /// A fill-in signal unit.
    pub fn fill_in(&self) -> Vec<u8> {
        self.unit(&[])
    }

    /// A link status signal unit: 0 out of alignment, 1 normal, 2 emergency, 3 out of service, 4 processor outage, 5 busy.
    pub fn status(&self, status: u8) -> Vec<u8> {
        self.unit(&[status])
    }

    /// The next message: service information octet and signalling information field.
    pub fn message(&mut self, octets: &[u8]) -> Vec<u8> {
        self.forward = (self.forward + 1) % self.numbering.modulus();
        self.unit(octets)
    }

    /// The message with the present number once more, as a negative acknowledgement makes it sent: with the indicator turned.
    pub fn again(&mut self, octets: &[u8]) -> Vec<u8> {
        self.turn();
        self.repeated(0, octets)
    }

    /// Sending again begins (Q.703 §5.2.3): the forward indicator turns.
    pub fn turn(&mut self) {
        self.forward_indicator = !self.forward_indicator;
    }

    /// A message sent again, `back` messages before the last one.
    pub fn repeated(&self, back: u16, octets: &[u8]) -> Vec<u8> {
        let modulus = self.numbering.modulus();
        Self { forward: (self.forward + modulus - back) % modulus, ..*self }.unit(octets)
    }

    /// The other side's message is refused, and what follows it: the backward indicator turns (Q.703 §5.2.2).
    pub fn refuse(&mut self) {
        self.backward_indicator = !self.backward_indicator;
    }

    /// The other side's message with the next number has come.
    pub fn acknowledge(&mut self) {
        self.backward = (self.backward + 1) % self.numbering.modulus();
    }

    fn unit(&self, octets: &[u8]) -> Vec<u8> {
        const LONGEST_HEAD: usize = 6;
        let mut unit = Vec::with_capacity(LONGEST_HEAD + octets.len());
        match self.numbering {
            Numbering::Basic => {
                let number = |number: u16, indicator: bool| number as u8 | u8::from(indicator) << 7;
                let length = octets.len().min(63) as u8;
                let backward = number(self.backward, self.backward_indicator);
                unit.extend_from_slice(&[backward, number(self.forward, self.forward_indicator), length]);
            }
            Numbering::AnnexA => {
                let number = |number: u16, indicator: bool| (number | u16::from(indicator) << 15).to_le_bytes();
                let length = (octets.len().min(511) as u16).to_le_bytes();
                let backward = number(self.backward, self.backward_indicator);
                unit.extend_from_slice([backward, number(self.forward, self.forward_indicator), length].as_flattened());
            }
        }
        unit.extend_from_slice(octets);
        unit
    }
}

impl Numbering {
    fn modulus(self) -> u16 {
        match self {
            Self::Basic => 1 << 7,
            Self::AnnexA => 1 << 12,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_round_and_indicators_turn_with_repetition() {
        let mut basic = SignalUnits::new(Numbering::Basic);
        assert_eq!(basic.fill_in(), [0xff, 0xff, 0]);
        assert_eq!(basic.message(&[0x83, 1]), [0xff, 0x80, 2, 0x83, 1]);
        basic.acknowledge();
        assert_eq!(basic.again(&[0x83, 1]), [0x80, 0x00, 2, 0x83, 1]);
        let mut annex_a = SignalUnits::new(Numbering::AnnexA);
        assert_eq!(annex_a.status(3), [0xff, 0x8f, 0xff, 0x8f, 1, 0, 3]);
        assert_eq!(annex_a.message(&[7; 300]).split_at(6).0, [0xff, 0x8f, 0, 0x80, 0x2c, 1]);
    }
}
