//! Components of the Facility element, 3GPP TS 24.080 §3.6.

use event::{Forwarding, ForwardingOperation, Number};

use super::ber::{IA5_STRING, INTEGER, OCTET_STRING, SEQUENCE, tag_and_contents};
use super::ussd::{characters, from_characters, keypad_symbols};
use crate::wire::codes::codes;
use crate::wire::number::party_number;
use crate::wire::{Decoded, Fault, Malformed, Protocol, Reader, Value};

codes! {
    /// Component type tag, 3GPP TS 24.080 Table 3.7.
    pub ComponentType {
        0xa1 INVOKE "invoke",
        0xa2 RETURN_RESULT "return_result",
        0xa3 RETURN_ERROR "return_error",
        0xa4 REJECT "reject",
    }
}

codes! {
    /// Operation code, 3GPP TS 24.080 §4.5 and TS 29.002 §17.5.
    pub Operation {
        10 REGISTER_SS "register_ss",
        11 ERASE_SS "erase_ss",
        12 ACTIVATE_SS "activate_ss",
        13 DEACTIVATE_SS "deactivate_ss",
        14 INTERROGATE_SS "interrogate_ss",
        16 NOTIFY_SS "notify_ss",
        17 REGISTER_PASSWORD "register_password",
        18 GET_PASSWORD "get_password",
        19 PROCESS_UNSTRUCTURED_SS_DATA "process_unstructured_ss_data",
        38 FORWARD_CHECK_SS_INDICATION "forward_check_ss_indication",
        59 PROCESS_UNSTRUCTURED_SS_REQUEST "process_unstructured_ss_request",
        60 UNSTRUCTURED_SS_REQUEST "unstructured_ss_request",
        61 UNSTRUCTURED_SS_NOTIFY "unstructured_ss_notify",
        77 ERASE_CC_ENTRY "erase_cc_entry",
        78 REGISTER_CC_ENTRY "register_cc_entry",
        117 FORWARD_CUG_INFO "forward_cug_info",
        118 SPLIT_MPTY "split_mpty",
        119 RETRIEVE_MPTY "retrieve_mpty",
        120 HOLD_MPTY "hold_mpty",
        121 BUILD_MPTY "build_mpty",
        122 FORWARD_CHARGE_ADVICE "forward_charge_advice",
        123 EXPLICIT_CT "explicit_ct",
        124 ACCESS_REGISTER_CC_ENTRY "access_register_cc_entry",
    }
}

/// The value of a Facility element: a sequence of components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility<'a>(&'a [u8]);

/// One component of a Facility element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Component type tag.
    pub component_type: ComponentType,
    /// Invoke identifier.
    pub invoke_id: Option<u8>,
    /// Operation code of an invoke or a return result.
    pub operation: Option<Operation>,
    /// Error code of a return error, TS 24.080 §4.5.
    pub error: Option<u8>,
    /// SS code, TS 29.002 §17.7.5.
    pub ss_code: Option<u8>,
    /// Number forwarded to, of registerSS.
    pub forwarded_to: Option<Number>,
    /// Keypad symbols that a subscriber dialled: the USSD string of a request by the mobile station (operations 59 and
    /// 19) up to the first character that is no keypad symbol.
    pub ussd: Option<Number>,
    /// Characters of a USSD string, whoever wrote it.
    pub ussd_length: Option<usize>,
}

const COMPONENT: &str = "component";

impl<'a> Facility<'a> {
    /// Reads the element's value.
    pub(in crate::wire) fn read(r: Reader<'a>) -> Decoded<Self> {
        let mut walked = r;
        while Component::next(&mut walked).is_some() {}
        Decoded { message: Self(r.rest()), malformed: walked.stopped() }
    }

    /// The components in order; ends after the first that cannot be read.
    pub fn components(self) -> impl Iterator<Item = Component> + use<'a> {
        let mut r = Reader::new(Protocol::Ss, self.0);
        std::iter::from_fn(move || Component::next(&mut r))
    }

    /// Its components as elements of a message.
    pub(in crate::wire) fn visit(self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        self.components().for_each(|component| component.visit(visit));
    }
}

impl Component {
    const fn new(component_type: ComponentType) -> Self {
        Self {
            component_type,
            invoke_id: None,
            operation: None,
            error: None,
            ss_code: None,
            forwarded_to: None,
            ussd: None,
            ussd_length: None,
        }
    }

    /// The next component, as far as it could be read. `None` at the end and after a fault, which is noted.
    fn next(r: &mut Reader<'_>) -> Option<Self> {
        if r.is_empty() || r.stopped().is_some() {
            return None;
        }
        let (tag, contents) = {
            let read = tag_and_contents(r, COMPONENT);
            r.keep(read)?
        };
        let mut component = Self::new(ComponentType(tag));
        let read = component.read(contents);
        r.keep(read);
        Some(component)
    }

    fn read(&mut self, mut r: Reader<'_>) -> Result<(), Malformed> {
        match self.component_type {
            ComponentType::INVOKE => self.read_invoke(r),
            ComponentType::RETURN_RESULT => self.read_return_result(r),
            ComponentType::RETURN_ERROR => {
                self.invoke_id = integer(&mut r, "invoke id")?;
                self.error = integer(&mut r, "error code")?;
                Ok(())
            }
            ComponentType::REJECT => {
                self.invoke_id = integer(&mut r, "invoke id")?;
                Ok(())
            }
            _ => Err(r.error("component type tag", Fault::Invalid)),
        }
    }

    fn read_invoke(&mut self, mut r: Reader<'_>) -> Result<(), Malformed> {
        const LINKED_ID: u8 = 0x80;
        self.invoke_id = integer(&mut r, "invoke id")?;
        if r.peek() == Some(LINKED_ID) {
            tag_and_contents(&mut r, "linked id")?;
        }
        self.operation = integer(&mut r, "operation code")?.map(Operation);
        match self.operation {
            Some(Operation::PROCESS_UNSTRUCTURED_SS_REQUEST) => {
                let (scheme, string) = self.read_ussd(r)?;
                self.ussd = keypad_symbols(scheme, string);
                Ok(())
            }
            Some(Operation::UNSTRUCTURED_SS_REQUEST | Operation::UNSTRUCTURED_SS_NOTIFY) => self.read_ussd(r).map(drop),
            Some(Operation::PROCESS_UNSTRUCTURED_SS_DATA) => self.read_ss_user_data(r),
            Some(operation) if forwarding_operation(operation).is_some() => self.read_service(r),
            _ => Ok(()),
        }
    }

    fn read_return_result(&mut self, mut r: Reader<'_>) -> Result<(), Malformed> {
        self.invoke_id = integer(&mut r, "invoke id")?;
        if r.is_empty() {
            return Ok(());
        }
        let (_sequence, mut result) = tag_and_contents(&mut r, "parameters")?;
        self.operation = integer(&mut result, "operation code")?.map(Operation);
        match self.operation {
            Some(Operation::PROCESS_UNSTRUCTURED_SS_REQUEST | Operation::UNSTRUCTURED_SS_REQUEST)
                if !result.is_empty() =>
            {
                self.read_ussd(result).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// USSD-Arg and USSD-Res, 3GPP TS 29.002 §17.7.4: the coding scheme and the string.
    fn read_ussd<'s>(&mut self, mut r: Reader<'s>) -> Result<(u8, &'s [u8]), Malformed> {
        let (_sequence, mut argument) = tag_and_contents(&mut r, "ussd-arg")?;
        let (_, mut scheme) = tag_and_contents(&mut argument, "ussd-datacodingscheme")?;
        let [scheme] = scheme.v("ussd-datacodingscheme")?;
        let (_, string) = tag_and_contents(&mut argument, "ussd-string")?;
        self.ussd_length = Some(characters(scheme, string.rest()));
        Ok((scheme, string.rest()))
    }

    /// SS-UserData of phase 1, 3GPP TS 24.080 §4.4.3: a string in IA5.
    fn read_ss_user_data(&mut self, mut r: Reader<'_>) -> Result<(), Malformed> {
        let (tag, string) = tag_and_contents(&mut r, "ss-userdata")?;
        if tag == IA5_STRING {
            self.ussd = from_characters(string.rest().iter().copied());
        }
        Ok(())
    }

    /// RegisterSS-Arg and SS-ForBS-Code, 3GPP TS 29.002 §17.7.4.
    fn read_service(&mut self, mut r: Reader<'_>) -> Result<(), Malformed> {
        const FORWARDED_TO_NUMBER: u8 = 0x84;
        let (tag, mut argument) = tag_and_contents(&mut r, "ss-forbs-code")?;
        if tag != SEQUENCE {
            return Err(r.error("ss-forbs-code", Fault::Invalid));
        }
        while !argument.is_empty() {
            let (tag, mut value) = tag_and_contents(&mut argument, "ss-forbs-code")?;
            match tag {
                OCTET_STRING => self.ss_code = Some(value.u8("ss-code")?),
                FORWARDED_TO_NUMBER => self.forwarded_to = party_number(value, "forwardedtonumber")?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The call-forwarding operation that a mobile station invokes here, if it does.
    pub fn forwarding(&self) -> Option<Forwarding> {
        let service = self.ss_code.filter(|code| is_forwarding(*code))?;
        let operation = forwarding_operation(self.operation?)?;
        (self.component_type == ComponentType::INVOKE).then_some(Forwarding {
            operation,
            service,
            to: self.forwarded_to,
        })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let elements = [
            ("component", Some(Value::Name(self.component_type.name()))),
            ("invoke_id", self.invoke_id.map(|id| Value::Integer(u64::from(id)))),
            ("operation_code", self.operation.map(|operation| Value::Integer(u64::from(operation.0)))),
            ("error_code", self.error.map(|code| Value::Integer(u64::from(code)))),
            ("ss_code", self.ss_code.map(|code| Value::Code(u64::from(code)))),
            ("forwarded_to_number", self.forwarded_to.map(Value::Number)),
            ("ussd_string", self.ussd.map(Value::Number)),
            ("ussd_length", self.ussd_length.map(|length| Value::Integer(length as u64))),
        ];
        for (name, value) in elements {
            if let Some(value) = value {
                visit(name, value);
            }
        }
    }
}

/// A local value; `None` for anything else in its place: a global operation code, the null of a reject.
fn integer(r: &mut Reader<'_>, element: &'static str) -> Result<Option<u8>, Malformed> {
    let (tag, mut contents) = tag_and_contents(r, element)?;
    if tag != INTEGER {
        return Ok(None);
    }
    contents.u8(element).map(Some)
}

/// The forwarding services of 3GPP TS 29.002 §17.7.5: 0010 and a service, where all is 0 and all conditional 8.
const fn is_forwarding(ss_code: u8) -> bool {
    ss_code >> 4 == 2
}

const fn forwarding_operation(operation: Operation) -> Option<ForwardingOperation> {
    Some(match operation {
        Operation::REGISTER_SS => ForwardingOperation::Register,
        Operation::ERASE_SS => ForwardingOperation::Erase,
        Operation::ACTIVATE_SS => ForwardingOperation::Activate,
        Operation::DEACTIVATE_SS => ForwardingOperation::Deactivate,
        Operation::INTERROGATE_SS => ForwardingOperation::Interrogate,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTER_UNCONDITIONAL: &[u8] = &[
        0xa1, 0x1a, 0x02, 0x01, 0x01, 0x02, 0x01, 0x0a, 0x30, 0x12, 0x04, 0x01, 0x21, 0x83, 0x01, 0x11, 0x84, 0x07,
        0x91, 0x68, 0x31, 0x09, 0x00, 0x10, 0xf2, 0x85, 0x01, 0x14,
    ];
    const INTERROGATE_BUSY: &[u8] = &[0xa1, 0x0b, 0x02, 0x01, 0x02, 0x02, 0x01, 0x0e, 0x30, 0x03, 0x04, 0x01, 0x29];
    const INTERROGATE_CLIR: &[u8] = &[0xa1, 0x0b, 0x02, 0x01, 0x02, 0x02, 0x01, 0x0e, 0x30, 0x03, 0x04, 0x01, 0x12];
    const REGISTERED: &[u8] = &[0xa2, 0x08, 0x02, 0x01, 0x01, 0x30, 0x03, 0x02, 0x01, 0x0a];

    fn facility(octets: &[u8]) -> Decoded<Facility<'_>> {
        Facility::read(Reader::new(Protocol::Ss, octets))
    }

    fn check(octets: &[u8], expected: Option<Forwarding>) {
        let read = facility(octets);
        assert_eq!(read.malformed, None);
        let component = read.message.components().next().unwrap();
        assert_eq!(component.forwarding(), expected);
    }

    #[test]
    fn forwarding_is_what_a_mobile_station_invokes_on_a_forwarding_service() {
        let to = Some("+86139000012".parse().unwrap());
        check(REGISTER_UNCONDITIONAL, Some(Forwarding { operation: ForwardingOperation::Register, service: 0x21, to }));
        check(
            INTERROGATE_BUSY,
            Some(Forwarding { operation: ForwardingOperation::Interrogate, service: 0x29, to: None }),
        );
        check(INTERROGATE_CLIR, None);
        check(REGISTERED, None);
    }

    #[test]
    fn components_follow_each_other_up_to_the_first_that_is_malformed() {
        let octets = [INTERROGATE_BUSY, REGISTERED, &REGISTERED[..5], REGISTERED].concat();
        let read = facility(&octets);
        let types: Vec<_> = read.message.components().map(|component| component.component_type.name()).collect();
        assert_eq!(types, ["invoke", "return_result", "return_result"]);
        assert!(read.malformed.is_some());
    }

    #[test]
    fn a_truncated_component_keeps_what_stands_before_the_cut() {
        for length in 1..REGISTER_UNCONDITIONAL.len() {
            assert!(facility(&REGISTER_UNCONDITIONAL[..length]).malformed.is_some(), "{length} octets");
        }
        // The outer length is right, the argument is not.
        let mut octets = REGISTER_UNCONDITIONAL.to_vec();
        octets[9] = 0x20;
        let component = facility(&octets).message.components().next().unwrap();
        assert_eq!(component.operation, Some(Operation::REGISTER_SS));
        assert_eq!(component.forwarding(), None);
    }

    #[test]
    fn what_the_network_writes_is_not_read() {
        // A result of processUnstructuredSS-Request: operation, alphabet and text.
        let octets = [
            0xa2, 0x12, 0x02, 0x01, 0x01, 0x30, 0x0d, 0x02, 0x01, 0x3b, 0x30, 0x08, 0x04, 0x01, 0x0f, 0x04, 0x03, 0x31,
            0x59, 0x0c,
        ];
        let component = facility(&octets).message.components().next().unwrap();
        assert_eq!(component.operation, Some(Operation::PROCESS_UNSTRUCTURED_SS_REQUEST));
        assert_eq!(component.ussd, None);
    }
}
