// A client that is no browser: it sends what it likes. All it receives goes through the tap.

import { connect as h2connect } from 'node:http2';

/** Sends one HTTP/1.x request, head as lines, and reads until the server closes: { status, head, body }. */
export async function raw(tap, { host, port, ca, servername }, lines, body = '', ms = 8000) {
  const socket = await tap.connect({ host, port, ca, servername });
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n') + body);
  return new Promise((done) => {
    let all = Buffer.alloc(0);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      const text = all.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      done({ status: Number(text.split(' ')[1]) || 0, head: text.slice(0, Math.max(end, 0)), body: text.slice(end + 4) });
    };
    const timer = setTimeout(finish, ms);
    socket.on('data', (b) => (all = Buffer.concat([all, b])));
    socket.on('end', finish);
    socket.on('close', finish);
    socket.on('error', finish);
  });
}

/** Sends a request as a browser would, with changes: { path, method, version, host, headers, body }. */
export function send(tap, to, { path = '/', method = 'GET', version = '1.1', host = `${to.host}:${to.port}`, headers = {}, body = '' }) {
  const lines = [`${method} ${path} HTTP/${version}`];
  if (host !== null) lines.push(`Host: ${host}`);
  for (const [n, v] of Object.entries(headers).filter((h) => h[1] !== undefined)) for (const one of [].concat(v)) lines.push(`${n}: ${one}`);
  if (body) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return raw(tap, to, lines, body);
}

/** Sends requests on one HTTP/2 connection: [{ headers, body }] gives [{ status, body }]. */
export async function send2(tap, to, requests) {
  const socket = await tap.connect({ ...to, alpn: ['h2'] });
  const session = h2connect(`https://${to.host}:${to.port}`, { createConnection: () => socket });
  session.on('error', () => undefined);
  const answers = await Promise.all(
    requests.map(
      (headers) =>
        new Promise((done) => {
          const s = session.request(headers, { endStream: true });
          let status = 0;
          let body = '';
          s.setEncoding('latin1');
          s.on('response', (h) => (status = h[':status']));
          s.on('data', (b) => (body += b));
          s.on('error', () => done({ status, body }));
          s.on('close', () => done({ status, body }));
          s.setTimeout(8000, () => s.close());
        }),
    ),
  );
  session.destroy();
  return answers;
}

/** What a browser's navigation and a page's fetch say of themselves. */
export const navigation = (agent) => ({
  'User-Agent': agent,
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-User': '?1',
});
export const script = (agent, origin) => ({ 'User-Agent': agent, Accept: '*/*', Origin: origin, Referer: `${origin}/`, 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' });
