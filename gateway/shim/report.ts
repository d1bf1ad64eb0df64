// Facts for the gateway: that something was done or stopped, its sizes and types, never content.
// The gateway treats them as evidence from a place that the person owns.

import type { Control } from './config';
import { NativeBlob, beacon, fetchNative, later, now, parse, push, response, stringify, then } from './natives';

/** Sizes, types and names. No text, no bytes. */
export interface Detail {
  via?: string;
  length?: number;
  count?: number;
  bytes?: number;
  mime?: string;
  name?: string;
}

export interface Fact {
  type: string;
  control?: Control;
  blocked?: boolean;
  detail?: Detail;
}

interface Event extends Fact {
  n: number;
  at: number;
  /** How often the same fact was seen within the batch, when more than once. */
  times?: number;
}

/** How a person goes on from something that was stopped (Way in report.go). */
export interface Way {
  confirm?: string;
  watch?: string;
  request?: string;
}

/** What the gateway says of a fact. */
export interface Told {
  code: string;
  way: Way;
}

export interface Reporter {
  /** Queues a fact. `coded` hears what the gateway says of it, when it says something. */
  add(fact: Fact, coded?: (told: Told) => void): void;
  /** Sends what is queued, in the way that survives the page. */
  flush(): void;
}

const batchAfter = 250; // ms: a drag or a held key becomes one report
const queueMost = 100; // facts held; more than that in a batch is counted, not listed

/** Makes the reporter of a document; `to` is on the document's own host. */
export function newReporter(doc: string, to: string): Reporter {
  let queue: Event[] = [];
  let waiting: Record<number, (told: Told) => void> = {};
  let dropped = 0;
  let n = 0;
  let timer = 0;

  function take(): string {
    const body = stringify({ doc, dropped: dropped || undefined, events: queue });
    queue = [];
    dropped = 0;
    return body;
  }

  function send(): void {
    timer = 0;
    if (!queue.length) return;
    const codes = waiting;
    waiting = {};
    const init: RequestInit = {
      method: 'POST',
      body: take(),
      keepalive: true,
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json' },
    };
    const answered = then(fetchNative(to, init), (r: Response) => (response.status(r) === 200 ? response.text(r) : ''));
    then(
      answered,
      (text: string) => {
        const answer = (text && parse(text)) || {};
        const given: Record<string, string> = answer.codes || {};
        for (const k in given) if (codes[+k]) codes[+k]({ code: given[k], way: (answer.ways && answer.ways[k]) || {} });
      },
      () => {
        // A report that can't be delivered must not break the page; the gateway notices the gap.
      },
    );
  }

  function add(fact: Fact, coded?: (told: Told) => void): void {
    const last = queue[queue.length - 1];
    if (last && !coded && last.type === fact.type && last.blocked === fact.blocked && stringify(last.detail) === stringify(fact.detail)) {
      last.times = (last.times || 1) + 1;
      return;
    }
    if (queue.length >= queueMost) {
      dropped++;
      return;
    }
    n++;
    push(queue, { ...fact, n, at: now() });
    if (coded) waiting[n] = coded;
    if (!timer) timer = later(send, coded || fact.blocked ? 0 : batchAfter);
  }

  function flush(): void {
    if (!queue.length) return;
    const body = take();
    if (!beacon(to, new NativeBlob([body], { type: 'application/json' }))) {
      const init: RequestInit = { method: 'POST', body, keepalive: true, headers: { 'Content-Type': 'application/json' } };
      then(fetchNative(to, init), undefined, () => undefined);
    }
  }

  return { add, flush };
}
