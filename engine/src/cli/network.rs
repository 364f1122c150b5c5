//! What no message tells of the network that is watched, as options of `decode` and `replay`.

use event::{CellId, Plmn};
use probe::interpret::NetworkSettings;

use crate::config;

/// What is to be known of the network.
#[derive(clap::Args, Debug)]
pub(crate) struct NetworkOptions {
    /// The network (460-00) of cells whose identifiers leave it out.
    #[arg(long, value_name = "PLMN")]
    cell_network: Option<Plmn>,
    /// The location area code of cells whose identifiers leave it out.
    #[arg(long, value_name = "LAC")]
    cell_lac: Option<u16>,
    /// Bits of the network resource identifier in TMSIs of a pool of MSCs (3GPP TS 23.236); 0: no pool.
    #[arg(long, value_name = "BITS", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=10))]
    nri_bits: u8,
    /// Network resource identifiers and the point code of the MSC that each names (3=187,4=188); others are learned.
    #[arg(long, value_name = "NRI=MSC", value_delimiter = ',', value_parser = msc_of_nri, requires = "nri_bits")]
    nri: Vec<(u16, u32)>,
    /// Bits of the network resource identifier in P-TMSIs of a pool of SGSNs, whose identifiers are learned; 0: no pool.
    #[arg(long, value_name = "BITS", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=10))]
    sgsn_nri_bits: u8,
    /// Seconds after a restart of MSC, BSC, SGSN or BSS in which registrations are its consequence: nobody has come,
    /// returned or switched on.
    #[arg(long, value_name = "SECONDS", default_value_t = NetworkSettings::default().storm_seconds)]
    storm: u64,
    /// Subscribers that one device may have; where more show it, its number is a copy and nobody's.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=15))]
    device_subscribers: u8,
}

fn msc_of_nri(text: &str) -> Result<(u16, u32), String> {
    config::msc_of_nri(text).ok_or_else(|| format!("`{text}` is no NRI=MSC, such as 3=187"))
}

impl NetworkOptions {
    pub(crate) fn settings(&self) -> NetworkSettings {
        let mut settings = NetworkSettings {
            cells: CellId { plmn: self.cell_network, lac: self.cell_lac, ci: None },
            storm_seconds: self.storm,
            subscribers_of_device: usize::from(self.device_subscribers),
            ..NetworkSettings::default()
        };
        settings.mscs.nri_bits = self.nri_bits;
        settings.sgsns.nri_bits = self.sgsn_nri_bits;
        settings.mscs.mscs.clone_from(&self.nri);
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_nri_names_an_msc() {
        assert_eq!(msc_of_nri("3=187"), Ok((3, 187)));
        for wrong in ["3", "3=", "=187", "x=1", "70000=1"] {
            assert!(msc_of_nri(wrong).is_err(), "{wrong}");
        }
    }
}
