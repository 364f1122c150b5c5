//! Network interfaces: finding them, opening them, and whether they are there.

use std::env;

use ::pcap::{Active, Capture, Device, Error, Linktype};

use super::tally::Meter;
use super::{LiveError, LiveSettings, RETIRE, filter, privilege};
use crate::wire::LinkType;

/// How alike a name must be to be offered, between 0 and 1 (Jaro-Winkler).
const ALIKE: f64 = 0.8;

/// An interface that is listened to.
pub(super) struct Handle {
    pub(super) packets: Capture<Active>,
    pub(super) link: LinkType,
    pub(super) is_loopback: bool,
    pub(super) meter: Meter,
}

/// What can be said of an interface without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// In use, with a link.
    Up,
    /// Down, or without a link.
    Down,
    /// Not there.
    Gone,
}

/// Whether the interface is there.
pub(super) fn state(interface: &str) -> State {
    match Device::list().unwrap_or_default().iter().find(|device| device.name == interface) {
        Some(device) if device.flags.is_up() && device.flags.is_running() => State::Up,
        Some(_) => State::Down,
        None => State::Gone,
    }
}

/// Opens an interface for reading without waiting.
pub(super) fn open(interface: &str, settings: &LiveSettings) -> Result<Handle, LiveError> {
    let device = find(interface)?;
    let is_loopback = device.flags.is_loopback();
    let meter = Meter::new(interface);
    let packets = activate(device, settings)?;
    let Linktype(code) = packets.get_datalink();
    let link = u16::try_from(code).ok().and_then(LinkType::from_code);
    let link = link.ok_or_else(|| LiveError::UnknownLinkType { interface: interface.to_owned(), code })?;
    let mut packets = packets.setnonblock().map_err(|error| unopened(interface, error))?;
    set_filter(&mut packets, &settings.filter, is_loopback).map_err(|reason| LiveError::Filter {
        interface: interface.to_owned(),
        filter: settings.filter.clone(),
        reason,
    })?;
    Ok(Handle { packets, link, is_loopback, meter })
}

/// libpcap's words, or the wrapper's where there are none.
pub(super) fn reason(error: Error) -> String {
    match error {
        Error::PcapError(text) if !text.is_empty() => text,
        other => other.to_string(),
    }
}

fn set_filter(packets: &mut Capture<Active>, expression: &str, is_loopback: bool) -> Result<(), String> {
    packets.filter(expression, true).map_err(reason)?;
    if is_loopback {
        let program = packets.compile(expression, true).map_err(reason)?;
        filter::hear_once(packets, &program).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn find(interface: &str) -> Result<Device, LiveError> {
    let devices = Device::list().map_err(|error| unopened(interface, error))?;
    match devices.iter().find(|device| device.name == interface) {
        Some(device) if device.flags.is_up() => Ok(device.clone()),
        Some(_) => Err(LiveError::Down { interface: interface.to_owned() }),
        None => Err(unknown(interface, &devices)),
    }
}

// What libpcap lists beside network interfaces (buses, firewall logs) has no address of any kind and no link.
fn unknown(interface: &str, devices: &[Device]) -> LiveError {
    const OTHERS: [&str; 5] = ["bluetooth", "dbus", "nflog", "nfqueue", "usbmon"];
    let is_network = |name: &&String| !OTHERS.iter().any(|other| name.starts_with(other));
    let known: Vec<String> = devices.iter().map(|device| &device.name).filter(is_network).cloned().collect();
    let likeness = |name: &String| strsim::jaro_winkler(interface, name);
    let closest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = match closest {
        Some(name) if likeness(name) >= ALIKE => format!(" (did you mean `{name}`?)"),
        _ => String::new(),
    };
    LiveError::NoInterface { interface: interface.to_owned(), hint, known }
}

fn activate(device: Device, settings: &LiveSettings) -> Result<Capture<Active>, LiveError> {
    let name = device.name.clone();
    let inactive = Capture::from_device(device).map_err(|error| unopened(&name, error))?;
    let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    // Without immediate mode libpcap uses a ring of TPACKET_V3, whose blocks hold frames of any length.
    let inactive = inactive
        .immediate_mode(false)
        .timeout(i32::try_from(RETIRE.as_millis()).unwrap_or(i32::MAX))
        .buffer_size(whole(settings.buffer_octets))
        .snaplen(whole(settings.snaplen))
        // All interfaces together cannot be promiscuous, and libpcap warns as if it had failed.
        .promisc(settings.promiscuous && name != "any");
    let (opened, allowed) = privilege::with_capture(|| (inactive.open(), privilege::may_capture()));
    match opened {
        Ok(active) => Ok(active),
        Err(_) if !allowed => Err(LiveError::Denied { interface: name, program: program() }),
        Err(error) => Err(unopened(&name, error)),
    }
}

fn unopened(interface: &str, error: Error) -> LiveError {
    LiveError::Open { interface: interface.to_owned(), reason: reason(error) }
}

fn program() -> String {
    env::current_exe().map_or_else(|_| "touchpoint".to_owned(), |path| path.display().to_string())
}
