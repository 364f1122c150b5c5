//! BSCs and MSCs that come up, or lose their memory of the connections between them.

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use super::{Action, Simulation};
use crate::encode::sccp::{self, Ends};
use crate::encode::{Octets, bssmap};
use crate::script::{Script, Side};
use crate::tap::Token;

const RESET_ANSWER_AFTER: Duration = Duration::from_millis(4);
const OUTAGE_WAITS: Duration = Duration::from_millis(500);

impl<C: Write, T: Write> Simulation<C, T> {
    /// BSSMAP RESET and its answer, as elements do when they come up (3GPP TS 48.008 §3.1.4).
    pub(super) fn reset(&mut self, at: Timestamp, bsc: u32, by: Side, answers: bool) {
        for msc in self.network.mscs_of(bsc) {
            self.reset_towards(at, (bsc, msc), by, answers, &[]);
        }
        if !answers {
            self.plan_answer(at, bsc, by.other());
        }
    }

    fn plan_answer(&mut self, reset: Timestamp, bsc: u32, by: Side) {
        self.schedule(reset + RESET_ANSWER_AFTER, Action::Reset { bsc, by, answers: true });
    }

    /// Plans the next failure, where there are such.
    pub(super) fn plan_outage(&mut self, now: Timestamp) {
        if let Some(mean) = self.plan.resets.filter(|_| self.plan.interfaces.a()) {
            let after = self.outage_random.exponential(mean);
            self.schedule(now + after, Action::Outage);
        }
    }

    /// A BSC or its MSCs lose their memory of the connections between them. While a phone is between two BSCs this waits: the
    /// other BSC's part would go on without the call.
    pub(super) fn outage(&mut self, at: Timestamp) {
        let bsc = self.outage_random.below(u64::from(self.plan.size.bscs)) as u32;
        let by = if self.outage_random.chance(0.5) { Side::Bss } else { Side::Msc };
        let is_between = |script: &Script| {
            let has = |is_here: bool| script.open_lines().any(|line| (line.bsc == bsc) == is_here);
            has(true) && has(false)
        };
        if self.running.iter().flatten().any(|script| is_between(script)) {
            return self.schedule(at + OUTAGE_WAITS, Action::Outage);
        }
        for msc in self.network.mscs_of(bsc) {
            let ended = self.cut_off(at, bsc, msc);
            self.reset_towards(at, (bsc, msc), by, false, &ended);
        }
        self.plan_answer(at, bsc, by.other());
        self.plan_outage(at);
    }

    // Ends what is open between a BSC and an MSC; whose it was.
    fn cut_off(&mut self, at: Timestamp, bsc: u32, msc: u32) -> Vec<Token> {
        let mut ended = Vec::new();
        for (subscriber, script) in (0..).zip(&mut self.running) {
            if let Some(script) = script
                && script.open_lines().any(|line| (line.bsc, line.msc) == (bsc, msc))
                && let Some(step) = script.cut_off(at)
            {
                ended.push(Token { subscriber, step, is_whole: true });
            }
        }
        ended
    }

    fn reset_towards(&mut self, at: Timestamp, (bsc, msc): (u32, u32), by: Side, answers: bool, ended: &[Token]) {
        let (bss, link) = (self.network.point_code(bsc), self.network.first_link(bsc, msc));
        let msc = self.network.msc_point_code(msc);
        let ends = match by {
            Side::Bss => Ends { called: msc, calling: bss },
            Side::Msc => Ends { called: bss, calling: msc },
        };
        let mut message = Octets::default();
        sccp::unitdata(&mut message, ends, |o| {
            bssmap::bssmap(o, if answers { bssmap::reset_acknowledge } else { bssmap::reset });
        });
        self.announce(at, link, by, &message, ended);
    }
}
