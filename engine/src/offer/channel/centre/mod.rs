//! A message centre over a connection that stays: sessions on a thread of their own, each of which never has more than its
//! window unanswered. What the centre speaks is a [`Dialect`]; everything else is here once.
//!
//! `habits` is what a URL says of any of them, `link` a connection, `session` what is said over it, `exchange` the window
//! and the messages in it, `frame` how units are cut, `short` how an offer is cut, `pace` how fast.

mod dialect;
mod error;
mod exchange;
mod frame;
mod gate;
mod habits;
mod link;
mod pace;
mod session;
mod short;
mod tls;

use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam::channel::{self, Receiver, Sender};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

pub(super) use self::dialect::{Address, Answer, Delivery, Dialect, Heard, Role, Verdict};
pub use self::error::CentreError;
use self::exchange::Errand;
pub(super) use self::exchange::Message;
pub(super) use self::frame::{cut_frame, write_frame};
use self::gate::Gate;
pub(super) use self::habits::Habits;
pub use self::habits::{BINDS_LIMIT, WINDOW_LIMIT};
pub(super) use self::link::Broken;
use self::session::{Seat, Session, Shared};
pub(super) use self::short::{Alphabet, Coding, Part, Short, Wanted};
use super::{Channel, Report, Submission, Taken};
use event::Number;
use rules::segments::TooLong;

/// Sessions with a message centre. Dropping it waits for the answers still missing (`close_s=` at most) and takes leave.
pub(super) struct Centre<D: Dialect> {
    dialect: D,
    outlets: Vec<Outlet>,
    /// To the first session that sends.
    errands: Option<mpsc::Sender<Errand>>,
    refusals: Sender<Report>,
    reports: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

/// Offers that wait to be asked about, or to be taken back; more are not, and counted.
const ERRANDS_LIMIT: usize = 65_536;

/// The way to one session that sends.
struct Outlet {
    gate: Arc<Gate>,
    submissions: mpsc::Sender<Message>,
    sends: bool,
}

impl<D: Dialect> Centre<D> {
    /// Connects and binds, and returns when that has succeeded or failed, `connect_s=` plus `response_s=` at most. What fails
    /// then is no error to the patient, who try again as after a break. Later breaks of a link are not errors: its session
    /// binds again by itself and reports them.
    pub(super) fn open(dialect: D, is_patient: bool) -> Result<Self, CentreError> {
        let (told, reports) = channel::unbounded();
        let (bound, first_binds) = channel::unbounded();
        let (mut outlets, mut seats) = (Vec::new(), Vec::new());
        let (errands, run) = mpsc::channel(ERRANDS_LIMIT);
        let mut run = Some(run);
        for role in dialect.roles() {
            let (submissions, submitted) = mpsc::channel(dialect.habits().window);
            let gate = Arc::new(Gate::default());
            let errands = if role == Role::Receiver { None } else { run.take() };
            seats.push(Seat { role, submitted, errands, gate: Arc::clone(&gate) });
            outlets.push(Outlet { gate, submissions, sends: role != Role::Receiver });
        }
        let binds = seats.len();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CentreError::Thread)?;
        let (spoken, reporting) = (dialect.clone(), told.clone());
        let serve = move || {
            let (sessions, shared) = (LocalSet::new(), Rc::new(Shared::new(reporting)));
            for seat in seats {
                let session = Session::new(spoken.clone(), seat, Rc::clone(&shared));
                sessions.spawn_local(session.run(bound.clone(), is_patient));
            }
            drop(bound);
            runtime.block_on(sessions);
        };
        let thread = thread::Builder::new().name(D::NAME.to_owned()).spawn(serve).map_err(CentreError::Thread)?;
        let centre = Self { dialect, outlets, errands: Some(errands), refusals: told, reports, thread: Some(thread) };
        // An end without a word is a panic in a session. Where one fails, all end with their outlets.
        let ended = || CentreError::Thread(std::io::Error::other("the session ended by itself"));
        for _ in 0..binds {
            first_binds.recv().unwrap_or_else(|_| Err(ended()))?;
        }
        Ok(centre)
    }

    fn message(&self, submission: Submission) -> Result<Message, Report> {
        let Submission { id, to, from, text, push, validity_s, .. } = submission;
        let refused = |reason| Report::Refused { id, reason, again: false };
        let source = self.dialect.source(from.as_deref()).ok_or_else(|| {
            refused("the sender is neither a number of up to 20 digits nor 1 to 11 ASCII characters".to_owned())
        })?;
        let short = match push {
            Some(push) => Short::push(id, &push, push.title(&text)),
            None => Short::text(id, &text, self.dialect.wanted()),
        };
        let short = short.map_err(|error: TooLong| refused(error.to_string()))?;
        Ok(Message { id, to, source, short, validity_s })
    }

    /// To the session that has most room. What `ready` has promised always finds a place, whatever the gates say by now: the
    /// queues have one for every slot, and what comes to a session without room waits there.
    fn hand_over(&self, message: Message) -> Result<(), Report> {
        let senders = self.outlets.iter().filter(|outlet| outlet.sends && !outlet.submissions.is_closed());
        let outlet = senders.max_by_key(|outlet| (outlet.gate.ready(), outlet.submissions.capacity()));
        let permit = outlet.and_then(|outlet| Some((outlet, outlet.submissions.try_reserve().ok()?)));
        let (outlet, permit) = permit.ok_or_else(|| Report::Refused {
            id: message.id,
            reason: "not sent: more was submitted than there was room for".to_owned(),
            again: true,
        })?;
        outlet.gate.hand_over(message.short.count());
        permit.send(message);
        Ok(())
    }
}

impl<D: Dialect> Centre<D> {
    fn send_on(&self, errand: Errand) {
        if let Some(session) = &self.errands
            && session.try_send(errand).is_err()
        {
            metrics::counter!("touchpoint_centre_limit_reached_total", "table" => "errands").increment(1);
        }
    }
}

impl<D: Dialect> Channel for Centre<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn sender(&self, from: Option<&str>) -> Option<Number> {
        sender(&self.dialect, from)
    }

    fn ready(&self) -> usize {
        self.outlets.iter().map(|outlet| outlet.gate.ready()).sum()
    }

    fn submit(&mut self, submission: Submission) {
        let handed_over = self.message(submission).and_then(|message| self.hand_over(message));
        // The receiving end is ours, so that sending cannot fail.
        handed_over.unwrap_or_else(|report| self.refusals.send(report).unwrap_or_default());
    }

    /// Beyond the limit the others' receipts come in vain.
    fn recall(&mut self, taken: Taken) {
        self.send_on(Errand::Ask(taken));
    }

    fn withdraw(&mut self, taken: Taken) {
        self.send_on(Errand::Cancel(taken));
    }

    fn reports(&self) -> &Receiver<Report> {
        &self.reports
    }
}

/// The number or name that a message centre shows as the sender.
pub(super) fn sender<D: Dialect>(dialect: &D, from: Option<&str>) -> Option<Number> {
    let shown = dialect.source(from)?.digits;
    shown.parse().ok().or_else(|| Number::name(&shown))
}

impl<D: Dialect> Drop for Centre<D> {
    fn drop(&mut self) {
        self.outlets.clear();
        self.errands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the message centre's sessions panicked");
        }
    }
}
