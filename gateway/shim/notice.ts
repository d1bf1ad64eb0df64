// What a person is told, and what they can do next. A stopped action gets a status that doesn't
// take the focus; a refusal of something they asked for gets a dialog. Everything is text: no HTML
// comes from anywhere. A page can hide or copy a notice, hence nothing is ever confirmed in one:
// reasons and requests are given on the broker's pages.

import type { Config, Control, Message } from './config';
import type { Realm } from './context';
import { NativeCustomEvent, create, dispatch, el, later, listen, now, parse, push, stringify, unlater, url, NativeURL } from './natives';
import type { Problem } from './problem';
import type { Told } from './report';
import { style } from './style';

/** A notice before it is shown; plain data, for it may be handed to the window above. */
export interface Notice {
  title: string;
  text?: string;
  code?: string;
  modal: boolean;
  links: { text: string; href: string; confirm?: boolean }[];
}

export interface Notices {
  /** Tells of a stopped action; the function it returns adds the reference code and the way on, once known. */
  control(win: Realm, control: Control): (told: Told) => void;
  /** Tells that what was stopped may be done now. */
  again(win: Realm): void;
  /**
   * Tells of a request that the gateway refused. Not `modal`: one in the background, which must not
   * take the focus from what the person is writing.
   */
  problem(win: Realm, p: Problem, modal: boolean): void;
  /** Takes the dialog away: what it asked for is done. */
  settled(): void;
  /** Shows a notice that a frame below could not show itself. */
  shown(win: Realm, raw: string): void;
}

const repeatAfter = 3000; // ms: the same notice isn't read aloud twice
const stays = 12_000; // ms, for a status that asks for nothing
const channel = 'referee:notice';
const settled = '"settled"';

/** Makes the notices of a document; `confirmed` is called when a person may come back from the broker. */
export function newNotices(cfg: Config, confirmed: () => void): Notices {
  const t = (key: string): string => cfg.texts[key] || '';
  const hosts = new WeakMap<Document, { host: HTMLElement; root: ShadowRoot }>();
  let last = '';
  let lastAt = 0;
  let timer = 0;
  let dismiss = () => undefined as void;
  let open: HTMLDialogElement | undefined;
  let more: Notice | undefined; // what came to be known of a notice before it was drawn
  let code = '';
  let put: ((n: Notice) => void) | undefined;

  /** Only the broker's own pages: a page of the app must not send people elsewhere in our name. */
  function atBroker(href: string | undefined): string | undefined {
    try {
      return href && url.origin(new NativeURL(href)) === cfg.broker ? href : undefined;
    } catch {
      return undefined;
    }
  }

  /** Links to how a person goes on. */
  function ways(watch: string | undefined, confirmUrl: string | undefined, requestUrl: string | undefined): Notice['links'] {
    const confirm = atBroker(confirmUrl);
    const ask = atBroker(requestUrl);
    const links: Notice['links'] = [];
    if (confirm) push(links, { text: t(watch ? 'confirmYou' : 'giveReason'), href: confirm, confirm: true });
    if (ask) push(links, { text: t('requestAccess'), href: ask });
    return links;
  }

  /** Or where the administrator's own message leads. */
  function configured(href: string): boolean {
    for (const k in cfg.messages) if (cfg.messages[k as Control]!.linkUrl === href) return true;
    return false;
  }

  /** The outermost window of this origin; a notice in a hidden frame is read by nobody. */
  function outermost(win: Realm): Realm {
    let w = win;
    try {
      while (w.parent !== w && w.parent.document) w = w.parent as Realm;
    } catch {
      // Another origin is above: this is as far as it goes.
    }
    return w;
  }

  function show(win: Realm, n: Notice): void {
    const top = outermost(win);
    if (top !== window && top !== win) {
      // The document above has the script too, and outlives this frame.
      const e = new NativeCustomEvent(channel, { detail: stringify(n), cancelable: true });
      if (!dispatch(top, e)) return;
    }
    const key = stringify({ ...n, code: undefined, links: undefined });
    if (key === last && now() - lastAt < repeatAfter) {
      // Shown already, or about to be: all that is new is its code, and where to go on.
      if (n.code) code = n.code;
      more = n;
      if (put) put(n);
      return;
    }
    last = key;
    lastAt = now();
    code = n.code || '';
    more = put = undefined;
    draw(top, n);
  }

  function place(doc: Document): { host: HTMLElement; root: ShadowRoot } {
    let at = hosts.get(doc);
    if (!at) {
      const host = el.create(doc, 'div');
      host.lang = cfg.lang || 'en';
      host.dir = cfg.dir || 'ltr';
      const root = el.attachShadow(host, { mode: 'closed' });
      const sheet = new (doc.defaultView as Realm).CSSStyleSheet();
      sheet.replaceSync(style);
      root.adoptedStyleSheets = [sheet];
      const region = el.create(doc, 'section');
      region.setAttribute('role', 'status');
      el.append(root, region);
      listen(doc, 'keydown', (e: KeyboardEvent) => e.key === 'Escape' && dismiss(), true);
      hosts.set(doc, (at = { host, root }));
    }
    if (!at.host.isConnected) el.append(doc.documentElement, at.host);
    return at;
  }

  function draw(win: Realm, n: Notice): void {
    const doc = win.document;
    const { host, root } = place(doc);
    const region = root.querySelector('section') as HTMLElement;
    const before = root.querySelector('dialog');
    if (n.modal) {
      if (before) el.remove(before);
      const dialog = el.create(doc, 'dialog') as HTMLDialogElement;
      dialog.setAttribute('role', 'alertdialog');
      dialog.setAttribute('aria-labelledby', 't');
      dialog.setAttribute('aria-describedby', 'd');
      fill(doc, dialog, n, () => dialog.close());
      listen(dialog, 'close', () => el.remove(dialog));
      el.append(root, dialog);
      dialog.showModal();
      open = dialog;
      return;
    }
    // The top layer keeps it above the app's own dialogs; re-opened, it comes to the front.
    if ('popover' in host) {
      host.popover = 'manual';
      if (host.matches(':popover-open')) host.hidePopover();
      host.showPopover();
    }
    region.textContent = '';
    unlater(timer);
    const close = () => {
      region.textContent = '';
      if ('popover' in host && host.matches(':popover-open')) host.hidePopover();
    };
    // A region is read aloud when something is added to it, not when it comes filled.
    later(() => fill(doc, region, n, close), 50);
    if (!n.links.length) wait(region, close);
    dismiss = close;
  }

  /** Takes a status away after a while, unless somebody is at it. */
  function wait(region: HTMLElement, close: () => void): void {
    timer = later(() => (region.matches(':hover,:focus-within') ? wait(region, close) : close()), stays);
  }

  function fill(doc: Document, into: HTMLElement, n: Notice, close: () => void): void {
    const add = (parent: HTMLElement, name: string, text = ''): HTMLElement => {
      const e = el.create(doc, name);
      e.textContent = text;
      return el.append(parent, e);
    };
    const head = add(into, 'header');
    head.setAttribute('role', 'none'); // in a dialog it would be a second banner beside the page's own
    head.appendChild(badge(doc));
    const logo = cfg.brand && cfg.brand.logo;
    if (logo) {
      const img = add(head, 'img') as HTMLImageElement;
      img.alt = '';
      listen(img, 'error', () => el.remove(img));
      img.src = logo;
    }
    add(head, 'span', t('shownBy'));
    add(into, 'h2', n.title).id = 't';
    const body = add(into, 'div');
    body.id = 'd';
    if (n.text) add(body, 'p', n.text);
    const ref = add(body, 'small');
    const foot = add(into, 'footer');
    const shown = create(null) as Record<string, boolean>;
    put = (known) => {
      if (known.code) {
        ref.textContent = t('reference') + ' ';
        add(ref, 'code', known.code);
      }
      const before = foot.querySelector('button');
      for (const link of known.links) {
        if (shown[link.text]) continue;
        shown[link.text] = true;
        const a = add(foot, 'a', link.text) as HTMLAnchorElement;
        if (before) foot.insertBefore(a, before);
        a.href = link.href;
        a.target = '_blank';
        a.rel = 'noopener';
        if (link.confirm) listen(a, 'click', () => listen(window, 'focus', confirmed, { once: true }));
      }
      for (const link of known.links) if (link.confirm) unlater(timer); // it asks for something, so it stays
    };
    put(n);
    if (more) put(more);
    else if (code) put({ ...n, code });
    const button = add(foot, 'button', t('close')) as HTMLButtonElement;
    button.type = 'button';
    button.autofocus = true;
    listen(button, 'click', close);
  }

  return {
    control(win, control) {
      const m: Message = (cfg.messages && cfg.messages[control]) || {};
      const links: Notice['links'] = [];
      if (m.linkUrl && /^https:/.test(m.linkUrl)) links.push({ text: m.linkText || t('requestAccess'), href: m.linkUrl });
      const n: Notice = { title: m.title || t(control), text: m.text || t('stopped'), modal: false, links };
      show(win, n);
      return (told) => {
        const { watch, confirm, request } = told.way;
        show(win, { ...n, code: told.code, links: [...ways(watch, confirm, request), ...links] });
      };
    },
    again(win) {
      show(win, { title: t('confirmed'), text: t('onceMore'), modal: false, links: [] });
    },
    problem(win, p, modal) {
      show(win, { title: p.title || t('refused'), text: p.detail, code: p.code, modal, links: ways(p.watch, p.confirmUrl, p.requestUrl) });
    },
    settled() {
      const top = outermost(window);
      if (top !== window) dispatch(top, new NativeCustomEvent(channel, { detail: settled, cancelable: true }));
      if (open) open.close();
      dismiss();
    },
    shown(win, raw) {
      if (raw === settled) {
        if (open) open.close();
        return dismiss();
      }
      try {
        const n = parse(raw) as Notice;
        n.links = n.links.filter((l) => atBroker(l.href) || configured(l.href));
        show(win, n);
      } catch {
        // Not from our script below: any code of the page can send such an event.
      }
    },
  };
}

/** Referee's sign: a whistle in a shield, drawn rather than fetched. */
function badge(doc: Document): SVGElement {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = doc.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'Referee');
  const path = doc.createElementNS(ns, 'path');
  path.setAttribute('d', 'M12 1 3 4v7c0 5.500 3.800 10 9 12 5.200-2 9-6.500 9-12V4zM7 9h10v2h-3.100a3.500 3.500 0 1 1-5-.100L7 11zm4.400 3a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3z');
  path.setAttribute('fill-rule', 'evenodd');
  svg.appendChild(path);
  return svg;
}
