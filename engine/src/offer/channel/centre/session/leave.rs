//! The end of a session that the message centre ends: it gets its answer, and may answer what it still has of ours.

use super::{Broken, Dialect, Link, Pulse, Session, now};

impl<D: Dialect> Session<D> {
    /// Until nothing is missing on either side, or it takes too long. Nothing new is submitted meanwhile.
    pub(super) async fn hear_out(&mut self, link: &mut Link<D>) {
        let end = now() + self.dialect.habits().close_timeout;
        loop {
            self.shared.hold();
            let heard = self.hear(link, &mut Pulse { heard: end, enquired: None, closes_at: None });
            self.shared.release();
            match heard {
                Err(Broken::Unbound) => continue,
                Ok(()) if self.exchange.is_unanswered() || !link.outbound.is_empty() => {}
                _ => return,
            }
            match tokio::time::timeout_at(end.into(), link.moved()).await {
                Ok(Ok(_)) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}
