//! HTTP for programs and, by [`crate::console`], for people: who may do what ([`access`]), how often ([`limit`]), and that it is
//! written down ([`audit`]). Everything that is shown comes from [`View`]; everything that is done is an order to the driver.

mod access;
mod audit;
mod caller;
mod limit;
mod routes;
mod server;
pub(crate) mod trial;

use std::sync::Arc;

use tokio::sync::oneshot;

pub use access::{Access, Right, Role, TokenHash, Visitor, new_token};
pub use audit::Audit;
pub(crate) use caller::{COOKIE, Caller, Refusal, cookie};
pub use routes::description;
pub(crate) use routes::{audited, explained, forgotten, moment, tried};
pub use server::Server;
pub(crate) use server::serve;

use crate::metrics::Meters;
use crate::offer::hold;
use crate::run::{Order, Request, View, clock};

/// What every route works with.
pub(crate) struct Surface {
    pub(crate) view: Arc<View>,
    pub(crate) meters: Meters,
    pub(crate) access: Access,
    /// Whether people come by TLS: then their cookies are for TLS alone.
    pub(crate) is_secure: bool,
    /// One trial at a time.
    pub(crate) trials: tokio::sync::Semaphore,
}

impl Surface {
    /// Asks the driver for something, in somebody's name: first written down, then done.
    pub(crate) async fn order(&self, who: &Visitor, what: Request) -> Result<String, Refusal> {
        let (action, object) = match &what {
            Request::Reload => ("reload", String::new()),
            Request::Pause(scenario) => ("pause", scenario.clone()),
            Request::Release(scenario) => ("release", scenario.clone()),
            Request::Forget(imsi) => ("forget", self.view.call(*imsi)),
        };
        if let Request::Pause(scenario) | Request::Release(scenario) = &what
            && self.view.rules.load().scenario(scenario).is_none()
        {
            return Err(Refusal::missing("there is no scenario of this name"));
        }
        self.note(who, action, &object).await?;
        let (reply, answer) = oneshot::channel();
        self.view.orders.try_send(Order { what, reply }).map_err(|_| Refusal::busy())?;
        answer.await.map_err(|_| Refusal::busy())?.map_err(Refusal::unprocessable)
    }

    /// Lets offers go that wait for a person, in somebody's name.
    pub(crate) async fn let_go(&self, who: &Visitor, channel: &str) -> Result<String, Refusal> {
        let is_known = self.view.config.channels.iter().any(|known| known.name == channel);
        let folder = self.view.manual.get(channel).ok_or_else(|| match is_known {
            true => Refusal::conflict("offers of this channel go by themselves"),
            false => Refusal::missing("there is no channel of this name"),
        })?;
        self.note(who, "let_go", channel).await?;
        hold::release(folder, None).map_err(|error| Refusal::unprocessable(error.to_string()))?;
        Ok(format!("offers that wait at `{channel}` may go"))
    }

    /// Writes down who does what. What cannot be written down is not done.
    pub(crate) async fn note(&self, who: &Visitor, action: &str, object: &str) -> Result<(), Refusal> {
        let (view, [who, action, object]) = (Arc::clone(&self.view), [&who.name, action, object].map(str::to_owned));
        // It waits for the disk.
        beside(move || {
            view.audit.write(clock::wall(), &who, &action, &object).map_err(|error| {
                tracing::error!("the audit log cannot be written: {error}");
                Refusal::internal("the audit log cannot be written; nothing was done")
            })
        })
        .await
    }
}

/// Does what takes long in a thread of its own.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Refusal::internal("a fault of the program")))
}
