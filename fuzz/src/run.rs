//! One input, from its first octet to the end of the capture, and what must hold then.

use event::Timestamp;
use probe::Probe;
use probe::capture::Frame;

use crate::balance;
use crate::files;
use crate::input::{Settings, records};
use crate::observer::Observer;
use crate::wrapping::Wrapping;

/// When captures begin.
pub const START: Timestamp = Timestamp::from_seconds(1_772_442_000);

/// Runs an input.
///
/// # Panics
/// Where something is not counted: the fuzzer's way to say so.
pub fn run(input: &[u8]) {
    let Some((settings, octets)) = input.split_first() else { return };
    let settings = Settings(*settings);
    let mut probe = Probe::new(settings.probe());
    let mut observer = Observer::default();
    if settings.is_file() {
        files::play(settings, octets, &mut probe, &mut observer);
    } else {
        play(octets, &mut probe, &mut observer);
    }
    probe.finish(&mut observer);
    std::hint::black_box(probe.losses());
    balance::check(&probe, &observer);
}

/// Plays records to a probe, time going on by their steps.
pub fn play(octets: &[u8], probe: &mut Probe, observer: &mut Observer) {
    let mut wrapping = Wrapping::default();
    let mut at = START;
    for (number, record) in (1..).zip(records(octets)) {
        at = record.step.after(at);
        if record.step.is_tick() {
            probe.tick(at, observer);
        }
        let wrapped = wrapping.wrap(&record);
        let frame = Frame {
            number,
            at,
            link: wrapped.link,
            captured: wrapped.octets,
            original_length: wrapped.original_length,
            file: wrapped.file,
        };
        probe.frame(&frame, observer);
    }
}
