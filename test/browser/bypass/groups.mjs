// All ways, by who or what takes them.

import cached from './cached.mjs';
import neighbours from './neighbours.mjs';
import people from './people.mjs';
import scripted from './scripted.mjs';
import visible from './visible.mjs';
import wire from './wire.mjs';

export const groups = [
  { title: 'By mouse, address bar and what a page embeds', techniques: visible },
  { title: 'By script', techniques: scripted },
  { title: 'By what is sent', techniques: wire },
  { title: 'By who asks, and where', techniques: people },
  { title: 'By other apps and pages of the domain', techniques: neighbours },
  { title: 'From before the policy', techniques: cached, afterFlip: true },
];
