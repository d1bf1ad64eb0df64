// Looks for a marker in what arrived: decompressed, taken out of archives and text forms, and put
// together from ranges.

import { execFileSync } from 'node:child_process';
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

const most = 256 << 20;
const lenient = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: most };
const decoders = {
  gzip: (b) => gunzipSync(b, lenient),
  'x-gzip': (b) => gunzipSync(b, lenient),
  deflate: (b) => (b[0] === 0x78 ? inflateSync(b, lenient) : inflateRawSync(b, lenient)),
  br: (b) => brotliDecompressSync(b, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: most }),
  zstd: unzstd,
  identity: (b) => b,
};

/** The zstd command: this version of Node has no decoder. What a cut stream holds is still given. */
function unzstd(b) {
  try {
    return execFileSync('zstd', ['-dc', '--no-progress'], { input: b, maxBuffer: most, stdio: ['pipe', 'pipe', 'ignore'] });
  } catch (e) {
    if (e.code === 'ENOENT') throw new Error('an answer with zstd needs the zstd command to be searched');
    return e.stdout;
  }
}

/** Removes content codings, the last one first. */
export function decoded(body, codings = '') {
  const list = codings.toLowerCase().split(',').map((s) => s.trim()).filter(Boolean);
  for (const coding of list.reverse()) {
    if (!decoders[coding]) throw new Error(`content coding ${coding}`);
    if (body.length) body = decoders[coding](body);
  }
  return body;
}

/** The forms in which a text may travel. */
function formsOf(text) {
  const forms = { plain: Buffer.from(text), hex: Buffer.from(Buffer.from(text).toString('hex')), utf16: Buffer.from(text, 'utf16le') };
  for (let shift = 0; shift < 3; shift++) {
    // The characters that depend on nothing around the text.
    const b = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64').replace(/=+$/, '');
    const from = shift ? shift + 1 : 0;
    const whole = Math.floor(((shift + text.length) * 8) / 6);
    forms[`base64+${shift}`] = Buffer.from(b.slice(from, whole));
  }
  return forms;
}

export class Search {
  constructor(marker) {
    this.marker = marker;
    this.forms = formsOf(marker);
  }

  /** Where the marker is in bytes: [{ how, name }]; name is what follows it up to the next dot. */
  in(bytes, depth = 0) {
    const found = [];
    for (const [how, form] of Object.entries(this.forms)) {
      for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + form.length)) {
        const rest = how === 'plain' ? bytes.subarray(at + form.length, at + form.length + 64).toString('latin1') : '';
        found.push({ how, name: /^\.([\w-]+)\./.exec(rest)?.[1] || '?' });
      }
    }
    if (depth > 2) return found;
    for (const [how, inner] of inside(bytes)) found.push(...this.in(inner, depth + 1).map((f) => ({ how: `${how}, ${f.how}`, name: f.name })));
    return found;
  }
}

/** What is packed in bytes: entries of ZIP archives, and whole compressed files whatever they call themselves. */
function* inside(bytes) {
  const tried = (how, f) => {
    try {
      const out = f();
      return out.length ? [[how, out]] : [];
    } catch {
      return []; // it only looked like one
    }
  };
  for (let at = bytes.indexOf('PK\x03\x04'); at >= 0; at = bytes.indexOf('PK\x03\x04', at + 4)) {
    if (bytes.length < at + 30 || bytes.readUInt16LE(at + 8) !== 8) continue; // stored entries are there to be seen
    const from = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    yield* tried('zip', () => inflateRawSync(bytes.subarray(from), lenient));
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) yield* tried('gzip', () => decoders.gzip(bytes));
  if (bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528) yield* tried('zstd', () => unzstd(bytes));
}

/** Pieces of one resource, put together as a client would do it. */
export class Pieces {
  constructor() {
    this.of = new Map();
  }

  /** Adds an answer's pieces; returns the whole as far as it is known, or nothing. */
  add(key, headers, body) {
    const multi = /^multipart\/byteranges.*boundary="?([^";]+)/i.exec(headers['content-type'] || '');
    const parts = multi ? partsOf(body, multi[1]) : [{ range: headers['content-range'], bytes: body }];
    let whole;
    for (const { range, bytes } of parts) {
      const m = /^bytes (\d+)-(\d+)\/(\d+|\*)/.exec(range || '');
      if (!m) continue;
      const from = Number(m[1]);
      const size = Math.max(m[3] === '*' ? 0 : Number(m[3]), from + bytes.length);
      if (size > most) continue;
      let buffer = this.of.get(key) || Buffer.alloc(0);
      if (buffer.length < size) buffer = Buffer.concat([buffer, Buffer.alloc(size - buffer.length)]);
      bytes.copy(buffer, from);
      this.of.set(key, buffer);
      whole = buffer;
    }
    return whole;
  }
}

function partsOf(body, boundary) {
  return body
    .toString('latin1')
    .split(`--${boundary}`)
    .map((p) => {
      const [head, ...rest] = p.split('\r\n\r\n');
      return { range: /content-range:\s*([^\r\n]+)/i.exec(head)?.[1], bytes: Buffer.from(rest.join('\r\n\r\n').replace(/\r\n$/, ''), 'latin1') };
    })
    .filter((p) => p.range);
}
