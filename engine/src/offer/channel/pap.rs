//! A pushed address by PAP (WAP-247) to a push proxy gateway: a control entity and a Service Indication or Service Loading
//! in one multipart message. What the gateway says stands in its XML; the status of HTTP says only that it was heard.

use std::time::{Duration, SystemTime};

use event::Number;
use jiff::{Timestamp, Unit};
use rules::scenario::Push;

use super::ears::Notice;
use super::http::{self, Dialog, Judgement, Request, Web, WebError};
use super::multipart::{Part, boundary, multipart};
use super::receipts::Receipt;
use super::url::{Parameter, store};
use super::xml::{self, escaped};
use super::{Channel, ReceiptState, Submission, Taken};
use crate::offer::Pushed;

/// What PAP has of its own.
pub(super) const PARAMETERS: &[Parameter<Pap>] = &[
    Parameter {
        name: "domain",
        meaning: "of the gateway: in the addresses of phones and in push-ids (default: the host)",
        set: |config, value| store(&mut config.domain, Some(value.to_owned()).filter(|domain| !domain.is_empty())),
    },
    Parameter {
        name: "notify",
        meaning: "where the gateway shall tell what became of a push: a URL that leads to `listen=` (default: nowhere)",
        set: |config, value| store(&mut config.notify, Some(Some(value.to_owned()))),
    },
    Parameter {
        name: "version",
        meaning: "of PAP: `1.0` (default), or `2.0`, where a scenario's newer push takes the place of one still on its way",
        set: |config, value| {
            config.replaces = match value {
                "1.0" => false,
                "2.0" => true,
                _ => return None,
            };
            Some(())
        },
    },
    http::listen(),
];

pub(super) struct Pap {
    web: Web,
    domain: String,
    notify: Option<String>,
    /// Whether the gateway knows `replace-push-id`.
    replaces: bool,
}

impl AsMut<Web> for Pap {
    fn as_mut(&mut self) -> &mut Web {
        &mut self.web
    }
}

/// Opens `pap+http://user:password@host:port/path`.
pub(super) fn open(url: &str) -> Result<Box<dyn Channel + Send>, WebError> {
    let pap = read(url)?;
    http::open(&pap.web.clone(), pap)
}

pub(super) fn read(url: &str) -> Result<Pap, WebError> {
    let new = |web: Web| {
        let host = web.url.split("://").nth(1).unwrap_or_default().split(['/', ':', '?']).next().unwrap_or_default();
        Pap { domain: host.to_owned(), web, notify: None, replaces: false }
    };
    Web::read("pap", url, new, PARAMETERS)
}

impl Pap {
    /// §9.2: push-message, its address, how it is delivered, and until when.
    fn control(&self, submission: &Submission) -> String {
        let optional = [
            ("ppg-notify-requested-to", self.notify.clone()),
            ("deliver-before-timestamp", before(submission.validity_s)),
            ("replace-push-id", self.replaced(submission)),
            ("replace-method", self.replaced(submission).map(|_| "all".to_owned())),
        ];
        let optional: String = optional
            .into_iter()
            .filter_map(|(name, value)| Some(format!(" {name}=\"{}\"", escaped(&value?))))
            .collect();
        self.document(&format!(
            "<push-message push-id=\"{}\"{optional}>\n{}\n\
             <quality-of-service delivery-method=\"unconfirmed\"/>\n</push-message>",
            escaped(&self.push_id(&submission.id.to_string())),
            self.address(submission.to)
        ))
    }

    /// What the gateway knows a push by that has this name here.
    fn push_id(&self, name: &str) -> String {
        format!("{name}@{}", self.domain)
    }

    fn replaced(&self, submission: &Submission) -> Option<String> {
        submission.replaces.as_deref().filter(|_| self.replaces).map(|name| self.push_id(name))
    }

    /// A phone's, WAP-247 §10.
    fn address(&self, to: Number) -> String {
        format!("<address address-value=\"WAPPUSH={to}/TYPE=PLMN@{}\"/>", escaped(&self.domain))
    }

    fn document(&self, content: &str) -> String {
        let version = if self.replaces { "2.0" } else { "1.0" };
        format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE pap PUBLIC \"-//WAPFORUM//DTD PAP {version}//EN\" \
             \"http://www.wapforum.org/DTD/pap_{version}.dtd\">\n<pap>\n{content}\n</pap>\n"
        )
    }
}

/// So many seconds from now, to the second; §9.2 deliver-before-timestamp. The gateway need not give a push up where there is none.
#[expect(clippy::disallowed_methods, reason = "the gateway gives a push up by the clock on the wall")]
fn before(validity_s: u64) -> Option<String> {
    let now = Timestamp::try_from(SystemTime::now()).ok().filter(|_| validity_s > 0)?;
    let before = now.checked_add(Duration::from_secs(validity_s)).ok()?;
    Some(before.round(Unit::Second).ok()?.to_string())
}

/// The document that is pushed, as text: its media type, and itself.
fn document(push: &Pushed, title: &str) -> (&'static str, String) {
    let (url, title) = (escaped(&push.url), escaped(title));
    match push.action {
        Push::Indication => (
            "text/vnd.wap.si; charset=utf-8",
            format!(
                "<?xml version=\"1.0\"?>\n<!DOCTYPE si PUBLIC \"-//WAPFORUM//DTD SI 1.0//EN\" \
                 \"http://www.wapforum.org/DTD/si.dtd\">\n<si><indication href=\"{url}\">{title}</indication></si>\n"
            ),
        ),
        Push::Loading => (
            "text/vnd.wap.sl",
            format!(
                "<?xml version=\"1.0\"?>\n<!DOCTYPE sl PUBLIC \"-//WAPFORUM//DTD SL 1.0//EN\" \
                 \"http://www.wapforum.org/DTD/sl.dtd\">\n<sl href=\"{url}\"/>\n"
            ),
        ),
    }
}

impl Pap {
    fn posted(&self, media_type: String, body: Vec<u8>) -> Request {
        let headers = [("content-type", media_type)].into_iter().chain(self.web.authorization()).collect();
        Request { headers, body }
    }
}

impl Dialog for Pap {
    const NAME: &'static str = "pap";
    /// A gateway may answer that it knows the push-id (code 2007); Kannel pushes again.
    const REPEATS: u32 = 0;
    /// Kannel takes headers of the request over into the push, where octets are paid for.
    const IS_NAMED: bool = false;

    fn request(&self, submission: &Submission) -> Result<Request, String> {
        let push = submission.push.as_ref().ok_or("a push proxy gateway takes only pushed addresses, not texts")?;
        let (media_type, document) = document(push, push.title(&submission.text));
        let boundary = boundary(submission.id);
        let parts = [
            Part { media_type: CONTROL_TYPE, id: None, content: &self.control(submission) },
            Part { media_type, id: None, content: &document },
        ];
        let media_type = format!("multipart/related; boundary={boundary}; type=\"{CONTROL_TYPE}\"");
        Ok(self.posted(media_type, multipart(&boundary, &parts)))
    }

    /// §9.4: cancel-message, for this address.
    fn withdrawal(&self, taken: &Taken) -> Option<Request> {
        let push_id = escaped(&self.push_id(&taken.message_id));
        let cancel = format!("<cancel-message push-id=\"{push_id}\">\n{}\n</cancel-message>", self.address(taken.to));
        Some(self.posted(CONTROL_TYPE.to_owned(), self.document(&cancel).into_bytes()))
    }

    /// §9.3, §9.5, §9.13: response-result of push-response, cancel-result of cancel-response, or badmessage-response.
    fn judge(&self, status: u16, body: &str) -> Judgement {
        let heard = Judgement::of_status(status);
        if !matches!(heard, Judgement::Taken(_)) {
            return heard;
        }
        let results = ["response-result", "cancel-result", "badmessage-response"];
        let Some(result) = xml::attributes(body, &results, &["code", "desc"]) else {
            return Judgement::Refused("the gateway's answer is no PAP".to_owned());
        };
        let [code, description] = result.map(Option::unwrap_or_default);
        let why = || format!("the gateway answered {code} {description}").trim_end().to_owned();
        // §9.13: 1xxx success, 2xxx our fault, 3xxx the gateway's, 4xxx the network's.
        match code.parse().unwrap_or(0) {
            DUPLICATE_PUSH_ID => Judgement::Taken(None),
            1000..2000 => Judgement::Taken(None),
            PUSH_ID_NOT_FOUND | REPLACEMENT_NOT_SUPPORTED => Judgement::Irreplaceable(why()),
            INTERNAL_SERVER_ERROR | NETWORK_NOT_AVAILABLE => Judgement::Later(why()),
            _ => Judgement::Refused(why()),
        }
    }

    /// §9.6: resultnotification-message, answered with resultnotification-response.
    fn hear(&self, body: &str) -> Option<Notice> {
        let [push_id, state] = xml::attributes(body, &["resultnotification-message"], &["push-id", "message-state"])?;
        let push_id = push_id?;
        let name = push_id.split('@').next().unwrap_or_default();
        let [address] = xml::attributes(body, &["address"], &["address-value"])?;
        let address = address.unwrap_or_default();
        let number = address.split('/').next().unwrap_or_default();
        let receipt = state_of(&state?).map(|state| Receipt::new(name, [number, ""], state));
        let response =
            format!("<resultnotification-response push-id=\"{}\" code=\"1000\" desc=\"OK\"/>", escaped(&push_id));
        Some(Notice { receipt, media_type: CONTROL_TYPE, answer: self.document(&response) })
    }
}

/// §9.12, message-state; `None` where it is not the last.
fn state_of(state: &str) -> Option<ReceiptState> {
    Some(match state {
        "delivered" => ReceiptState::Delivered,
        "undeliverable" => ReceiptState::Undeliverable,
        "expired" | "timeout" => ReceiptState::Expired,
        "rejected" | "aborted" => ReceiptState::Rejected,
        "cancelled" => ReceiptState::Deleted,
        "unknown" => ReceiptState::Unknown,
        _ => return None,
    })
}

const CONTROL_TYPE: &str = "application/xml";

/// An answer to what was taken before.
const DUPLICATE_PUSH_ID: u32 = 2007;
/// Of what was to be replaced or cancelled; the push itself may be right.
const PUSH_ID_NOT_FOUND: u32 = 2004;
const REPLACEMENT_NOT_SUPPORTED: u32 = 3011;
/// What may be otherwise later; the gateway's other answers are about what it cannot do.
const INTERNAL_SERVER_ERROR: u32 = 3000;
const NETWORK_NOT_AVAILABLE: u32 = 3009;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::channel::tests::submission;

    #[test]
    fn a_push_is_a_control_entity_and_a_document() {
        let pap = read("pap+http://u:p@ppg.example:8080/wappush?notify=http://us/").unwrap();
        let push = Pushed { url: "http://a.cn/?x=1&y=2".to_owned(), action: Push::Indication };
        let submission = Submission { push: Some(push), ..submission("看 http://a.cn/?x=1&y=2") };
        let request = pap.request(&submission).unwrap();
        assert_eq!(pap.web.url, "http://ppg.example:8080/wappush");
        let body = String::from_utf8(request.body).unwrap();
        for part in [
            "push-id=\"00000000000000000000000000000007@ppg.example\" ppg-notify-requested-to=\"http://us/\" deliver-before-",
            "<address address-value=\"WAPPUSH=+8613900000005/TYPE=PLMN@ppg.example\"/>",
            "Content-Type: text/vnd.wap.si; charset=utf-8\r\n",
            "<si><indication href=\"http://a.cn/?x=1&amp;y=2\">看</indication></si>",
        ] {
            assert!(body.contains(part), "{body}");
        }
        assert!(request.headers.contains(&("authorization", "Basic dTpw".to_owned())));
        assert!(pap.request(&Submission { push: None, ..submission }).is_err());
    }

    #[test]
    fn a_push_is_given_up_when_it_expires() {
        let told: Timestamp = before(60).unwrap().parse().unwrap();
        let now: Timestamp = before(1).unwrap().parse().unwrap();
        assert!((55..=60).contains(&told.duration_since(now).as_secs()), "{told}");
        assert_eq!((before(60).unwrap().len(), before(0)), ("2026-11-22T09:30:00Z".len(), None));
    }

    #[test]
    fn a_push_is_replaced_where_the_gateway_knows_how_and_cancelled_by_its_name() {
        let push = Pushed { url: "http://a.cn/".to_owned(), action: Push::Loading };
        let newer = Submission { push: Some(push), replaces: Some("0a".to_owned()), ..submission("看 http://a.cn/") };
        let check = |version: &str, replaces: bool| {
            let pap = read(&format!("pap+http://ppg.example/?version={version}")).unwrap();
            let body = String::from_utf8(pap.request(&newer).unwrap().body).unwrap();
            let attributes = " replace-push-id=\"0a@ppg.example\" replace-method=\"all\">";
            assert_eq!(body.contains(attributes), replaces, "{body}");
            assert!(body.contains(&format!("DTD PAP {version}//EN")), "{body}");
            let taken =
                Taken { id: newer.id, message_id: "0a".to_owned(), others: Vec::new(), to: newer.to, from: None };
            let cancel = String::from_utf8(pap.withdrawal(&taken).unwrap().body).unwrap();
            let address = Some([Some("WAPPUSH=+8613900000005/TYPE=PLMN@ppg.example".to_owned())]);
            assert_eq!(xml::attributes(&cancel, &["address"], &["address-value"]), address);
            let named = Some([Some("0a@ppg.example".to_owned())]);
            assert_eq!(xml::attributes(&cancel, &["cancel-message"], &["push-id"]), named);
        };
        check("1.0", false);
        check("2.0", true);
        assert!(read("pap+http://ppg.example/?version=3.0").is_err());
    }

    #[test]
    fn a_notification_names_the_push_and_its_end() {
        let pap = read("pap+http://ppg.example/").unwrap();
        let check = |state: &str, expected: Option<ReceiptState>| {
            let body = format!(
                "<?xml version=\"1.0\"?><pap><resultnotification-message push-id=\"0a@ppg.example\" \
                 message-state=\"{state}\" code=\"1000\"><address address-value=\"WAPPUSH=+8613900000005/TYPE=PLMN@p\"/>\
                 </resultnotification-message></pap>"
            );
            let notice = pap.hear(&body).unwrap();
            let receipt = |state| Receipt::new("0a", ["+8613900000005", ""], state);
            assert_eq!(notice.receipt, expected.map(receipt), "{state}");
            assert!(notice.answer.contains("push-id=\"0a@ppg.example\" code=\"1000\""), "{}", notice.answer);
        };
        check("delivered", Some(ReceiptState::Delivered));
        check("timeout", Some(ReceiptState::Expired));
        check("aborted", Some(ReceiptState::Rejected));
        check("cancelled", Some(ReceiptState::Deleted));
        check("pending", None);
        assert!(pap.hear("<pap/>").is_none());
    }

    #[test]
    fn what_the_gateway_says_stands_in_its_xml() {
        let pap = read("pap+http://ppg.example/").unwrap();
        let response = |code: &str| {
            format!(
                "<?xml version=\"1.0\"?><!DOCTYPE pap PUBLIC \"-//WAPFORUM//DTD PAP 1.0//EN\" \"pap_1.0.dtd\">\
                 <pap><push-response push-id=\"7\"><response-result code=\"{code}\" desc=\"Why\"/></push-response></pap>"
            )
        };
        let check = |status, body: &str, expected| assert_eq!(pap.judge(status, body), expected, "{body}");
        check(202, &response("1001"), Judgement::Taken(None));
        check(202, &response("2007"), Judgement::Taken(None));
        check(202, &response("2000"), Judgement::Refused("the gateway answered 2000 Why".to_owned()));
        check(202, &response("3000"), Judgement::Later("the gateway answered 3000 Why".to_owned()));
        check(202, &response("2004"), Judgement::Irreplaceable("the gateway answered 2004 Why".to_owned()));
        check(202, &response("3011"), Judgement::Irreplaceable("the gateway answered 3011 Why".to_owned()));
        check(202, &response("3006"), Judgement::Refused("the gateway answered 3006 Why".to_owned()));
        let cancelled = "<pap><cancel-response push-id=\"7\"><cancel-result code=\"1000\"/></cancel-response></pap>";
        check(202, cancelled, Judgement::Taken(None));
        let bad = "<pap><badmessage-response code=\"2000\" desc=\"No\"/></pap>";
        check(202, bad, Judgement::Refused("the gateway answered 2000 No".to_owned()));
        check(202, "Sent.", Judgement::Refused("the gateway's answer is no PAP".to_owned()));
        check(503, "", Judgement::Later("the server answered with HTTP status 503".to_owned()));
    }
}
