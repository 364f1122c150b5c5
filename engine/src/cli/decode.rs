//! `touchpoint decode`: one line per event, or per message.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::PathBuf;

use event::Event;
use probe::capture::{Capture, Step};
use probe::wire::{Malformed, Message, Protocol};
use probe::{Probe, Provenance, Sink};
use rules::language::Language;

use super::feed::{Feed, Ongoing};
use super::inputs::{self, Reading};
use super::json::Line;
use super::links::Sight;
use super::show::{self, Names};
use super::{Ending, Failure};
use crate::run::DOUBTFUL_GAP;

/// Decodes captures and prints what they hold: one line per event or, with --messages, per message.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  touchpoint decode a.pcap                          events, a line each, identities masked
  touchpoint decode --json a.pcap.zst b.pcapng      JSON lines, files in order of time
  touchpoint decode --messages --json captures/     every decoded message with its elements
  touchpoint decode --links up.pcap down.pcap       what was lost of each link, and how far two clocks are apart
  tcpdump -i eth1 -w - sctp | touchpoint decode -   from standard input
  touchpoint decode --interface eth1 -i eth2        live, both directions of a link as one feed, until Ctrl-C
  touchpoint decode --follow /var/captures          a folder of dumpcap's ring, as it grows")]
pub(crate) struct Decode {
    /// Capture files (pcap, pcapng; gzip, zstd), folders of them, or `-` for standard input. Read as one feed, in
    /// order of time.
    #[arg(value_name = "CAPTURE", required_unless_present_any = ["interface", "follow"])]
    captures: Vec<PathBuf>,
    #[command(flatten)]
    ongoing: Ongoing,
    #[command(flatten)]
    reading: Reading,
    /// End after this many frames.
    #[arg(long, value_name = "N")]
    frames: Option<u64>,
    /// Print every decoded message instead of events.
    #[arg(long)]
    messages: bool,
    /// Print, instead of events, what was lost of each link before it reached the probe, and how the clocks of several inputs
    /// go.
    #[arg(long = "links", conflicts_with = "messages")]
    by_link: bool,
    /// With --messages: only these protocols (`mm,cc,sms`).
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "messages", value_parser = protocol)]
    protocol: Vec<Protocol>,
    /// JSON lines for programs.
    #[arg(long)]
    json: bool,
    /// Show IMSI, IMEI and numbers in clear.
    #[arg(long)]
    reveal: bool,
}

fn protocol(name: &str) -> Result<Protocol, String> {
    Protocol::ALL.into_iter().find(|protocol| protocol.name() == name).ok_or_else(|| {
        let known: Vec<_> = Protocol::ALL.into_iter().map(Protocol::name).collect();
        format!("no protocol `{name}`: there are {}", known.join(", "))
    })
}

impl Decode {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        if self.by_link {
            self.drive(SightPrinter { page: self.page() })
        } else if self.messages {
            self.drive(MessagePrinter { page: self.page(), wanted: self.wanted(), names: Names::default() })
        } else {
            self.drive(EventPrinter { page: self.page(), feed: self.reading.feed().to_owned() })
        }
    }

    fn page(&self) -> Page {
        Page {
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            line: Line::new(self.reveal),
            text: String::new(),
            json: self.json,
            reveal: self.reveal,
            failure: None,
        }
    }

    fn wanted(&self) -> [bool; Protocol::COUNT] {
        std::array::from_fn(|index| {
            self.protocol.is_empty() || self.protocol.iter().any(|protocol| *protocol as usize == index)
        })
    }

    fn drive<P: Printer>(&self, mut printer: P) -> Result<Ending, Failure> {
        let feed = self.ongoing.open(self.reading.e1_settings())?;
        let mut probe = Probe::new(self.reading.probe_config());
        let (ending, capture) = match feed {
            Some(feed) => (self.feed(feed, &mut probe, &mut printer)?, None),
            None => {
                let mut capture = self.reading.open(&self.captures)?;
                (self.files(&mut capture, &mut probe, &mut printer)?, Some(capture))
            }
        };
        probe.finish(&mut printer);
        printer.tail(&Sight::of(&probe, capture.as_ref()));
        printer.page().finish()?;
        Ok(ending)
    }

    fn most_frames(&self) -> usize {
        self.frames.and_then(|frames| usize::try_from(frames).ok()).unwrap_or(usize::MAX)
    }

    fn files<P: Printer>(&self, capture: &mut Capture, probe: &mut Probe, printer: &mut P) -> Result<Ending, Failure> {
        let mut frames_left = self.most_frames();
        printer.head();
        if frames_left == 0 {
            return Ok(Ending::Complete);
        }
        inputs::each_batch(capture, |batch| {
            let batch = batch.first(frames_left);
            probe.frames(batch, printer);
            frames_left -= batch.len();
            frames_left > 0 && printer.page().failure.is_none()
        })
    }

    fn feed<P: Printer>(&self, mut feed: Feed, probe: &mut Probe, printer: &mut P) -> Result<Ending, Failure> {
        let mut frames_left = self.most_frames();
        printer.head();
        while frames_left > 0 && printer.page().failure.is_none() {
            match feed.next(frames_left)? {
                Step::Frames(frames) => {
                    probe.frames(frames, printer);
                    frames_left -= frames.len();
                }
                Step::Quiet(reached) => {
                    probe.tick(reached, printer);
                    // Whoever reads along waits for what there is.
                    printer.page().flush();
                }
                Step::News(at, news) => {
                    if news.gap().is_some_and(|gap| gap >= DOUBTFUL_GAP) {
                        probe.doubt(at, printer);
                    }
                }
                Step::End => break,
            }
        }
        feed.close();
        Ok(Ending::Complete)
    }
}

/// Where lines go, and how they look.
struct Page {
    out: BufWriter<StdoutLock<'static>>,
    line: Line,
    text: String,
    json: bool,
    reveal: bool,
    failure: Option<io::Error>,
}

impl Page {
    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error);
        }
    }

    fn flush(&mut self) {
        let flushed = self.out.flush();
        self.note(flushed);
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.flush();
        match self.failure.take() {
            // `decode | head` ends so: whoever reads has read enough.
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Some(error) => Err(Failure::output(error)),
            None => Ok(()),
        }
    }
}

trait Printer: Sink {
    fn page(&mut self) -> &mut Page;
    fn head(&mut self) {}
    fn tail(&mut self, sight: &Sight) {
        sight.tell();
    }
}

struct SightPrinter {
    page: Page,
}

impl Sink for SightPrinter {
    fn event(&mut self, _event: &Event) {}
}

impl Printer for SightPrinter {
    fn page(&mut self) -> &mut Page {
        &mut self.page
    }

    fn tail(&mut self, sight: &Sight) {
        let Page { out, line, json, .. } = &mut self.page;
        let written = match *json {
            true => sight.write_json(out, line),
            false => sight.write_tables(out, Language::English).and_then(|()| sight.write_feeds(out)),
        };
        self.page.note(written);
    }
}

struct EventPrinter {
    page: Page,
    feed: String,
}

impl Sink for EventPrinter {
    fn event(&mut self, event: &Event) {
        let Page { out, line, text, json, reveal, .. } = &mut self.page;
        let written = if *json {
            out.write_all(show::event_json(line, event, &self.feed))
        } else {
            show::event_line(text, event, *reveal);
            out.write_all(text.as_bytes())
        };
        self.page.note(written);
    }
}

impl Printer for EventPrinter {
    fn page(&mut self) -> &mut Page {
        &mut self.page
    }

    fn head(&mut self) {
        if !self.page.json && io::stdout().is_terminal() {
            let written = writeln!(self.page.out, "{}", show::EVENT_HEAD);
            self.page.note(written);
        }
    }
}

struct MessagePrinter {
    page: Page,
    wanted: [bool; Protocol::COUNT],
    names: Names,
}

impl MessagePrinter {
    fn wants(&self, protocol: Protocol) -> bool {
        self.wanted.get(protocol as usize).copied().unwrap_or(true)
    }
}

impl Sink for MessagePrinter {
    const MESSAGES: bool = true;

    fn event(&mut self, _event: &Event) {}

    fn message(&mut self, from: Provenance, message: &dyn Message) {
        if !self.wants(message.protocol()) {
            return;
        }
        let Page { out, line, text, json, reveal, .. } = &mut self.page;
        let written = if *json {
            out.write_all(show::message_json(line, &mut self.names, from, message))
        } else {
            show::message_line(text, from, message, *reveal);
            out.write_all(text.as_bytes())
        };
        self.page.note(written);
    }

    fn malformed(&mut self, from: Provenance, malformed: Malformed) {
        if !self.wants(malformed.layer) {
            return;
        }
        let Page { out, line, text, json, .. } = &mut self.page;
        let written = if *json {
            out.write_all(show::malformed_json(line, from, malformed))
        } else {
            show::malformed_line(text, from, malformed);
            out.write_all(text.as_bytes())
        };
        self.page.note(written);
    }
}

impl Printer for MessagePrinter {
    fn page(&mut self) -> &mut Page {
        &mut self.page
    }
}
