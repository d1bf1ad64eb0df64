// Reads a recorded TLS 1.3 connection (RFC 8446) with the secrets that the client logged.
//
// The recording is not touched: the two ends speak with each other, end to end, and what is read
// here is exactly what the client's socket received. A byte that can't be read is an error that the
// caller sees, never skipped.

import { createDecipheriv, createHmac } from 'node:crypto';

const suites = {
  0x1301: { hash: 'sha256', length: 32, cipher: 'aes-128-gcm', key: 16 },
  0x1302: { hash: 'sha384', length: 48, cipher: 'aes-256-gcm', key: 32 },
  0x1303: { hash: 'sha256', length: 32, cipher: 'chacha20-poly1305', key: 32 },
};
const record = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 };
const hello = { client: 1, server: 2, finished: 20, keyUpdate: 24 };
// RFC 8446 section 4.1.3: a ServerHello with this random asks for another ClientHello.
const retry = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** HKDF-Expand-Label (section 7.1), for results no longer than the hash. */
function expand(suite, secret, label, length) {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([length >> 8, length & 255, name.length]), name, Buffer.from([0])]);
  return createHmac(suite.hash, secret).update(info).update(Buffer.from([1])).digest().subarray(0, length);
}

class Keys {
  constructor(suite, secret) {
    this.suite = suite;
    this.secret = secret;
    this.key = expand(suite, secret, 'key', suite.key);
    this.iv = expand(suite, secret, 'iv', 12);
    this.sequence = 0n;
  }

  next() {
    return new Keys(this.suite, expand(this.suite, this.secret, 'traffic upd', this.suite.length));
  }

  open(header, body) {
    const nonce = Buffer.from(this.iv);
    for (let i = 0, n = this.sequence++; i < 8; i++, n >>= 8n) nonce[11 - i] ^= Number(n & 255n);
    const d = createDecipheriv(this.suite.cipher, this.key, nonce, { authTagLength: 16 });
    d.setAAD(header);
    d.setAuthTag(body.subarray(body.length - 16));
    const plain = Buffer.concat([d.update(body.subarray(0, -16)), d.final()]);
    let end = plain.length - 1;
    while (end >= 0 && plain[end] === 0) end--; // padding
    return { type: plain[end], body: plain.subarray(0, end) };
  }
}

/** One connection. `secrets(random)` gives the logged secrets by label; `data(side, bytes)` gets what they protect. */
export class Connection {
  constructor(secrets, data) {
    this.secrets = secrets;
    this.data = data;
    this.sides = { client: this.side('CLIENT'), server: this.side('SERVER') };
    this.random = '';
    this.suite = undefined;
  }

  side(name) {
    return { name, pending: Buffer.alloc(0), messages: Buffer.alloc(0), keys: undefined, label: 'HANDSHAKE_TRAFFIC_SECRET' };
  }

  push(side, bytes) {
    const s = this.sides[side];
    s.pending = s.pending.length ? Buffer.concat([s.pending, bytes]) : bytes;
  }

  /** Reads as far as records are whole and secrets are known. True when nothing is left. */
  read() {
    // A request before its answer: the server's records wait for the client's, once these can be read.
    for (let moved = true; moved; ) moved = [this.step('client'), this.step('server', !this.suite)].includes(true);
    return !this.sides.client.pending.length && !this.sides.server.pending.length;
  }

  step(name, once = false) {
    const s = this.sides[name];
    let moved = false;
    while (s.pending.length >= 5 && !(once && moved)) {
      const length = s.pending.readUInt16BE(3);
      if (s.pending.length < 5 + length) break;
      const header = s.pending.subarray(0, 5);
      let type = header[0];
      let body = s.pending.subarray(5, 5 + length);
      if (type < 20 || type > 23) throw new Error(`${name} sends something that is not TLS: ${header.toString('hex')}`);
      if (type === record.data) {
        if (!s.keys && !this.unlock(s)) break;
        ({ type, body } = s.keys.open(header, body));
      }
      s.pending = s.pending.subarray(5 + length);
      moved = true;
      if (type === record.handshake) this.handshake(name, s, body);
      else if (type === record.data) this.data(name, body);
    }
    return moved;
  }

  /** Finds the secret of what follows; false while it is not logged yet. */
  unlock(s) {
    const known = this.suite && this.secrets(this.random);
    const secret = known && known[`${s.name}_${s.label}`];
    if (secret) s.keys = new Keys(this.suite, Buffer.from(secret, 'hex'));
    return Boolean(secret);
  }

  handshake(name, s, body) {
    s.messages = Buffer.concat([s.messages, body]);
    while (s.messages.length >= 4) {
      const length = s.messages.readUIntBE(1, 3);
      if (s.messages.length < 4 + length) return;
      const type = s.messages[0];
      const message = s.messages.subarray(4, 4 + length);
      s.messages = s.messages.subarray(4 + length);
      if (type === hello.client) this.random = message.subarray(2, 34).toString('hex');
      if (type === hello.server && message.subarray(2, 34).toString('hex') !== retry) {
        const at = 35 + message[34];
        this.suite = suites[message.readUInt16BE(at)];
        if (!this.suite) throw new Error(`not TLS 1.3: cipher suite ${message.readUInt16BE(at).toString(16)}`);
      }
      if (type === hello.finished) {
        s.keys = undefined;
        s.label = 'TRAFFIC_SECRET_0';
      }
      if (type === hello.keyUpdate) s.keys = s.keys.next();
    }
  }
}
