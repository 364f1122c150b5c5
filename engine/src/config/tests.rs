//! Mistakes, each with its code and line; and what holds where nothing is said.

use super::*;

const NEEDED: &str = "[store]\nfolder = \"s\"\n[scenarios]\nfolder = \".\"\n";

fn read(text: &str) -> (Option<Config>, Vec<(String, usize)>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("touchpoint.toml");
    std::fs::write(&file, text).unwrap();
    let (config, diagnostics) = load(&file, Language::English);
    let told = diagnostics.list.iter().map(|found| (found.code.to_owned(), found.position.unwrap().line));
    (config, told.collect())
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let check = |text: &str, expected: &[(&str, usize)]| {
        let (config, told) = read(&format!("{NEEDED}{text}"));
        let told: Vec<_> = told.iter().map(|(code, line)| (code.as_str(), *line)).collect();
        assert_eq!(told, expected, "{text}");
        assert_eq!(config.is_some(), expected.is_empty(), "{text}");
    };
    check("", &[]);
    check("[feeds]\n", &[("C002", 5)]);
    check("[log]\nformat = \"xml\"\nlines = 3\n", &[("C007", 6), ("C002", 7)]);
    check("[runaway]\nfactor = \"ten\"\nleast = 0\n", &[("C004", 6), ("C005", 7)]);
    check("[console]\nlisten = \"localhost\"\n", &[("C006", 6)]);
    check("[console]\nlisten = \"0.0.0.0:80\"\n", &[("C011", 6)]);
    check("[answers]\nstop = [\"TD\", \"!\"]\nyes = \"YES\"\n", &[("C006", 6), ("C004", 7)]);
    check("[events]\nto = \"udp:127.0.0.1:1\"\n", &[("C006", 6)]);
    check("[events]\nto = \"tcp:127.0.0.1:1\"\n", &[]);
    check("[events]\nto = \"redis://:secret@127.0.0.1:6379/0\"\nstream = \"a:b\"\n", &[]);
    check(
        "[events]\nto = \"redis://127.0.0.1:port\"\nstream = \"\"\nentries = 0\n",
        &[("C006", 6), ("C006", 7), ("C005", 8)],
    );
    check("[events]\nto = \"rediss://127.0.0.1\"\nstrem = \"a\"\n", &[("C006", 6), ("C002", 7)]);
    check("[subscribers]\nfile = \"absent.csv\"\n", &[("C008", 6)]);
    check("[privacy]\nminimum_cohort = 1\nrotate_after = \"monthly\"\n", &[("C005", 6), ("C006", 7)]);
    check("[[feed]]\nname = \"a\"\n", &[("C009", 5)]);
    check("[[feed]]\nname = \"a\"\ninterfaces = [\"lo\"]\nfolder = \".\"\n", &[("C009", 5)]);
    check("[[feed]]\ninterfaces = [\"lo\"]\n", &[("C003", 5)]);
    check("[[channel]]\nname=\"a\"\nurl=\"journal:x\"\n[[channel]]\nname=\"a\"\nurl=\"journal:y\"\n", &[("C010", 9)]);
    check("[[channel]]\nname=\"a\"\nurl=\"smp://x@h\"\n", &[("C012", 7)]);
    check("[[channel]]\nname=\"a\"\nurl=\"smpp://x@h?windows=5\"\n", &[("C012", 7)]);
    check("[[feed]]\nname=\"a\"\ninterfaces=[\"lo\"]\nfilter=\"sctp and and port\"\n", &[("C012", 8)]);
    check("[[console.token]]\nname=\"li\"\nrole=\"viewr\"\nsha256=\"12\"\n", &[("C007", 7), ("C006", 8)]);
    check("[log]\nformat = \n", &[("C001", 6)]);
    check("[log]\n[log]\n", &[("C001", 6)]);
}

#[test]
fn what_is_needed_is_missed() {
    let (config, told) = read("");
    assert!(config.is_none());
    assert_eq!(told.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["C003", "C003"]);
}

#[test]
fn a_mistake_is_shown_in_its_line_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("touchpoint.toml");
    std::fs::write(&file, format!("{NEEDED}[log]\nformat = \"jsn\"\n")).unwrap();
    let shown = |language| load(&file, language).1.render(false);
    let english = shown(Language::English);
    for expected in ["error[C007]", "touchpoint.toml:6:10", "format = \"jsn\"", "did you mean `json`?"] {
        assert!(english.contains(expected), "{expected}: {english}");
    }
    assert!(shown(Language::Chinese).contains("是不是 `json`？"));
}

#[test]
fn passwords_are_not_shown() {
    let check = |url: &str, expected: &str| assert_eq!(SecretUrl(url.to_owned()).to_string(), expected);
    check("smpp://user:secret@host:2775?source=1", "smpp://user:***@host:2775?source=1");
    check("smpp://user:se@cret@host", "smpp://user:***@host");
    check("http://host/{imsi}", "http://host/{imsi}");
    check("journal:/a@b", "journal:/a@b");
}

#[test]
fn what_is_shown_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("touchpoint.toml");
    let feed = "[[feed]]\nname = \"a\"\ninterfaces = [\"lo\"]\n[[channel]]\nname=\"s\"\nurl=\"journal:x\"\n";
    let shown = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let (config, diagnostics) = load(&file, Language::English);
        toml::to_string(&config.unwrap_or_else(|| panic!("{}", diagnostics.render(false)))).unwrap()
    };
    let once = shown(&format!("{NEEDED}{feed}"));
    assert_eq!(shown(&once), once);
}
