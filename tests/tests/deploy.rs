//! What `deploy/` says is true of the program: sample configuration, alerts, dashboard, runbook, unit.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use tests::{root, run, touchpoint};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names of metrics in a text; of a row such as `touchpoint_scenarios`, `_paused` the first.
fn metrics(text: &str) -> BTreeSet<&str> {
    let is_name = |word: &&str| word.starts_with("touchpoint_") && !word.ends_with('_');
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(is_name).collect()
}

#[test]
fn the_sample_configuration_is_sound_and_names_every_key() {
    let folder = tempfile::tempdir().unwrap();
    let sample = read("deploy/touchpoint.toml");
    let file = folder.path().join("touchpoint.toml");
    run(Command::new("cp").arg("-r").arg(root().join("deploy/starter")).arg(folder.path().join("scenarios")));
    run(touchpoint().arg("check").arg(folder.path().join("scenarios")));
    let feed = "[[feed]]\nname = \"x\"\ninterfaces = [\"lo\"]\n[[feed]]\nname = \"y\"\nfolder = \".\"\n";
    fs::write(&file, format!("{sample}\n{feed}")).unwrap();
    let shown = run(touchpoint().args(["config", "show"]).arg(&file));
    let shown = String::from_utf8(shown.stdout).unwrap();
    let keys = shown.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
    let missing: Vec<&str> = keys.filter(|key| !sample.contains(&format!("{key} ="))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_alert_has_an_entry_in_the_runbook_and_the_other_way() {
    let (alerts, runbook) = (read("deploy/prometheus/alerts.yaml"), read("deploy/docs/runbook.md"));
    let alerts: BTreeSet<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let entries: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(alerts, entries);
}

#[test]
fn alerts_and_dashboard_ask_for_what_there_is() {
    let (documented, code) = (read("deploy/docs/metrics.md"), read("engine/src/metrics.rs"));
    let (documented, counted) = (metrics(&documented), metrics(&code));
    for path in ["deploy/prometheus/alerts.yaml", "deploy/grafana/touchpoint.json"] {
        let text = read(path);
        let asked = metrics(&text);
        let unknown: Vec<&str> = asked.difference(&counted).copied().collect();
        assert_eq!(unknown, [""; 0], "{path}");
    }
    let short = ["touchpoint_scenarios_paused", "touchpoint_scenarios_refused"];
    let untold: Vec<&str> = counted.difference(&documented).copied().filter(|name| !short.contains(name)).collect();
    assert_eq!(untold, [""; 0]);
}

#[test]
fn prometheus_understands_the_rules() {
    let folder = root().join("deploy/prometheus");
    for arguments in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]] {
        match Command::new("promtool").args(arguments).current_dir(&folder).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
            Err(_) => return eprintln!("SKIPPED: there is no promtool (Debian package prometheus)"),
        }
    }
}

#[test]
fn the_command_line_describes_itself() {
    let folder = tempfile::tempdir().unwrap();
    run(touchpoint().arg("man").arg(folder.path()));
    let page = fs::read_to_string(folder.path().join("touchpoint-run.1")).unwrap();
    assert!(page.contains("SIGTERM") || page.contains("TERM"), "{page}");
    for shell in ["bash", "zsh", "fish"] {
        let completions = run(touchpoint().args(["completions", shell]));
        assert!(String::from_utf8(completions.stdout).unwrap().contains("backtest"), "{shell}");
    }
}
