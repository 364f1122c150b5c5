//! What a privacy officer asks for: pseudonyms whose key is rotated, subscribers known anew without a restart, somebody forgotten
//! while the service runs.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tests::service::Service;
use tests::{json, recorded, root, run, touchpoint};

const IMSI: &str = "001010000000001";

/// The recording of a real network, events told to others, and a file of subscribers of its own.
fn service() -> Service {
    let demo = root().join("deploy/demo/recorded");
    let more = "[[feed]]\nname = \"a\"\nfolder = \"captures\"\n[subscribers]\nfile = \"FOLDER/scenarios/subscribers.csv\"\n\
                [events]\nto = \"file:events.jsonl\"\n";
    Service::start(&demo, more)
}

fn play(service: &mut Service, name: &str) {
    fs::copy(recorded("a-msc-leg.pcap"), service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join(name)).unwrap();
    service.until("all frames are decoded", |service| service.status()["feeds"][0]["frames"] == 516);
    service.until("offers are added up", |service| !offers(service).is_empty());
}

fn offers(service: &Service) -> Vec<Value> {
    service.get("/api/v1/offers", "viewer").json()["recent"].as_array().unwrap().clone()
}

fn explained(service: &Service, who: &str) -> (u16, String) {
    let question = json!({"subscriber": who}).to_string();
    let answer = service.post("/api/v1/explain", "marketing", &question, None);
    (answer.status, answer.text)
}

/// What `touchpoint pseudonyms` says.
fn pseudonyms(service: &Service, arguments: &[&str]) -> String {
    let mut command = touchpoint();
    command.arg("pseudonyms").args(arguments).arg("--config").arg(service.folder().join("touchpoint.toml"));
    String::from_utf8(run(&mut command).stdout).unwrap()
}

/// Pseudonyms in a text.
fn named(text: &str) -> BTreeSet<String> {
    let is_name = |word: &&str| word.starts_with('p') && word.len() > 18 && word.contains('-');
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn a_subscriber_has_one_pseudonym_everywhere_until_the_key_is_rotated() {
    let mut service = service();
    play(&mut service, "a.pcap");
    let own = pseudonyms(&service, &["of", IMSI]);
    let old = named(&own).into_iter().next().unwrap_or_else(|| panic!("{own}"));
    let events = fs::read_to_string(service.folder().join("events.jsonl")).unwrap();
    let page = service.get("/offers", "viewer").text;
    let api = service.get("/api/v1/offers", "viewer").text;
    for (text, what) in [(&events, "events"), (&page, "page"), (&api, "API")] {
        assert!(named(text).contains(&old), "{what}: {old}\n{text}");
        assert!(!text.contains("00101********") && !text.contains("tmsi"), "{what}: {text}");
    }
    let (status, by_name) = explained(&service, &old);
    assert_eq!((status, named(&by_name)), (200, [old.clone()].into()), "{by_name}");
    let audit = service.get("/api/v1/audit", "privacy_officer").json();
    assert_eq!((&audit[0]["action"], &audit[0]["object"]), (&json!("explain"), &json!(old)));

    let told = pseudonyms(&service, &["rotate"]);
    assert!(told.contains("key 2 is in force"), "{told}");
    service.signal("HUP");
    service.until("the new key is in force", |service| {
        explained(service, IMSI);
        let audit = service.get("/api/v1/audit", "privacy_officer").json();
        audit[0]["object"].as_str().is_some_and(|object| object.starts_with("p2-"))
    });
    // What happened before is called as before, and is found so.
    assert_eq!(named(&explained(&service, &old).1), [old.clone()].into());
    assert!(named(&service.get("/api/v1/offers", "viewer").text).contains(&old));
    assert_eq!(named(&pseudonyms(&service, &["of", IMSI])).len(), 2);
    assert_eq!(explained(&service, "p9-0123456789abcdef").0, 404);
}

#[test]
fn keys_rotate_by_themselves_where_they_are_told_to() {
    let more = "[privacy]\nrotate_after = \"1s\"\n";
    let mut service = Service::start(&root().join("deploy/demo/recorded"), more);
    service.until("a second key is in force", |service| {
        let audit = service.get("/api/v1/audit", "privacy_officer").json();
        audit.as_array().unwrap().iter().any(|entry| entry["action"] == "rotate" && entry["object"] == "key 2")
    });
    let keys = pseudonyms(&service, &["keys"]);
    assert!(keys.lines().count() > 3, "{keys}");
}

#[test]
fn subscribers_are_known_anew_without_a_restart() {
    let mut service = service();
    play(&mut service, "a.pcap");
    let file = service.folder().join("scenarios/subscribers.csv");
    let number = "+8613900099999";
    assert_eq!(explained(&service, number).0, 404);
    fs::write(&file, format!("imsi,msisdn\n{IMSI},{number}\n")).unwrap();
    service.signal("HUP");
    service.until("the number is known", |service| explained(service, number).0 == 200);
    fs::write(&file, "no,such\ncolumns,here\n").unwrap();
    let refused = service.post("/api/v1/scenarios/reload", "operator", "", None);
    assert!(refused.status == 422 && refused.text.contains("subscribers.csv"), "{}", refused.text);
    assert_eq!(explained(&service, number).0, 200, "what was known before stays");
}

#[test]
fn somebody_is_forgotten_while_the_service_runs() {
    let mut service = service();
    play(&mut service, "a.pcap");
    let own = named(&pseudonyms(&service, &["of", IMSI])).into_iter().next().unwrap();
    let about = |service: &Service| explained(service, IMSI).1.matches("\"decision\"").count();
    assert!(about(&service) > 0);
    let others = offers(&service).iter().filter(|offer| offer["subscriber"] != own).count();
    let counted = service.status()["engine"].clone();

    let question = json!({"subscriber": own}).to_string();
    assert_eq!(service.post("/api/v1/forget", "operator", &question, None).status, 403);
    let erased = service.post("/api/v1/forget", "privacy_officer", &question, None);
    assert_eq!(erased.status, 200, "{}\n{}", erased.text, service.log());
    assert!(erased.text.contains("nothing is left") && !erased.text.contains("erased 0 rows"), "{}", erased.text);
    assert_eq!(about(&service), 0);
    service.until("offers are added up again", |service| offers(service).len() == others);
    assert!(offers(&service).iter().all(|offer| offer["subscriber"] != own));
    let counts = |engine: &Value, name: &str| {
        engine.as_array().unwrap().iter().find(|count| count["name"] == name).unwrap()["count"].as_u64().unwrap()
    };
    assert!(counts(&service.status()["engine"], "events") >= counts(&counted, "events"), "counts go on");
    let audit = service.get("/api/v1/audit", "privacy_officer").json();
    let actions: Vec<_> = (0..4).map(|line| audit[line]["action"].as_str().unwrap()).collect();
    assert!(actions.windows(2).any(|pair| pair == ["forgotten", "forget"]), "{actions:?}");

    // It still runs, takes in, and ends in order; and the program itself finds nothing either.
    play_again(&mut service);
    service.signal("TERM");
    assert!(service.ended().success(), "{}", service.log());
    let mut again = touchpoint();
    again.args(["store", "forget", IMSI, "--json", "--store"]).arg(service.folder().join("store"));
    let told: Value = serde_json::from_slice(&run(&mut again).stdout).unwrap();
    assert_eq!((&told["facts"], &told["decisions"], &told["offers"]), (&json!(0), &json!(0), &json!(0)), "{told}");
    let kept = json(&fs::read_to_string(service.folder().join("audit.jsonl")).unwrap());
    assert!(kept.iter().all(|entry| !entry.to_string().contains(IMSI)));
}

/// What the audit log has of erasures, the newest first.
fn erasures(service: &Service) -> Vec<String> {
    let audit = service.get("/api/v1/audit", "privacy_officer").json();
    let actions = audit.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned());
    actions.filter(|action| action.starts_with("forg")).collect()
}

#[test]
fn what_is_cut_off_while_somebody_is_forgotten_is_done_at_the_next_start() {
    for delay_ms in [0, 30, 150, 400] {
        let mut service = service();
        play(&mut service, "a.pcap");
        let question = json!({"subscriber": IMSI}).to_string();
        let unfinished = service.folder().join("store/window/forgetting");
        let told = thread::scope(|scope| {
            let asking = scope.spawn(|| service.post("/api/v1/forget", "privacy_officer", &question, None));
            let is_noted = || fs::read_to_string(&unfinished).is_ok_and(|text| text.contains(IMSI));
            while !is_noted() && !asking.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(delay_ms));
            service.signal("KILL");
            // Where it is killed before it answers there is no answer.
            asking.join().ok()
        });
        assert!(!service.ended().success());
        service.begin();
        service
            .until("it is forgotten", |service| erasures(service).first().is_some_and(|action| action == "forgotten"));
        // Whoever was told so was told the truth.
        assert!(told.is_none_or(|answer| answer.status == 200 && answer.text.contains("nothing is left")));
        service.signal("TERM");
        assert!(service.ended().success(), "{}", service.log());
        let mut again = touchpoint();
        again.args(["store", "forget", IMSI, "--json", "--store"]).arg(service.folder().join("store"));
        let told: Value = serde_json::from_slice(&run(&mut again).stdout).unwrap();
        assert_eq!((&told["decisions"], &told["offers"]), (&json!(0), &json!(0)), "{told}");
        // The last event of the recording waits for a later frame, so that it had not been taken in: when the folder is read again it
        // is new.
        assert!(told["facts"].as_u64() <= Some(1), "{told}");
        assert_eq!(fs::read_to_string(&unfinished).unwrap_or_default(), "", "{delay_ms}");
    }
}

/// A second town of another network: what comes after is taken in.
fn play_again(service: &mut Service) {
    let events = |service: &Service| {
        service.status()["events"].as_array().unwrap().iter().filter_map(|kind| kind["count"].as_u64()).sum::<u64>()
    };
    let before = events(service);
    fs::copy(recorded("elements-m3ua.pcap"), service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join("b.pcap")).unwrap();
    service.until("more frames are decoded", |service| service.status()["feeds"][0]["frames"].as_u64() > Some(516));
    service.until("more events come", |service| events(service) > before);
}
