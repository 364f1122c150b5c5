use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam::channel::{Sender, unbounded};

use super::*;
use crate::offer::channel::{Channel, Terms};
use crate::testing::offer;

/// Has as much room as it is told.
struct Room {
    room: Arc<AtomicUsize>,
    reports: (Sender<Report>, Receiver<Report>),
}

impl Channel for Room {
    fn name(&self) -> &'static str {
        "room"
    }

    fn ready(&self) -> usize {
        self.room.load(Ordering::Relaxed)
    }

    fn submit(&mut self, _: Submission) {}

    fn reports(&self) -> &Receiver<Report> {
        &self.reports.1
    }
}

fn lane(name: &str, room: usize, terms: Terms) -> (Lane, Arc<AtomicUsize>) {
    let room = Arc::new(AtomicUsize::new(room));
    let channel = Box::new(Room { room: room.clone(), reports: unbounded() });
    (Lane { name: name.to_owned(), channel, terms }, room)
}

fn asking(ticket: u64, channel: Option<&str>) -> Queued {
    Queued { ticket, offer: Offer { channel: channel.map(str::to_owned), ..offer(ticket) } }
}

fn moved(router: &mut Router) -> Vec<(u64, usize)> {
    let ticket = |waiting: &Waiting| match waiting {
        Waiting::Held(queued) => queued.ticket,
        Waiting::Stored(ticket) => *ticket,
    };
    router.due().iter().map(|leaving| (ticket(&leaving.waiting), leaving.track)).collect()
}

#[test]
fn an_offer_goes_by_the_channel_that_it_asks_for_else_by_that_of_its_scenario_else_of_its_kind() {
    let lanes = ["hall", "sms", "list"].map(|name| lane(name, 9, Terms::default()).0);
    let mut router = Router::new(lanes.into());
    for (ticket, channel) in [(1, None), (2, Some("list")), (3, Some("hall"))] {
        assert!(router.push(asking(ticket, channel)).is_ok());
    }
    assert!(router.push(asking(4, Some("mms"))).is_err());
    assert_eq!(moved(&mut router), [(3, 0), (1, 1), (2, 2)]);
    let terms = Terms { scenarios: vec![offer(1).scenario.to_string()], ..Terms::default() };
    let mut of_scenario = Router::new(vec![lane("sms", 9, Terms::default()).0, lane("hall", 9, terms).0]);
    assert!(of_scenario.push(asking(1, None)).is_ok() && of_scenario.push(asking(2, Some("sms"))).is_ok());
    assert_eq!(moved(&mut of_scenario), [(2, 0), (1, 1)]);
    let mut sole = Router::new(vec![Lane::sole(lane("", 9, Terms::default()).0.channel)]);
    assert!(sole.push(asking(4, Some("mms"))).is_ok());
}

#[test]
fn no_more_go_than_there_is_room_for_and_than_may_go_in_a_second() {
    let (narrow, _) = lane("sms", 2, Terms::default());
    let (slow, _) = lane("list", 100, Terms { per_second: NonZeroU32::new(30), ..Terms::default() });
    let mut router = Router::new(vec![narrow, slow]);
    (1..=10).for_each(|ticket| assert!(router.push(asking(ticket, None)).is_ok()));
    (11..=30).for_each(|ticket| assert!(router.push(asking(ticket, Some("list"))).is_ok()));
    assert_eq!(moved(&mut router), [(1, 0), (2, 0), (11, 1), (12, 1), (13, 1)]);
    assert!(router.wakes_in().is_some_and(|wait| wait <= Duration::from_millis(34)));
}

#[test]
fn a_channel_that_is_down_is_helped_out_by_its_fallback() {
    let (main, room) = lane("sms", 5, Terms { fallback: Some("other".to_owned()), ..Terms::default() });
    let (other, _) = lane("other", 2, Terms::default());
    let mut router = Router::new(vec![main, other]);
    room.store(0, Ordering::Relaxed);
    (1..=3).for_each(|ticket| assert!(router.push(asking(ticket, None)).is_ok()));
    assert_eq!(moved(&mut router), []);
    router.heard(0, &Report::Down { reason: String::new() });
    assert_eq!(moved(&mut router), [(1, 1), (2, 1)]);
    router.heard(0, &Report::Ready);
    room.store(5, Ordering::Relaxed);
    assert_eq!(moved(&mut router), [(3, 0)]);
}

#[test]
fn the_least_important_of_all_channels_gives_way() {
    let lanes = ["sms", "list"].map(|name| lane(name, 0, Terms::default()).0);
    let mut router = Router::new(lanes.into());
    for (ticket, channel, priority) in [(1, None, 50), (2, Some("list"), 20), (3, None, 20), (4, Some("list"), 90)] {
        let mut queued = asking(ticket, channel);
        queued.offer.priority = priority;
        assert!(router.push(queued).is_ok());
    }
    let ticket = |waiting| if let Waiting::Held(queued) = waiting { queued.ticket } else { 0 };
    let order: Vec<u64> = std::iter::from_fn(|| router.shed().map(ticket)).collect();
    assert_eq!(order, [2, 3, 1, 4]);
}

#[test]
fn what_a_person_has_not_let_go_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (by_hand, _) = lane("sms", 9, Terms { manual: Some(folder.path().to_owned()), ..Terms::default() });
    let mut router = Router::new(vec![by_hand]);
    (1..=3).for_each(|ticket| assert!(router.push(asking(ticket, None)).is_ok()));
    assert_eq!(moved(&mut router), []);
    hold::release(folder.path(), Some(2)).unwrap();
    std::thread::sleep(router.wakes_in().unwrap());
    assert_eq!(moved(&mut router), [(1, 0), (2, 0)]);
    assert_eq!(moved(&mut router), []);
}
