// Header compression of HTTP/2 (RFC 7541), the reading half.

const staticTable = `:authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|:status=206|:status=304
:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin
age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range
content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified
link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security
transfer-encoding|user-agent|vary|via|www-authenticate`
  .split(/[|\n]/)
  .map((s) => {
    const [, name, value = ''] = /^(:?[^=]+)(?:=(.*))?$/.exec(s);
    return [name, value];
  });

// Lengths of the codes of appendix B, by symbol; the code is canonical, so they say it all.
const lengths = `13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28
6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10
13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6
15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28
20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24
22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23
26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27
20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26 30`
  .split(/\s+/)
  .map(Number);

const codes = new Map();
{
  let code = 0;
  let last = 0;
  const order = lengths.map((length, symbol) => ({ length, symbol })).sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  for (const { length, symbol } of order) {
    code = last ? (code + 1) * 2 ** (length - last) : 0;
    last = length;
    codes.set(length * 2 ** 32 + code, symbol);
  }
}

function unpack(bytes) {
  const out = [];
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      const symbol = codes.get(++length * 2 ** 32 + code);
      if (symbol === undefined) continue;
      out.push(symbol);
      code = length = 0;
    }
  }
  return Buffer.from(out).toString('latin1'); // what is left are the ones of the padding
}

/** The decoder of one direction of one connection. */
export class Decoder {
  constructor() {
    this.table = [];
    this.most = 4096;
  }

  evict() {
    let size = 0;
    this.table = this.table.filter(([n, v]) => (size += n.length + v.length + 32) <= this.most);
  }

  entry(i) {
    const e = i <= staticTable.length ? staticTable[i - 1] : this.table[i - staticTable.length - 1];
    if (!e) throw new Error(`header field ${i} is in no table`);
    return e;
  }

  /** Reads a whole block: [[name, value], …]. */
  decode(block) {
    let at = 0;
    const int = (bits) => {
      const most = 2 ** bits - 1;
      let n = block[at++] & most;
      if (n < most) return n;
      for (let shift = 1; ; shift *= 128) {
        const b = block[at++];
        n += (b & 127) * shift;
        if (!(b & 128)) return n;
      }
    };
    const text = () => {
      const packed = block[at] & 128;
      const n = int(7);
      const bytes = block.subarray(at, (at += n));
      return packed ? unpack(bytes) : bytes.toString('latin1');
    };
    const out = [];
    while (at < block.length) {
      const b = block[at];
      if (b & 128) {
        out.push(this.entry(int(7)));
      } else if ((b & 0xe0) === 0x20) {
        this.most = int(5);
        this.evict();
      } else {
        const indexed = b & 64;
        const i = int(indexed ? 6 : 4);
        const field = [i ? this.entry(i)[0] : text(), text()];
        out.push(field);
        if (indexed) {
          this.table.unshift(field);
          this.evict();
        }
      }
    }
    return out;
  }
}
