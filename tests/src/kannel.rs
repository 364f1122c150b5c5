//! Kannel beside the program: its bearerbox as a client of a message centre of ours, and its push proxy gateway or its service of
//! short messages in front of it.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::free_port;

/// How long its parts may take to start.
const STEPS: u32 = 300;
const STEP: Duration = Duration::from_millis(100);

/// Kannel as it runs; dropping it ends its processes.
pub struct Kannel {
    boxes: Vec<Child>,
    folder: tempfile::TempDir,
    /// Of the push proxy gateway, and of the service of short messages.
    ports: [u16; 2],
}

impl Kannel {
    /// Starts it before the message centre at this address of the loopback; `None`, said plainly, where it is not installed.
    pub fn start(centre: &str) -> Option<Self> {
        // Debian has its programs where only administrators look.
        let is_there = |name: &str| Path::new("/usr/sbin").join(name).exists();
        if !["bearerbox", "wapbox", "smsbox"].into_iter().all(is_there) {
            eprintln!("SKIPPED: no Kannel (Debian: kannel)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let ports = [(); 5].map(|()| free_port());
        fs::write(folder.path().join("kannel.conf"), configuration(centre, ports)).expect("a file in it");
        let [_, boxes @ .., pushes, texts] = ports;
        let mut kannel = Self { boxes: Vec::new(), folder, ports: [pushes, texts] };
        kannel.run("bearerbox");
        boxes.into_iter().for_each(wait_for);
        kannel.run("wapbox");
        kannel.run("smsbox");
        kannel.ports.into_iter().for_each(wait_for);
        Some(kannel)
    }

    fn run(&mut self, name: &str) {
        let log = fs::File::create(self.folder.path().join(format!("{name}.log"))).expect("a file in it");
        let child = Command::new(Path::new("/usr/sbin").join(name))
            .arg("kannel.conf")
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.boxes.push(child.expect("it is installed"));
    }

    /// The URL of a channel to its push proxy gateway.
    pub fn pap(&self) -> String {
        format!("pap+http://127.0.0.1:{}/wappush", self.ports[0])
    }

    /// Has it send a text in this alphabet: `0` the default one of GSM, `2` UCS-2.
    pub fn send(&self, to: &str, text: &str, coding: u8) {
        let escaped: String = text.bytes().map(|octet| format!("%{octet:02X}")).collect();
        let query = format!("username=t&password=t&from=10086&to={to}&charset=UTF-8&coding={coding}&text={escaped}");
        let url = format!("http://127.0.0.1:{}/cgi-bin/sendsms?{query}", self.ports[1]);
        let answer = ureq::get(url).call().expect("it answers");
        assert_eq!(answer.status().as_u16() / 100, 2);
    }
}

impl Drop for Kannel {
    fn drop(&mut self) {
        for child in self.boxes.iter_mut().rev() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn wait_for(port: u16) {
    let is_there = (0..STEPS).any(|_| {
        thread::sleep(STEP);
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(is_there, "Kannel does not listen on port {port}");
}

/// The gateway cannot be told to listen on the loopback only: it takes nothing from elsewhere.
fn configuration(centre: &str, [admin, sms, wap, pushes, texts]: [u16; 5]) -> String {
    let (host, port) = centre.split_once(':').expect("host:port");
    format!(
        "group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\nadmin-password = none\n\
         smsbox-port = {sms}\nsmsbox-interface = 127.0.0.1\nwapbox-port = {wap}\nbox-allow-ip = 127.0.0.1\n\n\
         group = smsc\nsmsc = smpp\nsmsc-id = peer\nhost = {host}\nport = {port}\nsmsc-username = kannel\n\
         smsc-password = kannel\nsystem-type = x\ntransceiver-mode = true\nmax-pending-submits = 100\n\n\
         group = wapbox\nbearerbox-host = 127.0.0.1\n\n\
         group = ppg\nppg-url = /wappush\nppg-port = {pushes}\nppg-allow-ip = 127.0.0.1\nppg-smsbox-id = ppg\n\
         service-name = ppg\ntrusted-pi = true\nconcurrent-pushes = 100\n\n\
         group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {texts}\nsendsms-interface = 127.0.0.1\n\n\
         group = sendsms-user\nusername = t\npassword = t\nconcatenation = true\nmax-messages = 10\n"
    )
}
