// The configuration the gateway writes into the script tag (config.go is the other end of it).

/** What the gateway decided for one kind of action. `allow` is silent; `audit` is reported. */
export type Mode = 'allow' | 'audit' | 'block' | 'override';

export type Control =
  | 'copy'
  | 'cut'
  | 'paste'
  | 'print'
  | 'dragOut'
  | 'savePicker'
  | 'blobDownload'
  | 'upload';

export interface Message {
  title?: string;
  text?: string;
  linkText?: string;
  linkUrl?: string;
}

export interface Config {
  /** Origin of the mapped host; `location` says "null" in sandboxed frames, and about: in srcdoc. */
  origin: string;
  /** Real host (with port unless it is the scheme's own) to mapped host (with port likewise). */
  hosts: Record<string, string>;
  controls: Partial<Record<Control, Mode>>;
  messages?: Partial<Record<Control, Message>>;
  texts: Record<string, string>;
  brand?: { name?: string; logo?: string };
  lang?: string;
  dir?: string;
  report: string;
  refresh?: string;
  /** After how many seconds to ask there: something is open only for a while. */
  again?: number;
  /** Origins of sibling hosts to visit before a frame of theirs is shown (see start in main.ts). */
  warm?: string[];
  /** Origin of the broker: the only one whose pages a notice may send a person to confirm or ask. */
  broker: string;
}

/** One configuration a document, shared with every same-origin frame that inherits from it. */
export interface Setup {
  cfg: Config;
  /** The document's id, minted by the gateway when it injected the tag. */
  doc: string;
}

/**
 * Reads the configuration off the running script tag, and removes the tag: the app's own
 * scripts then see the tree its server sent. Undefined when the tag isn't ours.
 */
export function readSetup(document: Document): Setup | undefined {
  const tag = document.currentScript as HTMLScriptElement | null;
  const raw = tag && tag.getAttribute('data-referee-config');
  if (!tag || !raw) return undefined;
  const doc = tag.getAttribute('data-referee-doc') || '';
  tag.remove();
  return { cfg: JSON.parse(raw) as Config, doc };
}
