//! What E1 lines and the channels in them have seen, by name.

macro_rules! counters {
    ($(#[$type_doc:meta])* $type:ident { $($(#[$doc:meta])* $name:ident,)* }) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $type {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl $type {
            /// Every counter by its name.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Counters of one direction of an E1. They only grow.
    LineCounters {
        /// Octets taken.
        octets,
        /// Frames whose octets went to channels.
        frames,
        /// Bits without frame alignment: searched, or behind the last alignment signal before a loss.
        bits_unaligned,
        /// Frame alignment signals with errors while aligned.
        alignment_errors,
        /// Losses of frame alignment, G.706 §4.1.1.
        alignment_losses,
        /// Recoveries of frame alignment, the first one included, G.706 §4.1.2.
        alignment_recoveries,
        /// Slips of a frame that kept the alignment: one was repeated or left out.
        frame_slips,
        /// Recoveries at another place in the frame than before the loss: bits were repeated or left out.
        bit_slips,
        /// Multiframe alignments found: the line has the cyclic redundancy check.
        multiframes_found,
        /// Sub-multiframes whose check was made.
        checks,
        /// Sub-multiframes whose check failed.
        check_errors,
        /// Times that the remote alarm came on.
        remote_alarms,
        /// Times that the alarm indication signal (all ones) came on.
        alarm_indications,
        /// Blocks before which the recording has a gap.
        gaps,
    }
}

counters! {
    /// Counters of one channel: an HDLC stream in one or more timeslots. They only grow.
    ChannelCounters {
        /// Octets taken.
        octets,
        /// Flags.
        flags,
        /// Frames with a right check sequence.
        frames,
        /// Frames with a wrong check sequence.
        check_errors,
        /// Frames that are no whole number of octets.
        not_whole_octets,
        /// Frames with fewer than five octets.
        too_short,
        /// Frames with more octets than any can have.
        too_long,
        /// Frames aborted by seven ones.
        aborts,
        /// Frames that contradict the channel's content: their length indicator or address.
        implausible,
        /// Frames before the content was recognised, not given.
        unrecognised,
        /// Fill-in and link status units that only repeat the one before, not given.
        repeated_fill,
        /// Frames given.
        given,
    }
}

impl LineCounters {
    /// What was wrong on the line, by name.
    pub fn faults(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        const FAULTS: [&str; 8] = [
            "alignment_errors",
            "alignment_losses",
            "frame_slips",
            "bit_slips",
            "check_errors",
            "remote_alarms",
            "alarm_indications",
            "gaps",
        ];
        self.iter().filter(|(name, _)| FAULTS.contains(name))
    }
}

impl ChannelCounters {
    /// Frames that came and could not be used.
    pub fn damaged(&self) -> u64 {
        self.check_errors + self.not_whole_octets + self.too_short + self.too_long + self.aborts + self.implausible
    }
}
