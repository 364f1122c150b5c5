// A message centre for tests: the npm package `smpp` as a server on the loopback, one JSON line on stdout for what
// happens. It ends when its standard input closes (the test is gone) or after `max_seconds`.
//
// Options, as JSON in the first argument; all may be absent:
//   system_id, password   who may bind (default touchpoint, secret)
//   bind_status           answer every bind with this command_status
//   delay_ms              wait before each answer to a submit_sm
//   throttle_first        answer the first so many submit_sm with `throttle_status`
//   throttle_status       default 0x58, ESME_RTHROTTLED
//   refuse                { "destination address": command_status }
//   drop_at               [n, …]: destroy the socket instead of answering the n-th submit_sm (from 1, over all sessions)
//   mute_at               [n, …]: never answer the n-th submit_sm
//   stall_at, stall_ms    [n, …]: do nothing at all for so long, then answer the n-th submit_sm
//   garbage_at            n: send what is no PDU instead of answering the n-th submit_sm
//   unbind_at             n: answer the n-th submit_sm, then end the session with unbind
//   receipts              "text", "tlv" or "early" (before the submit_sm_resp)
//   answer                text that every subscriber answers with, to each message
//   throttle_every        n: answer every n-th submit_sm with `throttle_status`
//   receipt_times         how often each receipt is sent (default 1)
//   receipt_ms            wait before each receipt
//   terse                 of a submit_sm, log only what counts need
//   tls                   { key, cert }: files; the sessions are under TLS
//   receipt_stat          what a receipt by text says (default DELIVRD)
//   cancel_status         command_status of every cancel_sm_resp (default 0)
//   query_state           message_state of every query_sm_resp (default 2, DELIVERED)
//   glue_ms               collect what is sent for so long and send it in one piece
//   chop                  send in pieces of so many octets
//   odd                   after a bind: an unknown command, an unknown TLV, a message from a subscriber
//   incoming              after a bind: a message from a subscriber { source_addr, destination_addr, short_message }
//   enquire_ms            send an enquire_link so often
//   no_message_id         submit_sm_resp without a body
//   capacity              submit_sm unanswered at once that it likes; it refuses once it has long had a quarter more
//   tells_load            tell in each answer how much of that is used, as congestion_state (SMPP 5.0)
//   max_seconds           default 300
'use strict';

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const options = Object.assign(
  { system_id: 'touchpoint', password: 'secret', throttle_status: 0x58, max_seconds: 300 },
  JSON.parse(process.argv[2] || '{}'),
);
const has = (list, n) => (list || []).includes(n);

// How many were unanswered with each of the last submissions, how much of its capacity that was at the most, in percent, and for
// how many submissions on end it has been too much: nothing of this depends on the clock.
const lately = [];
let used = 0;
let over = 0;
function count(unanswered) {
  if (!options.capacity) return;
  lately.push(unanswered);
  if (lately.length > 16) lately.shift();
  used = (100 * Math.max(...lately)) / options.capacity;
  over = used > 125 ? over + 1 : 0;
}
const log = (line) => process.stdout.write(JSON.stringify({ ms: Math.round(performance.now()), ...line }) + '\n');

let submitted = 0; // submit_sm over all sessions
let sessions = 0;

function concatenation(udh) {
  const part = (udh || []).find((element) => element[0] === 0x00);
  return part ? { reference: part[2], total: part[3], part: part[4] } : null;
}

// Whom to, of which session, and how many are unanswered.
const terse = (pdu, more) => ({ event: 'submit_sm', ...more, destination_addr: pdu.destination_addr });

// What the test reads: addresses, flags, and the text as the package decoded it.
function describe(pdu, more) {
  const { udh, message } = pdu.short_message;
  const { source_addr, source_addr_ton, source_addr_npi, destination_addr, dest_addr_ton, dest_addr_npi } = pdu;
  const { esm_class, data_coding, registered_delivery, service_type, priority_flag } = pdu;
  return {
    event: 'submit_sm', ...more, source_addr, source_addr_ton, source_addr_npi, destination_addr, dest_addr_ton,
    dest_addr_npi, esm_class, data_coding, registered_delivery, service_type, priority_flag,
    // The package makes a date of the relative time.
    validity_s: pdu.validity_period instanceof Date ? Math.round((pdu.validity_period - Date.now()) / 1000) : null,
    concatenation: concatenation(udh), text: message,
  };
}

// Changes how octets leave: collected over a while, or in small pieces.
function disturb(socket) {
  const write = socket.write.bind(socket);
  if (options.chop) {
    socket.setNoDelay(true);
    const pieces = [];
    const next = () => {
      if (pieces.length === 0 || socket.destroyed) return;
      write(pieces.shift());
      setTimeout(next, 2);
    };
    socket.write = (octets, done) => {
      const idle = pieces.length === 0;
      for (let at = 0; at < octets.length; at += options.chop) pieces.push(octets.subarray(at, at + options.chop));
      if (idle) next();
      if (done) process.nextTick(done);
      return true;
    };
  }
  if (options.glue_ms) {
    let collected = [];
    setInterval(() => {
      if (collected.length > 0 && !socket.destroyed) write(Buffer.concat(collected.splice(0)));
    }, options.glue_ms).unref();
    socket.write = (octets, done) => {
      collected.push(Buffer.from(octets));
      if (done) process.nextTick(done);
      return true;
    };
  }
}

// Sessions that take what is delivered, and what waits while there is none.
const receivers = new Set();
let waiting = [];

// As message centres do: kept until it is answered, and told again by another session when one breaks before that.
function deliver_by(preferred, deliver) {
  const session = receivers.has(preferred) ? preferred : [...receivers][0];
  if (!session) return waiting.push(deliver);
  session.delivering.add(deliver);
  return session.deliver_sm(deliver, () => session.delivering.delete(deliver));
}

function receiving(session) {
  receivers.add(session);
  waiting.splice(0).forEach((deliver) => deliver_by(session, deliver));
}

function receives_no_more(session) {
  receivers.delete(session);
  const unanswered = [...session.delivering];
  session.delivering.clear();
  unanswered.forEach((deliver) => deliver_by(undefined, deliver));
}

function receipt(session, pdu, message_id) {
  const deliver = { source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4 };
  if (options.receipts === 'tlv') {
    deliver_by(session, { ...deliver, receipted_message_id: message_id, message_state: 2 });
  } else {
    // The usual oddity: hexadecimal in the submit_sm_resp, decimal in the receipt.
    const decimal = String(parseInt(message_id, 16)).padStart(10, '0');
    const short_message = `id:${decimal} sub:001 dlvrd:001 submit date:0907101200 done date:0907101201 ` +
      `stat:${options.receipt_stat || 'DELIVRD'} err:000 text:`;
    deliver_by(session, { ...deliver, short_message });
  }
}

function answer(session, pdu, n) {
  const told = options.tells_load ? { congestion_state: Math.min(100, Math.round(used)) } : {};
  const respond = (command_status, message_id) => {
    log({ event: 'submit_sm_resp', session: session.number, n, command_status });
    session.unanswered -= 1;
    if (options.no_message_id) {
      const bare = Buffer.alloc(16);
      [16, 0x80000004, command_status, pdu.sequence_number].forEach((field, at) => bare.writeUInt32BE(field, at * 4));
      session.socket.write(bare);
    } else {
      session.send(pdu.response({ command_status, message_id, ...told }));
    }
  };
  const message_id = (0xa000 + n).toString(16);
  const refused = (options.refuse || {})[pdu.destination_addr];
  if (has(options.drop_at, n)) return session.socket.destroy();
  if (has(options.mute_at, n)) return undefined;
  if (has(options.stall_at, n)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, options.stall_ms);
  if (options.garbage_at === n) return session.socket.write(Buffer.from('HTTP/1.1 500 Internal Server Error\r\n'));
  const isThrottled = n <= (options.throttle_first || 0) || (options.throttle_every && n % options.throttle_every === 0);
  if (isThrottled || over > 100) return respond(options.throttle_status);
  if (refused) return respond(refused);
  if (options.receipts === 'early') receipt(session, pdu, message_id);
  respond(0, message_id);
  if (options.receipts && options.receipts !== 'early') {
    const tell = () => receipt(session, pdu, message_id);
    for (let times = options.receipt_times || 1; times > 0; times -= 1) {
      if (options.receipt_ms) setTimeout(tell, options.receipt_ms).unref();
      else tell();
    }
  }
  if (options.answer) {
    const { destination_addr: source_addr, source_addr: destination_addr } = pdu;
    session.deliver_sm({ source_addr, destination_addr, short_message: options.answer });
  }
  if (options.unbind_at === n) session.unbind();
  return undefined;
}

function bound(session) {
  if (options.enquire_ms) setInterval(() => session.enquire_link(), options.enquire_ms).unref();
  if (options.incoming) session.deliver_sm(options.incoming);
  if (!options.odd) return;
  // A command that no version knows, with a body; then TLVs that nobody knows; then a subscriber's message.
  session.socket.write(Buffer.from('00000014000007ff000000000000004200010203', 'hex'));
  session.socket.write(Buffer.from('0000001b800000150000000000000043140300070102030405ff60', 'hex'));
  session.deliver_sm({ source_addr: '13900000005', destination_addr: '10086', short_message: 'id:1 stat:DELIVRD' });
}

const secrets = ({ key, cert }) => ({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) });
const server = smpp.createServer(options.tls ? secrets(options.tls) : {}, (session) => {
  session.number = ++sessions;
  session.unanswered = 0;
  session.delivering = new Set();
  log({ event: 'connect', session: session.number });
  disturb(session.socket);
  const bind = (pdu) => {
    const right = pdu.system_id === options.system_id && pdu.password === options.password;
    const wrong = pdu.system_id === options.system_id ? 0x0e : 0x0f;
    const command_status = options.bind_status ?? (right ? 0 : wrong);
    const { command, system_id, system_type, interface_version } = pdu;
    log({ event: command, session: session.number, system_id, system_type, interface_version, command_status });
    session.send(pdu.response({ command_status, system_id: 'smsc' }));
    if (command_status === 0 && command !== 'bind_transmitter') receiving(session);
    if (command_status === 0) bound(session);
  };
  session.on('bind_transceiver', bind);
  session.on('bind_transmitter', bind);
  session.on('bind_receiver', bind);
  session.on('submit_sm', (pdu) => {
    const n = ++submitted;
    session.unanswered += 1;
    count(session.unanswered);
    log((options.terse ? terse : describe)(pdu, { session: session.number, n, unanswered: session.unanswered }));
    setTimeout(() => answer(session, pdu, n), options.delay_ms || 0);
  });
  session.on('enquire_link', (pdu) => {
    log({ event: 'enquire_link', session: session.number });
    session.send(pdu.response());
  });
  session.on('query_sm', (pdu) => {
    const { message_id, source_addr } = pdu;
    log({ event: 'query_sm', session: session.number, message_id, source_addr });
    session.send(pdu.response({ message_id, message_state: options.query_state ?? 2 }));
  });
  session.on('cancel_sm', (pdu) => {
    const { message_id, source_addr, destination_addr } = pdu;
    session.unanswered += 1;
    const { number, unanswered } = session;
    log({ event: 'cancel_sm', session: number, message_id, source_addr, destination_addr, unanswered });
    setTimeout(() => {
      session.unanswered -= 1;
      session.send(pdu.response({ command_status: options.cancel_status || 0 }));
    }, options.delay_ms || 0);
  });
  session.on('unbind', (pdu) => {
    log({ event: 'unbind', session: session.number });
    session.send(pdu.response(), () => session.close());
  });
  for (const event of ['enquire_link_resp', 'deliver_sm_resp', 'generic_nack', 'unbind_resp']) {
    const note = ({ command_status, sequence_number }) =>
      log({ event, session: session.number, command_status, sequence_number });
    session.on(event, note);
  }
  session.on('close', () => receives_no_more(session));
  session.on('close', () => log({ event: 'close', session: session.number }));
  session.on('error', (error) => log({ event: 'error', session: session.number, error: error.message }));
});

server.listen(options.port || 0, '127.0.0.1', () => log({ event: 'listening', port: server.address().port }));
setTimeout(() => process.exit(3), options.max_seconds * 1000).unref();
// Each line of standard input is a number, which the log then shows: everything before it is there.
readline.createInterface({ input: process.stdin })
  .on('line', (mark) => log({ event: 'marked', mark: Number(mark) }))
  .on('close', () => process.exit(0));
