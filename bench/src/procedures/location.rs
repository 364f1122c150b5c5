//! Location updating, IMSI attach and detach, 3GPP TS 24.008 §4.4 and §4.3.4.

use event::{Kind, Lai, UpdateType};

use super::dialogue::{Dialogue, Sapi};
use crate::encode::bssmap::cause;
use crate::encode::mm::{self, IdentityType, MobileIdentity};
use crate::script::Binding;

impl Dialogue<'_> {
    /// The phone reports its location area; the network accepts.
    pub(super) fn location_update(&mut self, update: UpdateType) {
        let old = self.subscriber.area;
        self.request_update(update, old);
        if self.identity_wanted() {
            self.identify(IdentityType::Imsi);
        }
        self.security();
        if self.chance(0.1) && !(self.practice.imeisv_on_attach_only && self.subscriber.attached) {
            self.identify(IdentityType::Imeisv);
        }
        self.accept_update(update, old);
        self.pause(5, 60);
        self.clear(cause::CALL_CONTROL);
        self.subscriber.attached = true;
        self.subscriber.known_to_vlr = true;
    }

    /// The phone reports its location area; the network refuses. The phone gives its registration up.
    pub(super) fn rejected_update(&mut self, update: UpdateType, reason: u8) {
        let old = self.subscriber.area;
        self.request_update(update, old);
        let step = self.network(Sapi::Signalling, |o| mm::location_updating_reject(o, reason));
        self.noted(step, Kind::LocationUpdateRejected { update, cause: reason });
        self.clear(cause::CALL_CONTROL);
        self.subscriber.attached = false;
    }

    /// The phone is switched off and says so; there is no answer.
    pub(super) fn detach(&mut self) {
        let identity = self.identity();
        let step = self.open(identity, |o| mm::imsi_detach_indication(o, identity));
        self.noted(step, Kind::ImsiDetach);
        self.clear(cause::CALL_CONTROL);
        self.subscriber.attached = false;
    }

    fn request_update(&mut self, update: UpdateType, old: Lai) {
        let (identity, key) = (self.identity(), self.key());
        self.open(identity, |o| mm::location_updating_request(o, update, key, old, identity));
    }

    fn accept_update(&mut self, update: UpdateType, old: Lai) {
        let area = self.leg.site.area;
        let kind = Kind::LocationUpdate { update, old: Some(old) };
        // A TMSI of another network or VLR, or none at all, must be replaced.
        let msc = self.leg.msc_index;
        let needed = self.subscriber.tmsi.is_none() || !self.subscriber.known_to_vlr || self.subscriber.msc != msc;
        let step = if needed || self.chance(self.practice.tmsi_reallocation) {
            let tmsi = self.network.tmsi(msc);
            let accept = self.network(Sapi::Signalling, |o| {
                mm::location_updating_accept(o, area, Some(MobileIdentity::Tmsi(tmsi)));
            });
            let complete = self.phone(Sapi::Signalling, mm::tmsi_reallocation_complete);
            self.subscriber.tmsi = Some(tmsi);
            self.renewed(vec![accept, complete]);
            accept
        } else if self.chance(0.02) {
            // With the IMSI in it the accept deletes the TMSI (3GPP TS 24.008 §4.4.4.6).
            let imsi = MobileIdentity::Imsi(self.subscriber.imsi);
            let accept = self.network(Sapi::Signalling, |o| mm::location_updating_accept(o, area, Some(imsi)));
            self.imsi_shown(&[accept]);
            self.subscriber.tmsi = None;
            self.script.binding = Binding::Deleted;
            accept
        } else {
            let accept = self.network(Sapi::Signalling, |o| mm::location_updating_accept(o, area, None));
            if area != old {
                self.renewed(vec![accept]);
            }
            accept
        };
        (self.subscriber.area, self.subscriber.msc) = (area, msc);
        self.accepted(step);
        self.noted(step, kind);
    }
}
