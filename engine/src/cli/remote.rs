//! A running Touchpoint, asked by its API: what `status` and `top` share.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use super::Failure;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Which one to ask, and with what right.
#[derive(clap::Args, Debug)]
pub(crate) struct Remote {
    /// Where its console is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8443", env = "TOUCHPOINT_URL")]
    url: String,
    /// A token of any role.
    #[arg(long, value_name = "TOKEN", env = "TOUCHPOINT_TOKEN", hide_env_values = true)]
    token: String,
    /// Trust the certificate of this PEM file too, such as one that was signed by itself.
    #[arg(long, value_name = "PEM")]
    certificate: Option<std::path::PathBuf>,
}

impl Remote {
    /// An agent that can be asked again and again.
    pub(crate) fn agent(&self) -> Result<Agent, Failure> {
        let mut config = Agent::config_builder().timeout_global(Some(TIMEOUT));
        if let Some(file) = &self.certificate {
            let pem = std::fs::read(file)?;
            let certificate = ureq::tls::Certificate::from_pem(&pem)?;
            let roots = ureq::tls::RootCerts::from(vec![certificate]);
            config = config.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots).build());
        }
        Ok(config.build().into())
    }

    /// What a route of the API tells.
    pub(crate) fn ask(&self, agent: &Agent, route: &str) -> Result<Value, Failure> {
        let url = format!("{}/api/v1/{route}", self.url.trim_end_matches('/'));
        let answer = agent.get(&url).header("Authorization", format!("Bearer {}", self.token)).call();
        let mut answer = answer.map_err(|error| refused(&url, &error))?;
        let text = answer.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// What an operator can do about it.
fn refused(url: &str, error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::StatusCode(401) => Failure::new(format_args!(
            "`{url}` does not know the token, or it has expired: name the file of one that the configuration lists"
        )),
        ureq::Error::StatusCode(403) => {
            Failure::new(format_args!("`{url}`: the role of the token does not reach so far"))
        }
        ureq::Error::StatusCode(429) => {
            Failure::new(format_args!("`{url}` was asked too often; try again in a moment"))
        }
        error => Failure::new(format_args!("`{url}` does not answer: {error}")),
    }
}
