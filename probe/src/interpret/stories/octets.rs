//! Messages as octets, by the tables of the specifications.

/// A LAC that says that there is no location area.
pub(super) const NO_AREA: u16 = 0xfffe;
const PLMN: [u8; 3] = [0x64, 0xf0, 0x00];

pub(super) const TMSI_REALLOCATION_COMPLETE: [u8; 2] = [0x05, 0x1b];
pub(super) const AUTHENTICATION_REJECT: [u8; 2] = [0x05, 0x11];
pub(super) const AUTHENTICATION_RESPONSE: [u8; 6] = [0x05, 0x14, 1, 2, 3, 4];
pub(super) const CM_SERVICE_ACCEPT: [u8; 2] = [0x05, 0x21];

fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn lv(value: &[u8]) -> Vec<u8> {
    bytes(&[&[value.len() as u8], value])
}

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    bytes(&[&[tag, value.len() as u8], value])
}

fn reference(number: u32) -> Vec<u8> {
    number.to_le_bytes().iter().take(3).copied().collect()
}

// SCCP, ITU-T Q.713 §4.

const CALLED: [u8; 3] = [2, 0x42, 254];

pub(super) fn cr(source: u32, data: &[u8]) -> Vec<u8> {
    bytes(&[&[0x01], &reference(source), &[2, 2, 4], &CALLED, &tlv(0x0f, data), &[0]])
}

pub(super) fn cc(destination: u32, source: u32) -> Vec<u8> {
    bytes(&[&[0x02], &reference(destination), &reference(source), &[2, 0]])
}

pub(super) fn cref(destination: u32) -> Vec<u8> {
    bytes(&[&[0x03], &reference(destination), &[0, 0]])
}

pub(super) fn rlsd(destination: u32, source: u32) -> Vec<u8> {
    bytes(&[&[0x04], &reference(destination), &reference(source), &[0, 0]])
}

/// User data in the optional part of CC, CREF and RLSD.
pub(super) fn cc_with(destination: u32, source: u32, data: &[u8]) -> Vec<u8> {
    bytes(&[&[0x02], &reference(destination), &reference(source), &[2, 1], &tlv(0x0f, data), &[0]])
}

pub(super) fn cref_with(destination: u32, data: &[u8]) -> Vec<u8> {
    bytes(&[&[0x03], &reference(destination), &[0, 1], &tlv(0x0f, data), &[0]])
}

pub(super) fn rlsd_with(destination: u32, source: u32, data: &[u8]) -> Vec<u8> {
    bytes(&[&[0x04], &reference(destination), &reference(source), &[0, 1], &tlv(0x0f, data), &[0]])
}

pub(super) fn dt2(destination: u32, data: &[u8]) -> Vec<u8> {
    bytes(&[&[0x07], &reference(destination), &[0, 0, 1], &lv(data)])
}

pub(super) fn rlc(destination: u32, source: u32) -> Vec<u8> {
    bytes(&[&[0x05], &reference(destination), &reference(source)])
}

pub(super) fn dt1(destination: u32, data: &[u8]) -> Vec<u8> {
    dt1_segment(destination, data, false)
}

pub(super) fn dt1_segment(destination: u32, data: &[u8], more: bool) -> Vec<u8> {
    bytes(&[&[0x06], &reference(destination), &[u8::from(more), 1], &lv(data)])
}

pub(super) fn it(destination: u32, source: u32) -> Vec<u8> {
    bytes(&[&[0x10], &reference(destination), &reference(source), &[2, 0, 0, 0]])
}

pub(super) fn udt(data: &[u8]) -> Vec<u8> {
    udt_to(254, data)
}

pub(super) fn udt_to(subsystem: u8, data: &[u8]) -> Vec<u8> {
    bytes(&[&[0x09, 0, 3, 5, 7], &[2, 0x42, subsystem], &CALLED, &lv(data)])
}

pub(super) fn xudt_segment(data: &[u8], first: bool, remaining: u8) -> Vec<u8> {
    xudt_segment_of(9, data, first, remaining)
}

pub(super) fn xudt_segment_of(reference: u8, data: &[u8], first: bool, remaining: u8) -> Vec<u8> {
    let segmentation = tlv(0x10, &[u8::from(first) << 7 | 0x40 | remaining, reference, 0, 0]);
    let calling_then_data = bytes(&[&CALLED, &CALLED, &lv(data)]);
    let optional = (2 + 6 + data.len()) as u8;
    bytes(&[&[0x11, 1, 15, 4, 6, 8, optional], &calling_then_data, &segmentation, &[0]])
}

// BSSAP and BSSMAP, 3GPP TS 48.006 §9.3, 48.008 §3.2.1.

fn bssmap(message_type: u8, elements: &[&[u8]]) -> Vec<u8> {
    let message = bytes(&[&[message_type], &elements.concat()]);
    bytes(&[&[0x00], &lv(&message)])
}

pub(super) fn dtap(layer_3: &[u8]) -> Vec<u8> {
    bytes(&[&[0x01, 0x00], &lv(layer_3)])
}

/// A cell identifier of the whole cell global identification.
pub(super) fn cell(lac: u16, ci: u16) -> Vec<u8> {
    tlv(0x05, &bytes(&[&[0], &PLMN, &lac.to_be_bytes(), &ci.to_be_bytes()]))
}

/// A cell identifier of location area code and cell identity.
pub(super) fn short_cell(lac: u16, ci: u16) -> Vec<u8> {
    tlv(0x05, &bytes(&[&[1], &lac.to_be_bytes(), &ci.to_be_bytes()]))
}

/// A cell identifier of the cell identity alone.
pub(super) fn cell_identity(ci: u16) -> Vec<u8> {
    tlv(0x05, &bytes(&[&[2], &ci.to_be_bytes()]))
}

/// A cell identifier that says that there is no cell.
pub(super) fn no_cell() -> Vec<u8> {
    tlv(0x05, &[3])
}

pub(super) fn complete_layer_3(cell: &[u8], layer_3: &[u8]) -> Vec<u8> {
    bssmap(0x57, &[cell, &tlv(0x17, layer_3)])
}

pub(super) fn cipher_mode_command() -> Vec<u8> {
    bssmap(0x53, &[&[0x0a, 1, 1]])
}

/// CIPHER MODE COMPLETE with CIPHERING MODE COMPLETE and an IMEISV.
pub(super) fn cipher_mode_complete(imeisv: &str) -> Vec<u8> {
    let layer_3 = bytes(&[&[0x06, 0x32], &tlv(0x17, &digits(imeisv, 3))]);
    bssmap(0x55, &[&tlv(0x20, &layer_3)])
}

pub(super) fn common_id(digits: &str) -> Vec<u8> {
    bssmap(0x2f, &[&tlv(0x08, &imsi(digits))])
}

pub(super) fn assignment_request(circuit: u16) -> Vec<u8> {
    bssmap(0x01, &[&[0x0b, 3, 1, 8, 1], &[0x01], &circuit.to_be_bytes()])
}

/// ASSIGNMENT REQUEST for signalling alone, which needs no circuit.
pub(super) fn assignment_request_for_signalling() -> Vec<u8> {
    bssmap(0x01, &[&[0x0b, 3, 3, 1, 0]])
}

/// ASSIGNMENT COMPLETE, of the circuit that the BSS chose where it was the BSS's to choose.
pub(super) fn assignment_complete(circuit: Option<u16>) -> Vec<u8> {
    let circuit = circuit.map_or(Vec::new(), |circuit| bytes(&[&[0x01], &circuit.to_be_bytes()]));
    bssmap(0x02, &[&circuit])
}

pub(super) fn clear_command(cause: u8) -> Vec<u8> {
    bssmap(0x20, &[&[4, 1, cause]])
}

pub(super) fn clear_request(cause: u8) -> Vec<u8> {
    bssmap(0x22, &[&[4, 1, cause]])
}

pub(super) fn reset() -> Vec<u8> {
    bssmap(0x30, &[&[4, 1, 0]])
}

pub(super) fn reset_circuit(circuit: u16) -> Vec<u8> {
    bssmap(0x34, &[&[0x01], &circuit.to_be_bytes(), &[4, 1, 0]])
}

/// RESET IP RESOURCE of this call.
pub(super) fn reset_ip_resource(call_identifier: u32) -> Vec<u8> {
    bssmap(0x3d, &[&[4, 1, 0], &tlv(0x80, &call_identifier.to_be_bytes())])
}

/// ASSIGNMENT REQUEST for a call over IP.
pub(super) fn assignment_request_over_ip(call_identifier: u32) -> Vec<u8> {
    bssmap(0x01, &[&[0x0b, 3, 1, 8, 1], &[0x7f], &call_identifier.to_be_bytes()])
}

pub(super) fn internal_handover_command() -> Vec<u8> {
    bssmap(0x72, &[&tlv(0x17, &[0x06, 0x2b])])
}

pub(super) fn paging(digits: &str, tmsi: u32) -> Vec<u8> {
    bssmap(0x52, &[&tlv(0x08, &imsi(digits)), &tlv(0x09, &tmsi.to_be_bytes()), &[0x1a, 3, 5, 0, 0x17]])
}

pub(super) fn handover_request(serving: &[u8], target: &[u8], digits: Option<&str>) -> Vec<u8> {
    let subscriber = digits.map_or(Vec::new(), |digits| tlv(0x08, &imsi(digits)));
    bssmap(0x10, &[&[0x0b, 3, 1, 8, 1], serving, target, &subscriber])
}

pub(super) fn handover_request_acknowledge(command: &[u8]) -> Vec<u8> {
    bssmap(0x12, &[&tlv(0x17, command)])
}

pub(super) fn handover_command(command: &[u8]) -> Vec<u8> {
    bssmap(0x13, &[&tlv(0x17, command)])
}

pub(super) fn handover_complete() -> Vec<u8> {
    bssmap(0x14, &[])
}

pub(super) fn handover_failure() -> Vec<u8> {
    bssmap(0x16, &[&[4, 1, 0]])
}

pub(super) fn handover_performed(cell: &[u8]) -> Vec<u8> {
    bssmap(0x17, &[&[4, 1, 0], cell])
}

// Mobile identity and numbers, 3GPP TS 24.008 §10.5.1.4 and §10.5.4.7.

pub(super) fn imsi(text: &str) -> Vec<u8> {
    digits(text, 1)
}

pub(super) fn imei(text: &str) -> Vec<u8> {
    digits(text, 2)
}

pub(super) fn imeisv(text: &str) -> Vec<u8> {
    digits(text, 3)
}

pub(super) fn tmsi(number: u32) -> Vec<u8> {
    bytes(&[&[0xf4], &number.to_be_bytes()])
}

fn digits(text: &str, identity_type: u8) -> Vec<u8> {
    let values: Vec<_> = text.bytes().map(|digit| digit - b'0').collect();
    let odd = u8::from(values.len() % 2 == 1) << 3;
    let first = values[0] << 4 | odd | identity_type;
    bytes(&[&[first], &swapped(&values[1..])])
}

fn swapped(values: &[u8]) -> Vec<u8> {
    values.chunks(2).map(|pair| pair.get(1).unwrap_or(&15) << 4 | pair[0]).collect()
}

/// A BCD number of type unknown (or international with `+`), with its length.
fn number(text: &str) -> Vec<u8> {
    let international = text.starts_with('+');
    let values: Vec<_> = text.bytes().filter(|digit| digit.is_ascii_digit()).map(|digit| digit - b'0').collect();
    bytes(&[&[if international { 0x91 } else { 0x81 }], &swapped(&values)])
}

// Mobility management, 3GPP TS 24.008 §9.2.

fn lai(lac: u16) -> Vec<u8> {
    bytes(&[&PLMN, &lac.to_be_bytes()])
}

pub(super) fn lu_request(update: u8, old: u16, identity: &[u8]) -> Vec<u8> {
    bytes(&[&[0x05, 0x08, 0x70 | update], &lai(old), &[0x33], &lv(identity)])
}

pub(super) fn lu_accept(lac: u16, identity: Option<&[u8]>) -> Vec<u8> {
    bytes(&[&[0x05, 0x02], &lai(lac), &identity.map_or(Vec::new(), |identity| tlv(0x17, identity))])
}

pub(super) fn lu_reject(cause: u8) -> Vec<u8> {
    vec![0x05, 0x04, cause]
}

pub(super) fn imsi_detach(identity: &[u8]) -> Vec<u8> {
    bytes(&[&[0x05, 0x01, 0x33], &lv(identity)])
}

pub(super) fn identity_response(identity: &[u8]) -> Vec<u8> {
    bytes(&[&[0x05, 0x19], &lv(identity)])
}

pub(super) fn tmsi_reallocation_command(lac: u16, identity: &[u8]) -> Vec<u8> {
    bytes(&[&[0x05, 0x1a], &lai(lac), &lv(identity)])
}

/// `service`: 1 call, 2 emergency call, 4 short message, 8 supplementary services.
pub(super) fn cm_service_request(service: u8, identity: &[u8]) -> Vec<u8> {
    bytes(&[&[0x05, 0x24, 0x70 | service, 3, 0x33, 0x59, 0xa6], &lv(identity)])
}

pub(super) fn cm_service_reject(cause: u8) -> Vec<u8> {
    vec![0x05, 0x22, cause]
}

pub(super) fn cm_reestablishment_request(identity: &[u8]) -> Vec<u8> {
    bytes(&[&[0x05, 0x28, 0x07, 3, 0x33, 0x59, 0xa6], &lv(identity)])
}

pub(super) fn paging_response(identity: &[u8]) -> Vec<u8> {
    bytes(&[&[0x06, 0x27, 0x07, 3, 0x33, 0x59, 0xa6], &lv(identity)])
}

// Call control, 3GPP TS 24.008 §9.3. `ti` is the first octet's high half: the flag and the value.

pub(super) fn cc_message(ti: u8, message_type: u8) -> Vec<u8> {
    vec![ti << 4 | 3, message_type]
}

pub(super) fn setup_to(ti: u8, called: &str) -> Vec<u8> {
    bytes(&[&cc_message(ti, 0x05), &[4, 1, 0xa0], &tlv(0x5e, &number(called))])
}

pub(super) fn setup_from(ti: u8, calling: &str) -> Vec<u8> {
    bytes(&[&cc_message(ti, 0x05), &[4, 1, 0xa0], &tlv(0x5c, &number(calling))])
}

pub(super) fn connect(ti: u8) -> Vec<u8> {
    cc_message(ti, 0x07)
}

pub(super) fn emergency_setup(ti: u8) -> Vec<u8> {
    cc_message(ti, 0x0e)
}

pub(super) fn disconnect(ti: u8, cause: u8) -> Vec<u8> {
    bytes(&[&cc_message(ti, 0x25), &lv(&[0xe0, 0x80 | cause])])
}

pub(super) fn release(ti: u8) -> Vec<u8> {
    cc_message(ti, 0x2d)
}

pub(super) fn release_complete(ti: u8) -> Vec<u8> {
    cc_message(ti, 0x2a)
}

// Short messages, 3GPP TS 24.011 §7 and 23.040 §9.2.

fn cp_data(ti: u8, rp: &[u8]) -> Vec<u8> {
    bytes(&[&[ti << 4 | 9, 0x01], &lv(rp)])
}

fn party(text: &str) -> Vec<u8> {
    let count = text.bytes().filter(|digit| digit.is_ascii_digit()).count() as u8;
    bytes(&[&[count], &number(text)])
}

pub(super) fn submit(ti: u8, reference: u8, to: &str) -> Vec<u8> {
    let tpdu = bytes(&[&[0x01, 7], &party(to), &[0, 0, 2, 0xc8, 0x34]]);
    cp_data(ti, &bytes(&[&[0, reference, 0], &lv(&number("+8613800100500")), &lv(&tpdu)]))
}

pub(super) fn deliver(ti: u8, reference: u8, from: &str) -> Vec<u8> {
    let tpdu = bytes(&[&[0x04], &party(from), &[0, 0, 0x62, 1, 1, 0, 0, 0, 0, 2, 0xc8, 0x34]]);
    cp_data(ti, &bytes(&[&[1, reference], &lv(&number("+8613800100500")), &[0], &lv(&tpdu)]))
}

pub(super) fn rp_ack(ti: u8, reference: u8, from_network: bool) -> Vec<u8> {
    cp_data(ti, &[2 + u8::from(from_network), reference])
}

pub(super) fn rp_error(ti: u8, reference: u8, from_network: bool) -> Vec<u8> {
    cp_data(ti, &[4 + u8::from(from_network), reference, 1, 38])
}

// Supplementary services, 3GPP TS 24.080 §3.

/// REGISTER with processUnstructuredSS-Request of `*100#`.
pub(super) fn ussd(ti: u8) -> Vec<u8> {
    let string = [4, 1, 0x0f, 4, 5, 0xaa, 0x18, 0x0c, 0x36, 0x02];
    let invoke = tlv(0xa1, &bytes(&[&[2, 1, 1, 2, 1, 59], &tlv(0x30, &string)]));
    bytes(&[&[ti << 4 | 0x0b, 0x3b], &tlv(0x1c, &invoke)])
}

/// REGISTER with registerSS of unconditional forwarding.
pub(super) fn register_forwarding(ti: u8, to: &str) -> Vec<u8> {
    let arguments = bytes(&[&[4, 1, 0x21], &tlv(0x84, &number(to))]);
    let invoke = tlv(0xa1, &bytes(&[&[2, 1, 1, 2, 1, 10], &tlv(0x30, &arguments)]));
    bytes(&[&[ti << 4 | 0x0b, 0x3b], &tlv(0x1c, &invoke)])
}

/// RELEASE COMPLETE with a component of this type for invoke identifier 1.
pub(super) fn ss_release_complete(ti: u8, component: u8) -> Vec<u8> {
    let value: &[u8] = if component == 0xa3 { &[2, 1, 1, 2, 1, 17] } else { &[2, 1, 1] };
    bytes(&[&[ti << 4 | 0x0b, 0x2a], &tlv(0x1c, &tlv(component, value))])
}
