// The page of a folder: keeps the list fresh by the event stream, and sends files.
import { api } from "files/session.js";
import { pageData, say } from "files/status.js";
import { ways } from "files/upload.js";

const { folder, events } = pageData();
const body = document.getElementById("files");
const units = [[1 << 30, "GB"], [1 << 20, "MB"], [1 << 10, "KB"]];

function sizeText(n) {
  const [scale, unit] = units.find(([s]) => n >= s) || [];
  return scale ? `${(n / scale).toFixed(1)} ${unit}` : `${n} bytes`;
}

function cell(row, ...children) {
  const td = document.createElement("td");
  td.append(...children);
  row.append(td);
  return td;
}

function rowOf(file, picked) {
  const row = document.createElement("tr");
  row.dataset.id = file.id;
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "id", value: file.id, checked: picked });
  box.setAttribute("aria-label", `Select ${file.name}`);
  const icon = Object.assign(document.createElement("span"), { className: "icon", textContent: "\uE002" });
  icon.setAttribute("aria-hidden", "true");
  const link = Object.assign(document.createElement("a"), { href: file.webUrl });
  link.append(icon, file.name);
  cell(row, box);
  cell(row, link);
  cell(row, new Date(file.modified).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }) + " UTC");
  cell(row, file.modifiedBy);
  cell(row, sizeText(file.size)).className = "number";
  return row;
}

async function refresh() {
  const list = await (await api(`/v1/folders/${folder}`)).json();
  const picked = new Set([...body.querySelectorAll("input:checked")].map((box) => box.value));
  body.replaceChildren(...list.files.map((file) => rowOf(file, picked.has(file.id))));
}

let stream = null;
function listen() {
  stream = new EventSource(events);
  stream.addEventListener("changed", () => refresh().catch((err) => say(err.message)));
}
listen();
// A page in the back/forward cache holds no connection; it opens one again when it is shown.
addEventListener("pagehide", () => stream.close());
addEventListener("pageshow", (e) => e.persisted && listen());

document.getElementById("selection").addEventListener("submit", (e) => {
  if (!body.querySelector("input:checked")) {
    e.preventDefault();
    say("Select at least one document first.");
  }
});

document.getElementById("upload").addEventListener("submit", async (e) => {
  const how = document.getElementById("upload-how").value;
  const files = [...document.getElementById("upload-files").files];
  if (!files.length) {
    e.preventDefault();
    say("Choose a file first.");
    return;
  }
  if (how === "form") return;
  e.preventDefault();
  const bar = document.getElementById("upload-progress");
  bar.hidden = false;
  for (const [i, file] of files.entries()) {
    try {
      bar.value = i / files.length;
      await ways[how](folder, file, (part) => (bar.value = (i + part) / files.length));
      say(`Uploaded ${file.name}.`);
    } catch (err) {
      say(`${file.name} was not uploaded. ${err.message}`);
    }
  }
  bar.hidden = true;
  e.target.reset();
  refresh().catch((err) => say(err.message));
});
