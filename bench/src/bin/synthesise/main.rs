//! `synthesise`: writes a capture of a mobile network that never was, and the truth about it.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use bench::encode::Protocol;
use bench::link::Medium;
use bench::population::write_directory;
use bench::{Report, Simulation};
use clap::Parser;

mod links;
mod options;
mod words;

use options::Options;

fn capture(path: &PathBuf) -> Result<Box<dyn Write>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdout()));
    }
    Ok(Box::new(create(path)?))
}

fn write_losses(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out, "link,from,frames,lost")?;
    for (link, directions) in report.carried.iter().enumerate() {
        for (from, carried) in ["bss", "msc"].into_iter().zip(directions) {
            writeln!(out, "{link},{from},{},{}", carried.frames, carried.lost)?;
        }
    }
    out.flush()
}

fn create(path: &PathBuf) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

fn run(options: &Options) -> Result<()> {
    let plan = options.plan()?;
    let truth = options.truth.as_ref().map(create).transpose()?.map(BufWriter::new);
    let directory = options.directory.as_ref().map(create).transpose()?;
    let (start, length) = (plan.start, plan.length);
    let of_a = if plan.interfaces.a() { plan.size.links } else { 0 };
    let of_gb = if plan.interfaces.gb() { plan.size.bscs } else { 0 };
    let e1_links = if plan.medium() == Medium::Lines { options.links.e1_links(of_a, of_gb)? } else { Vec::new() };
    ensure!(
        options.split_directions.is_none() || plan.medium() != Medium::Lines,
        "--split-directions: E1 lines have one clock"
    );
    let mut simulation = Simulation::new(plan, capture(&options.out)?, truth)?;
    if let Some(path) = &options.split_directions {
        simulation.split(capture(path)?, options.clock())?;
    }
    if let Some(path) = &options.owners {
        simulation.write_owners(BufWriter::new(create(path)?))?;
    }
    if let Some(file) = directory {
        write_directory(&mut BufWriter::new(file), simulation.people(), options.seed)?;
    }
    let show = !options.quiet && io::stderr().is_terminal();
    let (report, _, _) = simulation.run(|at, frames| {
        if show {
            let done = at.since(start).as_secs_f64() / length.as_secs_f64();
            eprint!("\r{:3.0} %  {frames} frames", done * 100.0);
        }
    })?;
    if show {
        eprint!("\r");
    }
    if let Some(path) = &options.losses {
        write_losses(&mut BufWriter::new(create(path)?), &report)?;
    }
    if !options.quiet {
        eprint!("{}{}", summary(&report), speed(&report).unwrap_or_default());
        e1_links.iter().for_each(|link| eprintln!("  --e1-link {link}"));
    }
    Ok(())
}

fn summary(report: &Report) -> String {
    let mut text = format!(
        "{} frames, {} messages of SCCP and NS, {} events ({} with an identity to be known)\n",
        report.frames,
        carried(report),
        report.events,
        report.observable
    );
    for (message, count) in report.messages.written() {
        text.push_str(&format!("  {:7} {:32} {count:9}\n", message.protocol().name(), message.name()));
    }
    text
}

fn carried(report: &Report) -> u64 {
    report.messages.of_protocol(Protocol::Sccp) + report.messages.of_protocol(Protocol::Ns)
}

// What it cost, of which the kernel keeps account: there is one thread.
fn speed(report: &Report) -> Option<String> {
    let account = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = account.split(' ').next()?.parse().ok()?;
    let (seconds, messages) = (nanoseconds / 1e9, carried(report));
    Some(format!("{seconds:.2} s of CPU time: {:.2} million messages a second\n", messages as f64 / seconds / 1e6))
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("synthesise: {error:#}");
            ExitCode::FAILURE
        }
    }
}
