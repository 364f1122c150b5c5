//! What goes on until it is told to end: interfaces, or a folder that is being written.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::value_parser;
use probe::capture::e1::E1Settings;
use probe::capture::follow::Follow;
use probe::capture::live::{InterfaceTotals, Live, LiveSettings};
use probe::capture::{Deadline, Step};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Failure;
use super::report::grouped;

/// What goes on until it is told to end, and how.
#[derive(clap::Args, Debug)]
pub(crate) struct Ongoing {
    /// Listen to this network interface; several make one feed, merged by time.
    #[arg(short, long, value_name = "IF", conflicts_with_all = ["captures", "follow"])]
    interface: Vec<String>,
    /// Follow a folder into which one program writes file after file (dumpcap -b, tcpdump -C or -G): the newest as it grows.
    #[arg(long, value_name = "FOLDER", conflicts_with = "captures")]
    follow: Option<PathBuf>,
    /// Frames of an interface that the kernel gives us, in the language of pcap-filter(7). By default all but RTP; '' is
    /// everything.
    #[arg(long, value_name = "BPF", requires = "interface")]
    filter: Option<String>,
    /// Octets kept of each frame of an interface.
    #[arg(long, value_name = "N", requires = "interface", default_value = "262144", value_parser = value_parser!(u32).range(64..=262_144))]
    snaplen: u32,
    /// Take only what an interface would take anyway, not frames to other stations.
    #[arg(long, requires = "interface")]
    no_promiscuous: bool,
    /// Megabytes of the kernel's ring for each interface.
    #[arg(long, value_name = "N", requires = "interface", default_value = "64", value_parser = value_parser!(u32).range(1..=2047))]
    buffer_mb: u32,
    /// End after this time; else with Ctrl-C.
    #[arg(long, value_name = "N", conflicts_with = "captures")]
    seconds: Option<u64>,
}

/// Interfaces, or a folder, that are being read.
pub(crate) struct Feed {
    kind: Kind,
    deadline: Deadline,
    interrupted: Arc<AtomicBool>,
}

enum Kind {
    Live(Box<Live>),
    Folder(Box<Follow>),
}

impl Ongoing {
    /// Opens what goes on, if that was asked for. It ends with SIGINT or SIGTERM; a second one ends the program.
    pub(crate) fn open(&self, e1: E1Settings) -> Result<Option<Feed>, Failure> {
        if self.follow.is_none() && self.interface.is_empty() {
            return Ok(None);
        }
        // Before anything is opened: whoever sees that it is open may end it.
        let interrupted = Arc::new(AtomicBool::new(false));
        end_orderly(&interrupted)
            .map_err(|error| Failure::new(format_args!("signals cannot be waited for: {error}")))?;
        let deadline = Deadline::new(self.seconds.map(Duration::from_secs));
        let kind = if let Some(folder) = &self.follow {
            let follow = Follow::open(folder.clone(), e1, &deadline)?;
            eprintln!("following {}", folder.display());
            Kind::Folder(Box::new(follow))
        } else {
            let live = Live::open(&self.interface, &self.settings(), &deadline)?;
            eprintln!("listening to {}", self.interface.join(", "));
            Kind::Live(Box::new(live))
        };
        Ok(Some(Feed { kind, deadline, interrupted }))
    }

    fn settings(&self) -> LiveSettings {
        let default = LiveSettings::default();
        LiveSettings {
            filter: self.filter.clone().unwrap_or(default.filter),
            snaplen: self.snaplen,
            promiscuous: !self.no_promiscuous,
            buffer_octets: self.buffer_mb << 20,
        }
    }
}

fn end_orderly(interrupted: &Arc<AtomicBool>) -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 1, Arc::clone(interrupted))?;
        flag::register(signal, Arc::clone(interrupted))?;
    }
    Ok(())
}

impl Feed {
    /// What comes next, `most` frames at most. What the feed tells of itself is logged.
    pub(crate) fn next(&mut self, most: usize) -> Result<Step<'_>, Failure> {
        if self.interrupted.load(Ordering::Relaxed) {
            self.deadline.end_now();
        }
        let step = match &mut self.kind {
            Kind::Live(live) => live.next(most),
            Kind::Folder(follow) => follow.next(most)?,
        };
        if let Step::News(_, news) = &step {
            tracing::warn!("{news}");
        }
        Ok(step)
    }

    /// Ends it, and tells on standard error what became of its packets.
    pub(crate) fn close(self) {
        match self.kind {
            Kind::Live(live) => {
                let late = live.late();
                live.close().iter().for_each(tell_interface);
                if late > 0 {
                    eprintln!("{} frames came after later ones of other interfaces", grouped(late));
                }
            }
            Kind::Folder(follow) => tell_folder(&follow),
        }
    }
}

fn tell_folder(follow: &Follow) {
    let totals = follow.totals();
    eprintln!(
        "{}: {} files, {} frames; {} gaps; {} files passed over",
        follow.folder().display(),
        grouped(totals.files),
        grouped(totals.frames),
        grouped(totals.gaps),
        grouped(totals.passed_over),
    );
}

fn tell_interface(totals: &InterfaceTotals) {
    eprintln!(
        "{}: {} packets received, {} decoded, {} dropped by the kernel, {} by the interface, {} by our ring, \
         {} left unread; {} passed over by the filter; {} gaps; {} at times that cannot be",
        totals.interface,
        grouped(totals.received),
        grouped(totals.decoded),
        grouped(totals.dropped_by_kernel),
        grouped(totals.dropped_by_interface),
        grouped(totals.dropped_by_ring),
        grouped(totals.left_unread),
        grouped(totals.filtered),
        grouped(totals.gaps),
        grouped(totals.implausible),
    );
}
