// Saving bytes that are in the page already: links with `download` to blob: and data: addresses,
// however they are clicked, and windows and frames opened on a blob that is a file.

import type { Context, Scope } from './context';
import { hookMethod, hookProperty } from './hook';
import { el, ev, getter, map, refusal, reject, str } from './natives';
import { inPath } from './observe';
import type { Detail } from './report';

// What a browser shows rather than saves. A PDF's own viewer has a save button, hence it's a file.
const shown = /^(text\/|image\/|audio\/|video\/|application\/(json|xml|xhtml\+xml|javascript)\b)/i;
const scheme = /^\s*(blob|data|filesystem):/i;
const dataType = /^\s*data:([^;,]*)/i;
const blobSize = getter(Blob.prototype, 'size');
const blobType = getter(Blob.prototype, 'type');
const eventType = getter(Event.prototype, 'type');
const rememberMost = 1000; // blobs a document: older ones are forgotten, and count as files

/** Hooks saves of a realm. `opened` is told of each window the page opens. */
export function installSave(ctx: Context, scope: Scope, opened: (w: unknown) => void): void {
  const { win } = scope;
  const blobs = new Map<string, Detail>();

  hookMethod(win.URL, 'createObjectURL', (pass, _self, args) => {
    const address: string = pass();
    let detail: Detail = {};
    try {
      detail = { bytes: blobSize(args[0]), mime: blobType(args[0]) };
    } catch {
      // A MediaSource: a stream with neither size nor type.
      detail = { mime: 'video/' };
    }
    if (map.size(blobs) < rememberMost) map.set(blobs, address, detail);
    return address;
  });
  hookMethod(win.URL, 'revokeObjectURL', (pass, _self, args) => {
    map.delete(blobs, args[0]);
    return pass();
  });

  /** What is known of a blob: or data: address. */
  function facts(address: string, via: string): Detail {
    const data = dataType.exec(address);
    if (data) return { via, mime: data[1] || 'text/plain', bytes: address.length };
    const known: Detail = map.get(blobs, str.slice(address, 0, (str.indexOf(address, '#') + 1 || address.length + 1) - 1)) || {};
    return { ...known, via };
  }

  const local = (address: unknown): address is string => typeof address === 'string' && scheme.test(address);
  const isFile = (d: Detail) => !d.mime || !shown.test(d.mime);

  /** A service worker can answer a download out of its own stores, without the gateway. */
  function controlled(): boolean {
    try {
      return !!win.navigator.serviceWorker && !!win.navigator.serviceWorker.controller;
    } catch {
      return false; // sandboxed documents have none, and say so by throwing
    }
  }

  /** Whether following a link saves bytes of the page; reports it, and says whether to stop. */
  function stopsLink(a: any, via: string): boolean {
    if (!ctx.watches('blobDownload')) return false;
    const href = a.href && a.href.baseVal !== undefined ? a.href.baseVal : a.href;
    const saves = el.getAttr(a, 'download') !== null;
    const worker = saves && controlled();
    if (!local(href) && !worker) return false;
    const detail = local(href) ? facts(href, via) : { via: 'worker' };
    if (!saves && !isFile(detail)) return false;
    return ctx.stops(win, 'blobDownload', 'save', { ...detail, name: el.getAttr(a, 'download') || undefined });
  }

  scope.on('click', (e: Event) => {
    const a = inPath(e, 'a,area');
    if (a && stopsLink(a, 'click')) {
      ev.prevent(e);
      ev.stop(e);
    }
  });
  scope.on('auxclick', (e: Event) => {
    const a = inPath(e, 'a,area');
    if (a && stopsLink(a, 'click')) ev.prevent(e);
  });

  // A link outside the document, or in a closed shadow tree, is clicked where the window can't see.
  const unseen = (self: any): Element | null => (self && self.nodeType === 1 ? el.closest(self, 'a,area') : null);
  hookMethod(win.HTMLElement.prototype, 'click', (pass, self) => {
    const a = unseen(self);
    return a && !visible(a) && stopsLink(a, 'script') ? undefined : pass();
  });
  hookMethod(win.EventTarget.prototype, 'dispatchEvent', (pass, self, args) => {
    const e = args[0];
    if (!e || !self || self.nodeType !== 1) return pass();
    let type = '';
    try {
      type = eventType(e);
    } catch {
      return pass(); // not an event: the browser throws
    }
    const a = type === 'click' ? unseen(self) : null;
    return a && !visible(a) && stopsLink(a, 'script') ? false : pass();
  });
  const visible = (a: Element): boolean => a.isConnected && a.getRootNode() === a.ownerDocument;
  hookMethod(win.Element.prototype, 'attachShadow', (pass) => {
    const root: ShadowRoot = pass();
    if (root.mode === 'closed') closed(root);
    return root;
  });
  function closed(root: ShadowRoot): void {
    root.addEventListener(
      'click',
      (e) => {
        const a = inPath(e, 'a,area');
        if (a && e.isTrusted && stopsLink(a, 'click')) {
          ev.prevent(e);
          ev.stop(e);
        }
      },
      true,
    );
  }

  /** Opening a file as a page or in a frame is saving it. */
  const stopsOpen = (address: unknown, via: string): boolean => {
    if (!local(address) || !ctx.watches('blobDownload')) return false;
    const detail = facts(address, via);
    return isFile(detail) && ctx.stops(win, 'blobDownload', 'save', detail);
  };
  hookMethod(win, 'open', (pass, _self, args) => {
    if (args.length && args[0] !== undefined) args[0] = ctx.urls.url('' + args[0]);
    if (stopsOpen(args[0], 'window')) return null;
    const w = pass();
    if (w) opened(w);
    return w;
  });
  for (const [type, property] of [
    ['HTMLIFrameElement', 'src'],
    ['HTMLEmbedElement', 'src'],
    ['HTMLObjectElement', 'data'],
  ]) {
    hookProperty((win as any)[type].prototype, property, (pass, _self, args) => (stopsOpen(args[0], 'frame') ? undefined : pass()));
  }

  installNavigation(ctx, scope, stopsOpen);

  hookMethod(win.Navigator.prototype, 'share', (pass, _self, args) => {
    const files = args[0] && args[0].files;
    if (!files || !files.length) return pass();
    const detail = { via: 'share', count: files.length, mime: files[0].type, name: files[0].name };
    return ctx.stops(win, 'blobDownload', 'share', detail) ? reject(refusal('Stopped by your organisation.')) : pass();
  });
  for (const old of ['msSaveBlob', 'msSaveOrOpenBlob']) {
    hookMethod(win.Navigator.prototype, old, (pass) => (ctx.stops(win, 'blobDownload', 'save', { via: 'script' }) ? false : pass()));
  }
}

/**
 * The Navigation interface tells of navigations that no hook sees: `location = …` to a real host,
 * which becomes the mapped one, and to a blob that is a file.
 */
function installNavigation(ctx: Context, scope: Scope, stopsOpen: (address: unknown, via: string) => boolean): void {
  const navigation = (scope.win as any).navigation as EventTarget | undefined;
  if (!navigation) return;
  navigation.addEventListener('navigate', (e: any) => {
    if (!e.cancelable || e.formData || e.hashChange) return;
    const to: string = e.destination.url;
    if (e.downloadRequest === null && stopsOpen(to, 'location')) return ev.prevent(e);
    const mapped = ctx.urls.url(to);
    if (mapped === to || e.downloadRequest !== null) return;
    ev.prevent(e);
    if (e.navigationType === 'replace') scope.win.location.replace(mapped);
    else scope.win.location.assign(mapped);
  });
}
