// A small HTTPS server that plays the gateway for the client script: it writes the tag, serves the
// script, takes the reports, and shows what requests came in. Three mapped hosts, one broker.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../gateway/shim/', import.meta.url));
const script = readFileSync(root + 'shim.gen.js');
const written = JSON.parse(readFileSync(root + 'testdata/config.json', 'utf8')); // what Go writes

const suffix = 'acme.gate.localhost';
export const path = '/.referee/s/' + createHash('sha256').update(script).digest('hex').slice(0, 32) + '.js';

const escape = (s) => s.replace(/&/g, '&amp;').replace(/"/g, '&#34;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Starts the server on a free port of loopback. */
export async function newServer(pair) {
  const requests = [];
  const reports = [];
  let controls = {};
  let way = {};
  let state = 'waiting'; // of a step-up
  let docs = 0;
  let earlier = 0;

  const server = createServer({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  const { port } = server.address();
  const host = (label) => `${label}.${suffix}:${port}`;
  const origin = (label) => 'https://' + host(label);
  const broker = `https://signin.referee.localhost:${port}`;
  const hosts = { 'app.example': host('app-example'), 'files.example': host('files-example'), 'cdn.example:8080': host('cdn-example') };

  function config(overrides, at) {
    const c = { ...written, origin: at, hosts, broker, messages: {}, controls: {}, ...overrides };
    return JSON.parse(JSON.stringify(c).replaceAll('BROKER', broker));
  }

  function tag(overrides, nonce, at) {
    const doc = `d${++docs}`;
    return (
      `<script src="${at}${path}" data-referee-config="${escape(JSON.stringify(config(overrides, at)))}" data-referee-doc="${doc}"` +
      `${nonce ? ` nonce="${nonce}"` : ''}></script>`
    );
  }

  /** /page?o=<overrides as JSON>&… : a document as an app might send it. */
  function page(q, at) {
    const overrides = JSON.parse(q.get('o') || '{}');
    const nonce = q.get('csp') ? 'n0nce' : '';
    const inline = nonce ? ` nonce="${nonce}"` : '';
    // The tests look into the script's closed shadow trees; this is what lets them.
    const open = `<script${inline}>{const a=Element.prototype.attachShadow;Element.prototype.attachShadow=function(o){` +
      `const r=a.call(this,this.dataset.closed?o:{...o,mode:'open'});return r}}</script>`;
    const tags = q.get('shim') === 'none' ? '' : tag(overrides, nonce, at) + (q.get('shim') === 'twice' ? tag(overrides, nonce, at) : '');
    return `<!doctype html><html lang="en"><head>${q.get('open') ? open : ''}${tags}<title>Fixture</title></head><body><main>
<h1>Fixture</h1><p id="text">Secret canary text in the page</p>
<input id="field" aria-label="field" value="canary in a field"><textarea id="area" aria-label="area"></textarea>
<input id="file" type="file" aria-label="file"><button id="button">Do it</button>
<div id="card" draggable="true">A card on a board</div>
${q.get('body') || ''}</main></body></html>`;
  }

  const echo = (q, body) => ({ method: q.method, host: q.headers.host, url: q.url, cookie: q.headers.cookie || '', accept: q.headers.accept || '', type: q.headers['content-type'] || '', token: q.headers['x-token'] || '', body });

  function cors(q, s) {
    if (!q.headers.origin) return;
    s.setHeader('Access-Control-Allow-Origin', q.headers.origin);
    s.setHeader('Access-Control-Allow-Credentials', 'true');
    s.setHeader('Access-Control-Allow-Headers', q.headers['access-control-request-headers'] || 'accept');
    s.setHeader('Vary', 'Origin');
  }

  function answer(q, s, body) {
    const url = new URL(q.url, origin('app-example'));
    const send = (type, text, status = 200) => {
      s.writeHead(status, { 'Content-Type': type });
      s.end(text);
    };
    cors(q, s);
    if (q.method === 'OPTIONS') return send('text/plain', '', 204);
    switch (url.pathname) {
      case path:
        return send('text/javascript', script);
      case '/.referee/report': {
        const r = JSON.parse(body);
        reports.push(r);
        const codes = {};
        for (const e of r.events) if (e.blocked) codes[e.n] = `RF-${r.doc}-${e.n}`;
        const given = Object.keys(codes).map((n) => [n, Object.fromEntries(Object.entries(way).map(([k, v]) => [k, v.replace('BROKER', broker).replace('PORT', port)]))]);
        return send('application/json', JSON.stringify({ codes, ways: Object.fromEntries(given) }));
      }
      case '/.referee/controls':
        return send('application/json', JSON.stringify({ controls }));
      case '/.referee/stepup':
        return send('application/json', JSON.stringify({ state }));
      case '/guarded': // waits for the step-up
        if (state === 'granted') return send('application/json', JSON.stringify(echo(q, body)));
        return send('application/problem+json; referee=stepup', url.searchParams.get('p').replaceAll('ORIGIN', 'https://' + q.headers.host).replaceAll('BROKER', broker), 403);
      case '/page': {
        const csp = url.searchParams.get('csp');
        if (csp) s.setHeader('Content-Security-Policy', csp);
        return send('text/html; charset=utf-8', page(url.searchParams, 'https://' + q.headers.host));
      }
      case '/problem':
        return send(url.searchParams.get('type') || 'application/problem+json', url.searchParams.get('p').replaceAll('BROKER', broker), 403);
      case '/cookie':
        s.setHeader('Set-Cookie', '__Host-session=s1; Path=/; Secure; HttpOnly; SameSite=Lax');
        return send('text/html', '<title>cookie</title>');
      case '/events':
        s.writeHead(200, { 'Content-Type': 'text/event-stream' });
        return s.end(`data: ${JSON.stringify(echo(q, ''))}\n\n`);
      case '/worker.js':
        return send('text/javascript', 'self.onconnect = (e) => e.ports[0].postMessage("ready"); self.postMessage && self.postMessage("ready");');
      case '/module.js':
        return send('text/javascript', 'document.documentElement.dataset.module = "ran";');
      case '/image.svg':
        return send('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
      case '/report.bin':
        s.setHeader('Content-Disposition', 'attachment; filename="report.bin"');
        return send('application/octet-stream', 'bytes from the server');
      case '/echo':
        return send('application/json', JSON.stringify(echo(q, body)));
      case '/confirm':
      case '/landed':
        return send('text/html', `<title>${url.pathname}</title>${q.headers.host}`);
      default:
        return send('text/plain', 'not here', 404);
    }
  }

  server.on('request', (q, s) => {
    const chunks = [];
    q.on('data', (c) => chunks.push(c));
    q.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push(echo(q, body));
      answer(q, s, body);
    });
  });
  server.on('upgrade', (q, socket) => {
    requests.push({ ...echo(q, ''), upgrade: true });
    const accept = createHash('sha1').update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    socket.on('error', () => undefined);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  });

  return {
    origin,
    broker,
    requests,
    reports,
    /** Facts of the documents served since the last reset; a page that goes away reports late. */
    events: () => reports.filter((r) => +r.doc.slice(1) > earlier).flatMap((r) => r.events.map((e) => ({ ...e, doc: r.doc }))),
    setControls: (c) => (controls = c),
    setWay: (w) => (way = w),
    setState: (s) => (state = s),
    /** The address of a fixture page. */
    page(overrides = {}, more = {}, label = 'app-example') {
      return `${origin(label)}/page?${new URLSearchParams({ o: JSON.stringify(overrides), ...more })}`;
    },
    reset() {
      earlier = docs;
      requests.length = 0;
      reports.length = 0;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
