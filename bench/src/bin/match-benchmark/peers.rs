//! Engines for complex event processing with the same patterns, where their jars are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Name, class, its program, folder of jars below that of the peers.
const PEERS: [(&str, &str, &str, &str); 2] = [
    ("Flink CEP, pattern API, heap", "Flink", include_str!("../../../peers/Flink.java"), "pyflink/lib"),
    ("Siddhi, partitioned", "Siddhi", include_str!("../../../peers/Siddhi.java"), "__PySiddhiProxy/target/lib"),
];
const OPTIONS: [&str; 4] = [
    "-Xmx6g",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
];

/// How to run each peer that is there: with the events of each of these files. Compiles them into `classes`.
pub(crate) fn commands(
    folder: &Path,
    classes: &Path,
    events: [&Path; 2],
    targets: &Path,
) -> Result<Vec<(&'static str, [Command; 2])>> {
    std::fs::create_dir_all(classes)?;
    let mut commands = Vec::new();
    for (name, class, program, jars) in PEERS {
        let mut path = jars_in(&folder.join(jars))?;
        if path.is_empty() {
            continue;
        }
        path.push(classes.to_owned());
        let path = std::env::join_paths(path)?;
        let source = classes.join(class).with_extension("java");
        std::fs::write(&source, program)?;
        let mut compiler = Command::new("javac");
        compiler.args(["-nowarn", "-proc:none", "-cp"]).arg(&path).arg("-d").arg(classes).arg(&source);
        let compiled = compiler.stderr(Stdio::null()).status().context("javac cannot be started")?;
        ensure!(compiled.success(), "{class}.java cannot be compiled");
        let run = |events| {
            let mut command = Command::new("java");
            command.args(OPTIONS).arg("-cp").arg(&path).arg(class).arg(events).arg(targets);
            command
        };
        commands.push((name, events.map(run)));
    }
    Ok(commands)
}

fn jars_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let files = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut jars = files.collect::<Result<Vec<_>>>()?;
    jars.retain(|file| file.extension().is_some_and(|ending| ending == "jar"));
    Ok(jars)
}
