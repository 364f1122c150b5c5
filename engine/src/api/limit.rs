//! How often one address may ask. What asks too often gets 429, and is counted.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::Refusal;

/// The most addresses that are remembered before those that have been quiet are forgotten.
const ADDRESSES_LIMIT: usize = 10_000;

/// Requests of each address.
pub(super) struct Limit(RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock>);

impl Limit {
    pub(super) fn new(per_second: u64) -> Arc<Self> {
        let per_second = u32::try_from(per_second).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        // A page, its script and its style at once.
        let burst = per_second.saturating_add(10);
        Arc::new(Self(RateLimiter::dashmap(Quota::per_second(per_second).allow_burst(burst))))
    }

    fn passes(&self, address: IpAddr) -> bool {
        if self.0.len() > ADDRESSES_LIMIT {
            self.0.retain_recent();
        }
        self.0.check_key(&address).is_ok()
    }
}

/// Lets a request through, or not.
pub(super) async fn limit(
    State(limit): State<Arc<Limit>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if limit.passes(from.ip()) {
        return next.run(request).await;
    }
    metrics::counter!("touchpoint_limit_reached_total", "limit" => "http_requests").increment(1);
    Refusal::too_many().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_limit() {
        let limit = Limit::new(1);
        let [one, other]: [IpAddr; 2] = [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()];
        let passed = (0..50).filter(|_| limit.passes(one)).count();
        assert_eq!((passed, limit.passes(other)), (11, true));
    }
}
