//! Folders into which dumpcap or tcpdump writes file after file, followed as they grow.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tests::{json_lines, recorded, run, timeless, touchpoint};

use super::decoding::{Closing, Running};
use super::net::Net;

/// Packets of the capture that is played.
const PLAYED: u64 = 516;
const DUMPCAP: [&str; 6] = ["dumpcap", "-q", "-i", "rx1", "-w", "ring.pcapng"];

/// A folder that capture programs may write to: they give up root's rights.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    folder
}

/// Starts a program that writes what comes to `rx1` into the folder.
fn write(net: &Net, folder: &Path, writer: &[&str], ring: &[&str]) -> Running {
    let (program, words) = writer.split_first().expect("a program");
    let mut command = net.command(program);
    command.args(words).args(ring).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let writing = Running(command.spawn().expect("it starts"));
    net.await_listener();
    writing
}

fn play(net: &Net, how: &str) {
    assert_eq!(net.play("tx1", &recorded("a-msc-leg.pcap"), &[how]), PLAYED);
}

/// Ends the writer once it has written everything.
fn end(mut writing: Running) {
    thread::sleep(Duration::from_secs(2));
    run(Command::new("kill").args(["-INT", &writing.0.id().to_string()]));
    writing.0.wait().expect("it ends");
}

fn decoded(what: &Path) -> Vec<Value> {
    timeless(json_lines(touchpoint().args(["decode", "--json"]).arg(what)))
}

#[test]
fn a_folder_is_followed_while_it_is_written() {
    let Some(net) = Net::new("follow") else { return };
    net.link(1);
    let tcpdump = ["tcpdump", "-Z", "root", "--immediate-mode", "-U", "-i", "rx1", "-w", "%s.pcap"];
    for (writer, ring) in [(&tcpdump[..], ["-G", "1"]), (&DUMPCAP, ["-b", "filesize:20"])] {
        let folder = open_folder();
        let name = folder.path().to_string_lossy().into_owned();
        let decoding = net.decode(&["--follow", &name, "--frames", "516"]);
        let writing = write(&net, folder.path(), writer, &ring);
        play(&net, "--pps=200");
        end(writing);
        let (events, said) = decoding.wait();
        let closing = Closing::of(&said, &name);
        assert_eq!((closing.count("frames"), closing.count("gaps")), (PLAYED, 0), "{writer:?}: {said}");
        assert!(closing.count("files") >= 3, "{writer:?}: {said}");
        assert_eq!(timeless(events), decoded(&recorded("a-msc-leg.pcap")), "{writer:?}");
    }
}

#[test]
fn who_was_killed_and_begins_again_has_everything_once() {
    let Some(net) = Net::new("killed") else { return };
    net.link(1);
    let folder = open_folder();
    let name = folder.path().to_string_lossy().into_owned();
    let writing = write(&net, folder.path(), &DUMPCAP, &["-b", "filesize:20"]);
    let first = net.decode(&["--follow", &name]);
    play(&net, "--pps=2000");
    first.signal("KILL");
    drop(first);
    let second = net.decode(&["--follow", &name, "--frames", "1032"]);
    play(&net, "--pps=500");
    end(writing);
    let (events, said) = second.wait();
    let closing = Closing::of(&said, &name);
    assert_eq!((closing.count("frames"), closing.count("gaps")), (2 * PLAYED, 0), "{said}");
    assert_eq!(timeless(events), decoded(folder.path()));
}

#[test]
fn every_file_that_the_ring_deleted_too_early_is_a_gap() {
    let Some(net) = Net::new("ring") else { return };
    net.link(1);
    let folder = open_folder();
    let name = folder.path().to_string_lossy().into_owned();
    let mut decoding = net.decode(&["--follow", &name]);
    let writing = write(&net, folder.path(), &DUMPCAP, &["-b", "filesize:20", "-b", "files:3"]);
    play(&net, "--pps=300");
    decoding.signal("STOP");
    (0..3).for_each(|_| play(&net, "--pps=2000"));
    decoding.signal("CONT");
    decoding.says("give the ring more files");
    play(&net, "--pps=300");
    end(writing);
    let (_, said) = decoding.end();
    println!("{said}");
    let closing = Closing::of(&said, &name);
    assert!(closing.count("gaps") >= 3, "{said}");
    assert_eq!(closing.count("files") + closing.count("gaps"), last_number(folder.path()), "{said}");
}

/// The number of the last file of dumpcap's ring that holds a packet.
fn last_number(folder: &Path) -> u64 {
    let has_packet =
        |path: &Path| !run(Command::new("tshark").args(["-n", "-c", "1", "-r"]).arg(path)).stdout.is_empty();
    let files = fs::read_dir(folder).expect("the folder can be listed").map(|entry| entry.expect("a file").path());
    let number = |path: &Path| path.file_name()?.to_str()?.split('_').nth(1)?.parse().ok();
    files.filter(|path| has_packet(path)).filter_map(|path| number(&path)).max().expect("a file with a packet")
}
