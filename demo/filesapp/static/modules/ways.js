// The page "Ways to get this file": what only a script can try. Each result says how many bytes came.
import { CDN } from "files/hosts.js";
import { token } from "files/session.js";
import { explain, pageData } from "files/status.js";

const { file, ways } = pageData();
const stage = document.getElementById("stage");
const side = document.getElementById("side");

async function bytesOf(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(await explain(response));
  return new Uint8Array(await response.arrayBuffer());
}

const bearer = async () => ({ headers: { Authorization: "Bearer " + (await token()) } });

function saveAs(href, name) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  stage.append(link);
  link.click();
  link.remove();
}

function saveBytes(bytes, name) {
  const url = URL.createObjectURL(new Blob([bytes], { type: file.type }));
  saveAs(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return `${bytes.length} bytes, saved from a blob`;
}

const toBase64 = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const tries = {
  blob: async (way) => saveBytes(await bytesOf(way.URL), way.Name),
  "json-blob": async (way) => saveBytes(await bytesOf(way.URL), way.Name),
  "cookie-blob": async (way) => saveBytes(await bytesOf(way.URL, { credentials: "include" }), way.Name),
  "api-blob": async (way) => saveBytes(await bytesOf(way.URL, await bearer()), way.Name),

  async base64(way) {
    const json = JSON.parse(new TextDecoder().decode(await bytesOf(way.URL, await bearer())));
    return saveBytes(fromBase64(json.contentBytes), way.Name);
  },

  async "data-url"(way) {
    const bytes = await bytesOf(way.URL);
    saveAs(`data:${file.type};base64,${toBase64(bytes)}`, way.Name);
    return `${bytes.length} bytes, saved from a data: URL`;
  },

  xhr: (way) => new Promise((done, fail) => {
    const xhr = new XMLHttpRequest();
    xhr.open("GET", way.URL);
    xhr.responseType = "arraybuffer";
    xhr.onload = () => (xhr.status === 200 ? done(saveBytes(new Uint8Array(xhr.response), way.Name)) : fail(new Error(`The server answered ${xhr.status}.`)));
    xhr.onerror = () => fail(new Error("The request failed."));
    xhr.send();
  }),

  async range(way) {
    const parts = [];
    for (let at = 0; at < file.size; at += 512) {
      parts.push(await bytesOf(way.URL, { headers: { Range: `bytes=${at}-${Math.min(at + 512, file.size) - 1}` } }));
    }
    return saveBytes(new Uint8Array(await new Blob(parts).arrayBuffer()), way.Name);
  },

  async head(way) {
    const response = await fetch(way.URL, { method: "HEAD" });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return `${response.headers.get("Content-Length")} bytes of ${response.headers.get("Content-Type")}, not fetched`;
  },

  iframe: (way) => new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), { src: way.URL, title: "Download" });
    frame.addEventListener("load", () => done("the frame has loaded something"));
    setTimeout(() => done("the frame was opened"), 3000);
    stage.append(frame);
  }),

  object: (way) => new Promise((done, fail) => {
    const object = Object.assign(document.createElement("object"), { data: way.URL, type: file.type });
    object.addEventListener("load", () => done("the object has loaded"));
    object.addEventListener("error", () => fail(new Error("The object did not load.")));
    setTimeout(() => done("the object was inserted"), 3000);
    stage.hidden = false;
    stage.append(object);
  }),

  async window(way) {
    if (!open(way.URL, "_blank", "noopener")) return "a window was asked for";
    return "a window was opened";
  },

  async picker(way) {
    if (!window.showSaveFilePicker) throw new Error("This browser has no save picker.");
    const handle = await showSaveFilePicker({ suggestedName: way.Name });
    const bytes = await bytesOf(way.URL);
    const out = await handle.createWritable();
    await out.write(bytes);
    await out.close();
    return `${bytes.length} bytes, written by the picker`;
  },

  async clipboard(way) {
    const bytes = await bytesOf(way.URL);
    await navigator.clipboard.writeText(toBase64(bytes));
    return `${bytes.length} bytes, on the clipboard as base64`;
  },

  worker: (way) => new Promise((done, fail) => {
    const code = "onmessage = async (e) => { try { const r = await fetch(e.data); const b = await r.arrayBuffer(); postMessage({ status: r.status, bytes: b }, [b]); } catch (err) { postMessage({ status: 0 }); } };";
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.status === 200) done(saveBytes(new Uint8Array(data.bytes), way.Name));
      else fail(new Error(`The server answered ${data.status}.`));
    };
    worker.onerror = () => fail(new Error("The worker failed."));
    worker.postMessage(way.URL);
  }),

  "frame-fetch": (way) => new Promise((done, fail) => {
    addEventListener("message", function got(e) {
      if (e.origin !== CDN || e.source !== side.contentWindow || e.data.type !== "bytes") return;
      removeEventListener("message", got);
      if (e.data.status === 200) done(saveBytes(new Uint8Array(e.data.bytes), way.Name));
      else fail(new Error(`The server answered ${e.data.status}.`));
    });
    side.contentWindow.postMessage({ type: "get", path: way.URL }, CDN);
  }),

  cache: async (way) => saveBytes(await bytesOf(way.URL, { credentials: "include", cache: "force-cache" }), way.Name),
};

for (const way of ways) {
  const button = document.querySelector(`[data-way="${way.ID}"]`);
  if (way.ID === "drag") {
    button.addEventListener("dragstart", (e) => e.dataTransfer.setData("DownloadURL", `${file.type}:${way.Name}:${way.URL}`));
    continue;
  }
  const attempt = tries[way.ID];
  if (!attempt) continue;
  const result = document.querySelector(`[data-result="${way.ID}"]`);
  button.addEventListener("click", async () => {
    result.textContent = "…";
    try {
      result.textContent = "Got " + (await attempt(way));
      result.dataset.state = "got";
    } catch (err) {
      result.textContent = err.message;
      result.dataset.state = "refused";
    }
  });
}
