// Takes exchanges out of the two byte streams of a connection: HTTP/1.1 with WebSocket, and HTTP/2.
//
// An exchange: { host, method, url, status, headers, request, body: [Buffer], ended }.

import { Decoder } from './hpack.mjs';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Reads both directions; `exchanges` grows. */
export class Http {
  constructor(host, exchanges) {
    this.host = host;
    this.exchanges = exchanges;
    this.early = Buffer.alloc(0);
    this.reader = undefined;
  }

  push(side, bytes) {
    if (!this.reader) {
      if (side === 'server') {
        // HTTP/2 settings may come before the client's preface was read; frame type 4 on stream 0.
        this.early = Buffer.concat([this.early, bytes]);
        return;
      }
      const h2 = bytes.subarray(0, preface.length).equals(preface.subarray(0, bytes.length)) && bytes[0] === preface[0] && bytes[1] === preface[1] && bytes[2] === preface[2];
      this.reader = h2 ? new Http2(this.host, this.exchanges) : new Http1(this.host, this.exchanges);
      this.reader.push(side, bytes);
      if (this.early.length) this.reader.push('server', this.early);
      return;
    }
    this.reader.push(side, bytes);
  }

  /** The client has gone or the recording ends: a body without a length is whole now. */
  end() {
    this.reader?.end?.();
  }

  /** Bytes that no exchange has. */
  get left() {
    return this.reader ? this.reader.left : this.early.length;
  }
}

class Http1 {
  constructor(host, exchanges) {
    this.host = host;
    this.exchanges = exchanges;
    this.asked = [];
    this.sides = { client: { pending: Buffer.alloc(0) }, server: { pending: Buffer.alloc(0) } };
  }

  push(side, bytes) {
    const s = this.sides[side];
    s.pending = s.pending.length ? Buffer.concat([s.pending, bytes]) : bytes;
    while (s.pending.length && this.step(side, s));
  }

  get left() {
    return this.sides.server.pending.length;
  }

  take(s, n) {
    const b = s.pending.subarray(0, n);
    s.pending = s.pending.subarray(b.length);
    return b;
  }

  step(side, s) {
    if (!s.message) return this.head(side, s);
    const m = s.message;
    const sink = side === 'server' ? m.exchange.body : [];
    if (m.chunked) return this.chunk(s, m, sink);
    const b = this.take(s, m.length);
    sink.push(b);
    m.length -= b.length;
    if (m.length === 0) this.over(s);
    return true;
  }

  over(s) {
    if (s.message.exchange) s.message.exchange.ended = true;
    s.message = undefined;
  }

  chunk(s, m, sink) {
    if (m.rest > 0) {
      const b = this.take(s, m.rest);
      sink.push(b);
      m.rest -= b.length;
      return true;
    }
    const end = s.pending.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.take(s, end + 2).toString('latin1').trim();
    if (m.last) {
      if (line === '') this.over(s); // after the trailers
      return true;
    }
    if (line === '') return true; // after a chunk
    m.rest = parseInt(line, 16);
    if (m.rest === 0) m.last = true;
    return true;
  }

  head(side, s) {
    const end = s.pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [first, ...lines] = this.take(s, end + 4).toString('latin1').trim().split('\r\n');
    const headers = {};
    for (const l of lines) {
      const name = l.slice(0, l.indexOf(':')).toLowerCase();
      const value = l.slice(l.indexOf(':') + 1).trim();
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    }
    const chunked = /chunked/i.test(headers['transfer-encoding'] || '');
    const length = Number(headers['content-length'] ?? NaN);
    if (side === 'client') {
      const [method, url] = first.split(' ');
      this.asked.push({ method, url, headers });
      if (chunked || length > 0) s.message = { chunked, length, rest: 0 };
      return true;
    }
    const status = Number(first.split(' ')[1]);
    if (status < 200 && status !== 101) return true;
    const q = this.asked.shift() || { method: '?', url: '?', headers: {} };
    const exchange = { host: q.headers.host || this.host, method: q.method, url: q.url, request: q.headers, status, headers, body: [], ended: false };
    this.exchanges.push(exchange);
    if (status === 101) {
      s.message = { exchange, length: Infinity }; // WebSocket frames are searched as they are
      this.sides.client.message = { length: Infinity };
    } else if (q.method === 'HEAD' || status === 204 || status === 304 || (!chunked && length === 0)) {
      exchange.ended = true;
    } else {
      s.message = { exchange, chunked, rest: 0, length: Number.isNaN(length) ? Infinity : length };
    }
    return true;
  }

  end() {
    if (this.sides.server.message) this.over(this.sides.server);
  }
}

class Http2 {
  constructor(host, exchanges) {
    this.host = host;
    this.exchanges = exchanges;
    this.streams = new Map();
    this.sides = {
      client: { pending: Buffer.alloc(0), skip: preface.length, fields: new Decoder() },
      server: { pending: Buffer.alloc(0), skip: 0, fields: new Decoder() },
    };
  }

  get left() {
    return this.sides.server.pending.length;
  }

  push(side, bytes) {
    const s = this.sides[side];
    s.pending = s.pending.length ? Buffer.concat([s.pending, bytes]) : bytes;
    if (s.skip) {
      if (s.pending.length < s.skip) return;
      s.pending = s.pending.subarray(s.skip);
      s.skip = 0;
    }
    while (s.pending.length >= 9) {
      const length = s.pending.readUIntBE(0, 3);
      if (s.pending.length < 9 + length) return;
      const frame = { type: s.pending[3], flags: s.pending[4], stream: s.pending.readUInt32BE(5) & 0x7fffffff, body: s.pending.subarray(9, 9 + length) };
      s.pending = s.pending.subarray(9 + length);
      this.frame(side, s, frame);
    }
  }

  frame(side, s, f) {
    let { body } = f;
    if ((f.type === 0 || f.type === 1 || f.type === 5) && f.flags & 8) body = body.subarray(1, body.length - body[0]);
    if (f.type === 1 && f.flags & 32) body = body.subarray(5); // priority
    if (f.type === 5) body = body.subarray(4); // a promised stream; nobody here asks for pushes
    if (f.type === 1 || f.type === 5 || f.type === 9) {
      s.block = s.block ? Buffer.concat([s.block, body]) : body;
      if (!(f.flags & 4)) return;
      const fields = s.fields.decode(s.block);
      s.block = undefined;
      this.fields(side, f.stream, fields);
    } else if (f.type === 0 && side === 'server') {
      this.streams.get(f.stream)?.body.push(body);
    }
    const e = this.streams.get(f.stream);
    // Ended by the server, or reset by either side: a client that resets a stream takes no more of it.
    if (e && (f.type === 3 || (side === 'server' && (f.type === 0 || f.type === 1) && f.flags & 1))) e.ended = true;
  }

  fields(side, stream, list) {
    const headers = {};
    for (const [n, v] of list) headers[n] = n in headers ? `${headers[n]}${n === 'cookie' ? '; ' : ', '}${v}` : v;
    if (side === 'client') {
      if (!headers[':method']) return; // trailers
      this.streams.set(stream, { host: headers[':authority'] || headers.host || this.host, method: headers[':method'], url: headers[':path'], request: headers, status: 0, headers: {}, body: [], ended: false });
      return;
    }
    const e = this.streams.get(stream) || { host: this.host, method: '?', url: '?', request: {}, status: 0, headers: {}, body: [], ended: false };
    this.streams.set(stream, e);
    const status = Number(headers[':status'] || 0);
    if (!status || status < 200 || e.status) return; // trailers, or early hints
    e.status = status;
    e.headers = headers;
    this.exchanges.push(e);
  }
}
