//! Temporary logical link identity, 3GPP TS 23.003 §2.6.

use event::Tmsi;

/// A TLLI: by which a phone is known between BSS and SGSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tlli(pub u32);

/// What a TLLI was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlliKind {
    /// Of the P-TMSI, in the routing area where that was given.
    Local,
    /// Of the P-TMSI, in another routing area.
    Foreign,
    /// Chosen by the phone, which has no P-TMSI.
    Random,
    /// Chosen by the SGSN.
    Auxiliary,
    /// Of another radio network, or reserved.
    Other,
}

/// The two bits that make a local TLLI of a P-TMSI, and that every P-TMSI has (3GPP TS 23.003 §2.4).
const LOCAL: u32 = 0xc000_0000;

impl Tlli {
    /// The local TLLI that a phone makes of the P-TMSI that it was given.
    pub const fn local(p_tmsi: Tmsi) -> Self {
        Self(p_tmsi.0 | LOCAL)
    }

    /// What it was made of, by its five highest bits.
    pub const fn kind(self) -> TlliKind {
        match self.0 >> 27 {
            0b11000..=0b11111 => TlliKind::Local,
            0b10000..=0b10111 => TlliKind::Foreign,
            0b01111 => TlliKind::Random,
            0b01110 => TlliKind::Auxiliary,
            _ => TlliKind::Other,
        }
    }

    /// The P-TMSI of which a local or foreign TLLI was made.
    pub const fn p_tmsi(self) -> Option<Tmsi> {
        match self.kind() {
            TlliKind::Local | TlliKind::Foreign => Some(Tmsi(self.0 | LOCAL)),
            TlliKind::Random | TlliKind::Auxiliary | TlliKind::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tlli: u32, kind: TlliKind, p_tmsi: Option<u32>) {
        assert_eq!((Tlli(tlli).kind(), Tlli(tlli).p_tmsi()), (kind, p_tmsi.map(Tmsi)), "{tlli:08x}");
    }

    #[test]
    fn the_highest_bits_tell_what_it_was_made_of() {
        check(0xc123_4567, TlliKind::Local, Some(0xc123_4567));
        check(0xffff_ffff, TlliKind::Local, Some(0xffff_ffff));
        check(0x8123_4567, TlliKind::Foreign, Some(0xc123_4567));
        check(0x7812_3456, TlliKind::Random, None);
        check(0x7012_3456, TlliKind::Auxiliary, None);
        check(0x6012_3456, TlliKind::Other, None);
        check(0x0012_3456, TlliKind::Other, None);
        assert_eq!(Tlli::local(Tmsi(0xe123_4567)), Tlli(0xe123_4567));
    }
}
