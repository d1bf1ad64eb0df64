// What a person does with what the page shows, in spite of a policy on these activities: copy, cut,
// paste, print, drag. Only the client script sees them, so these are deterrence at every level: somebody
// with the browser's own tools, a camera or a pencil is not held by them.

/** The clipboard as a page of nobody's sees it; with a text, puts that there first. */
async function clipboard(x, text) {
  await x.visit(x.hostile.origin);
  await x.page.click('h1'); // browsers give the clipboard to whom a person has touched
  return x.page.evaluate((t) => (t === undefined ? navigator.clipboard.readText() : navigator.clipboard.writeText(t).then(() => t)), text);
}

/** Takes text out of the document's print view in a way, and looks whether the clipboard has it. */
const copies = (take, key) => async (x) => {
  await clipboard(x, 'what was there before');
  await x.visit(`${x.origin('app')}/files/agenda/print`);
  await x.page.waitFor('pre.paper');
  await x.page.click('h1');
  await x.page.evaluate(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector('pre.paper'));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  });
  const said = take ? await x.page.evaluate(take) : await x.page.press(key);
  const held = await clipboard(x);
  return { done: held !== 'what was there before', got: `the clipboard has ${held.length} characters; ${said ?? ''}` };
};

/** Opens the editor with its text there. */
async function editor(x) {
  await x.visit(`${x.origin('app')}/files/agenda/edit`);
  await x.page.waitFor(() => document.getElementById('text') && !document.getElementById('text').disabled && document.getElementById('text').value, undefined, 30_000);
  await x.page.click('#text');
}
const value = (x) => x.page.evaluate(() => document.getElementById('text').value);

/** Starts a drag of an element as the browser does, and says whether it would go on, and with a file. */
const drags = (path, selector, wants) => async (x) => {
  await x.visit(x.origin('app') + path);
  await x.page.waitFor(() => document.readyState === 'complete');
  const [goesOn, types] = await x.page.evaluate((s) => {
    const data = new DataTransfer();
    const from = document.querySelector(s);
    const at = from.matches('pre') ? from.firstChild : from;
    const e = new DragEvent('dragstart', { bubbles: true, cancelable: true, composed: true, dataTransfer: data });
    at.dispatchEvent(e);
    return [!e.defaultPrevented, [...data.types].map((t) => t.toLowerCase())];
  }, selector);
  return { done: goesOn && (!wants || types.includes(wants)), got: `the drag ${goesOn ? 'goes on' : 'is stopped'} with ${types.join(', ') || 'the selection'}` };
};

/** Counts what reaches the browser's own function: it is replaced before the page and the client script begin. */
const prints = (run) => async (x) => {
  await x.page.init(() => {
    window.printed = 0;
    window.print = () => void window.top.printed++;
  });
  await x.visit(`${x.origin('app')}/files/agenda/print`);
  await x.page.waitFor(() => document.readyState === 'complete' && document.getElementById('print-now'));
  const n = await x.page.evaluate(new Function(`${run}; return window.printed;`));
  return { done: n > 0, got: `printed ${n} times` };
};

export default [
  { id: 'copy-key', title: 'Copy by keyboard', run: copies(undefined, 'Control+c') },
  { id: 'copy-command', title: 'Copy by the page’s command', run: copies(() => document.execCommand('copy')) },
  { id: 'copy-api', title: 'Copy by the Clipboard interface', run: copies(() => navigator.clipboard.writeText(document.querySelector('pre.paper').textContent).then(() => 'written', (e) => e.name)) },
  {
    id: 'copy-frame',
    title: 'Copy by a fresh frame’s own interface',
    run: copies(() => {
      const f = document.createElement('iframe');
      document.body.append(f);
      f.contentWindow.focus();
      return f.contentWindow.navigator.clipboard.writeText(document.querySelector('pre.paper').textContent).then(() => 'written', (e) => e.name);
    }),
  },
  {
    id: 'cut-key',
    title: 'Cut by keyboard',
    async run(x) {
      await clipboard(x, 'what was there before');
      await editor(x);
      await x.page.press('Control+a');
      await x.page.press('Control+x');
      const left = await value(x);
      const held = await clipboard(x);
      return { done: held !== 'what was there before', got: `the clipboard has ${held.length} characters, the text ${left.length}` };
    },
  },
  {
    id: 'paste-key',
    title: 'Paste by keyboard',
    async run(x) {
      await clipboard(x, 'from outside');
      await editor(x);
      await x.page.press('Control+v');
      const now = await value(x);
      return { done: now.includes('from outside'), got: `the text has ${now.length} characters` };
    },
  },
  {
    id: 'paste-api',
    title: 'Paste by the Clipboard interface',
    async run(x) {
      await clipboard(x, 'from outside');
      await editor(x);
      const got = await x.page.evaluate(() => navigator.clipboard.readText().catch((e) => e.name));
      return { done: got === 'from outside', got: `read: ${got}` };
    },
  },
  { id: 'print-button', title: 'Print by the app’s button', run: prints(`document.getElementById('print-now').click()`) },
  { id: 'print-frame', title: 'Print by a fresh frame', run: prints(`const f = document.createElement('iframe'); document.body.append(f); f.contentWindow.print()`) },
  { id: 'drag-text', title: 'Text dragged out', run: drags('/files/agenda/print', 'pre.paper') },
  { id: 'drag-picture', title: 'Picture of a page dragged out', run: drags('/files/report/print', 'img.paper') },
  { id: 'drag-file', title: 'File dragged out', run: drags('/files/report/ways', '[data-way="drag"]', 'downloadurl') },
].map((t) => ({ proof: /./, standard: 'stopped', ...t }));
