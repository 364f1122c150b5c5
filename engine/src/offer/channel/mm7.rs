//! MMS by MM7 (3GPP TS 23.140 §8.7): SubmitReq in SOAP with the content beside it, to a relay/server.

use super::ears::Notice;
use super::http::{self, Dialog, Judgement, Request, Web, WebError};
use super::multipart::{Part, boundary, multipart};
use super::receipts::Receipt;
use super::url::{Parameter, ascii, store};
use super::xml::{self, escaped};
use super::{Channel, ReceiptState, Submission};

const NAMESPACE: &str = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-5-MM7-1-2";

/// What MM7 has of its own.
pub(super) const PARAMETERS: &[Parameter<Mm7>] = &[
    Parameter {
        name: "vasp",
        meaning: "VASPID, the provider's name at the relay/server (default none)",
        set: |config, value| store(&mut config.vasp, ascii(value, 64)),
    },
    Parameter {
        name: "vas",
        meaning: "VASID, the service's name there (default none)",
        set: |config, value| store(&mut config.vas, ascii(value, 64)),
    },
    Parameter {
        name: "source",
        meaning: "the short code that the phone shows for offers that name no sender (default none)",
        set: |config, value| store(&mut config.source, ascii(value, 21)),
    },
    Parameter {
        name: "service",
        meaning: "ServiceCode, for billing (default none)",
        set: |config, value| store(&mut config.service, ascii(value, 64)),
    },
    Parameter {
        name: "subject",
        meaning: "Subject of every message (default none)",
        set: |config, value| store(&mut config.subject, Some(value.to_owned())),
    },
    Parameter {
        name: "mm7_version",
        meaning: "MM7Version (default 5.3.0)",
        set: |config, value| store(&mut config.version, ascii(value, 16)),
    },
    http::listen(),
];

pub(super) struct Mm7 {
    web: Web,
    vasp: String,
    vas: String,
    source: String,
    service: String,
    subject: String,
    version: String,
}

impl AsMut<Web> for Mm7 {
    fn as_mut(&mut self) -> &mut Web {
        &mut self.web
    }
}

/// Opens `mm7+http://user:password@host:port/path`.
pub(super) fn open(url: &str) -> Result<Box<dyn Channel + Send>, WebError> {
    let mm7 = read(url)?;
    http::open(&mm7.web.clone(), mm7)
}

pub(super) fn read(url: &str) -> Result<Mm7, WebError> {
    let none = String::new;
    let new = |web| Mm7 {
        web,
        vasp: none(),
        vas: none(),
        source: none(),
        service: none(),
        subject: none(),
        version: "5.3.0".to_owned(),
    };
    Web::read("mm7", url, new, PARAMETERS)
}

/// An element, or nothing where there is nothing in it.
fn element(name: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("<{name}>{content}</{name}>") }
}

impl Mm7 {
    /// §8.7.8.1: MM7_submit.REQ, in the order of the schema.
    fn submit_req(&self, submission: &Submission) -> String {
        let source = submission.from.as_deref().unwrap_or(&self.source);
        let sender = [
            element("VASPID", &escaped(&self.vasp)),
            element("VASID", &escaped(&self.vas)),
            element("SenderAddress", &element("ShortCode", &escaped(source))),
        ];
        let expiry =
            if submission.validity_s == 0 { String::new() } else { format!("P0Y0M0DT0H0M{}S", submission.validity_s) };
        let parts = [
            element("MM7Version", &escaped(&self.version)),
            element("SenderIdentification", &sender.concat()),
            element("Recipients", &element("To", &element("Number", &submission.to.to_string()))),
            element("ServiceCode", &escaped(&self.service)),
            element("ExpiryDate", &expiry),
            element("DeliveryReport", "true"),
            element("Subject", &escaped(&self.subject)),
        ];
        let request = parts.concat() + "<Content href=\"cid:content\"/>";
        envelope(&submission.id.to_string(), "SubmitReq", &request)
    }
}

/// SOAP 1.1 as §8.7.2 has it: the transaction in the header, one message in the body.
fn envelope(transaction: &str, message: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\"><env:Header>\
         <mm7:TransactionID xmlns:mm7=\"{NAMESPACE}\" env:mustUnderstand=\"1\">{transaction}</mm7:TransactionID></env:Header>\
         <env:Body><{message} xmlns=\"{NAMESPACE}\">{content}</{message}></env:Body></env:Envelope>\n"
    )
}

impl Dialog for Mm7 {
    const NAME: &'static str = "mm7";
    /// TransactionID only pairs requests and answers: a relay takes a request twice.
    const REPEATS: u32 = 0;

    fn request(&self, submission: &Submission) -> Result<Request, String> {
        let boundary = boundary(submission.id);
        let parts = [
            Part { media_type: "text/xml; charset=utf-8", id: Some("envelope"), content: &self.submit_req(submission) },
            Part { media_type: "text/plain; charset=utf-8", id: Some("content"), content: &submission.text },
        ];
        let media_type = format!("multipart/related; boundary={boundary}; type=\"text/xml\"; start=\"<envelope>\"");
        let mut headers = vec![("content-type", media_type), ("soapaction", "\"\"".to_owned())];
        headers.extend(self.web.authorization());
        Ok(Request { headers, body: multipart(&boundary, &parts) })
    }

    /// §8.7.8.2, §8.7.8.3: StatusCode of SubmitRsp, or of a fault, which comes with HTTP status 500.
    fn judge(&self, status: u16, body: &str) -> Judgement {
        let Some(code) = xml::text(body, "StatusCode") else {
            return match Judgement::of_status(status) {
                Judgement::Taken(_) => Judgement::Refused("the answer is no MM7".to_owned()),
                heard => heard,
            };
        };
        let words = xml::text(body, "StatusText").unwrap_or_default();
        let why = || format!("the relay answered {code} {words}").trim_end().to_owned();
        // §8.7.8.3.1: 1xxx success, 2xxx our fault, 3xxx the server's, 4xxx the service's.
        match code.parse::<u32>().unwrap_or(0) {
            1000..2000 => Judgement::Taken(xml::text(body, "MessageID")),
            3000..4000 => Judgement::Later(why()),
            _ => Judgement::Refused(why()),
        }
    }

    /// §8.7.8.5: DeliveryReportReq, answered with DeliveryReportRsp.
    fn hear(&self, body: &str) -> Option<Notice> {
        let (name, status) = (xml::text(body, "MessageID")?, xml::text(body, "MMStatus")?);
        let transaction = xml::text(body, "TransactionID").unwrap_or_default();
        // Of the recipient, who stands before the sender.
        let number = xml::text(body, "Number").unwrap_or_default();
        let receipt = state_of(&status).map(|state| Receipt::new(&name, [&number, ""], state));
        let content = [
            element("MM7Version", &escaped(&self.version)),
            element("Status", &(element("StatusCode", "1000") + &element("StatusText", "Success"))),
        ];
        let answer = envelope(&escaped(&transaction), "DeliveryReportRsp", &content.concat());
        Some(Notice { receipt, media_type: "text/xml; charset=utf-8", answer })
    }
}

/// MMStatus; `None` where it is not the last.
fn state_of(status: &str) -> Option<ReceiptState> {
    Some(match status {
        "Retrieved" => ReceiptState::Delivered,
        "Expired" => ReceiptState::Expired,
        "Rejected" => ReceiptState::Rejected,
        "Unrecognised" | "Unreachable" => ReceiptState::Undeliverable,
        "Indeterminate" | "Forwarded" => ReceiptState::Unknown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::channel::tests::submission;

    #[test]
    fn a_delivery_report_names_the_message_and_its_end() {
        let mm7 = read("mm7+http://relay.example/").unwrap();
        let check = |status: &str, expected: Option<ReceiptState>| {
            let content = format!(
                "<MessageID>m-1</MessageID><Recipient><Number>+8613900000005</Number></Recipient>\
                 <Sender><ShortCode>10086</ShortCode></Sender><MMStatus>{status}</MMStatus>"
            );
            let notice = mm7.hear(&envelope("t&amp;1", "DeliveryReportReq", &content)).unwrap();
            let receipt = |state| Receipt::new("m-1", ["+8613900000005", ""], state);
            assert_eq!(notice.receipt, expected.map(receipt), "{status}");
            assert_eq!(xml::text(&notice.answer, "TransactionID"), Some("t&1".to_owned()));
            assert_eq!(xml::text(&notice.answer, "StatusCode"), Some("1000".to_owned()));
        };
        check("Retrieved", Some(ReceiptState::Delivered));
        check("Indeterminate", Some(ReceiptState::Unknown));
        check("Deferred", None);
        assert!(mm7.hear("<x/>").is_none());
    }

    #[test]
    fn a_message_is_an_envelope_and_its_content() {
        let mm7 = read("mm7+http://relay.example/mms?vasp=TP&vas=offers&source=10086&subject=A%26B&tenant=9").unwrap();
        assert_eq!(mm7.web.url, "http://relay.example/mms?tenant=9");
        let request = mm7.request(&submission("看 <这里>")).unwrap();
        let body = String::from_utf8(request.body).unwrap();
        for part in [
            "env:mustUnderstand=\"1\">00000000000000000000000000000007</mm7:TransactionID>",
            "<SenderIdentification><VASPID>TP</VASPID><VASID>offers</VASID><SenderAddress><ShortCode>10086</ShortCode>",
            "<Recipients><To><Number>+8613900000005</Number></To></Recipients><ExpiryDate>P0Y0M0DT0H0M60S</ExpiryDate>",
            "<Subject>A&amp;B</Subject><Content href=\"cid:content\"/></SubmitReq>",
            "Content-ID: <content>\r\n\r\n看 <这里>\r\n",
        ] {
            assert!(body.contains(part), "{part}\n{body}");
        }
        let envelope = body.split("\r\n\r\n").nth(1).unwrap().split("\r\n--").next().unwrap();
        assert_eq!(xml::text(envelope, "Number"), Some("+8613900000005".to_owned()));
    }

    #[test]
    fn what_the_relay_says_stands_in_its_status_code() {
        let mm7 = read("mm7+http://relay.example/").unwrap();
        let check = |status, code: &str, expected| {
            let rsp = format!(
                "<e:Envelope xmlns:e=\"x\"><e:Body><SubmitRsp xmlns=\"{NAMESPACE}\"><Status><StatusCode>{code}</StatusCode>\
                 <StatusText>Why</StatusText></Status><MessageID>m1</MessageID></SubmitRsp></e:Body></e:Envelope>"
            );
            assert_eq!(mm7.judge(status, &rsp), expected);
        };
        check(200, "1000", Judgement::Taken(Some("m1".to_owned())));
        check(500, "2000", Judgement::Refused("the relay answered 2000 Why".to_owned()));
        check(500, "3000", Judgement::Later("the relay answered 3000 Why".to_owned()));
        assert_eq!(mm7.judge(200, "ok"), Judgement::Refused("the answer is no MM7".to_owned()));
        assert!(matches!(mm7.judge(503, ""), Judgement::Later(_)));
    }
}
