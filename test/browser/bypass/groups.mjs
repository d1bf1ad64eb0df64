// All ways, by who or what takes them. `more`: under further policies than the one on downloads (more.yaml).

import cached from './cached.mjs';
import inpage from './inpage.mjs';
import neighbours from './neighbours.mjs';
import people from './people.mjs';
import scripted from './scripted.mjs';
import uploads from './uploads.mjs';
import visible from './visible.mjs';
import wire from './wire.mjs';

export const groups = [
  { title: 'By mouse, address bar and what a page embeds', techniques: visible },
  { title: 'By script', techniques: scripted },
  { title: 'By what is sent', techniques: wire },
  { title: 'By who asks, and where', techniques: people },
  { title: 'By other apps and pages of the domain', techniques: neighbours },
  { title: 'From before the policy', techniques: cached, afterFlip: true },
  { title: 'Files on their way up, under a policy on uploads', techniques: uploads, more: true, note: 'A policy on uploads has no level: strict and standard are those of the policy on downloads beside it.' },
  { title: 'What the page shows, under a policy on these activities', techniques: inpage, more: true, note: 'Only the client script sees these, at every level: it deters, and holds nobody who has the browser’s own tools or a camera.' },
];
